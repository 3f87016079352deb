import { filesOf } from './file.ts';

/**
 * kernel/cgroup/legacy_freezer.c: `files` (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst). v1 alone; v2 has
 * `cgroup.freeze`. None in the root.
 */
export const FREEZER_FILES = filesOf('freezer', 1, [
  // THAWED, FREEZING or FROZEN. A read updates it to what the tasks have reached, as the kernel does by itself (freezer_read).
  ['state', 'words', 'structure'],
  ['self_freezing', 'number', 'structure'],
  ['parent_freezing', 'number', 'structure'],
]);
