import { filesOf } from './file.ts';

/**
 * Files of every cgroup. v1: `cgroup1_base_files` in kernel/cgroup/cgroup-v1.c, Documentation/admin-guide/cgroup-v1/cgroups.rst;
 * v2: `cgroup_base_files` and `cgroup_psi_files` in kernel/cgroup/cgroup.c, Documentation/admin-guide/cgroup-v2.rst ("Core
 * Interface Files"), Documentation/accounting/psi.rst.
 */
export const CORE_FILES = [
  ...filesOf(
    'cgroup',
    1,
    [
      ['tasks', 'members', 'members'],
      ['cgroup.procs', 'members', 'members'],
      ['cgroup.clone_children', 'number', 'setting'],
      ['cgroup.sane_behavior', 'number', 'setting'],
      ['notify_on_release', 'number', 'setting'],
      ['release_agent', 'text', 'setting'],
      // Of the memory controller, though named so (memcg_write_event_control).
      ['cgroup.event_control', 'text', 'action'],
    ],
    '',
  ),
  ...filesOf(
    'cgroup',
    2,
    [
      ['cgroup.threads', 'members', 'members'],
      ['cgroup.procs', 'members', 'members'],
      ['cgroup.type', 'words', 'structure'],
      ['cgroup.controllers', 'words', 'structure'],
      ['cgroup.subtree_control', 'words', 'structure'],
      ['cgroup.events', 'keyed', 'structure'],
      ['cgroup.freeze', 'number', 'structure'],
      ['cgroup.stat', 'keyed', 'structure'],
      ['cgroup.stat.local', 'keyed', 'stat', 'usec'],
      ['cgroup.max.depth', 'bound', 'structure', 'cgroups'],
      ['cgroup.max.descendants', 'bound', 'structure', 'cgroups'],
      ['cgroup.kill', 'text', 'action'],
      ['cgroup.pressure', 'number', 'setting'],
      ['cpu.pressure', 'nested', 'pressure', 'usec'],
      ['io.pressure', 'nested', 'pressure', 'usec'],
      ['memory.pressure', 'nested', 'pressure', 'usec'],
      ['irq.pressure', 'nested', 'pressure', 'usec'],
      // Times of every cgroup, also where the cpu controller is not enabled (cpu_stat_show).
      ['cpu.stat', 'keyed', 'usage', 'usec'],
      ['cpu.stat.local', 'keyed', 'stat', 'usec'],
    ],
    '',
  ),
];
