/** Controllers that count and limit by the least along the ancestors: pids, hugetlb, rdma, misc. */
import { describe, expect, it, test } from 'vitest';

import { hugetlbLimits } from '../../../src/model/limits/hugetlb.ts';
import { miscLimits } from '../../../src/model/limits/misc.ts';
import { pidsLimits } from '../../../src/model/limits/pids.ts';
import { rdmaLimits } from '../../../src/model/limits/rdma.ts';
import { about, reachesOf, shortly, VAST, type MadeFiles, type MadeHierarchy } from './made-cgroups.ts';

function hierarchy(version: 1 | 2, controller: string, ...files: readonly MadeFiles[]): MadeHierarchy {
  const chain = files.map((one, i): [string, MadeFiles] => [['/a', '/a/b', '/a/b/c'][i]!, one]);
  return { version, controllers: [controller], chain: [['/', {}], ...chain] };
}

describe('pids', () => {
  it.each([
    { maxes: ['10', '20'], answer: ['10', '/a pids.max'] },
    { maxes: ['20', '10'], answer: ['10', '/a/b pids.max'] },
    { maxes: ['10', '10'], answer: ['10', '/a/b pids.max'] },
    { maxes: ['max', 'max'], answer: ['32768', 'host'] },
    { maxes: ['99999', 'max'], answer: ['32768', 'host'] },
  ])('$maxes', ({ maxes, answer }) => {
    for (const version of [1, 2] as const) {
      const made = hierarchy(version, 'pids', ...maxes.map((max) => ({ 'pids.max': max, 'pids.current': '3' })));
      const [pids] = pidsLimits(reachesOf([made]), { ...VAST, pidMax: 32768, threadsMax: 100000 });
      expect(shortly(pids)).toEqual(answer);
      expect(pids?.usage).toEqual({ kind: 'value', value: 3n });
    }
  });

  test('a count above a limit that was lowered leaves no room', () => {
    const made = hierarchy(2, 'pids', { 'pids.max': '2', 'pids.current': '5' });
    expect(pidsLimits(reachesOf([made]), VAST)[0]?.headRoom).toBe(0n);
  });

  test('a count that is denied is not 0', () => {
    const made = hierarchy(2, 'pids', { 'pids.max': '2', 'pids.current': { unknown: 'denied' } });
    expect(pidsLimits(reachesOf([made]), VAST)[0]).toMatchObject({
      usage: { kind: 'unknown', outcome: 'denied' },
      headRoom: null,
    });
  });
});

describe('hugetlb', () => {
  test('v1: a size at a time; the most whole huge pages below 2^63 mean no limit', () => {
    const made = hierarchy(
      1,
      'hugetlb',
      { 'hugetlb.2MB.limit_in_bytes': '4194304', 'hugetlb.1GB.limit_in_bytes': '9223372035781033984' },
      { 'hugetlb.2MB.limit_in_bytes': '9223372036852678656', 'hugetlb.1GB.limit_in_bytes': '9223372035781033984' },
    );
    expect(hugetlbLimits(reachesOf([made])).map((one) => [one.pageSize, shortly(one)])).toEqual([
      ['2MB', ['4194304', '/a hugetlb.2MB.limit_in_bytes']],
      ['1GB', ['max', null]],
    ]);
  });

  test('v2: reservations show only where they are limited', () => {
    const made = hierarchy(2, 'hugetlb', {
      'hugetlb.2MB.max': 'max',
      'hugetlb.2MB.rsvd.max': '2097152',
      'hugetlb.1GB.max': '0',
      'hugetlb.1GB.rsvd.max': 'max',
      'hugetlb.2MB.current': '0',
    });
    expect(hugetlbLimits(reachesOf([made])).map((one) => [one.resource, one.pageSize, shortly(one)])).toEqual([
      ['hugetlb', '2MB', ['max', null]],
      ['hugetlb.reserved', '2MB', ['2097152', '/a hugetlb.2MB.rsvd.max']],
      ['hugetlb', '1GB', ['0', '/a hugetlb.1GB.max']],
    ]);
  });

  test('in the root, where no file is: no limit', () => {
    const [hugetlb] = hugetlbLimits(reachesOf([hierarchy(2, 'hugetlb')]));
    expect(shortly(hugetlb)).toEqual(['max', null]);
  });
});

describe('rdma and misc', () => {
  test('a device and a kind of object at a time', () => {
    const made = hierarchy(
      2,
      'rdma',
      { 'rdma.max': 'mlx4_0 hca_handle=2 hca_object=max', 'rdma.current': 'mlx4_0 hca_handle=1 hca_object=7' },
      { 'rdma.max': 'mlx4_0 hca_handle=9 hca_object=2000', 'rdma.current': 'mlx4_0 hca_handle=0 hca_object=20' },
    );
    const limits = rdmaLimits(reachesOf([made]));
    expect(limits.map((one) => [one.device, one.name, shortly(one)])).toEqual([
      ['mlx4_0', 'hca_handle', ['2', '/a rdma.max']],
      ['mlx4_0', 'hca_object', ['2000', '/a/b rdma.max']],
    ]);
    expect(limits.map(({ headRoom }) => headRoom)).toEqual([1n, 1980n]);
  });

  test('a thing at a time; a line that is missing is no limit', () => {
    const made = hierarchy(2, 'misc', { 'misc.max': 'sev 5\nsev_es max' }, { 'misc.max': 'sev max' });
    const limits = miscLimits(reachesOf([made]));
    expect(shortly(about(limits, 'misc', 'sev'))).toEqual(['5', '/a misc.max']);
    expect(shortly(about(limits, 'misc', 'sev_es'))).toEqual(['max', null]);
  });

  test('no line at all, and no such controller: one answer', () => {
    const limits = miscLimits(reachesOf([hierarchy(2, 'misc', { 'misc.max': '' })]));
    expect(limits.map(shortly)).toEqual([['max', null]]);
    expect(rdmaLimits(reachesOf([])).map((one) => [shortly(one), one.notes])).toEqual([
      [['max', null], ['the controller rdma is not in this kernel']],
    ]);
  });
});
