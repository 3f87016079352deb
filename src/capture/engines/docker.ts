import { Buffer } from 'node:buffer';

import { parseDockerContainer } from '../../engines/docker.ts';
import { dockerDataRoot, parseOciConfig } from '../../engines/oci-config.ts';
import { dirName } from '../../engines/flags.ts';
import { Failure } from '../../host/port.ts';
import { bytesOf, nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from './reader.ts';

/** Where dockerd keeps its state unless told otherwise (dockerd(8)). */
export const DOCKER_DATA_ROOT = '/var/lib/docker';

/** The data root that the last container led to, and where it is not known yet, the ones that dockerds name. */
interface DataRoots {
  known: ByteString | null;
}

/**
 * Finds what dockerd wrote down of a shim's container. Its data root follows from the bundle, where the files that dockerd
 * mounts into each container are named; containers whose bundles are neighbours have it in common.
 */
export function readDockerContainer(reader: EngineReader, view: View, id: string, bundle: ByteString): void {
  const roots = reader.once<DataRoots>(view, `data root\0${dirName(bundle)}`, () => ({ known: null }));
  if (roots.known !== null && readFrom(reader, view, roots.known, id)) return;
  const config = reader.parsed(view, `${bundle}/config.json`, parseOciConfig);
  const root = config === null ? null : dockerDataRoot(config, id);
  // JSON is decoded text, a path is bytes.
  const path = root === null ? DOCKER_DATA_ROOT : Buffer.from(root, 'utf8').toString('latin1');
  if (readFrom(reader, view, path, id)) roots.known = path;
  else reader.note(configPath(path, id), 'absent');
}

/** Reads a container's record below this data root. False: there is none. */
export function readFrom(reader: EngineReader, view: View, dataRoot: ByteString, id: string): boolean {
  const path = configPath(dataRoot, id);
  const text = reader.read(view, path);
  if (text instanceof Failure) {
    if (text.asOutcome === 'absent') return false;
    reader.noteFailure(path, text);
    return true;
  }
  const container = parseDockerContainer(text);
  if (container?.id !== id) {
    reader.note(path, 'malformed');
    return true;
  }
  reader.containers.push({
    engine: 'docker',
    id,
    name: container.name,
    image: container.image,
    createdAt: container.createdAt,
    startedAt: container.startedAt,
    pid: container.running ? container.pid : null,
    labels: container.labels,
    source: nameOf(path),
    via: view.via,
  });
  return true;
}

function configPath(dataRoot: ByteString, id: string): ByteString {
  return `${dataRoot}/containers/${bytesOf(id)}/config.v2.json`;
}
