/** Counters of a cgroup: perf_event_open(2) with PERF_FLAG_PID_CGROUP, one for each CPU. */
import { Buffer } from 'node:buffer';

import { SYS } from './arch.ts';
import * as libc from './libc.ts';

/** include/uapi/linux/perf_event.h: the first size that the structure had, which every kernel takes. */
const PERF_ATTR_SIZE_VER0 = 64;
const PERF_TYPE_SOFTWARE = 1;
const PERF_COUNT_SW_PAGE_FAULTS_MIN = 5;
const PERF_FLAG_PID_CGROUP = 4;
const PERF_FLAG_FD_CLOEXEC = 8;

/**
 * Opens a counter of minor page faults of the tasks in a cgroup, by a descriptor of its directory, while they are on one CPU:
 * a descriptor, or minus the error number (EINVAL: the kernel counts for no cgroups; EACCES: not for this user). What is
 * read of it is the count, 64 bits in the machine's order.
 */
export function openFaultCounter(cgroup: number, cpu: number): number {
  if (SYS.perf_event_open === null) return -libc.ENOSYS;
  const attributes = Buffer.alloc(PERF_ATTR_SIZE_VER0);
  attributes.writeUInt32LE(PERF_TYPE_SOFTWARE, 0);
  attributes.writeUInt32LE(PERF_ATTR_SIZE_VER0, 4);
  attributes.writeBigUInt64LE(BigInt(PERF_COUNT_SW_PAGE_FAULTS_MIN), 8);
  return libc.perfEventOpen(
    SYS.perf_event_open,
    attributes,
    cgroup,
    cpu,
    -1,
    PERF_FLAG_PID_CGROUP | PERF_FLAG_FD_CLOEXEC,
  );
}
