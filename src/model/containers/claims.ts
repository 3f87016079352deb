/**
 * What engines' processes and files claim, and how far it is believed. A process inside a container may call itself a
 * shim, and lead to state that it forged. Hence:
 * - A shim or monitor is believed about its own children only, which the kernel says they are, and only where they live
 *   in other namespaces or in another container's cgroup than itself.
 * - What is itself inside a container speaks for tasks inside that same container only.
 * - A container's name and image come from what its own shim or monitor leads to, where it has one.
 */
import type { EngineContainer, EngineProcess } from '../../schema/engines.ts';
import type { Engine } from '../../schema/engines.ts';
import type { CgroupLine, ProcessFacts } from '../../schema/tasks.ts';
import { bytesOf } from '../../text/bytes.ts';
import { draftOf, isInside } from './draft.ts';
import type { Draft, World } from './draft.ts';
import { differs, isZombie, nsOf } from './task-index.ts';

/** Applies all claims: of files of the host's own first, then of minders, those nearest to the root of the tree first. */
export function applyClaims(
  world: World,
  processes: readonly EngineProcess[],
  records: readonly EngineContainer[],
): void {
  const { index } = world;
  for (const record of records) if (record.via === null) claimByState(world, record, null);
  const byVia = new Map<number, EngineContainer[]>();
  for (const record of records) {
    if (record.via === null || record.pidStart === undefined) continue;
    byVia.set(record.via, [...(byVia.get(record.via) ?? []), record]);
  }
  // So that a container is known before what is inside it speaks.
  const sorted = processes
    .filter(({ pid, start }) => index.get(pid)?.start === start)
    .sort((a, b) => index.depth(a.pid) - index.depth(b.pid) || a.start - b.start || a.pid - b.pid);
  const minders = new Set(sorted.map(({ pid }) => pid));
  for (const process of sorted) {
    const facts = index.get(process.pid);
    if (facts === undefined) continue;
    if (process.role !== 'daemon') claimChildren(world, process, facts, minders);
    for (const record of byVia.get(process.pid) ?? []) claimByState(world, record, world.of(process.pid));
  }
}

/** A shim's or monitor's children in other namespaces than its own are containers. */
function claimChildren(world: World, minder: EngineProcess, facts: ProcessFacts, minders: ReadonlySet<number>): void {
  const home = homeOf(world, minder, facts);
  for (const child of world.index.children(minder.pid)) {
    if (isZombie(child)) continue;
    const at = world.of(child.pid);
    if (at !== home) {
      const outermost = outermostBelow(at, home);
      if (outermost !== null) attach(outermost, minder, child);
    } else if (isSandboxOf(world, minder, facts, child, minders)) {
      claim(world, { minder, child, home, id: claimedId(world, minder, child) }, facts);
    }
  }
}

/** The container directly inside `home` in which `at` lies; null where it does not lie in there. */
function outermostBelow(at: Draft | null, home: Draft | null): Draft | null {
  for (let draft = at; draft !== null; draft = draft.parent) if (draft.parent === home) return draft;
  return null;
}

/**
 * Whether the child of a minder is what it minds, and no helper of the minder's own: it lives in other namespaces. To a
 * reader who may not see them a cgroup that has the container's id for a name says the same. (With a pid namespace,
 * bubblewrap's child is one more bwrap and its init.)
 */
function isSandboxOf(
  world: World,
  { engine, containerId }: EngineProcess,
  facts: ProcessFacts,
  child: ProcessFacts,
  minders: ReadonlySet<number>,
): boolean {
  if (engine === 'bwrap') return differs(child, facts, ['mnt']) === true;
  if (minders.has(child.pid)) return false;
  const apart = differs(child, facts);
  if (apart !== null || containerId === undefined || child.cgroup === null) return apart === true;
  return ownCgroup(world, containerId, child.cgroup, facts) !== undefined;
}

/**
 * The container that a minder is in. One that is found in the very container it minds, but lives in the namespaces outside
 * of it, has only stayed in the same cgroup (systemd-nspawn and LXC of old): it is taken out.
 */
function homeOf(world: World, { pid, containerId }: EngineProcess, facts: ProcessFacts): Draft | null {
  const home = world.of(pid);
  const outside = home?.parent?.leader ?? world.index.host;
  if (home === null || home.id !== containerId || outside === null || differs(facts, outside) !== false) return home;
  world.place(pid, home.parent);
  return home.parent;
}

function claimedId(world: World, { engine, containerId, pid }: EngineProcess, child: ProcessFacts): string {
  if (engine === 'bwrap' || containerId === undefined) return `${engine}-${String(child.pid)}`;
  if (engine !== 'cri') return containerId;
  // A pod's shim minds several containers.
  for (const [id, records] of world.records) {
    if (records.some((record) => record.via === pid && record.pid === child.pid)) return id;
  }
  return containerId;
}

/** A container that the cgroup's path named gets its shim or monitor, unless that speaks of another one. */
function attach(draft: Draft, minder: EngineProcess, child: ProcessFacts): void {
  if (draft.minder !== null) {
    // Later children of the same shim are commands that were started in the container (docker exec).
    return;
  }
  const isShimOfPod = minder.engine === 'cri' && draft.engine !== 'docker';
  if (draft.id !== minder.containerId && !isShimOfPod) {
    if (!draft.weak || draft.engine !== null || minder.containerId === undefined) return;
    draft.id = minder.containerId;
  }
  if (!isCompatible(draft.engine, minder.engine)) return;
  // CRI-O is told from podman by the path with more certainty than by conmon's arguments.
  if (draft.engine !== 'cri-o') draft.engine = minder.engine;
  draft.namespace = minder.namespace;
  draft.minder = minder;
  draft.leader = child;
  draft.weak = false;
  draft.evidence.push({ kind: 'minder', pid: minder.pid, role: minder.role });
}

/** Whether a minder of this engine can mind what a cgroup's path calls another one's. */
function isCompatible(ofPath: Engine | null, ofMinder: Engine): boolean {
  if (ofPath === null || ofPath === ofMinder) return true;
  // The path of a pod does not say which engine the kubelet speaks to.
  if (ofPath === 'cri') return ofMinder === 'docker' || ofMinder === 'containerd' || ofMinder === 'cri-o';
  return (ofPath === 'cri-o' && ofMinder === 'podman') || (ofPath === 'runc' && ofMinder === 'crun');
}

interface Claim {
  readonly minder: EngineProcess;
  readonly child: ProcessFacts;
  /** The container that minder and child are in. */
  readonly home: Draft | null;
  readonly id: string;
}

/** A container that no cgroup's path gave away. */
function claim(world: World, { minder, child, home, id }: Claim, facts: ProcessFacts): void {
  for (const known of world.drafts) {
    if (
      known.parent === home &&
      known.id === id &&
      known.engine === minder.engine &&
      known.namespace === minder.namespace
    ) {
      world.place(child.pid, known);
      return;
    }
  }
  const draft = draftOf({
    engine: minder.engine,
    id,
    parent: home,
    namespace: minder.namespace,
    leader: child,
    minder,
  });
  draft.evidence.push({ kind: 'minder', pid: minder.pid, role: minder.role });
  settle(world, draft, child, facts);
}

/** A state file names a process by pid and start time. `home`: the container of who led to the file. */
function claimByState(world: World, record: EngineContainer, home: Draft | null): void {
  if (record.machineClass !== undefined) {
    claimMachine(world, record);
    return;
  }
  const { index } = world;
  const process = record.pid === null ? undefined : index.get(record.pid);
  if (process === undefined || record.pidStart !== process.start || isZombie(process)) return;
  // Whoever owns the directory can write the pid of somebody else's process: his own containers have user namespaces.
  if (record.ofUser !== undefined && (index.host === null || differs(process, index.host, ['user']) !== true)) return;
  const at = world.of(process.pid);
  if (!isInside(at, home)) return;
  const named = outermostBelow(at, home);
  if (named === null) {
    const draft = draftOf({
      engine: record.engine,
      id: record.id,
      parent: home,
      leader: process,
      claimant: record.via,
    });
    draft.evidence.push({ kind: 'state', source: record.source });
    settle(world, draft, process, null);
  } else if (named.id === record.id) {
    named.weak = false;
    named.leader ??= process;
    named.evidence.push({ kind: 'state', source: record.source });
  }
}

/** systemd-machined tells containers from virtual machines. */
function claimMachine(world: World, record: EngineContainer): void {
  const process = record.pid === null ? undefined : world.index.get(record.pid);
  const at = process === undefined ? null : world.of(process.pid);
  if (record.machineClass !== 'container') {
    for (const draft of world.drafts)
      if (draft.engine === 'nspawn' && draft.weak && draft.id === record.id) world.discard(draft);
  } else if (process !== undefined && at?.engine === 'nspawn' && at.id === record.id) {
    at.weak = false;
    at.leader ??= process;
    at.evidence.push({ kind: 'state', source: record.source });
  }
}

/**
 * Adds a draft and puts its tasks into it: all of its cgroup where it has one to itself, else the leader alone, from
 * which the process tree and the namespaces lead to the others.
 */
function settle(world: World, draft: Draft, leader: ProcessFacts, outside: ProcessFacts | null): void {
  world.drafts.add(draft);
  world.place(leader.pid, draft);
  const own = leader.cgroup === null ? undefined : ownCgroup(world, draft.id, leader.cgroup, outside);
  if (own === undefined) {
    draft.loose = true;
    placeDescendants(world, draft, leader);
    return;
  }
  draft.evidence.push({ kind: 'cgroup', path: own.path });
  const path = bytesOf(own.path);
  for (const [cgroup, processes] of world.byCgroup) {
    const line = (world.tasks.cgroups[cgroup] ?? []).find((one) => isSameHierarchy(one, own));
    const its = line === undefined ? '' : bytesOf(line.path);
    if (its !== path && !its.startsWith(`${path}/`)) continue;
    for (const { pid } of processes) if (world.of(pid) === draft.parent) world.place(pid, draft);
  }
}

function placeDescendants(world: World, draft: Draft, leader: ProcessFacts): void {
  const below = [leader];
  for (const { pid } of below) {
    for (const child of world.index.children(pid)) {
      if (world.of(child.pid) !== draft.parent) continue;
      world.place(child.pid, draft);
      below.push(child);
    }
  }
}

/**
 * The cgroup that was made for a container: one whose last name holds the container's id, so that nobody else's tasks are
 * in it, and in which the process outside it is not.
 */
function ownCgroup(world: World, id: string, cgroup: number, outside: ProcessFacts | null): CgroupLine | undefined {
  const around = world.tasks.cgroups[outside?.cgroup ?? -1] ?? [];
  return (world.tasks.cgroups[cgroup] ?? []).find((line) => {
    const path = bytesOf(line.path);
    if (!path.slice(path.lastIndexOf('/') + 1).includes(bytesOf(id))) return false;
    const other = around.find((one) => isSameHierarchy(one, line));
    return other === undefined || !`${bytesOf(other.path)}/`.startsWith(`${path}/`);
  });
}

function isSameHierarchy(a: CgroupLine, b: CgroupLine): boolean {
  return a.hierarchy === b.hierarchy && a.controllers.join() === b.controllers.join();
}

/** Whether what only a name speaks for is borne out by the namespaces of those in it. */
export function isBorneOut(world: World, draft: Draft, members: readonly ProcessFacts[]): boolean {
  const { host } = world.index;
  const living = members.filter((process) => !isZombie(process));
  // A virtual machine may have a mount namespace of its own, but no pid namespace.
  if (draft.engine === 'nspawn') return host !== null && living.some((one) => differs(one, host, ['pid']) === true);
  if (host === null || living.every((one) => nsOf(one, 'mnt') === null)) return draft.engine === null;
  return living.some((one) => differs(one, host) === true);
}

/**
 * Now that all processes are in their places, some that were believed turn out to be inside a container that was not known
 * then. What such a minder claimed of its children is nested there; a container outside of it is not its own to speak for,
 * and a process outside of it no container because of a file that it led to.
 */
export function settleMinders(world: World): void {
  for (const draft of world.drafts) {
    if (draft.claimant !== null && !isInside(draft.parent, world.of(draft.claimant))) world.discard(draft);
    if (draft.minder === null) continue;
    const home = world.of(draft.minder.pid);
    if (isInside(draft.parent, home)) continue;
    const isNamedByCgroup = draft.evidence[0]?.kind === 'cgroup';
    if (isNamedByCgroup || isInside(home, draft)) draft.minder = null;
    else draft.parent = home;
  }
}
