/** Which namespaces there are, who is in them and what keeps them alive. */
import { NS_LINKS, NS_TYPES } from '../schema/namespace.ts';
import type {
  ForeignSocket,
  HolderKind,
  NamespaceFacts,
  NamespacesFacet,
  NsFd,
  NsLinks,
  NsMount,
  NsRef,
  NsType,
} from '../schema/namespace.ts';
import type { ProcessFacts, TasksFacet, ThreadFacts } from '../schema/tasks.ts';
import { refKey } from '../text/ns-ref.ts';

/** A task that has a namespace chosen for its children that is not its own. */
export interface ForChildren {
  readonly pid: number;
  readonly tid: number;
}

/** A thread that is in a namespace in which its leader is not. */
export interface LoneThread {
  readonly process: ProcessFacts;
  readonly thread: ThreadFacts;
}

/** One namespace with all that refers to it. */
export interface Namespace {
  readonly facts: NamespaceFacts;
  /** Processes whose leader thread is in it, by pid. */
  readonly processes: readonly ProcessFacts[];
  readonly threads: readonly LoneThread[];
  readonly forChildren: readonly ForChildren[];
  readonly fds: readonly NsFd[];
  readonly sockets: readonly ForeignSocket[];
  readonly mounts: readonly NsMount[];
  /** Namespaces of the same type whose parent it is. */
  readonly children: readonly NsRef[];
  /** Namespaces that it, a user namespace, owns; its children are not repeated. */
  readonly owned: readonly NsRef[];
  /** Number of processes with at least one thread in it. */
  readonly processCount: number;
  readonly taskCount: number;
  /** The process in it that started first; null where only threads of others, or nobody, is. */
  readonly leader: ProcessFacts | null;
}

type Growing = {
  -readonly [K in keyof Namespace]: Namespace[K] extends readonly (infer T)[] ? T[] : Namespace[K];
};

/** All namespaces of a capture. */
export class Namespaces {
  readonly all: readonly Namespace[];
  readonly #byKey: ReadonlyMap<number, Namespace>;

  /** Bind mounts of namespaces, in each mount namespace in the order in which they were mounted. */
  readonly mounts: readonly NsMount[];

  constructor(all: readonly Namespace[], byKey: ReadonlyMap<number, Namespace>, mounts: readonly NsMount[]) {
    this.all = all;
    this.mounts = mounts;
    this.#byKey = byKey;
  }

  get(ref: NsRef): Namespace | undefined {
    return this.#byKey.get(refKey(ref));
  }

  /** The host's own namespace of a type, made at boot; undefined where it is not known which that is. */
  initial(type: NsType): Namespace | undefined {
    return this.all.find(({ facts }) => facts.type === type && facts.initial === true);
  }
}

const OF_CHILDREN: readonly (readonly [NsType, number, number])[] = [
  ['pid', NS_LINKS.indexOf('pid_for_children'), NS_LINKS.indexOf('pid')],
  ['time', NS_LINKS.indexOf('time_for_children'), NS_LINKS.indexOf('time')],
];

/** Joins the facts of namespaces with those of tasks. Sorted by type, then by inode number. */
export function namespacesOf(tasks: TasksFacet, facet: NamespacesFacet): Namespaces {
  const byKey = new Map<number, Growing>();
  const entry = (ref: NsRef): Growing => {
    const key = refKey(ref);
    let found = byKey.get(key);
    if (found === undefined) {
      // Only where a capture lacks the facts of a namespace that it mentions.
      found = empty(factsNotCollected(ref));
      byKey.set(key, found);
    }
    return found;
  };
  for (const facts of facet.namespaces) byKey.set(refKey(facts), empty(facts));

  const entriesOf = makeEntriesOf(entry);
  for (const process of tasks.processes) {
    addProcess(process, entriesOf(process.ns));
    addForChildren(process.ns, process.pid, process.pid, entry);
    for (const thread of process.differing ?? []) {
      addThread(process, thread, entriesOf(thread.ns));
      addForChildren(thread.ns, process.pid, thread.tid, entry);
    }
  }
  for (const fd of facet.fds) entry(fd).fds.push(fd);
  for (const socket of facet.sockets) entry({ type: 'net', inum: socket.inum }).sockets.push(socket);
  for (const mount of facet.mounts) entry(mount).mounts.push(mount);
  for (const { type, inum, parent, owner } of facet.namespaces) {
    if (typeof parent === 'number') entry({ type, inum: parent }).children.push({ type, inum });
    // The owner of a user namespace is its parent (ns_get_owner): it is said once.
    if (typeof owner === 'number' && type !== 'user') entry({ type: 'user', inum: owner }).owned.push({ type, inum });
  }
  const all = [...byKey.values()].sort(
    (a, b) => NS_TYPES.indexOf(a.facts.type) - NS_TYPES.indexOf(b.facts.type) || a.facts.inum - b.facts.inum,
  );
  return new Namespaces(all, byKey, facet.mounts);
}

function factsNotCollected({ type, inum }: NsRef): NamespaceFacts {
  const why = 'not collected';
  const unknown = { id: why, initial: why, owner: why } as const;
  if (type === 'user') return { type, inum, unknown: { ...unknown, parent: why, ownerUid: why } };
  if (type === 'pid') return { type, inum, unknown: { ...unknown, parent: why } };
  return { type, inum, parent: null, unknown };
}

function empty(facts: NamespaceFacts): Growing {
  return {
    facts,
    processes: [],
    threads: [],
    forChildren: [],
    fds: [],
    sockets: [],
    mounts: [],
    children: [],
    owned: [],
    processCount: 0,
    taskCount: 0,
    leader: null,
  };
}

/** Gives the entries of a list of namespaces by type; those of the list before at once, which most tasks share with the next. */
function makeEntriesOf(entry: (ref: NsRef) => Growing): (ns: NsLinks) => readonly (Growing | null)[] {
  let before: NsLinks | null = null;
  let entries: readonly (Growing | null)[] = [];
  return (ns) => {
    if (ns !== before) {
      before = ns;
      entries = NS_TYPES.map((type, i) => {
        const inum = ns[i] ?? null;
        return inum === null ? null : entry({ type, inum });
      });
    }
    return entries;
  };
}

function addProcess(process: ProcessFacts, entries: readonly (Growing | null)[]): void {
  // Threads that differ may still agree in some types: they are counted one by one.
  const tasks = process.threads - (process.differing?.length ?? 0);
  for (const ns of entries) {
    if (ns === null) continue;
    ns.processes.push(process);
    ns.processCount++;
    ns.taskCount += tasks;
    if (ns.leader === null || process.start < ns.leader.start) ns.leader = process;
  }
}

function addThread(process: ProcessFacts, thread: ThreadFacts, entries: readonly (Growing | null)[]): void {
  for (const [i, ns] of entries.entries()) {
    if (ns === null) continue;
    ns.taskCount++;
    if (thread.ns[i] === process.ns[i]) continue;
    // Threads come process by process: the one before tells whether this process was counted.
    if (ns.threads.at(-1)?.process !== process) ns.processCount++;
    ns.threads.push({ process, thread });
  }
}

function addForChildren(ns: ProcessFacts['ns'], pid: number, tid: number, entry: (ref: NsRef) => Growing): void {
  for (const [type, link, own] of OF_CHILDREN) {
    const inum = ns[link] ?? null;
    if (inum !== null && inum !== ns[own]) entry({ type, inum }).forChildren.push({ pid, tid });
  }
}

/** One way in which a namespace is held, with whatever names the holder. */
export interface Holders {
  readonly kind: HolderKind;
  readonly count: number;
  /** Makes the description of the first holders, at most `limit`; all unless told otherwise. */
  readonly sample: (limit?: number) => HolderSample[];
}

/** What names one holder; which members there are depends on the kind. */
export type HolderSample =
  | { readonly pid: number }
  | { readonly pid: number; readonly tid: number }
  | { readonly pid: number; readonly tid: number; readonly fd: number }
  | { readonly pid: number; readonly fd: number }
  | { readonly mntns: number; readonly path: NsMount['path'] }
  | { readonly inum: number }
  | NsRef;

/** What keeps the namespace alive, by kind, in the order of {@link HolderKind}; kinds without a holder are left out. */
export function holdersOf(ns: Namespace): Holders[] {
  const kinds: Holders[] = [
    kind('process', ns.processes, ({ pid }) => ({ pid })),
    kind('thread', ns.threads, ({ process, thread }) => ({ pid: process.pid, tid: thread.tid })),
    kind('for-children', ns.forChildren, ({ pid, tid }) => ({ pid, tid })),
    kind('fd', ns.fds, ({ pid, tid, fd }) => ({ pid, tid, fd })),
    kind('socket', ns.sockets, ({ pid, fd }) => ({ pid, fd })),
    kind('mount', ns.mounts, ({ mntns, path }) => ({ mntns, path })),
    kind('child', ns.children, ({ inum }) => ({ inum })),
    kind('owned', ns.owned, ({ type, inum }) => ({ type, inum })),
  ];
  return kinds.filter(({ count }) => count > 0);
}

function kind<T>(name: HolderKind, holders: readonly T[], describe: (holder: T) => HolderSample): Holders {
  return {
    kind: name,
    count: holders.length,
    sample: (limit = holders.length) => holders.slice(0, limit).map(describe),
  };
}

/** A namespace in which no task is: what keeps it is not seen in any process list. */
export function isHidden(ns: Namespace): boolean {
  return ns.taskCount === 0;
}
