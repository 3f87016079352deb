import { filesOf } from './file.ts';

/**
 * kernel/sched/core.c: `cpu_legacy_files` (Documentation/scheduler/sched-bwc.rst, sched-rt-group.rst), `cpu_files`
 * (Documentation/admin-guide/cgroup-v2.rst, "CPU"). `cpu.stat` of v2 is one of the core's.
 */
export const CPU_FILES = [
  ...filesOf('cpu', 1, [
    ['shares', 'number', 'weight'],
    ['idle', 'number', 'weight'],
    ['cfs_quota_us', 'number', 'limit', 'usec'],
    ['cfs_period_us', 'number', 'limit', 'usec'],
    ['cfs_burst_us', 'number', 'limit', 'usec'],
    ['rt_runtime_us', 'number', 'limit', 'usec'],
    ['rt_period_us', 'number', 'limit', 'usec'],
    ['uclamp.min', 'bound', 'protection', 'percent'],
    ['uclamp.max', 'bound', 'limit', 'percent'],
    ['uclamp.latency_sensitive', 'number', 'setting'],
    // Periods and nanoseconds (cpu_cfs_stat_show).
    ['stat', 'keyed', 'event', 'nsec'],
    ['stat.local', 'keyed', 'event', 'nsec'],
  ]),
  ...filesOf('cpu', 2, [
    ['weight', 'number', 'weight'],
    ['weight.nice', 'number', 'weight'],
    ['idle', 'number', 'weight'],
    ['max', 'pair', 'limit', 'usec'],
    ['max.burst', 'number', 'limit', 'usec'],
    ['rt.max', 'pair', 'limit', 'usec'],
    ['rt_runtime_us', 'number', 'limit', 'usec'],
    ['rt_period_us', 'number', 'limit', 'usec'],
    ['uclamp.min', 'bound', 'protection', 'percent'],
    ['uclamp.max', 'bound', 'limit', 'percent'],
  ]),
];
