/**
 * The mark on everything that probes make: names of cgroups, directories, containers, and a variable in the environment of
 * processes. It says who made it, so that what a dead maker left can be told from what a living one uses and from everything
 * that is not of nsinspect.
 *
 *     nsinspect-probe-<pid>-<start>-<pid namespace>-<boot>-<number>
 *
 * `start` is the start time of the maker in clock ticks (proc_pid_stat(5), field 22): a pid is given to another process
 * sooner or later, a pid with its start time is not. The pid means nothing in another pid namespace, nor after another boot.
 */
import { liveHost } from '../host/live.ts';
import { Failure } from '../host/port.ts';
import type { Dir } from '../host/port.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseNsLink } from '../parse/ns-link.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import { NsinspectError } from '../text/error.ts';

/** The variable that processes of a probe have in their environment; its value is the mark. */
export const MARK_VARIABLE = 'NSINSPECT_PROBE';

/** Beginning of all marks. */
export const MARK_PREFIX = 'nsinspect-probe-';

/** Who made something. */
export interface Mark {
  readonly pid: number;
  readonly start: number;
  /** Inode number of the pid namespace in which `pid` counts. */
  readonly pidns: number;
  /** First eight digits of the boot id. */
  readonly boot: string;
  /** Tells the things of one maker apart. */
  readonly number: number;
}

const MARK = /^nsinspect-probe-(\d{1,10})-(\d{1,20})-(\d{1,10})-([0-9a-f]{8})-(\d{1,10})$/;

/** The mark that a name is; null for any other name, also for one that only begins like a mark. */
export function parseMark(name: string): Mark | null {
  const [, pid, start, pidns, boot, number] = MARK.exec(name) ?? [];
  if (boot === undefined) return null;
  return { pid: Number(pid), start: Number(start), pidns: Number(pidns), boot, number: Number(number) };
}

/** The name that a mark is: the inverse of {@link parseMark}. */
export function markName({ pid, start, pidns, boot, number }: Mark): string {
  return `${MARK_PREFIX}${pid}-${start}-${pidns}-${boot}-${number}`;
}

/** What is known of this boot and this process, and start times of others: what marks are judged by. */
export interface Surroundings {
  readonly pid: number;
  readonly pidns: number;
  readonly boot: string;
  /** Start time of a process in clock ticks; null: there is no such process. Error where it cannot be told. */
  startOf(pid: number): number | null;
}

/** Whether a maker still lives. `elsewhere`: its pid counts in another pid namespace, where it cannot be looked up. */
export type Life = 'alive' | 'dead' | 'elsewhere';

/** Whether the maker of what bears this mark still lives. */
export function lifeOf(mark: Mark, around: Surroundings): Life {
  // Also in another pid namespace: they all ended with that boot.
  if (mark.boot !== around.boot) return 'dead';
  if (mark.pidns !== around.pidns) return 'elsewhere';
  return around.startOf(mark.pid) === mark.start ? 'alive' : 'dead';
}

/** Surroundings as this machine's /proc tells them. Error where that is not there or is of another pid namespace. */
export function surroundings(): Surroundings {
  const proc = opened('/proc');
  try {
    const boot = proc.read('sys/kernel/random/boot_id');
    const link = proc.readlink('self/ns/pid');
    const self = proc.readlink('self');
    if (boot instanceof Failure || link instanceof Failure || self !== String(process.pid)) {
      throw new NsinspectError('/proc does not tell who this process is: probes cannot be marked as its own', {
        code: 'no-mark',
        hint: 'Probes need the /proc of their own pid namespace.',
      });
    }
    return { pid: process.pid, pidns: parseNsLink(link)?.inum ?? 0, boot: boot.slice(0, 8), startOf };
  } finally {
    proc.close();
  }
}

function opened(path: string): Dir {
  const dir = liveHost().open(path);
  if (dir instanceof Failure) {
    throw new NsinspectError(`${path} cannot be opened (${dir.errno}): probes cannot be marked`, { code: 'no-mark' });
  }
  return dir;
}

function startOf(pid: number): number | null {
  const proc = opened('/proc');
  const text = proc.read(`${pid}/stat`);
  proc.close();
  if (text instanceof Failure) {
    // Whoever cannot see it (hidepid) must not take it for dead.
    if (text.outcome === 'absent' || text.outcome === 'vanished') return null;
    throw new NsinspectError(`/proc/${pid}/stat: ${text.errno}`, { code: 'no-mark' });
  }
  const stat = parseTaskStat(text);
  return isMalformed(stat) ? null : stat.start;
}

let maker: Omit<Mark, 'number'> | undefined;
let last = 0;

/** A mark of this process that was not given before. */
export function newMark(): string {
  if (maker === undefined) {
    const { pid, pidns, boot } = surroundings();
    const start = startOf(pid);
    if (start === null) throw new NsinspectError('/proc does not tell when this process began', { code: 'no-mark' });
    maker = { pid, start, pidns, boot };
  }
  return markName({ ...maker, number: ++last });
}
