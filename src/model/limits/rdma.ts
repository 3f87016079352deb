/** RDMA objects, a device at a time: charged to the task's own cgroup and to all of its ancestors (kernel/cgroup/rdma.c, rdmacg_try_charge). */
import { minimumByLine } from './keyed.ts';
import type { Reaches } from './reach.ts';
import type { ResourceLimitOf } from './types.ts';

/** How many handles (`hca_handle`) and objects (`hca_object`) of each device there can be. */
export function rdmaLimits(reaches: Reaches): ResourceLimitOf<bigint>[] {
  return minimumByLine(reaches.of('rdma'), {
    resource: 'rdma',
    unit: 'objects',
    file: 'rdma.max',
    usage: 'rdma.current',
  });
}
