import type { Name } from '../schema/name.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

/** What is used of `/proc/PID/stat` and `/proc/PID/task/TID/stat`. */
export interface TaskStat {
  /** Of the task: for a thread its tid. */
  readonly pid: number;
  readonly comm: Name;
  /** One letter, proc_pid_stat(5). */
  readonly state: string;
  /** 0: the parent is outside the pid namespace of the procfs that was read, or there is none. */
  readonly ppid: number;
  /** PF_* of include/linux/sched.h. */
  readonly flags: number;
  /** A thread of the kernel (PF_KTHREAD). */
  readonly kthread: boolean;
  /** Threads of the process; 0 for a task that is being released. */
  readonly threads: number;
  /** Clock ticks from boot to the start of the task, by the clock of the reader's time namespace. */
  readonly start: number;
}

const PF_KTHREAD = 0x0020_0000;

/** From the last parenthesis on: state, ppid, four that are not used, flags, ten, num_threads, itrealvalue, starttime. */
const FIELDS = /\) ([A-Za-z]) (\d+) (?:-?\d+ ){4}(\d+) (?:-?\d+ ){10}(\d+) -?\d+ (\d+) /y;

/**
 * Parses `/proc/PID/stat` (proc_pid_stat(5); written by `do_task_stat` in fs/proc/array.c).
 *
 * The name between the parentheses is the task's own to choose and is written as it is: it may hold spaces,
 * parentheses and newlines, as in `(a) R 1 (b)`. No field after it can, so that the last parenthesis ends it.
 *
 * Malformed: no parentheses, fewer than 23 fields, one that is no number where one must be, or no newline at the end.
 */
export function parseTaskStat(text: ByteString): TaskStat | Malformed {
  const open = text.indexOf(' (');
  const close = text.lastIndexOf(')');
  if (open < 1 || close < open + 2 || !text.endsWith('\n')) return new Malformed('/proc/PID/stat: pid (comm)', text);
  const pid = text.slice(0, open);
  FIELDS.lastIndex = close;
  const fields = FIELDS.exec(text);
  if (fields === null || !isDecimal(pid)) return new Malformed('/proc/PID/stat: fields', text);
  const flags = Number(fields[3]);
  return {
    pid: Number(pid),
    comm: nameOf(text.slice(open + 2, close)),
    state: fields[1] ?? '',
    ppid: Number(fields[2]),
    flags,
    kthread: (flags & PF_KTHREAD) !== 0,
    threads: Number(fields[4]),
    start: Number(fields[5]),
  };
}

function isDecimal(text: string): boolean {
  return /^\d+$/.test(text);
}
