import { filesOf } from './file.ts';

/** kernel/cgroup/dmem.c: `files` (Documentation/admin-guide/cgroup-v2.rst, "DMEM"), since 6.14. A region of device memory a line. */
export const DMEM_FILES = filesOf('dmem', 2, [
  ['max', 'keyed', 'limit', 'bytes'],
  ['low', 'keyed', 'protection', 'bytes'],
  ['min', 'keyed', 'protection', 'bytes'],
  ['current', 'keyed', 'usage', 'bytes'],
  ['capacity', 'keyed', 'limit', 'bytes'],
]);
