import type { Name } from './name.ts';
import type { Unknown } from './outcome.ts';

/** What machine this is and who looks. What could not be read is left out and named in `unknown`. */
export interface HostFacet {
  readonly version: 1;
  /** `/proc/sys/kernel/random/boot_id`: with it pids and start times are unique. */
  readonly bootId?: string;
  readonly hostname?: Name;
  /** Release, as uname(2) gives it. */
  readonly kernel?: string;
  /** Start of the machine, seconds since the epoch (`btime` of `/proc/stat`). */
  readonly bootTime?: number;
  /** Clock ticks a second: the unit of process start times. */
  readonly ticksPerSecond: number;
  /** Seconds since boot when the capture was taken. */
  readonly uptime?: number;
  readonly reader: ReaderFacts;
  readonly unknown?: Unknown<'bootId' | 'hostname' | 'kernel' | 'bootTime' | 'uptime'>;
}

/** Who read: what it may see depends on it. */
export interface ReaderFacts {
  readonly pid: number | null;
  readonly uid: number;
  /** Effective capabilities, 16 hexadecimal digits. */
  readonly capEff: string | null;
}
