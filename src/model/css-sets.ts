/**
 * The css_sets of a host, rebuilt from `/proc`: two tasks share one if and only if they are in the same cgroup of every hierarchy
 * (compare_css_sets and find_css_set, kernel/cgroup/cgroup.c); what css works for each controller follows from that.
 */
import type { CgroupsFacet } from '../schema/cgroups.ts';
import type { CgroupLine, ProcessFacts, TasksFacet, ThreadFacts } from '../schema/tasks.ts';
import { CgroupIndex } from './cgroup-index.ts';
import type { CgroupNode } from './cgroup-index.ts';

/** A css_set: the tasks on one side, one cgroup of each hierarchy on the other. */
export interface CssSet {
  /** Rank among the sorted tuples of cgroups. */
  readonly id: number;
  /** One of each hierarchy, by the hierarchy's number. */
  readonly cgroups: ReadonlyMap<number, CgroupNode>;
  /** Threads in it, ascending. */
  readonly tids: readonly number[];
  /** Processes with a thread in it, ascending by pid. */
  readonly processes: readonly ProcessFacts[];
}

/** The graph of tasks, css_sets and cgroups. */
export interface CssGraph {
  readonly index: CgroupIndex;
  readonly cssSets: readonly CssSet[];
  /** The other way round: the css_sets that lead to a cgroup, by its key. */
  readonly setsOf: ReadonlyMap<string, readonly CssSet[]>;
  /** The css_set of a live thread. */
  readonly setOfTid: ReadonlyMap<number, CssSet>;
  /** Tids of zombies: the kernel has put them back into its initial css_set (cgroup_exit), whatever `/proc` still shows. */
  readonly dead: readonly number[];
  /** Tids of threads that ended while they were read: they had no cgroups any more. */
  readonly ended: readonly number[];
  /** Tids of live threads whose cgroups were not readable. */
  readonly unplaced: readonly number[];
}

interface Growing {
  tuple: string;
  cgroups: Map<number, CgroupNode>;
  tids: number[];
  processes: ProcessFacts[];
}

/** Rebuilds the graph. */
export function cssGraphOf(tasks: TasksFacet, facet: CgroupsFacet): CssGraph {
  const index = new CgroupIndex(facet);
  // Several texts can name the same cgroups only where one of them raced; each is resolved once.
  const tuples = tasks.cgroups.map((lines) => tupleOf(lines, index));
  const sets = new Map<string, Growing>();
  const dead: number[] = [];
  const ended: number[] = [];
  const unplaced: number[] = [];
  const add = (tid: number, process: ProcessFacts, { cgroup, unknown }: ProcessFacts | ThreadFacts): void => {
    const tuple = cgroup === null ? undefined : tuples[cgroup];
    if (tuple === undefined) {
      // A file that the others have and this one had not: it was gone by then.
      (unknown?.cgroup === 'absent' && tuples.length > 0 ? ended : unplaced).push(tid);
      return;
    }
    let set = sets.get(tuple.key);
    if (set === undefined)
      sets.set(tuple.key, (set = { tuple: tuple.key, cgroups: tuple.cgroups, tids: [], processes: [] }));
    set.tids.push(tid);
    if (set.processes.at(-1) !== process) set.processes.push(process);
  };
  for (const process of tasks.processes) {
    const differing = new Map((process.differing ?? []).map((thread) => [thread.tid, thread]));
    if (isDead(process.state)) dead.push(process.pid);
    else add(process.pid, process, process);
    for (const tid of process.tids ?? []) {
      const thread = differing.get(tid);
      if (thread !== undefined && isDead(thread.state)) dead.push(tid);
      else add(tid, process, thread ?? process);
    }
  }
  const sorted = [...sets.values()].sort((a, b) => (a.tuple < b.tuple ? -1 : 1));
  const cssSets = sorted.map(({ cgroups, tids, processes }, id): CssSet => ({
    id,
    cgroups,
    tids: tids.sort((a, b) => a - b),
    processes,
  }));
  return { index, cssSets, setsOf: setsByCgroup(cssSets), setOfTid: setsByTid(cssSets), dead, ended, unplaced };
}

/** State letters of a task that has left its cgroups (proc(5)). */
export function isDead(state: string): boolean {
  return state === 'Z' || state === 'X';
}

/**
 * A live thread is never in a removed cgroup (cgroup_destroy_locked refuses while one is populated): where its path ends in
 * ` (deleted)`, that is the cgroup's own name. So every path is taken as it is.
 */
function tupleOf(lines: readonly CgroupLine[], index: CgroupIndex): { key: string; cgroups: Map<number, CgroupNode> } {
  const cgroups = new Map<number, CgroupNode>();
  for (const line of [...lines].sort((a, b) => a.hierarchy - b.hierarchy)) cgroups.set(line.hierarchy, index.of(line));
  return { key: [...cgroups.values()].map(({ key }) => key).join(' '), cgroups };
}

function setsByCgroup(cssSets: readonly CssSet[]): Map<string, CssSet[]> {
  const setsOf = new Map<string, CssSet[]>();
  for (const set of cssSets) {
    for (const { key } of set.cgroups.values()) {
      const list = setsOf.get(key);
      if (list === undefined) setsOf.set(key, [set]);
      else list.push(set);
    }
  }
  return setsOf;
}

function setsByTid(cssSets: readonly CssSet[]): Map<number, CssSet> {
  const setOfTid = new Map<number, CssSet>();
  for (const set of cssSets) for (const tid of set.tids) setOfTid.set(tid, set);
  return setOfTid;
}
