import type { ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { isObject, objectOf, parseJson, positiveOf, stringsOf, textOf, timeOf } from './json.ts';

/** What dockerd wrote down of a container. */
export interface DockerContainer {
  readonly id: string;
  readonly name: Name | null;
  /** As the user named it (`nginx:1.27`); the image's digest where he gave none. */
  readonly image: Name | null;
  readonly running: boolean;
  /** Null: not running. */
  readonly pid: number | null;
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Parses `<data root>/containers/<id>/config.v2.json` (moby, container/container.go, Container). Null: malformed, as is a
 * file that dockerd is just writing: it writes a new one and renames it, but a crash may leave anything.
 */
export function parseDockerContainer(text: ByteString): DockerContainer | null {
  const container = parseJson(text);
  if (!isObject(container)) return null;
  const id = textOf(container['ID']);
  if (id === null || !isDockerId(id)) return null;
  const state = objectOf(container['State']);
  const config = objectOf(container['Config']);
  return {
    id,
    // The daemon keeps names as paths below the root of what once were links.
    name: textOf(container['Name'])?.replace(/^\//, '') ?? null,
    image: textOf(config['Image']) ?? textOf(container['Image']),
    running: state['Running'] === true,
    pid: positiveOf(state['Pid']),
    createdAt: timeOf(container['Created']),
    startedAt: timeOf(state['StartedAt']),
    labels: stringsOf(config['Labels']),
  };
}

/** Whether this is a full id of docker, containerd's CRI, podman or CRI-O: 64 hexadecimal digits. */
export function isDockerId(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}
