import { filesOf } from './file.ts';

/**
 * mm/hugetlb_cgroup.c: `hugetlb_legacy_tmpl`, `hugetlb_dfl_tmpl` (Documentation/admin-guide/cgroup-v1/hugetlb.rst; cgroup-v2.rst,
 * "HugeTLB"). Each file once a size of huge pages: `hugetlb.2MB.max`.
 */
export const HUGETLB_FILES = [
  ...filesOf(
    'hugetlb',
    1,
    [
      ...['', 'rsvd.'].flatMap(
        (part) =>
          [
            [`${part}limit_in_bytes`, 'number', 'limit', 'bytes'],
            [`${part}usage_in_bytes`, 'number', 'usage', 'bytes'],
            [`${part}max_usage_in_bytes`, 'number', 'peak', 'bytes'],
            [`${part}failcnt`, 'number', 'event'],
          ] as const,
      ),
      // `total=0 N0=0` (hugetlb_cgroup_read_numa_stat), on v2 as well.
      ['numa_stat', 'lines', 'stat', 'bytes'],
    ],
    'hugetlb.<size>.',
  ),
  ...filesOf(
    'hugetlb',
    2,
    [
      ['max', 'bound', 'limit', 'bytes'],
      ['current', 'number', 'usage', 'bytes'],
      ['rsvd.max', 'bound', 'limit', 'bytes'],
      ['rsvd.current', 'number', 'usage', 'bytes'],
      ['events', 'keyed', 'event'],
      ['events.local', 'keyed', 'event'],
      ['numa_stat', 'lines', 'stat', 'bytes'],
    ],
    'hugetlb.<size>.',
  ),
];
