/** Tasks. A fork is charged to the task's own cgroup and to all of its ancestors (kernel/cgroup/pids.c, pids_try_charge). */
import type { HostLimits } from '../../schema/cgroups.ts';
import { tasksOf } from './host.ts';
import { minimumOf } from './minimum.ts';
import type { Reaches } from './reach.ts';
import type { ResourceLimitOf } from './types.ts';
import { amountIn, usageIn } from './values.ts';

/** How many tasks there can be. */
export function pidsLimits(reaches: Reaches, host: HostLimits): ResourceLimitOf<bigint>[] {
  return minimumOf(reaches.of('pids'), {
    resource: 'pids',
    unit: 'tasks',
    file: 'pids.max',
    limitIn: (cgroup) => amountIn(cgroup, 'pids.max'),
    usageIn: (cgroup) => usageIn(cgroup, 'pids.current'),
    outside: tasksOf(host),
  });
}
