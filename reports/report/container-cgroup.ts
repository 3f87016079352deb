/** Which cgroups are a container's own, by their names. */
import type { CgroupNode } from '../../src/model/cgroup-index.ts';
import type { Container } from '../../src/model/containers.ts';
import { nameText } from '../../src/text/bytes.ts';

/** Shorter ids are names that people gave, and may stand in any path. */
const ID_LENGTH = 12;

/** Whether a part of a path names a container: `docker-<id>.scope`, `machine-web.scope`, `lxc.payload.web`. */
export function namesContainer(part: string, { id }: Pick<Container, 'id'>): boolean {
  return id.length >= ID_LENGTH
    ? part.includes(id)
    : part
        .replace(/\.scope$/, '')
        .split(/[-.:]/)
        .includes(id);
}

const KNOWN = new WeakMap<
  readonly Container[],
  { readonly ids: ReadonlySet<string>; readonly named: readonly Container[] }
>();

/** Whether the last part of a cgroup's path names one of these containers. */
export function isOfContainer({ path }: Pick<CgroupNode, 'path'>, containers: readonly Container[]): boolean {
  let known = KNOWN.get(containers);
  if (known === undefined) {
    const long = containers.filter(({ id }) => /^[0-9a-f]{64}$/.test(id));
    known = { ids: new Set(long.map(({ id }) => id)), named: containers.filter((one) => !long.includes(one)) };
    KNOWN.set(containers, known);
  }
  const text = nameText(path);
  const part = text.slice(text.lastIndexOf('/') + 1);
  const [id] = /[0-9a-f]{64}/.exec(part) ?? [];
  if (id !== undefined && known.ids.has(id)) return true;
  return known.named.some((container) => namesContainer(part, container));
}
