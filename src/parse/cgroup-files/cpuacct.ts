import { filesOf } from './file.ts';

/** kernel/sched/cpuacct.c: `files` (Documentation/admin-guide/cgroup-v1/cpuacct.rst). v1 alone; v2 has it in `cpu.stat`. */
export const CPUACCT_FILES = filesOf('cpuacct', 1, [
  // USER_HZ, 100 a second (cpuacct_stats_show).
  ['stat', 'keyed', 'stat', 'ticks'],
  ['usage', 'number', 'usage', 'nsec'],
  ['usage_user', 'number', 'stat', 'nsec'],
  ['usage_sys', 'number', 'stat', 'nsec'],
  ['usage_percpu', 'words', 'stat', 'nsec'],
  ['usage_percpu_user', 'words', 'stat', 'nsec'],
  ['usage_percpu_sys', 'words', 'stat', 'nsec'],
  ['usage_all', 'lines', 'stat', 'nsec'],
]);
