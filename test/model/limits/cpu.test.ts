import { describe, expect, it, test } from 'vitest';

import { cpuLimits } from '../../../src/model/limits/cpu.ts';
import { cpusetLimits } from '../../../src/model/limits/cpuset.ts';
import { about, reachesOf, shortly, VAST, word, type MadeFiles, type MadeHierarchy } from './made-cgroups.ts';

type Quota = readonly [quota: string, period: string] | { readonly unknown: 'denied' };

function hierarchy(version: 1 | 2, quotas: readonly Quota[]): MadeHierarchy {
  const root: MadeFiles = version === 1 ? { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '100000' } : {};
  const chain = quotas.map((quota, i): [string, MadeFiles] => [['/a', '/a/b', '/a/b/c'][i]!, filesOf(version, quota)]);
  return { version, controllers: ['cpu'], chain: [['/', root], ...chain] };
}

function filesOf(version: 1 | 2, quota: Quota): MadeFiles {
  if ('unknown' in quota) return { [version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max']: quota };
  return version === 1
    ? { 'cpu.cfs_quota_us': quota[0] === 'max' ? '-1' : quota[0], 'cpu.cfs_period_us': quota[1] }
    : { 'cpu.max': quota.join(' ') };
}

describe.each([
  { version: 1, file: 'cpu.cfs_quota_us' },
  { version: 2, file: 'cpu.max' },
] as const)('cpu.time on v$version', ({ version, file }) => {
  it.each([
    { case: 'no quota', quotas: [['max', '100000']], answer: ['max', null] },
    { case: 'half a CPU', quotas: [['50000', '100000']], answer: ['500000', '/a'] },
    {
      case: 'shares are compared, not quotas',
      quotas: [
        ['50000', '100000'],
        ['40000', '50000'],
      ],
      answer: ['500000', '/a'],
    },
    {
      case: 'the own one is tighter',
      quotas: [
        ['300000', '100000'],
        ['1000', '100000'],
      ],
      answer: ['10000', '/a/b'],
    },
    {
      case: 'equal shares of different periods: the nearest',
      quotas: [
        ['100000', '200000'],
        ['25000', '50000'],
      ],
      answer: ['500000', '/a/b'],
    },
    {
      case: 'a difference below one microsecond a second',
      quotas: [
        ['333333', '1000000'],
        ['1000', '3000'],
      ],
      answer: ['333333', '/a'],
    },
    {
      case: 'an unlimited cgroup between',
      quotas: [
        ['20000', '100000'],
        ['max', '100000'],
        ['90000', '100000'],
      ],
      answer: ['200000', '/a'],
    },
    {
      case: 'one that is denied',
      quotas: [['50000', '100000'], { unknown: 'denied' }],
      answer: [`at most 500000: ${file} of /a/b: denied`, '/a'],
    },
    {
      case: 'nothing but one that is denied',
      quotas: [{ unknown: 'denied' }],
      answer: [`unknown: ${file} of /a: denied`, null],
    },
  ] as const)('$case', ({ quotas, answer: [limit, path] }) => {
    const time = about(cpuLimits(reachesOf([hierarchy(version, quotas)]), undefined), 'cpu.time');
    expect(shortly(time)).toEqual([limit, path === null ? null : `${path} ${file}`]);
  });
});

describe('cpu.time', () => {
  const both = (quota: string, cpus: string): MadeHierarchy[] => [
    hierarchy(1, [[quota, '100000']]),
    {
      controllers: ['cpuset'],
      chain: [
        ['/', {}],
        ['/set', { 'cpuset.cpus': cpus, 'cpuset.effective_cpus': cpus }],
      ],
    },
  ];
  const time = (quota: string, cpus: string) => {
    const reaches = reachesOf(both(quota, cpus));
    const [set] = cpusetLimits(reaches, { ...VAST, cpus: '0-7' }, []);
    return about(cpuLimits(reaches, set), 'cpu.time');
  };

  test('a quota of more CPUs than there are to run on binds nobody', () => {
    expect(shortly(time('400000', '2,5'))).toEqual(['2000000', '/set cpuset.cpus']);
    expect(shortly(time('150000', '2,5'))).toEqual(['1500000', '/a cpu.cfs_quota_us']);
    expect(shortly(time('-1', '0-7'))).toEqual(['8000000', 'host']);
  });

  test('the chain is in microseconds a second, too', () => {
    expect(time('400000', '2')?.chain.map(({ limit }) => word(limit))).toEqual(['4000000', 'max']);
  });

  test('throttling shows', () => {
    const files = {
      'cpu.max': '1000 100000',
      'cpu.stat': 'usage_usec 1\nnr_periods 40\nnr_throttled 12\nthrottled_usec 9',
    };
    const made = {
      version: 2,
      controllers: ['cpu'],
      chain: [
        ['/', {}],
        ['/a', files],
      ],
    } as const;
    expect(about(cpuLimits(reachesOf([made]), undefined), 'cpu.time')?.notes).toEqual([
      '/a was throttled in 12 of 40 periods',
    ]);
  });
});

describe('cpu.weight', () => {
  test('is the own one, whatever the ancestors have', () => {
    const made = (version: 1 | 2, file: string): MadeHierarchy => ({
      version,
      controllers: ['cpu'],
      chain: [
        ['/', {}],
        ['/a', { [file]: '10' }],
        ['/a/b', { [file]: '300' }],
      ],
    });
    for (const [version, file, unit] of [
      [1, 'cpu.shares', 'shares'],
      [2, 'cpu.weight', 'weight'],
    ] as const) {
      const weight = about(cpuLimits(reachesOf([made(version, file)]), undefined), 'cpu.weight');
      expect(shortly(weight)).toEqual(['300', `/a/b ${file}`]);
      expect(weight?.unit).toBe(unit);
      expect(weight?.chain.map(({ path, limit }) => [path, word(limit)])).toEqual([
        ['/a/b', '300'],
        ['/a', '10'],
      ]);
    }
  });

  test('says its share among siblings where all were collected', () => {
    const facet = { collected: { tids: false, files: 'all', only: null } } as const;
    const made: MadeHierarchy = {
      version: 2,
      controllers: ['cpu'],
      chain: [
        ['/', {}],
        ['/a', { 'cpu.weight': '300' }],
      ],
    };
    expect(about(cpuLimits(reachesOf([made], facet), undefined), 'cpu.weight')?.notes).toEqual([]);
    const sibling = {
      hierarchy: 0,
      inode: 9,
      path: '/z',
      parent: 0,
      files: { 'cpu.weight': { kind: 'number', value: '100' } },
    } as const;
    const reaches = reachesOf([made], facet);
    const [root, own] = [...reaches.everyCgroup!];
    const withSibling = reachesOf([made], { ...facet, cgroups: [root!, own!, sibling] });
    expect(about(cpuLimits(withSibling, undefined), 'cpu.weight')?.notes).toEqual([
      '75% of the time of its parent while all 2 children of that are busy',
    ]);
  });
});
