import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { parseCgroup } from '../parse/cgroup.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import type { CgroupFacts, RereadThread } from '../schema/cgroups.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { nameKey } from '../text/bytes.ts';

/** Of a task that is on its way out (include/linux/sched.h): it is in no list of members any more. */
const PF_EXITING = 0x4;

/** Looks once more at each thread whose cgroup by `/proc` and by the lists of members does not agree, so that a race can be told from a fault. */
export function rereadMoved(host: Host, tasks: TasksFacet, cgroups: readonly CgroupFacts[]): RereadThread[] {
  const moved = disagreeing(tasks, cgroups);
  const proc = host.open('/proc');
  if (proc instanceof Failure) return [];
  const reread = [...moved].sort((a, b) => a - b).map((tid): RereadThread => ({ tid, cgroups: cgroupsNow(proc, tid) }));
  proc.close();
  return reread;
}

function disagreeing(tasks: TasksFacet, cgroups: readonly CgroupFacts[]): Set<number> {
  const byText = tidsByText(tasks);
  const byCgroup = new Map<string, number[]>();
  for (const [text, lines] of tasks.cgroups.entries()) {
    const tids = byText.get(text) ?? [];
    for (const { hierarchy, path } of lines) {
      const key = `${String(hierarchy)} ${nameKey(path)}`;
      const list = byCgroup.get(key);
      if (list === undefined) byCgroup.set(key, [...tids]);
      else for (const tid of tids) list.push(tid);
    }
  }
  const moved = new Set<number>();
  for (const { hierarchy, path, tids } of cgroups) {
    if (tids === undefined) continue;
    const mapped = new Set(byCgroup.get(`${String(hierarchy)} ${nameKey(path)}`));
    for (const tid of tids) if (!mapped.delete(tid)) moved.add(tid);
    for (const tid of mapped) moved.add(tid);
  }
  return moved;
}

/** Live threads by the index of their cgroup text. */
function tidsByText({ processes }: TasksFacet): Map<number, number[]> {
  const byText = new Map<number, number[]>();
  const add = (tid: number, text: number | null, state: string): void => {
    if (text === null || state === 'Z' || state === 'X') return;
    const list = byText.get(text);
    if (list === undefined) byText.set(text, [tid]);
    else list.push(tid);
  };
  for (const { pid, state, cgroup, tids = [], differing = [] } of processes) {
    add(pid, cgroup, state);
    const others = new Map(differing.map((thread) => [thread.tid, thread]));
    for (const tid of tids) {
      const thread = others.get(tid);
      add(tid, thread === undefined ? cgroup : thread.cgroup, thread?.state ?? 'S');
    }
  }
  return byText;
}

/** `/proc/TID` answers for a thread, too, although it is not listed. Null: the thread is gone or going. */
function cgroupsNow(proc: Dir, tid: number): RereadThread['cgroups'] {
  const stat = proc.read(`${String(tid)}/stat`);
  const parsed = stat instanceof Failure ? stat : parseTaskStat(stat);
  if (parsed instanceof Failure || isMalformed(parsed)) return null;
  if (parsed.state === 'Z' || parsed.state === 'X' || (parsed.flags & PF_EXITING) !== 0) return null;
  const text = proc.read(`${String(tid)}/cgroup`);
  const lines = text instanceof Failure ? text : parseCgroup(text);
  return lines instanceof Failure || isMalformed(lines) ? null : lines;
}
