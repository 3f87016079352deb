import { filesOf } from './file.ts';

/**
 * net/core/netclassid_cgroup.c: `ss_files` (Documentation/admin-guide/cgroup-v1/net_cls.rst); net/core/netprio_cgroup.c: `ss_files`
 * (net_prio.rst). v1 alone.
 */
export const NET_FILES = [
  ...filesOf('net_cls', 1, [['classid', 'number', 'setting']]),
  ...filesOf('net_prio', 1, [
    ['prioidx', 'number', 'setting'],
    ['ifpriomap', 'keyed', 'weight'],
  ]),
];
