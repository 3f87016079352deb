import type { ProcessFacts } from '../schema/tasks.ts';

/**
 * Answers for a process which one is its parent; null where that was not seen. A parent that started later than its child
 * is none: processes are read one after the other, so that meanwhile a parent may have ended, even its pid have passed on to
 * a child of its child.
 */
export function parentsAmong(processes: readonly ProcessFacts[]): (process: ProcessFacts) => ProcessFacts | null {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  return (process) => {
    const parent = byPid.get(process.ppid);
    return parent === undefined || parent === process || parent.start > process.start ? null : parent;
  };
}
