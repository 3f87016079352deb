/** The state of the machine while something was measured: time stolen by the hypervisor, and pressure, from /proc. */
import { Failure, type Dir, type Host, type Read } from '../host/port.ts';
import { parseCpuTimes, type CpuTimes } from '../parse/cpu-times.ts';
import { Malformed } from '../parse/malformed.ts';
import { parsePressure } from '../parse/pressure.ts';
import type { Sample } from '../schema/bench.ts';
import type { ByteString } from '../text/bytes.ts';

/** Counters at one moment. */
export interface MachineCounters {
  /** Null: `/proc/stat` could not be read. */
  readonly cpu: CpuTimes | null;
  /** Microseconds in which some task waited; null: the kernel has no PSI, or it is off (`psi=0`). */
  readonly pressure: Readonly<Record<keyof Sample['pressure'], number | null>>;
  /** Milliseconds of the monotonic clock. */
  readonly at: number;
}

/** What a sample says of the machine. */
export type MachineState = Pick<Sample, 'steal' | 'pressure'>;

/** Reads the counters. `now`: milliseconds of a monotonic clock. */
export function readMachine(host: Host, now: number): MachineCounters {
  const proc = host.open('/proc');
  const counters = {
    cpu: parsed(proc, 'stat', parseCpuTimes),
    pressure: {
      cpu: parsed(proc, 'pressure/cpu', parsePressure),
      memory: parsed(proc, 'pressure/memory', parsePressure),
      io: parsed(proc, 'pressure/io', parsePressure),
    },
    at: now,
  };
  if (!(proc instanceof Failure)) proc.close();
  return counters;
}

/** Null: not there, or not to be understood. Neither keeps anything from being measured. */
function parsed<T>(dir: Read<Dir>, name: string, parse: (text: ByteString) => T | Malformed): T | null {
  const text = dir instanceof Failure ? dir : dir.read(name);
  const value = text instanceof Failure ? null : parse(text);
  return value instanceof Malformed ? null : value;
}

/** The state of the machine between two moments. */
export function stateBetween(before: MachineCounters, after: MachineCounters): MachineState {
  const usec = (after.at - before.at) * 1000;
  const share = (resource: keyof MachineCounters['pressure']): number | null => {
    const [from, to] = [before.pressure[resource], after.pressure[resource]];
    // The kernel adds to the total in steps of its own (psi_avgs_work), at times more than has passed.
    return from === null || to === null || usec <= 0 ? null : Math.min(1, (to - from) / usec);
  };
  return {
    steal: stealBetween(before.cpu, after.cpu),
    pressure: { cpu: share('cpu'), memory: share('memory'), io: share('io') },
  };
}

function stealBetween(before: CpuTimes | null, after: CpuTimes | null): number | null {
  // In less than a tick nothing is known.
  if (before === null || after === null || after.total <= before.total) return null;
  return Math.max(0, after.steal - before.steal) / (after.total - before.total);
}
