/** All probes of limits, in the order in which they are shown. */
import type { ProbeDefinition } from '../probe.ts';
import { CPU_BURST } from './cpu-burst.ts';
import { CPU_QUOTA } from './cpu-quota.ts';
import { CPU_WEIGHT } from './cpu-weight.ts';
import { CPUSET } from './cpuset.ts';
import { DEVICES } from './devices.ts';
import { FREEZER } from './freezer.ts';
import { HUGETLB } from './hugetlb.ts';
import { IO } from './io.ts';
import { KILL } from './kill.ts';
import { MEMORY } from './memory.ts';
import { MEMORY_PROTECTION } from './memory-protection.ts';
import { MEMORY_SWAP } from './memory-swap.ts';
import { NET_CLS } from './net-cls.ts';
import { NET_PRIO } from './net-prio.ts';
import { PERF_EVENT } from './perf-event.ts';
import { PIDS } from './pids.ts';
import { READ_BACK } from './read-back.ts';

/** See the head of this file. */
export const LIMIT_PROBES: readonly ProbeDefinition[] = [
  ...CPU_QUOTA,
  CPU_BURST,
  ...CPU_WEIGHT,
  CPUSET,
  ...MEMORY,
  ...MEMORY_PROTECTION,
  MEMORY_SWAP,
  PIDS,
  ...IO,
  DEVICES,
  ...FREEZER,
  KILL,
  ...HUGETLB,
  NET_CLS,
  NET_PRIO,
  PERF_EVENT,
  ...READ_BACK,
];
