import { containersInCgroups } from '../../engines/cgroup-path.ts';
import type { CgroupContainer } from '../../engines/cgroup-path.ts';
import type { Engine, EngineContainer, EngineProcess } from '../../schema/engines.ts';
import type { Name } from '../../schema/name.ts';
import type { ProcessFacts, TasksFacet } from '../../schema/tasks.ts';
import { nameOf } from '../../text/bytes.ts';
import { isZombie, TaskIndex } from './task-index.ts';

/** Why something is held to be a container, in the order in which it was found. */
export type Evidence =
  /** A cgroup's path names it. */
  | { readonly kind: 'cgroup'; readonly path: Name }
  /** A shim or monitor is its parent and names it. */
  | { readonly kind: 'minder'; readonly pid: number; readonly role: EngineProcess['role'] }
  /** A state file names its process. */
  | { readonly kind: 'state'; readonly source: Name };

/** A container in the making. */
export interface Draft {
  /** Null: not known yet. */
  engine: Engine | null;
  id: string;
  namespace: string | undefined;
  podUid: string | null;
  /** The container in which this one is nested. */
  parent: Draft | null;
  /** Nothing but a name that others use too speaks for it so far. */
  weak: boolean;
  /** It has no cgroup to itself: the process tree and the namespaces tell who belongs to it. */
  loose: boolean;
  leader: ProcessFacts | null;
  /** The shim or monitor that is believed to mind it. */
  minder: EngineProcess | null;
  /** Pid of the process that led to the state file on which all of it rests. */
  claimant: number | null;
  readonly evidence: Evidence[];
}

/** A new draft of which nothing is known but who it is. */
export function draftOf(who: Pick<Draft, 'engine' | 'id' | 'parent'> & Partial<Draft>): Draft {
  return {
    namespace: undefined,
    podUid: null,
    weak: false,
    loose: false,
    leader: null,
    minder: null,
    claimant: null,
    evidence: [],
    ...who,
  };
}

/** Whether `inner` is nested, at any depth, in `outer`; everything is nested in the host, null. */
export function isInside(inner: Draft | null, outer: Draft | null): boolean {
  for (let at = inner; at !== null; at = at.parent) if (at === outer) return true;
  return outer === null;
}

/** Everything known while containers are put together. */
export class World {
  readonly index: TaskIndex;
  readonly tasks: TasksFacet;
  readonly drafts = new Set<Draft>();
  readonly records = new Map<string, EngineContainer[]>();
  /** The innermost container of a process. */
  readonly #of = new Map<number, Draft>();
  readonly #byCgroup = new Map<number, ProcessFacts[]>();

  constructor(tasks: TasksFacet, records: readonly EngineContainer[]) {
    this.tasks = tasks;
    this.index = new TaskIndex(tasks);
    for (const process of this.index.topDown) {
      if (process.cgroup === null) continue;
      const together = this.#byCgroup.get(process.cgroup);
      if (together === undefined) this.#byCgroup.set(process.cgroup, [process]);
      else together.push(process);
    }
    for (const record of records) {
      const same = this.records.get(record.id);
      if (same === undefined) this.records.set(record.id, [record]);
      else same.push(record);
    }
  }

  /** The innermost container of a process; null: it is the host's own. */
  of(pid: number): Draft | null {
    return this.#of.get(pid) ?? null;
  }

  /** Puts a process into a container; null: takes it out of all. */
  place(pid: number, draft: Draft | null): void {
    if (draft === null) this.#of.delete(pid);
    else this.#of.set(pid, draft);
  }

  /** Takes back a draft: what was in it is in the one around it. */
  discard(draft: Draft): void {
    this.drafts.delete(draft);
    for (const [pid, at] of this.#of) {
      if (at === draft) this.place(pid, draft.parent);
    }
    for (const other of this.drafts) if (other.parent === draft) other.parent = draft.parent;
  }

  /** Processes by container. */
  members(): Map<Draft, ProcessFacts[]> {
    const members = new Map<Draft, ProcessFacts[]>();
    for (const process of this.index.topDown) {
      const draft = this.#of.get(process.pid);
      if (draft === undefined) continue;
      const list = members.get(draft);
      if (list === undefined) members.set(draft, [process]);
      else list.push(process);
    }
    return members;
  }

  /** Processes with the same lines in `/proc/PID/cgroup`, by index into the facet's list. */
  get byCgroup(): ReadonlyMap<number, readonly ProcessFacts[]> {
    return this.#byCgroup;
  }

  /** Makes the drafts of all containers that cgroups' paths name. */
  placeByCgroup(): void {
    const byPath = new Map<string, Draft>();
    for (const [cgroup, processes] of this.#byCgroup) {
      if (processes.every(isZombie)) continue;
      let innermost: Draft | null = null;
      for (const named of containersInCgroups(this.tasks.cgroups[cgroup] ?? [])) {
        innermost = byPath.get(named.path) ?? this.#add(named, innermost, byPath);
      }
      if (innermost !== null) for (const { pid } of processes) this.place(pid, innermost);
    }
  }

  #add({ engine, id, path, podUid, weak }: CgroupContainer, parent: Draft | null, byPath: Map<string, Draft>): Draft {
    const draft = draftOf({ engine, id, parent, podUid, weak });
    draft.evidence.push({ kind: 'cgroup', path: nameOf(path) });
    byPath.set(path, draft);
    this.drafts.add(draft);
    return draft;
  }
}
