/** One of the two captures that are compared, with the models that several aspects ask, each made once. */
import { cgroupKey, hierarchyKey } from '../model/cgroup-key.ts';
import type { HierarchyIdentity } from '../model/cgroup-key.ts';
import { containersOf } from '../model/containers.ts';
import type { Container } from '../model/containers.ts';
import { namespacesOf } from '../model/namespaces.ts';
import type { Namespaces } from '../model/namespaces.ts';
import type { Capture } from '../schema/capture.ts';
import type { CgroupFacts } from '../schema/cgroups.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { NamespacesFacet, NsRef } from '../schema/namespace.ts';
import type { CgroupLine, ProcessFacts } from '../schema/tasks.ts';
import type { Name } from '../schema/name.ts';
import { nameKey, nameText } from '../text/bytes.ts';
import { refKey } from '../text/ns-ref.ts';

const NO_NAMESPACES: NamespacesFacet = {
  version: 1,
  namespaces: [],
  fds: [],
  sockets: [],
  mounts: [],
  coverage: {
    notSearched: [],
    socketsExamined: 0,
    socketsDenied: 0,
    fdTablesDenied: 0,
    fdInfosMalformed: 0,
    mountNamespacesSearched: 0,
    mountNamespacesNotSearched: {},
    mountNamespacesWithoutTask: 0,
  },
};

/** A cgroup with its key. */
export interface KeyedCgroup {
  readonly key: string;
  readonly hierarchy: string;
  readonly version: 1 | 2;
  readonly facts: CgroupFacts;
  readonly parent: KeyedCgroup | null;
}

const KNOWN = new WeakMap<Capture, Side>();

/** What a capture means. Of one that is compared with the one before and then with the one after, once. */
export function sideOf(capture: Capture): Side {
  let side = KNOWN.get(capture);
  if (side === undefined) KNOWN.set(capture, (side = new Side(capture)));
  return side;
}

/** A capture and what it means. */
export class Side {
  readonly capture: Capture;
  readonly processes: ReadonlyMap<number, ProcessFacts>;
  readonly containers: readonly Container[];
  readonly containerOfPid: ReadonlyMap<number, Container>;
  #namespaces: Namespaces | undefined;
  #initial: ReadonlySet<number> | undefined;
  #cgroups: ReadonlyMap<string, KeyedCgroup> | undefined;
  #byPath: ReadonlyMap<string, KeyedCgroup> | undefined;
  #owners: ReadonlyMap<string, Container> | undefined;

  constructor(capture: Capture) {
    this.capture = capture;
    const { tasks, engines, host } = capture;
    this.processes = new Map(tasks?.processes.map((process) => [process.pid, process]));
    const { containers, containerOfPid } =
      tasks === undefined
        ? { containers: [], containerOfPid: new Map<number, Container>() }
        : containersOf(tasks, engines, host);
    this.containers = containers;
    this.containerOfPid = containerOfPid;
  }

  /** Every namespace that is known of, if only by a task's link. */
  get namespaces(): Namespaces {
    const { tasks, namespaces } = this.capture;
    return (this.#namespaces ??= namespacesOf(tasks ?? NO_TASKS, namespaces ?? NO_NAMESPACES));
  }

  /** Whether it is one that was made at boot, or where the kernel does not say so, the one that init is in. */
  isHostNs(ref: NsRef): boolean {
    this.#initial ??= this.#findInitial();
    return this.#initial.has(refKey(ref));
  }

  #findInitial(): Set<number> {
    const initial = this.capture.namespaces?.namespaces.filter((facts) => facts.initial === true) ?? [];
    const found = new Set(initial.map(refKey));
    const told = new Set(initial.map(({ type }) => type));
    const kthreadd = this.processes.get(2);
    const first = kthreadd?.kthread === true ? kthreadd : this.processes.get(1);
    for (const [i, type] of NS_TYPES.entries()) {
      const inum = first?.ns[i] ?? null;
      if (inum !== null && !told.has(type)) found.add(refKey({ type, inum }));
    }
    // The kernel starts init in the first mount namespace; an initramfs may have given it another one, which is what counts.
    const mnt = this.processes.get(1)?.ns[MNT] ?? null;
    if (mnt !== null && kthreadd?.kthread === true) found.add(refKey({ type: 'mnt', inum: mnt }));
    return found;
  }

  /** The namespace of a process; null: not known. */
  nsOf(process: ProcessFacts, type: number): NsRef | null {
    const inum = process.ns[type] ?? null;
    const name = NS_TYPES[type];
    return inum === null || name === undefined ? null : { type: name, inum };
  }

  leaderOf({ leader }: Container): ProcessFacts | undefined {
    return this.processes.get(leader);
  }

  /** The lines of `/proc/PID/cgroup` behind an index. */
  linesAt(index: number | null): readonly CgroupLine[] {
    return index === null ? [] : (this.capture.tasks?.cgroups[index] ?? []);
  }

  /** What names the hierarchy of a line: its number is another one after each mount. */
  hierarchyOf(line: CgroupLine): string {
    return hierarchyKey(identityOf(line));
  }

  /** The cgroups of the walk by key. */
  get cgroups(): ReadonlyMap<string, KeyedCgroup> {
    if (this.#cgroups !== undefined) return this.#cgroups;
    const facet = this.capture.cgroups;
    const hierarchies = new Map(facet?.hierarchies.map((one) => [one.id, { ...one, key: hierarchyKey(one) }]));
    const list: KeyedCgroup[] = [];
    for (const facts of facet?.cgroups ?? []) {
      const hierarchy = hierarchies.get(facts.hierarchy);
      const key = hierarchy === undefined ? `?:${String(facts.inode)}` : cgroupKey(hierarchy, facts);
      const parent = facts.parent === null ? null : (list[facts.parent] ?? null);
      list.push({ key, hierarchy: hierarchy?.key ?? '?', version: hierarchy?.version ?? 1, facts, parent });
    }
    return (this.#cgroups = new Map(list.map((one) => [one.key, one])));
  }

  /** The cgroup of the walk at a path. */
  cgroupAt(hierarchy: string, path: Name): KeyedCgroup | undefined {
    this.#byPath ??= new Map([...this.cgroups.values()].map((one) => [placeKey(one.hierarchy, one.facts.path), one]));
    return this.#byPath.get(placeKey(hierarchy, path));
  }

  /**
   * The container that a cgroup belongs to: the one whose tasks alone are in it, the one whose id is in its path, or the owner of
   * the one around it.
   */
  ownerOf(cgroup: KeyedCgroup): Container | null {
    this.#owners ??= this.#findOwners();
    for (let at: KeyedCgroup | null = cgroup; at !== null; at = at.parent) {
      const owner = this.#owners.get(placeKey(at.hierarchy, at.facts.path));
      if (owner !== undefined) return owner;
    }
    return null;
  }

  #findOwners(): Map<string, Container> {
    const inside = new Map<string, Container | null>();
    const met = new Map<number, Set<Container | null>>();
    for (const process of this.processes.values()) {
      if (process.cgroup === null || process.state === 'Z' || process.state === 'X') continue;
      const owner = this.containerOfPid.get(process.pid) ?? null;
      const known = met.get(process.cgroup);
      if (known === undefined) met.set(process.cgroup, new Set([owner]));
      else known.add(owner);
    }
    for (const [index, owners] of met) {
      for (const line of this.linesAt(index)) {
        const key = placeKey(this.hierarchyOf(line), line.path);
        for (const owner of owners) inside.set(key, inside.has(key) && inside.get(key) !== owner ? null : owner);
      }
    }
    const found = new Map<string, Container>();
    for (const [key, owner] of inside) if (owner !== null) found.set(key, owner);
    const byId = new Map(this.containers.map((container) => [container.id, container]));
    for (const { hierarchy, facts } of this.cgroups.values()) {
      const last = nameText(facts.path).split('/').at(-1) ?? '';
      const named = byId.get(last) ?? byId.get(/[0-9a-f]{64}/.exec(last)?.[0] ?? '');
      if (named !== undefined) found.set(placeKey(hierarchy, facts.path), named);
    }
    return found;
  }
}

const NO_TASKS = {
  version: 1,
  processes: [],
  cgroups: [],
  collected: { detail: 'none', cgroups: false, root: false, threadCgroups: false },
  coverage: { processes: 0, tasks: 0, vanished: 0, denied: 0, malformed: 0 },
} as const;

const MNT = NS_TYPES.indexOf('mnt');

function placeKey(hierarchy: string, path: Name): string {
  return `${hierarchy} ${nameKey(path)}`;
}

/** A hierarchy as a line of `/proc/PID/cgroup` describes it. */
function identityOf({ hierarchy, controllers }: CgroupLine): HierarchyIdentity {
  const name = controllers.find((one) => one.startsWith('name='))?.slice('name='.length) ?? null;
  return { version: hierarchy === 0 ? 2 : 1, controllers: controllers.filter((one) => !one.startsWith('name=')), name };
}

/** Whether the kernel has put it out of its namespaces and cgroups already (exit_task_namespaces, cgroup_exit). */
export function isDead({ state }: { readonly state: string }): boolean {
  return state === 'Z' || state === 'X';
}
