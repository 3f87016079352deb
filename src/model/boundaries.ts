/** Where along the process tree isolation changes. */
import { NS_TYPES } from '../schema/namespace.ts';
import type { NsType } from '../schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { nameKey } from '../text/bytes.ts';
import { parentsAmong } from './parents.ts';

/** What a process shares with others of its place: the eight namespaces, the cgroups and the root. */
export type Change = NsType | 'cgroup-path' | 'root';

/**
 * Processes below one parent boundary that live in one place: the same namespaces, cgroups and root. Where the place is not
 * that of the parent, an isolation boundary lies between.
 */
export interface Boundary {
  /** The process that started first. */
  readonly leader: ProcessFacts;
  /** Processes of this place, those of boundaries below not among them; by pid. */
  readonly processes: readonly ProcessFacts[];
  readonly tasks: number;
  /** In what it differs from the boundary above; empty for a root of the process tree. */
  readonly changes: ReadonlySet<Change>;
  readonly parent: Boundary | null;
  readonly children: readonly Boundary[];
}

interface Growing {
  leader: ProcessFacts;
  processes: ProcessFacts[];
  tasks: number;
  changes: ReadonlySet<Change>;
  parent: Growing | null;
  children: Growing[];
}

/** A process on the way to its boundary. */
interface Step {
  readonly process: ProcessFacts;
  readonly parent: ProcessFacts | null;
  readonly above: Growing | null;
  /** Boundaries made so far below the one above, by place. */
  readonly siblings: Map<string, Growing>;
}

/** The roots of the boundary tree: the init process, kthreadd, and whatever else has no parent that was seen. */
export function boundariesOf(tasks: TasksFacet): Boundary[] {
  const children = childrenOf(tasks.processes);
  const roots: Growing[] = [];
  // With a stack of its own: process trees can be deeper than the call stack.
  const stack: Step[] = [];
  const rootPlaces = new Map<string, Growing>();
  for (const process of children.get(null) ?? []) {
    stack.push({ process, parent: null, above: null, siblings: rootPlaces });
  }
  const placesBelow = new Map<Growing, Map<string, Growing>>();

  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { process } = next;
    const boundary = boundaryFor(next, roots);
    boundary.processes.push(process);
    boundary.tasks += process.threads;
    if (process.start < boundary.leader.start) boundary.leader = process;
    let below = placesBelow.get(boundary);
    if (below === undefined) placesBelow.set(boundary, (below = new Map<string, Growing>()));
    for (const child of children.get(process) ?? []) {
      stack.push({ process: child, parent: process, above: boundary, siblings: below });
    }
  }
  sort(roots);
  return roots;
}

/** The boundary that a process belongs to: that of its parent where nothing changed. */
function boundaryFor({ process, parent, above, siblings }: Step, roots: Growing[]): Growing {
  // Held against the parent itself: of the boundary's other processes less may be known.
  const changes = parent === null ? new Set<Change>() : changesBetween(placeOf(parent), placeOf(process));
  if (above !== null && changes.size === 0) return above;
  const key = placeKey(process);
  const known = siblings.get(key);
  if (known !== undefined) return known;
  const made: Growing = { leader: process, processes: [], tasks: 0, changes, parent: above, children: [] };
  siblings.set(key, made);
  (above?.children ?? roots).push(made);
  return made;
}

function childrenOf(processes: readonly ProcessFacts[]): Map<ProcessFacts | null, ProcessFacts[]> {
  const children = new Map<ProcessFacts | null, ProcessFacts[]>();
  const parentOf = parentsAmong(processes);
  for (const process of processes) {
    const parent = parentOf(process);
    const list = children.get(parent);
    if (list === undefined) children.set(parent, [process]);
    else list.push(process);
  }
  return children;
}

/** Where a process lives; null what is not known of it. */
export interface Place {
  readonly ns: ProcessFacts['ns'];
  readonly cgroup: number | null;
  readonly root: string | null;
}

/** Where a process lives. A zombie has left its namespaces and cgroups (exit_task_namespaces, cgroup_exit): its threads, if any live, tell where it is. */
export function placeOf(process: ProcessFacts): Place {
  if (process.state !== 'Z' && process.state !== 'X') {
    const root = process.unknown?.root === undefined ? nameKey(process.root ?? '/') : null;
    return { ns: process.ns, cgroup: process.cgroup, root };
  }
  const thread = process.differing?.[0];
  return { ns: thread?.ns ?? [], cgroup: thread?.cgroup ?? null, root: null };
}

/** In what the child's place is not the parent's. What could not be read is no difference: nothing is guessed. */
export function changesBetween(parent: Place, child: Place): Set<Change> {
  const changes = new Set<Change>();
  for (const [i, type] of NS_TYPES.entries()) {
    if (areDifferent(parent.ns[i] ?? null, child.ns[i] ?? null)) changes.add(type);
  }
  if (areDifferent(parent.cgroup, child.cgroup)) changes.add('cgroup-path');
  if (areDifferent(parent.root, child.root)) changes.add('root');
  return changes;
}

function areDifferent<T>(before: T | null, after: T | null): boolean {
  return before !== null && after !== null && before !== after;
}

function placeKey(process: ProcessFacts): string {
  const { ns, cgroup, root } = placeOf(process);
  return `${ns.slice(0, NS_TYPES.length).join()} ${String(cgroup)} ${String(root)}`;
}

function sort(roots: Growing[]): void {
  const lists = [roots];
  for (let list = lists.pop(); list !== undefined; list = lists.pop()) {
    list.sort((a, b) => a.leader.start - b.leader.start || a.leader.pid - b.leader.pid);
    for (const boundary of list) {
      boundary.processes.sort((a, b) => a.pid - b.pid);
      lists.push(boundary.children);
    }
  }
}
