import { filesOf, type FileRow } from './file.ts';

/** A device a line: `mlx4_0 hca_handle=2 hca_object=max`. */
const ROWS: readonly FileRow[] = [
  ['max', 'nested', 'limit'],
  ['current', 'nested', 'usage'],
  ['peak', 'nested', 'peak'],
  ['events', 'nested', 'event'],
  ['events.local', 'nested', 'event'],
];

/** kernel/cgroup/rdma.c: `rdmacg_files`, the same on both (Documentation/admin-guide/cgroup-v1/rdma.rst; cgroup-v2.rst, "RDMA"). */
export const RDMA_FILES = [...filesOf('rdma', 1, ROWS), ...filesOf('rdma', 2, ROWS)];
