import { filesOf } from './file.ts';

/**
 * security/device_cgroup.c: `dev_cgroup_files` (Documentation/admin-guide/cgroup-v1/devices.rst). v1 alone; v2 has a BPF program
 * of the type BPF_PROG_TYPE_CGROUP_DEVICE instead, which no file shows.
 */
export const DEVICES_FILES = filesOf('devices', 1, [
  ['list', 'lines', 'limit'],
  ['allow', 'text', 'action'],
  ['deny', 'text', 'action'],
]);
