import { Failure } from '../host/port.ts';
import type { Dir } from '../host/port.ts';
import type { ProcessFacts } from '../schema/tasks.ts';

/**
 * The processes with each number of a task once. One that the kernel gave away again while tasks were read was met twice, in
 * different processes: only the one that has it now keeps it, or else the first that had it.
 */
export function withoutPassedOn(proc: Dir, processes: readonly ProcessFacts[]): readonly ProcessFacts[] {
  const claims = new Map<number, number>();
  const twice = new Set<number>();
  const claim = (tid: number, pid: number): void => {
    if (claims.has(tid)) twice.add(tid);
    else claims.set(tid, pid);
  };
  for (const { pid, tids = [] } of processes) {
    claim(pid, pid);
    for (const tid of tids) claim(tid, pid);
  }
  if (twice.size === 0) return processes;
  const owners = new Map([...twice].map((tid) => [tid, processOf(proc, tid) ?? claims.get(tid)]));
  const isOther = (tid: number, pid: number): boolean => owners.has(tid) && owners.get(tid) !== pid;
  return processes
    .filter(({ pid }) => !isOther(pid, pid))
    .map((one) => {
      if (one.tids?.some((tid) => isOther(tid, one.pid)) !== true) return one;
      const tids = one.tids.filter((tid) => !isOther(tid, one.pid));
      const differing = one.differing?.filter(({ tid }) => !isOther(tid, one.pid));
      return { ...one, tids, threads: tids.length + 1, ...(differing !== undefined && { differing }) };
    });
}

/** The process of which a thread is (`Tgid`, proc_pid_status(5)); null where there is none of that number. */
function processOf(proc: Dir, tid: number): number | null {
  const status = proc.read(`${String(tid)}/status`);
  const tgid = status instanceof Failure ? undefined : /^Tgid:\t([0-9]+)$/m.exec(status)?.[1];
  return tgid === undefined ? null : Number(tgid);
}
