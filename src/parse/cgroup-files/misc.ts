import { filesOf, type FileRow } from './file.ts';

/** A resource a line: `res_a 3`. Its unit is the resource's own. */
const ROWS: readonly FileRow[] = [
  ['max', 'keyed', 'limit'],
  ['current', 'keyed', 'usage'],
  ['peak', 'keyed', 'peak'],
  ['capacity', 'keyed', 'limit'],
  ['events', 'keyed', 'event'],
  ['events.local', 'keyed', 'event'],
];

/** kernel/cgroup/misc.c: `misc_cg_files`, the same on both (Documentation/admin-guide/cgroup-v1/misc.rst; cgroup-v2.rst, "Misc"). */
export const MISC_FILES = [...filesOf('misc', 1, ROWS), ...filesOf('misc', 2, ROWS)];
