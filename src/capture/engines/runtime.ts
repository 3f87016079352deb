import { parseCrunStatus, parseRuncState } from '../../engines/runtime.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from './reader.ts';

/** Where runc(8) and crun(1) keep their state for root; an ordinary user's is in his `/run/user/UID`. */
export const RUNTIME_ROOTS = { runc: '/run/runc', crun: '/run/crun' } as const;

/** The file of each runtime, and how it is read. */
const FILES = {
  runc: { file: 'state.json', parse: parseRuncState },
  crun: { file: 'status', parse: parseCrunStatus },
} as const;

/** Reads what runc or crun wrote down of a container. `ofUser`: the directory belongs to this user. */
export function readRuntimeContainer(
  reader: EngineReader,
  view: View,
  engine: 'runc' | 'crun',
  directory: ByteString,
  ofUser: number | null,
): void {
  const { file, parse } = FILES[engine];
  const path = `${directory}/${file}`;
  const state = reader.optional(view, path, parse);
  if (state === null) return;
  reader.containers.push({
    engine,
    id: directory.slice(directory.lastIndexOf('/') + 1),
    name: null,
    image: null,
    createdAt: state.created,
    startedAt: null,
    pid: state.pid,
    pidStart: state.pidStart,
    ...(state.cgroupPath === null ? {} : { cgroupPath: state.cgroupPath }),
    source: nameOf(path),
    via: view.via,
    ...(ofUser === null ? {} : { ofUser }),
  });
}
