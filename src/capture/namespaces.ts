import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { NS_LINKS, NS_TYPES } from '../schema/namespace.ts';
import type {
  HolderKind,
  NamespaceFacts,
  NamespacesCoverage,
  NamespacesFacet,
  NsLinks,
  NsMount,
  NsRef,
  NsType,
} from '../schema/namespace.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { refKey } from '../text/ns-ref.ts';
import { KnownNamespaces } from './known.ts';
import { readTable, tasksByMountNamespace } from './mounts.ts';
import { nsfsMountsAmong } from './nsfs-mounts.ts';
import type { KernelMounts } from './nsfs-mounts.ts';
import type { Scan } from './scan.ts';

/** A link under `/proc` that leads to a namespace: the directory of a process and the path below it. */
interface Place {
  readonly pid: number;
  readonly path: string;
}

/** How many tasks are remembered for one namespace: the first may be gone when it is asked. */
const PLACES = 3;

/** Types of the ten links, in their order. */
const LINK_TYPES: readonly NsType[] = [...NS_TYPES, 'pid', 'time'];

/** Finds every namespace and asks the kernel about each once. */
export function captureNamespaces(
  host: Host,
  tasks: TasksFacet,
  scan: Scan,
  kernelMounts: KernelMounts,
): NamespacesFacet {
  return new Search(host, tasks, scan, kernelMounts).run();
}

class Search {
  readonly #host: Host;
  readonly #tasks: TasksFacet;
  readonly #scan: Scan;
  readonly #kernelMounts: KernelMounts;
  readonly #known = new KnownNamespaces();
  readonly #places = new Map<number, { ref: NsRef; places: Place[] }>();
  /** How many tasks with this list of namespaces were met. */
  readonly #lists = new Map<NsLinks, number>();
  readonly #notSearched: NamespacesCoverage['notSearched'][number][] = [];
  readonly #mounts: NsMount[] = [];
  #searched = 0;
  readonly #notSearchedMounts: Partial<Record<Outcome, number>> = {};
  #withoutTask = 0;

  constructor(host: Host, tasks: TasksFacet, scan: Scan, kernelMounts: KernelMounts) {
    this.#kernelMounts = kernelMounts;
    this.#host = host;
    this.#tasks = tasks;
    this.#scan = scan;
  }

  run(): NamespacesFacet {
    for (const facts of this.#scan.found) this.#known.add(facts);
    this.#collectPlaces();
    const proc = this.#host.open('/proc');
    if (proc instanceof Failure) throw new Error(`/proc went away: ${proc.errno}`);
    for (const { ref, places } of this.#places.values()) this.#ask(proc, ref, places);
    this.#searchMounts(proc);
    const initial = this.#initialOnes();
    proc.close();
    if (this.#host.kernel.tasks === null) {
      const why = "takes a pid in a system call, and the pids of another /proc are not the reader's";
      this.#skip('socket', 'not collected', why);
    } else if (this.#scan.socketsUnsupported > 0) {
      const why =
        this.#scan.socketsExamined === 0
          ? 'this kernel cannot say to which network namespace a socket belongs'
          : 'this kernel hands over no socket of a thread with open files of its own: those were not examined';
      this.#skip('socket', 'unsupported', why);
    }
    const unborn = this.#unaskedForChildren();
    if (unborn !== null) {
      const why =
        unborn === 'unsupported'
          ? 'this kernel does not show a pid namespace that has had no process yet, and there is one'
          : 'which pid namespace without a process yet a task has chosen takes a pid in a system call';
      this.#skip('for-children', unborn, why);
    }
    const { mountNamespaces, pathsUnknown } = this.#kernelMounts;
    if (pathsUnknown !== null) {
      const why =
        'where namespaces are mounted is not known: those that were opened by such a path were not recognised';
      this.#skip('fd', pathsUnknown.asOutcome, why);
    } else if (mountNamespaces instanceof Failure) {
      const why =
        'only where the mount namespace of init has namespaces mounted is known: those that were opened by such a path in another were not recognised';
      this.#skip('fd', mountNamespaces.asOutcome, why);
    }
    return {
      version: 1,
      namespaces: this.#lasting().map((facts) => withInitial(facts, initial)),
      fds: this.#scan.fds,
      sockets: this.#scan.sockets,
      mounts: this.#mounts,
      coverage: {
        notSearched: this.#notSearched,
        socketsExamined: this.#scan.socketsExamined,
        socketsDenied: this.#scan.socketsDenied,
        fdTablesDenied: this.#scan.fdTablesDenied,
        fdInfosMalformed: this.#scan.fdInfosMalformed,
        mountNamespacesSearched: this.#searched,
        mountNamespacesNotSearched: this.#notSearchedMounts,
        mountNamespacesWithoutTask: this.#withoutTask,
      },
    };
  }

  /**
   * Leaves out namespaces to which nothing leads: they were met through a task that had ended, or in the kernel's list of
   * mount namespaces and were gone, by the time that their holders were read.
   */
  #lasting(): NamespaceFacts[] {
    const held = new Set(this.#places.keys());
    for (const { inum } of this.#scan.sockets) held.add(refKey({ type: 'net', inum }));
    for (const mounted of this.#mounts) held.add(refKey(mounted));
    const lasting = [...this.#known.values()].filter((facts) => held.has(refKey(facts)) || this.#isStillListed(facts));
    // Whatever lasts keeps its parent and its owner, which join the walk while it goes on.
    const kept = new Set(lasting.map(refKey));
    for (const { type, parent, owner } of lasting) {
      for (const ref of [
        { type, inum: parent },
        { type: 'user' as const, inum: owner },
      ]) {
        if (typeof ref.inum !== 'number') continue;
        const above = this.#known.get({ type: ref.type, inum: ref.inum });
        if (above === undefined || kept.has(refKey(above))) continue;
        kept.add(refKey(above));
        lasting.push(above);
      }
    }
    return lasting;
  }

  /** Whether a mount namespace that nothing was seen to hold is there nevertheless: a reference that shows nowhere keeps it. */
  #isStillListed({ type, inum, id }: NamespaceFacts): boolean {
    return type === 'mnt' && typeof id === 'string' && !(this.#host.kernel.nsfsMounts(id, inum) instanceof Failure);
  }

  /** Why a task's choice of a pid namespace for its children could not be learnt; null: every such choice is known. */
  #unaskedForChildren(): Outcome | null {
    for (const process of this.#tasks.processes) {
      // A zombie has none for children any more, which the same error says; its threads may live.
      const leader = process.state === 'Z' ? [] : [process];
      for (const { unknownNs } of [...leader, ...(process.differing ?? [])]) {
        const outcome = unknownNs?.pid_for_children;
        if (outcome === 'unsupported' || outcome === 'not collected') return outcome;
      }
    }
    return null;
  }

  #skip(kind: HolderKind, outcome: Outcome, why: string): void {
    this.#notSearched.push({ kind, outcome, why });
  }

  /** Goes through all links and keeps, for each namespace, where it can be opened. */
  #collectPlaces(): void {
    for (const process of this.#tasks.processes) {
      this.#addPlaces(process.ns, process.pid, '');
      for (const thread of process.differing ?? [])
        this.#addPlaces(thread.ns, process.pid, `task/${String(thread.tid)}/`);
    }
    for (const { type, inum, pid, tid, fd } of this.#scan.fds) {
      this.#addPlace({ type, inum }, pid, `task/${String(tid)}/fd/${String(fd)}`);
    }
  }

  #addPlaces(ns: NsLinks, pid: number, base: string): void {
    // Most tasks are where others are already, and share their list (scan.ts): no path is made for them.
    const times = this.#lists.get(ns) ?? 0;
    if (times >= PLACES) return;
    this.#lists.set(ns, times + 1);
    for (const [i, type] of LINK_TYPES.entries()) {
      const inum = ns[i] ?? null;
      if (inum === null) continue;
      const entry = this.#places.get(refKey({ type, inum }));
      if (entry !== undefined && entry.places.length >= PLACES) continue;
      this.#addPlace({ type, inum }, pid, `${base}ns/${NS_LINKS[i] as string}`);
    }
  }

  #addPlace(ref: NsRef, pid: number, path: string): void {
    const key = refKey(ref);
    const entry = this.#places.get(key);
    if (entry === undefined) this.#places.set(key, { ref, places: [{ pid, path }] });
    else if (entry.places.length < PLACES) entry.places.push({ pid, path });
  }

  /** Asks the kernel for the facts through the first place that still leads there. */
  #ask(proc: Dir, ref: NsRef, places: readonly Place[]): void {
    if (this.#known.has(ref)) return;
    let outcome: Outcome = 'absent';
    for (const { pid, path } of places) {
      const found = this.#host.kernel.namespace(proc, `${String(pid)}/${path}`, ref, this.#known.has);
      if (!(found instanceof Failure)) {
        for (const facts of found) this.#known.add(facts);
        return;
      }
      outcome = found.asOutcome;
    }
    this.#known.add(unasked(ref, outcome));
  }

  #searchMounts(proc: Dir): void {
    const tasks = tasksByMountNamespace(this.#tasks.processes);
    const all = this.#kernelMounts.mountNamespaces;
    if (!(all instanceof Failure)) {
      for (const facts of all) {
        if (facts.type === 'mnt' && !this.#known.has(facts)) this.#withoutTask++;
        if (typeof this.#known.get(facts)?.id !== 'string') this.#known.replace(facts);
      }
    }
    // What is mounted inside one may lead to further mount namespaces: they join the walk while it goes on.
    for (const ns of this.#known.values()) {
      if (ns.type === 'mnt') this.#searchMountNamespace(proc, ns, tasks.get(ns.inum) ?? []);
    }
    if (all instanceof Failure) {
      const why =
        all.outcome === 'denied'
          ? 'this kernel lists mount namespaces only to CAP_SYS_ADMIN, in the initial pid namespace: those without a task were not searched'
          : 'this kernel cannot list mount namespaces: those without a task were not searched';
      this.#skip('mount', all.asOutcome, why);
    }
  }

  #searchMountNamespace(proc: Dir, ns: NamespaceFacts, tasks: readonly ProcessFacts[]): void {
    const found = this.#mountsByKernel(ns) ?? this.#mountsFromTasks(proc, ns.inum, tasks);
    if (found instanceof Failure) {
      const outcome = found.asOutcome;
      this.#notSearchedMounts[outcome] = (this.#notSearchedMounts[outcome] ?? 0) + 1;
      return;
    }
    this.#searched++;
    for (const mounted of found) {
      this.#mounts.push(mounted);
      if (this.#known.has(mounted)) continue;
      const facts = this.#openMounted(proc, mounted, ns.id ?? null, tasks);
      if (facts instanceof Failure) this.#known.add(unasked(mounted, covered(facts)));
      else for (const one of facts) this.#known.add(one);
    }
  }

  /** One that was found only later, as one that is mounted inside another, is asked now. */
  #mountsByKernel(ns: NamespaceFacts): readonly NsMount[] | null {
    const known = this.#kernelMounts.mounts.get(ns.inum);
    if (known !== undefined || typeof ns.id !== 'string') return known ?? null;
    const found = this.#host.kernel.nsfsMounts(ns.id, ns.inum);
    return found instanceof Failure ? null : found;
  }

  #openMounted(
    proc: Dir,
    mounted: NsMount,
    mntnsId: string | null,
    tasks: readonly ProcessFacts[],
  ): NamespaceFacts[] | Failure {
    for (const task of tasks.slice(0, PLACES)) {
      const dir = proc.open(String(task.pid));
      if (dir instanceof Failure) continue;
      const facts = this.#host.kernel.namespaceAt(mounted, null, dir, this.#known.has);
      dir.close();
      if (!(facts instanceof Failure)) return facts;
    }
    return this.#host.kernel.namespaceAt(mounted, mntnsId, null, this.#known.has);
  }

  #mountsFromTasks(proc: Dir, mntns: number, tasks: readonly ProcessFacts[]): NsMount[] | Failure {
    const table = readTable(proc, mntns, tasks);
    return table instanceof Failure ? table : nsfsMountsAmong(table.mounts, mntns);
  }

  /**
   * The namespaces made at boot: those of kthreadd, the parent of all threads of the kernel (init/main.c, rest_init). Their inode
   * numbers differ between kernels. Null where kthreadd cannot be seen: then nobody can tell.
   */
  #initialOnes(): ReadonlySet<number> | null {
    const kthreadd = this.#tasks.processes.find((process) => process.kthread && process.ppid === 0);
    if (kthreadd === undefined || kthreadd.unknownNs !== undefined) return null;
    return new Set(NS_TYPES.map((type, i) => refKey({ type, inum: kthreadd.ns[i] ?? 0 })));
  }
}

/** The namespace is there, for it is mounted: where its file is not, something covers it, and no interface reaches below. */
function covered(failure: Failure): Outcome {
  return failure.asOutcome === 'absent' ? 'unsupported' : failure.asOutcome;
}

/** A namespace that is there, of which nothing more could be learnt. */
function unasked(ref: NsRef, outcome: Outcome): NamespaceFacts {
  const facts = { type: ref.type, inum: ref.inum };
  const unknown = { id: outcome, owner: outcome };
  if (ref.type === 'user') return { ...facts, unknown: { ...unknown, parent: outcome, ownerUid: outcome } };
  if (ref.type === 'pid') return { ...facts, unknown: { ...unknown, parent: outcome } };
  return { ...facts, parent: null, unknown };
}

/** Adds whether it is an initial one, and with that what the kernel's EPERM meant: an initial one has no parent and, of user namespaces, no owner. */
function withInitial(facts: NamespaceFacts, initial: ReadonlySet<number> | null): NamespaceFacts {
  const hasParent = facts.parent !== undefined && facts.parent !== null;
  if (initial === null && !hasParent) return { ...facts, unknown: { ...facts.unknown, initial: 'denied' } };
  const isInitial = initial?.has(refKey(facts)) ?? false;
  if (!isInitial) return { ...facts, initial: false };
  const { parent, owner, ...unknown } = facts.unknown ?? {};
  const settled: { -readonly [K in keyof NamespaceFacts]: NamespaceFacts[K] } = {
    ...facts,
    initial: true,
    parent: null,
  };
  if (facts.type === 'user') settled.owner = null;
  else if (owner !== undefined) Object.assign(unknown, { owner });
  if (facts.type !== 'user' && facts.type !== 'pid' && parent !== undefined) Object.assign(unknown, { parent });
  if (Object.keys(unknown).length > 0) settled.unknown = unknown;
  else delete settled.unknown;
  return settled;
}
