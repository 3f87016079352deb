import { filesOf } from './file.ts';

/**
 * kernel/cgroup/cpuset-v1.c: `cpuset1_files` (Documentation/admin-guide/cgroup-v1/cpusets.rst); kernel/cgroup/cpuset.c:
 * `dfl_files` (Documentation/admin-guide/cgroup-v2.rst, "Cpuset").
 */
export const CPUSET_FILES = [
  ...filesOf('cpuset', 1, [
    ['cpus', 'list', 'limit'],
    ['mems', 'list', 'limit'],
    ['effective_cpus', 'list', 'limit'],
    ['effective_mems', 'list', 'limit'],
    ['cpu_exclusive', 'number', 'setting'],
    ['mem_exclusive', 'number', 'setting'],
    ['mem_hardwall', 'number', 'setting'],
    ['sched_load_balance', 'number', 'setting'],
    ['sched_relax_domain_level', 'number', 'setting'],
    ['memory_migrate', 'number', 'setting'],
    ['memory_pressure', 'number', 'stat'],
    ['memory_pressure_enabled', 'number', 'setting'],
    ['memory_spread_page', 'number', 'setting'],
    ['memory_spread_slab', 'number', 'setting'],
  ]),
  ...filesOf('cpuset', 2, [
    ['cpus', 'list', 'limit'],
    ['cpus.effective', 'list', 'limit'],
    ['cpus.exclusive', 'list', 'limit'],
    ['cpus.exclusive.effective', 'list', 'limit'],
    ['cpus.isolated', 'list', 'setting'],
    // `root invalid (Parent is not a partition root)`: words of a sentence.
    ['cpus.partition', 'words', 'setting'],
    ['mems', 'list', 'limit'],
    ['mems.effective', 'list', 'limit'],
  ]),
];
