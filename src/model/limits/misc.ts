/** Scarce things such as encrypted guests, by name: charged to the task's own cgroup and to all of its ancestors (kernel/cgroup/misc.c, misc_cg_try_charge). */
import { minimumByLine } from './keyed.ts';
import type { Reaches } from './reach.ts';
import type { ResourceLimitOf } from './types.ts';

/** How many of each there can be, in units of that thing (`sev`: guests; `sgx_epc`: bytes). */
export function miscLimits(reaches: Reaches): ResourceLimitOf<bigint>[] {
  return minimumByLine(reaches.of('misc'), {
    resource: 'misc',
    unit: 'units',
    file: 'misc.max',
    usage: 'misc.current',
  });
}
