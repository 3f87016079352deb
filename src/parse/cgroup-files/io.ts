import { filesOf, type FileRow } from './file.ts';

/** Both policies of v1 count alike: `8:0 Read 123`, `Total 456` (blkg_rwstat_print, __blkg_prfill_rwstat). */
const COUNTED: readonly FileRow[] = ['throttle.', 'bfq.', ''].flatMap((policy) =>
  ['', '_recursive'].flatMap((suffix): FileRow[] => [
    [`${policy}io_service_bytes${suffix}`, 'lines', 'usage', 'bytes'],
    [`${policy}io_serviced${suffix}`, 'lines', 'usage', 'ios'],
    ...(policy === 'throttle.'
      ? []
      : ([
          [`${policy}io_service_time${suffix}`, 'lines', 'stat', 'nsec'],
          [`${policy}io_wait_time${suffix}`, 'lines', 'stat', 'nsec'],
          [`${policy}io_merged${suffix}`, 'lines', 'stat', 'ios'],
          [`${policy}io_queued${suffix}`, 'lines', 'stat', 'ios'],
          [`${policy}time${suffix}`, 'lines', 'stat', 'msec'],
          [`${policy}sectors${suffix}`, 'lines', 'stat', 'sectors'],
        ] as const)),
  ]),
);

/** Statistics of CONFIG_BFQ_CGROUP_DEBUG and, before 5.0, of CFQ. */
const DEBUGGED: readonly FileRow[] = ['bfq.', ''].flatMap((policy) =>
  ['avg_queue_size', 'dequeue', 'group_wait_time', 'idle_time', 'empty_time'].map((name): FileRow => [
    policy + name,
    'lines',
    'stat',
  ]),
);

/**
 * block/blk-cgroup.c: `blkcg_legacy_files`, `blkcg_files`; blk-throttle.c: `throtl_legacy_files`, `throtl_files`; bfq-cgroup.c:
 * `bfq_blkcg_legacy_files`, `bfq_blkg_files`; blk-iocost.c, blk-iolatency.c, blk-ioprio.c
 * (Documentation/admin-guide/cgroup-v1/blkio-controller.rst; cgroup-v2.rst, "IO").
 */
export const IO_FILES = [
  ...filesOf('blkio', 1, [
    ['throttle.read_bps_device', 'lines', 'limit', 'bytes/s'],
    ['throttle.write_bps_device', 'lines', 'limit', 'bytes/s'],
    ['throttle.read_iops_device', 'lines', 'limit', 'ios/s'],
    ['throttle.write_iops_device', 'lines', 'limit', 'ios/s'],
    ['weight', 'number', 'weight'],
    ['weight_device', 'lines', 'weight'],
    ['leaf_weight', 'number', 'weight'],
    ['leaf_weight_device', 'lines', 'weight'],
    ['bfq.weight', 'number', 'weight'],
    ['bfq.weight_device', 'lines', 'weight'],
    ['prio.class', 'words', 'setting'],
    ...COUNTED,
    ...DEBUGGED,
    ['reset_stats', 'text', 'action'],
  ]),
  ...filesOf('io', 2, [
    ['max', 'nested', 'limit'],
    ['low', 'nested', 'protection'],
    ['latency', 'nested', 'protection', 'usec'],
    ['weight', 'keyed', 'weight'],
    ['bfq.weight', 'keyed', 'weight'],
    ['stat', 'nested', 'usage'],
    ['cost.qos', 'nested', 'setting'],
    ['cost.model', 'nested', 'setting'],
    ['prio.class', 'words', 'setting'],
  ]),
];
