/** Facets whose lists need no knowledge: each item is a fact as it is. */
import type { EngineContainer, EngineProcess } from '../schema/engines.ts';
import type { MountTable } from '../schema/mounts.ts';
import type { ForeignSocket, NamespaceFacts, NsFd, NsMount } from '../schema/namespace.ts';
import { nameInKey } from '../text/cgroup-key.ts';
import { addFacts, type Fact, type FactLists } from './fact.ts';

/** One list of a facet. */
interface List {
  readonly facet: string;
  readonly member: string;
  readonly kind: string;
  readonly key: (item: never) => string;
}

const ref = ({ type, inum }: { readonly type: string; readonly inum: number }): string => `${type}:[${inum}]`;

/** Every such list. A kernel's id makes a namespace of a number that was used before another fact. */
const LISTS: readonly List[] = [
  {
    facet: 'namespaces',
    member: 'namespaces',
    kind: 'namespace',
    key: (namespace: NamespaceFacts) => ref(namespace) + (typeof namespace.id === 'string' ? ` ${namespace.id}` : ''),
  },
  { facet: 'namespaces', member: 'fds', kind: 'ns_fd', key: ({ pid, tid, fd }: NsFd) => `${pid}:${tid}:${fd}` },
  {
    facet: 'namespaces',
    member: 'sockets',
    kind: 'ns_socket',
    key: ({ pid, tid, fd }: ForeignSocket) => `${pid}:${tid}:${fd}`,
  },
  {
    facet: 'namespaces',
    member: 'mounts',
    kind: 'ns_mount',
    key: (mount: NsMount) => `${mount.mntns}:${nameInKey(mount.path)} ${ref(mount)}`,
  },
  {
    facet: 'mounts',
    member: 'tables',
    kind: 'mount_table',
    key: ({ mntns, root }: MountTable) => `mnt:[${mntns}]` + (root === '/' ? '' : ` ${nameInKey(root)}`),
  },
  {
    facet: 'engines',
    member: 'processes',
    kind: 'engine_process',
    key: ({ pid, start }: EngineProcess) => `${pid}:${start}`,
  },
  {
    facet: 'engines',
    member: 'containers',
    kind: 'engine_container',
    key: ({ engine, id, source }: EngineContainer) => `${engine}:${id} ${nameInKey(source)}`,
  },
];

/** Members that are counts: they move, and stay with the snapshot. */
const COUNTS: readonly { readonly facet: string; readonly member: string }[] = [
  { facet: 'tasks', member: 'coverage' },
  { facet: 'namespaces', member: 'coverage' },
];

type Members = Readonly<Record<string, unknown>>;

/** Adds the facts of the lists of a facet. What is left, and what counts, is returned. */
export function shredLists(
  name: string,
  facet: object,
  lists: FactLists,
): { readonly rest: object; readonly counts: Members } {
  const rest: Record<string, unknown> = { ...facet };
  const counts: Record<string, unknown> = {};
  for (const { facet: of, member } of COUNTS) {
    if (of !== name || !(member in rest)) continue;
    counts[member] = rest[member];
    // Undefined is none, and quicker than to delete.
    rest[member] = undefined;
  }
  for (const { facet: of, member, kind, key } of LISTS) {
    const items = rest[member];
    if (of !== name || !Array.isArray(items)) continue;
    addFacts(lists, kind, items as readonly object[], key as (item: object) => string, (item) => item);
    rest[member] = undefined;
  }
  return { rest, counts };
}

/** The facet from its facts. */
export function assembleLists(
  name: string,
  rest: object,
  counts: Members,
  facts: ReadonlyMap<string, readonly Fact[]>,
): object {
  const lists = LISTS.filter(
    ({ facet, member }) => facet === name && !(member in rest && (rest as Members)[member] !== undefined),
  );
  return {
    ...rest,
    ...counts,
    ...Object.fromEntries(lists.map(({ member, kind }) => [member, (facts.get(kind) ?? []).map(({ body }) => body)])),
  };
}
