/** Small facts made by hand, for tests of what is made of facts. */
import type { Capture } from '../../src/schema/capture.ts';
import type { EnginesFacet } from '../../src/schema/engines.ts';
import {
  NS_LINKS,
  NS_TYPES,
  type NamespaceFacts,
  type NamespacesFacet,
  type NsLink,
  type NsType,
} from '../../src/schema/namespace.ts';
import type { CgroupLine, ProcessFacts, StatusFacts, TasksFacet, ThreadFacts } from '../../src/schema/tasks.ts';

/** The initial namespaces of the made host, numbered from 101 on in the order of the types. */
export const INITIAL = Object.fromEntries(NS_TYPES.map((type, i) => [type, 101 + i])) as Readonly<
  Record<NsType, number>
>;

/** What docker gives a container unless told otherwise. */
export const DOCKERS_STATUS: StatusFacts = {
  nspid: [],
  uids: [0, 0, 0, 0],
  gids: [0, 0, 0, 0],
  groups: [],
  capInh: '0000000000000000',
  capPrm: '00000000a80425fb',
  capEff: '00000000a80425fb',
  capBnd: '00000000a80425fb',
  capAmb: '0000000000000000',
  noNewPrivs: false,
  seccomp: 2,
  seccompFilters: 1,
};

/** What is changed of the links of a task; the links for children follow their type unless they are given. */
export type Links = Readonly<Partial<Record<NsLink, number | null>>>;

/** The ten links of a task that is in the initial namespaces but for these. */
export function links(changes: Links = {}): (number | null)[] {
  const all: Links = { ...INITIAL, ...changes };
  const of = (link: NsLink): number | null | undefined =>
    all[link] ?? (link in changes ? null : link === 'pid_for_children' ? all.pid : all.time);
  return NS_LINKS.map((link) => of(link) ?? null);
}

/** A process below init, in the initial namespaces, but for what is said. */
export function processOf(
  pid: number,
  { ns = {}, ...rest }: Partial<Omit<ProcessFacts, 'ns'>> & { readonly ns?: Links } = {},
): ProcessFacts {
  return {
    pid,
    ppid: pid === 1 ? 0 : 1,
    start: pid * 10,
    state: 'S',
    comm: `p${String(pid)}`,
    kthread: false,
    threads: 1 + (rest.differing?.length ?? 0),
    cgroup: 0,
    ...rest,
    ns: links(ns),
  };
}

/** A thread in the initial namespaces, but for what is said. */
export function threadOf(
  tid: number,
  { ns = {}, ...rest }: Partial<Omit<ThreadFacts, 'ns'>> & { readonly ns?: Links } = {},
): ThreadFacts {
  return { tid, start: tid * 10, state: 'S', comm: `t${String(tid)}`, cgroup: 0, ...rest, ns: links(ns) };
}

/** The lines of a v1 and a v2 hierarchy for a task at these paths. */
export function cgroupLines(v2: CgroupLine['path'], v1: CgroupLine['path'] = '/'): CgroupLine[] {
  return [
    { hierarchy: 1, controllers: ['memory'], path: v1 },
    { hierarchy: 0, controllers: [], path: v2 },
  ];
}

/** The facet of tasks; the first cgroup is the root of every hierarchy. */
export function tasksOf(
  processes: readonly ProcessFacts[],
  cgroups: readonly (readonly CgroupLine[])[] = [],
): TasksFacet {
  const tasks = processes.reduce((sum, { threads }) => sum + threads, 0);
  return {
    version: 1,
    processes,
    cgroups: [cgroupLines('/'), ...cgroups],
    collected: { detail: 'edges', cgroups: true, root: true, threadCgroups: true },
    coverage: { processes: processes.length, tasks, vanished: 0, denied: 0, malformed: 0 },
  };
}

/** What the kernel says of the initial namespaces. */
export const INITIAL_FACTS: readonly NamespaceFacts[] = NS_TYPES.map((type) => ({
  type,
  inum: INITIAL[type],
  id: String(INITIAL[type] - 100),
  parent: null,
  owner: type === 'user' ? null : INITIAL.user,
  ...(type === 'user' && { ownerUid: 0 }),
  initial: true,
}));

/** What the kernel says of another namespace: owned by the initial user namespace, where nothing else is said. */
export function namespaceOf(type: NsType, inum: number, rest: Partial<NamespaceFacts> = {}): NamespaceFacts {
  const parent = type === 'user' || type === 'pid' ? INITIAL[type] : null;
  return {
    type,
    inum,
    id: String(inum),
    parent,
    owner: INITIAL.user,
    ...(type === 'user' && { ownerUid: 1000 }),
    initial: false,
    ...rest,
  };
}

/** The facet of namespaces: the initial ones and these. */
export function namespacesFacetOf(
  namespaces: readonly NamespaceFacts[] = [],
  rest: Partial<Omit<NamespacesFacet, 'namespaces'>> = {},
): NamespacesFacet {
  return {
    version: 1,
    fds: [],
    sockets: [],
    mounts: [],
    coverage: {
      notSearched: [],
      socketsExamined: 0,
      socketsDenied: 0,
      fdTablesDenied: 0,
      fdInfosMalformed: 0,
      mountNamespacesSearched: 1,
      mountNamespacesNotSearched: {},
      mountNamespacesWithoutTask: 0,
    },
    ...rest,
    namespaces: [...INITIAL_FACTS, ...namespaces],
  };
}

/** A capture of these facets, taken 1,000 s after the start of the made host. */
export function captureOfFacts(
  tasks: TasksFacet,
  namespaces: NamespacesFacet = namespacesFacetOf(),
  engines: EnginesFacet = { version: 1, processes: [], containers: [], coverage: { unread: [] } },
): Capture {
  return {
    schema: 'nsinspect/capture/1',
    tool: { name: 'nsinspect', version: '0.0.0-test' },
    takenAt: '2026-01-02T03:20:40.000Z',
    durationMs: 1,
    source: { kind: 'live' },
    redacted: false,
    host: {
      version: 1,
      bootId: '00000000-0000-4000-8000-000000000000',
      hostname: 'made',
      kernel: '6.18.0',
      bootTime: Date.parse('2026-01-02T03:04:00Z') / 1000,
      ticksPerSecond: 100,
      uptime: 1000,
      reader: { pid: 7, uid: 0, capEff: '000001ffffffffff' },
    },
    tasks,
    namespaces,
    engines,
  };
}
