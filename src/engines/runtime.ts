import type { ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { baseName, readFlags } from './flags.ts';
import { isObject, objectOf, parseJson, positiveOf, textOf, timeOf } from './json.ts';

/** What the command line of runc or crun says that waits for its container. */
export interface RuntimeArgs {
  readonly engine: 'runc' | 'crun';
  readonly id: string;
  /** Directory with one state directory a container; null: the default. */
  readonly root: ByteString | null;
}

const GLOBAL = new Set(['root', 'log', 'log-format', 'criu', 'rootless', 'cgroup-manager']);
const OF_RUN = new Set(['b', 'bundle', 'console-socket', 'pid-file', 'preserve-fds', 'f', 'config']);

/**
 * Parses the command line of `runc [--root DIR] run [options] ID` or crun's (runc(8), crun(1)): in the foreground the
 * runtime is its container's parent. Null: anything else, `create` and `start` as well, which do not stay.
 */
export function parseRuntimeArgs(argv: readonly ByteString[]): RuntimeArgs | null {
  const engine = baseName(argv[0] ?? '');
  if (engine !== 'runc' && engine !== 'crun') return null;
  const global = readFlags(argv.slice(1), { valued: GLOBAL, stopAtFirst: true });
  if (global.rest[0] !== 'run') return null;
  const id = readFlags(global.rest.slice(1), { valued: OF_RUN }).rest[0];
  return id === undefined || !isRuntimeId(id) ? null : { engine, id, root: global.values.get('root') ?? null };
}

/** Whether runc allows this as an id (libcontainer/factory_linux.go, validateID): also a safe component of a path. */
export function isRuntimeId(text: string): boolean {
  return /^[\w+\-.]{1,1024}$/.test(text) && text !== '.' && text !== '..';
}

/** What an OCI runtime wrote down of a container that it started. */
export interface RuntimeState {
  /** Null: the file does not say, its directory's name does. */
  readonly id: string | null;
  readonly pid: number;
  /** Start time of that process, clock ticks since boot: with the pid it names the process and no later one. */
  readonly pidStart: number;
  readonly created: string | null;
  /** As the cgroup's path in `/proc/PID/cgroup`; null where the runtime made none. */
  readonly cgroupPath: Name | null;
  readonly bundle: Name | null;
}

/** Parses runc's `state.json` (libcontainer/container_linux.go, State). Null: malformed. */
export function parseRuncState(text: ByteString): RuntimeState | null {
  const state = parseJson(text);
  if (!isObject(state)) return null;
  const pid = positiveOf(state['init_process_pid']);
  const pidStart = positiveOf(state['init_process_start']);
  if (pid === null || pidStart === null) return null;
  const config = objectOf(state['config']);
  const cgroup = textOf(objectOf(config['cgroups'])['path']);
  const labels = Array.isArray(config['labels']) ? config['labels'] : [];
  const bundle = labels.find((label): label is string => typeof label === 'string' && label.startsWith('bundle='));
  return {
    id: textOf(state['id']),
    pid,
    pidStart,
    created: timeOf(state['created']),
    cgroupPath: cgroup,
    bundle: bundle === undefined ? null : bundle.slice('bundle='.length),
  };
}

/** Parses crun's `status` (crun, src/libcrun/status.c). Null: malformed. */
export function parseCrunStatus(text: ByteString): RuntimeState | null {
  const status = parseJson(text);
  if (!isObject(status)) return null;
  const pid = positiveOf(status['pid']);
  const pidStart = positiveOf(status['process-start-time']);
  if (pid === null || pidStart === null) return null;
  return {
    id: null,
    pid,
    pidStart,
    created: timeOf(status['created']),
    cgroupPath: textOf(status['cgroup-path']),
    bundle: textOf(status['bundle']),
  };
}
