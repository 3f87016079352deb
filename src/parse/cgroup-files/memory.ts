import { filesOf } from './file.ts';

/**
 * mm/memcontrol-v1.c: `mem_cgroup_legacy_files`, `memsw_files` (Documentation/admin-guide/cgroup-v1/memory.rst); mm/memcontrol.c:
 * `memory_files`, `swap_files`, `zswap_files` (Documentation/admin-guide/cgroup-v2.rst, "Memory"). `memory.pressure` is one of
 * the core's, `cgroup.event_control` too.
 */
export const MEMORY_FILES = [
  ...filesOf('memory', 1, [
    ...['', 'memsw.', 'kmem.', 'kmem.tcp.'].flatMap(
      (part) =>
        [
          [`${part}limit_in_bytes`, 'number', 'limit', 'bytes'],
          [`${part}usage_in_bytes`, 'number', 'usage', 'bytes'],
          [`${part}max_usage_in_bytes`, 'number', 'peak', 'bytes'],
          [`${part}failcnt`, 'number', 'event'],
        ] as const,
    ),
    ['soft_limit_in_bytes', 'number', 'protection', 'bytes'],
    ['oom_control', 'keyed', 'event'],
    ['stat', 'keyed', 'stat'],
    // Pages: `total=6345 N0=6345` (memcg_numa_stat_show).
    ['numa_stat', 'lines', 'stat'],
    ['swappiness', 'number', 'setting'],
    // 0 on old kernels: no limit of an ancestor counts. It decides what the limits mean.
    ['use_hierarchy', 'number', 'structure'],
    ['move_charge_at_immigrate', 'number', 'setting'],
    ['force_empty', 'text', 'action'],
    // Takes part in eventfd notifications alone: a read gives EINVAL.
    ['pressure_level', 'text', 'action'],
    // Before 5.9 it held slab_mutex for as long as the caches are many (memcg_slab_show); since then it is empty.
    ['kmem.slabinfo', 'text', 'stat', null, 'never'],
  ]),
  ...filesOf('memory', 2, [
    ['max', 'bound', 'limit', 'bytes'],
    ['high', 'bound', 'limit', 'bytes'],
    ['low', 'bound', 'protection', 'bytes'],
    ['min', 'bound', 'protection', 'bytes'],
    ['current', 'number', 'usage', 'bytes'],
    ['peak', 'number', 'peak', 'bytes'],
    ['events', 'keyed', 'event'],
    ['events.local', 'keyed', 'event'],
    ['stat', 'keyed', 'stat'],
    ['numa_stat', 'nested', 'stat', 'bytes'],
    ['oom.group', 'number', 'setting'],
    ['reclaim', 'text', 'action'],
    ['swap.max', 'bound', 'limit', 'bytes'],
    ['swap.high', 'bound', 'limit', 'bytes'],
    ['swap.current', 'number', 'usage', 'bytes'],
    ['swap.peak', 'number', 'peak', 'bytes'],
    ['swap.events', 'keyed', 'event'],
    ['zswap.max', 'bound', 'limit', 'bytes'],
    ['zswap.current', 'number', 'usage', 'bytes'],
    ['zswap.writeback', 'number', 'setting'],
  ]),
];
