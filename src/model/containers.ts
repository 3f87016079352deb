/** Which containers there are, and which processes belong to each. */
import type { Engine, EngineContainer, EnginesFacet } from '../schema/engines.ts';
import type { HostFacet } from '../schema/host.ts';
import type { Name } from '../schema/name.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { applyClaims, isBorneOut, settleMinders } from './containers/claims.ts';
import { World, isInside } from './containers/draft.ts';
import type { Draft, Evidence } from './containers/draft.ts';
import { chooseLeaders, placeByNamespaces } from './containers/members.ts';
import { isZombie } from './containers/task-index.ts';
import { startTimeOf } from './start-time.ts';

export type { Evidence } from './containers/draft.ts';

/** A container. */
export interface Container {
  /** Names it within one capture: `docker:<id>`, `containerd:<namespace>/<id>`, below what it is nested in. */
  readonly key: string;
  readonly engine: Engine;
  /** The engine's own id; `bwrap-<pid>` for what has none. */
  readonly id: string;
  /** As its user calls it; null where it has none, or none could be read. */
  readonly name: Name | null;
  readonly image: Name | null;
  /** ISO 8601: as the engine wrote it, else when the leader started (to the second). Null: not known. */
  readonly startedAt: string | null;
  /** Kubernetes: the pod, and the container's name in it; `container` is null for the pod's sandbox. */
  readonly pod: { readonly namespace: Name; readonly name: Name; readonly container: Name | null } | null;
  /** Kubernetes: the pod's uid, where the cgroup's path names it. */
  readonly podUid: string | null;
  /** containerd's namespace. */
  readonly namespace: string | null;
  /** Pid of its first process. */
  readonly leader: number;
  /** Its processes, ascending, without those of containers nested in it. */
  readonly pids: readonly number[];
  /** Key of the container in which this one is nested. */
  readonly parent: string | null;
  readonly evidence: readonly Evidence[];
}

/** All containers, and who is in which. */
export interface Containers {
  /** By leader's start time. */
  readonly containers: readonly Container[];
  /** The innermost container of a process. What is not in it is in none: the host's own. */
  readonly containerOfPid: ReadonlyMap<number, Container>;
}

/**
 * Joins what the kernel says of tasks with what engines left behind. A container is known by the path of its cgroup, then by
 * its shim or monitor (its parent, whose command line names it), then by a runtime's state file, which names its first
 * process. Processes belong to it by their cgroup, else by the namespaces that they are in. Namespaces alone make no
 * container: whoever unshares has a sandbox without an engine. Without `engines` only cgroups speak; without `host` no
 * start time is computed.
 */
export function containersOf(tasks: TasksFacet, engines: EnginesFacet | undefined, host?: HostFacet): Containers {
  const records = engines?.containers ?? [];
  const world = new World(tasks, records);
  world.placeByCgroup();
  applyClaims(world, engines?.processes ?? [], records);
  discardUnfounded(world);
  chooseLeaders(world);
  placeByNamespaces(world);
  settleMinders(world);

  const members = world.members();
  const made = new Map<Draft, Container>();
  const keys = new Set<string>();
  const containerOfPid = new Map<number, Container>();
  for (const draft of outermostFirst(world.drafts)) {
    const processes = members.get(draft) ?? [];
    const leader = draft.leader ?? leaderWithin(world, draft);
    if (leader === null) continue;
    const container = containerOf(world, draft, { leader, processes, parent: parentOf(draft, made), keys, host });
    made.set(draft, container);
    for (const { pid } of processes) containerOfPid.set(pid, container);
  }
  const startOf = ({ leader }: Container): number => world.index.get(leader)?.start ?? 0;
  const containers = [...made.values()].sort((a, b) => startOf(a) - startOf(b) || a.leader - b.leader);
  return { containers, containerOfPid };
}

function discardUnfounded(world: World): void {
  const members = world.members();
  for (const draft of world.drafts) {
    if (!draft.weak) continue;
    // Of what has no process of its own, those of what is nested in it speak.
    const inside = [...members].filter(([inner]) => inner === draft || isInside(inner, draft));
    if (
      !isBorneOut(
        world,
        draft,
        inside.flatMap(([, processes]) => processes),
      )
    )
      world.discard(draft);
  }
}

/** Every draft after the one that it is nested in; those with a shim or monitor first, whose keys are then the plain ones. */
function outermostFirst(drafts: Iterable<Draft>): Draft[] {
  const depths = new Map<Draft | null, number>([[null, -1]]);
  const depth = (draft: Draft): number => {
    const unknown: Draft[] = [];
    let at: Draft | null = draft;
    for (; at !== null && !depths.has(at); at = at.parent) unknown.push(at);
    let known = depths.get(at) ?? -1;
    for (const one of unknown.reverse()) depths.set(one, ++known);
    return depths.get(draft) ?? known;
  };
  const unminded = ({ minder }: Draft): number => (minder === null ? 1 : 0);
  return [...drafts].sort((a, b) => depth(a) - depth(b) || unminded(a) - unminded(b));
}

/** The oldest process in any container nested in this one, where it has none of its own left. */
function leaderWithin(world: World, draft: Draft): ProcessFacts | null {
  let oldest: ProcessFacts | null = null;
  for (const process of world.index.topDown) {
    if (isZombie(process) || !isInside(world.of(process.pid), draft)) continue;
    if (oldest === null || process.start < oldest.start) oldest = process;
  }
  return oldest;
}

function parentOf({ parent }: Draft, made: ReadonlyMap<Draft, Container>): Container | null {
  return parent === null ? null : (made.get(parent) ?? null);
}

interface Parts {
  readonly leader: ProcessFacts;
  readonly processes: readonly ProcessFacts[];
  readonly parent: Container | null;
  readonly keys: Set<string>;
  readonly host: HostFacet | undefined;
}

function containerOf(world: World, draft: Draft, { leader, processes, parent, keys, host }: Parts): Container {
  const records = believed(world, draft);
  const engine = draft.engine ?? (records.find((record) => !isOfRuntime(record)) ?? records[0])?.engine ?? 'oci';
  const first = <T>(pick: (record: EngineContainer) => T | null | undefined): T | null => {
    for (const record of records) {
      const value = pick(record);
      if (value !== null && value !== undefined) return value;
    }
    return null;
  };
  const pod = first((record) => record.pod);
  const namespace = draft.namespace ?? first((record) => record.namespace);
  // These two have no other id than the name.
  const ownName = engine === 'lxc' || engine === 'nspawn' ? draft.id : null;
  // A sandbox of a pod has no name besides the pod's.
  const minderName = pod !== null ? null : (draft.minder?.containerName ?? null);
  return {
    key: uniqueKey(
      keys,
      `${parent === null ? '' : `${parent.key}/`}${engine}:${scope(engine, namespace)}${draft.id}`,
      leader,
    ),
    engine,
    id: draft.id,
    name: first((record) => record.name) ?? minderName ?? ownName,
    image: first((record) => record.image),
    startedAt: first((record) => record.startedAt) ?? startTimeOf(leader, host),
    pod,
    podUid: draft.podUid,
    namespace,
    leader: leader.pid,
    pids: processes.map(({ pid }) => pid).sort((a, b) => a - b),
    parent: parent?.key ?? null,
    evidence: draft.evidence,
  };
}

/** Ids of containerd are unique within a namespace only; docker and CRI have one each. */
function scope(engine: Engine, namespace: string | null): string {
  return engine === 'containerd' && namespace !== null ? `${namespace}/` : '';
}

/** Anybody with a cgroup of his own may give it the name of somebody else's container. */
function uniqueKey(keys: Set<string>, key: string, leader: ProcessFacts): string {
  const unique = keys.has(key) ? `${key}@${String(leader.pid)}` : key;
  keys.add(unique);
  return unique;
}

/**
 * The records that may speak of a container, the most trustworthy first: those that its own shim or monitor leads to; for a
 * container of the host's, those in the host's own directories, and last those in a user's.
 */
function believed(world: World, draft: Draft): EngineContainer[] {
  const ranked: { readonly rank: number; readonly record: EngineContainer }[] = [];
  for (const record of world.records.get(draft.id) ?? []) {
    if (!isAbout(record, draft)) continue;
    if (record.via === null) {
      if (draft.parent === null) ranked.push({ rank: record.ofUser === undefined ? 1 : 2, record });
    } else if (record.via === draft.minder?.pid) ranked.push({ rank: 0, record });
  }
  return ranked.sort((a, b) => a.rank - b.rank).map(({ record }) => record);
}

/** The same id in the hands of another engine is another container, but a runtime's record is of its engine's container. */
function isAbout(record: EngineContainer, draft: Draft): boolean {
  const { engine, namespace } = record;
  if (draft.engine === null || isOfRuntime(record)) return true;
  if (draft.namespace !== undefined && namespace !== undefined && namespace !== draft.namespace) return false;
  return engine === draft.engine || (draft.engine === 'cri-o' && engine === 'podman');
}

/** Written by an OCI runtime, perhaps on behalf of an engine. */
function isOfRuntime({ engine }: EngineContainer): boolean {
  return engine === 'runc' || engine === 'crun';
}
