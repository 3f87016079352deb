import { filesOf, type FileRow } from './file.ts';

const ROWS: readonly FileRow[] = [
  ['max', 'bound', 'limit', 'tasks'],
  ['current', 'number', 'usage', 'tasks'],
  ['peak', 'number', 'peak', 'tasks'],
  ['events', 'keyed', 'event'],
];

/** kernel/cgroup/pids.c: `pids_files_legacy`, `pids_files` (Documentation/admin-guide/cgroup-v1/pids.rst; cgroup-v2.rst, "PID"). */
export const PIDS_FILES = [
  ...filesOf('pids', 1, ROWS),
  ...filesOf('pids', 2, [...ROWS, ['events.local', 'keyed', 'event']]),
];
