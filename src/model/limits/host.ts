/** Limits of the machine itself, which bind where no cgroup does. */
import type { HostLimits } from '../../schema/cgroups.ts';
import { parseCpuList } from '../../text/cpu-list.ts';
import { numberOf } from './values.ts';
import type { Imposer, OutsideLimit } from './types.ts';
import { valueOf } from './types.ts';

/** The machine as the one that imposes a limit. */
export function hostImposer(file: string): Imposer {
  return { kind: 'host', key: null, path: null, file };
}

const MEMINFO = '/proc/meminfo';

/** All of the RAM that the kernel manages. */
export function ramOf({ memory }: HostLimits): OutsideLimit[] {
  return bytesOf(memory);
}

/** All of the swap space; 0 where there is none. */
export function swapOf({ swap }: HostLimits): OutsideLimit[] {
  return bytesOf(swap);
}

function bytesOf(text: string | null): OutsideLimit[] {
  const value = text === null ? null : numberOf(text);
  return value === null ? [] : [{ by: hostImposer(MEMINFO), limit: valueOf(value) }];
}

/**
 * How many tasks there can be at once: those with a pid (kernel/pid.c, alloc_pid) and those for whose structures there is
 * room (kernel/fork.c, copy_process, max_threads).
 */
export function tasksOf({ pidMax, threadsMax }: HostLimits): OutsideLimit[] {
  const bounds = [
    ['/proc/sys/kernel/pid_max', pidMax],
    ['/proc/sys/kernel/threads-max', threadsMax],
  ] as const;
  return bounds.flatMap(([file, value]) =>
    value === null ? [] : [{ by: hostImposer(file), limit: valueOf(BigInt(value)) }],
  );
}

/** The file that lists the CPUs that are online. */
export const ONLINE_CPUS = '/sys/devices/system/cpu/online';

/** The CPUs that are online; null where that could not be read. */
export function onlineCpus({ cpus }: HostLimits): readonly number[] | null {
  return cpus === null ? null : parseCpuList(cpus);
}
