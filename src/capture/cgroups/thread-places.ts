import type { CgroupLine, TasksFacet } from '../../schema/tasks.ts';

/** Where `/proc` has the live threads. */
export interface ThreadPlaces {
  /** Ascending. `text` is an index into `texts`. */
  readonly threads: readonly { readonly tid: number; readonly text: number }[];
  readonly texts: readonly (readonly CgroupLine[])[];
}

/** The live threads whose cgroups were read, zombies left out. */
export function threadPlacesOf({ processes, cgroups }: TasksFacet): ThreadPlaces {
  const threads: { tid: number; text: number }[] = [];
  const add = (tid: number, text: number | null, state: string): void => {
    if (text !== null && state !== 'Z' && state !== 'X') threads.push({ tid, text });
  };
  for (const { pid, state, cgroup, tids = [], differing = [] } of processes) {
    add(pid, cgroup, state);
    const others = new Map(differing.map((thread) => [thread.tid, thread]));
    for (const tid of tids) {
      const thread = others.get(tid);
      add(tid, thread === undefined ? cgroup : thread.cgroup, thread?.state ?? 'S');
    }
  }
  return { threads: threads.sort((a, b) => a.tid - b.tid), texts: cgroups };
}
