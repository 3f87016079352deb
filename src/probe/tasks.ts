/** What probes ask about processes: through /proc of this pid namespace. */
import { liveHost } from '../host/live.ts';
import { Failure } from '../host/port.ts';
import type { ProcessLimits } from '../schema/cgroups.ts';
import type { ByteString } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { parseLimits } from '../parse/limits.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseTaskStat, type TaskStat } from '../parse/task-stat.ts';
import { pause } from './live.ts';

/** `/proc/PID/<name>`; null where the process is gone or does not let this user read it. */
function readTask(pid: number | 'self', name: string): ByteString | null {
  const proc = liveHost().open('/proc');
  if (proc instanceof Failure) return null;
  const text = proc.read(`${pid}/${name}`);
  proc.close();
  return text instanceof Failure ? null : text;
}

/** What is in `/proc/PID/stat`; null: there is no such process. */
export function statOf(pid: number): TaskStat | null {
  const text = readTask(pid, 'stat');
  const stat = text === null ? null : parseTaskStat(text);
  return isMalformed(stat) ? null : stat;
}

/** Whether the process is there and no zombie: that is in lists of v1 until it is reaped, and holds nothing. */
export function isRunning(pid: number): boolean {
  const stat = statOf(pid);
  return stat !== null && stat.state !== 'Z' && stat.state !== 'X';
}

/** Whether the process that this is of still runs, and not another that has its pid by now. */
export function runsStill({ pid, start }: TaskStat): boolean {
  return statOf(pid)?.start === start && isRunning(pid);
}

/** Sends a signal; that the process is gone already is as good. Error where it is not this user's to end. */
export function killOne(pid: number, signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH') return;
    throw new NsinspectError(`process ${pid} cannot be ended: ${code ?? String(error)}`, {
      code: 'not-removed',
      cause: error,
    });
  }
}

/** Ends the process that this is of, and no other that has its pid by now. */
export function killSame(task: TaskStat, signal: 'SIGKILL' | 'SIGSTOP' = 'SIGKILL'): void {
  if (statOf(task.pid)?.start === task.start) killOne(task.pid, signal);
}

/**
 * Ends all processes that `find` finds, also those that they start meanwhile: all are stopped before the first is ended, since
 * some start another when one ends (conmon). Gives those that were there.
 */
export function killFound(find: () => readonly TaskStat[]): TaskStat[] {
  const found = new Map<number, TaskStat>();
  for (let round = 0; round < 50; round++) {
    const more = find().filter(({ pid, state }) => !found.has(pid) && state !== 'Z' && state !== 'X');
    if (more.length === 0) break;
    for (const task of more) {
      found.set(task.pid, task);
      killSame(task, 'SIGSTOP');
    }
  }
  for (const task of found.values()) killSame(task);
  return [...found.values()];
}

/** Waits a moment until they are gone, which one in a frozen cgroup is not before that is thawed. */
export function waitForEnd(tasks: readonly TaskStat[]): void {
  for (let wait = 0; wait < 400 && tasks.some(({ pid }) => isRunning(pid)); wait++) pause(5);
}

/** All pids. */
export function allPids(): number[] {
  const proc = liveHost().open('/proc');
  const names = proc instanceof Failure ? proc : proc.list('.');
  if (!(proc instanceof Failure)) proc.close();
  return names instanceof Failure ? [] : names.map(Number).filter((pid) => Number.isInteger(pid) && pid > 0);
}

/** What this process and these that it started have started: `children` of each of its threads (since 4.2; CONFIG_PROC_CHILDREN). */
function childrenOf(pid: number): number[] | null {
  const proc = liveHost().open('/proc');
  const threads = proc instanceof Failure ? proc : proc.list(`${pid}/task`);
  if (!(proc instanceof Failure)) proc.close();
  if (threads instanceof Failure) return [];
  const lists = threads.map((tid) => readTask(pid, `task/${tid}/children`));
  if (lists.every((list) => list === null) && isRunning(pid)) return null;
  return lists.flatMap((list) => (list ?? '').split(' ').map(Number)).filter((child) => child > 0);
}

/** The processes that this one started and that these started, nearest first. */
export function descendantsOf(ancestor: number): number[] {
  let parents: Map<number, number[]> | undefined;
  const under = (pid: number) => childrenOf(pid) ?? (parents ??= byParent()).get(pid) ?? [];
  const found: number[] = [];
  for (let level = under(ancestor); level.length > 0; level = level.flatMap(under)) found.push(...level);
  return found;
}

function byParent(): Map<number, number[]> {
  const children = new Map<number, number[]>();
  for (const pid of allPids()) {
    const parent = statOf(pid)?.ppid;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  return children;
}

/** The pid that a process has in its own pid namespace (`NSpid` of proc_pid_status(5)); null where it is gone. */
export function innerPid(pid: number): number | null {
  const line = /^NSpid:\t([\d\t]+)$/m.exec(readTask(pid, 'status') ?? '');
  return line === null ? null : Number(line[1]?.split('\t').at(-1));
}

/** Those of these processes, of all unless told otherwise, that have this text in their arguments. */
export function tasksNaming(text: string, among: readonly number[] = allPids()): TaskStat[] {
  return among.flatMap((pid) => {
    const task = readTask(pid, 'cmdline')?.includes(text) === true ? statOf(pid) : null;
    return task === null ? [] : [task];
  });
}

/** The arguments of a process, its name first; none where it is gone. */
export function argumentsOf(pid: number): string[] {
  return (readTask(pid, 'cmdline') ?? '').split('\0').slice(0, -1);
}

/** The value of a variable in the environment that a process was started with; null: not there, or not for this user to read. */
export function variableOf(pid: number, name: string): string | null {
  const entry = (readTask(pid, 'environ') ?? '').split('\0').find((text) => text.startsWith(`${name}=`));
  return entry?.slice(name.length + 1) ?? null;
}

/** The resource limits of a process by the kernel's names (proc_pid_limits(5)); none where it is gone. */
export function rlimitsOf(pid: number | 'self'): NonNullable<ProcessLimits['rlimits']> {
  const text = readTask(pid, 'limits');
  const limits = text === null ? null : parseLimits(text);
  return limits === null || isMalformed(limits) ? {} : limits;
}

/** Paths of a process in the hierarchies, as `/proc/PID/cgroup` has them; empty where it is gone. */
export function cgroupPathsOf(pid: number): string {
  return readTask(pid, 'cgroup') ?? '';
}
