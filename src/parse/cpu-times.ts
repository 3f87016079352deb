import type { ByteString } from '../text/bytes.ts';
import { Malformed } from './malformed.ts';

/** Time of all CPUs together since the machine started, in ticks of USER_HZ. */
export interface CpuTimes {
  readonly total: number;
  /** Of `total`: what the hypervisor gave to others while a CPU had something to run. */
  readonly steal: number;
}

/** user nice system idle iowait irq softirq steal; guest and guest_nice follow and are part of user and nice. */
const CPU = /^cpu {2}(\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)(?: \d+)*\n/;

/**
 * Where the time of the CPUs went: the first line of `/proc/stat` (proc_stat(5); written by `show_stat` in fs/proc/stat.c).
 * Malformed: the line is another, has no steal time (before 2.6.11) or is not ended.
 */
export function parseCpuTimes(text: ByteString): CpuTimes | Malformed {
  const match = CPU.exec(text);
  if (match === null) return new Malformed('/proc/stat: cpu', text);
  const times = match.slice(1).map(Number);
  return { total: times.reduce((sum, time) => sum + time, 0), steal: times.at(-1) ?? 0 };
}
