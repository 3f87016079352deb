/** Members of cgroups, which tasks say already: only where both do not agree is there something to keep. */
import type { TasksFacet } from '../schema/tasks.ts';
import type { Name } from '../schema/name.ts';
import { nameKey } from '../text/bytes.ts';

/** What to keep of a cgroup's list of threads. Undefined: it is what tasks say; null: there is no list. */
export type MembersBody =
  | undefined
  | null
  /** Threads that tasks do not put there, and those that the list lacks. */
  | { readonly plus: readonly number[]; readonly minus: readonly number[] }
  /** The list as it is: it is not ascending. */
  | { readonly list: readonly number[] };

/** Threads that tasks put into each cgroup, ascending: by hierarchy number and path. */
export type Expected = (hierarchy: number, path: Name) => readonly number[];

const NONE: readonly number[] = [];

/** What the tasks of a capture say of members. Lists of the same threads are one object. */
export function expectedMembers(tasks: TasksFacet | undefined): Expected {
  if (tasks === undefined) return () => NONE;
  const members = tasks.cgroups.map((): number[] => []);
  for (const { pid, cgroup, tids, differing } of tasks.processes) {
    if (differing === undefined) {
      const list = cgroup === null ? undefined : members[cgroup];
      if (list === undefined) continue;
      list.push(pid);
      if (tids !== undefined) for (const tid of tids) list.push(tid);
    } else {
      const own = new Map(differing.map((thread) => [thread.tid, thread.cgroup]));
      for (const tid of [pid, ...(tids ?? [])]) {
        const index = own.get(tid) ?? cgroup;
        if (index !== null) members[index]?.push(tid);
      }
    }
  }
  const places = new Map<number, Map<string, number[]>>();
  for (const [index, lines] of tasks.cgroups.entries()) {
    for (const { hierarchy, path } of lines) {
      let paths = places.get(hierarchy);
      if (paths === undefined) places.set(hierarchy, (paths = new Map<string, number[]>()));
      const key = nameKey(path);
      const list = paths.get(key);
      if (list === undefined) paths.set(key, [index]);
      else list.push(index);
    }
  }
  const merged = new Map<string, readonly number[]>();
  return (hierarchy, path) => {
    const indexes = places.get(hierarchy)?.get(nameKey(path));
    if (indexes === undefined) return NONE;
    const key = indexes.join();
    let list = merged.get(key);
    if (list === undefined) {
      list = ascending(indexes.flatMap((index) => members[index] ?? []));
      merged.set(key, list);
    }
    return list;
  };
}

function ascending(list: number[]): number[] {
  return isAscending(list) ? list : [...new Set(list)].sort((a, b) => a - b);
}

function isAscending(list: readonly number[]): boolean {
  for (let at = 1; at < list.length; at++) if ((list[at] ?? 0) <= (list[at - 1] ?? 0)) return false;
  return true;
}

/** What to keep of a list. */
export function membersBody(list: readonly number[] | undefined, expected: readonly number[]): MembersBody {
  if (list === undefined) return null;
  if (list.length === expected.length && list.every((tid, at) => tid === expected[at])) return undefined;
  if (!isAscending(list)) return { list };
  const known = new Set(expected);
  const there = new Set(list);
  return { plus: list.filter((tid) => !known.has(tid)), minus: expected.filter((tid) => !there.has(tid)) };
}

/** The list again. */
export function membersOf(body: MembersBody, expected: readonly number[]): readonly number[] | undefined {
  if (body === undefined) return expected;
  if (body === null) return undefined;
  if ('list' in body) return body.list;
  const minus = new Set(body.minus);
  return [...expected.filter((tid) => !minus.has(tid)), ...body.plus].sort((a, b) => a - b);
}
