import { describe, expect, it, test } from 'vitest';

import { cpusetLimits } from '../../../src/model/limits/cpuset.ts';
import { valueOf, type OutsideLimit } from '../../../src/model/limits/types.ts';
import { reachesOf, shortly, VAST, word, type MadeFiles, type MadeHierarchy } from './made-cgroups.ts';

const EIGHT = { ...VAST, cpus: '0-7' };

/** Each level: what it asks for, and what the kernel left of that. */
type Level = readonly [mask: string, effective: string] | { readonly unknown: 'denied' };

function hierarchy(version: 1 | 2, levels: readonly Level[]): MadeHierarchy {
  const effective = version === 1 ? 'cpuset.effective_cpus' : 'cpuset.cpus.effective';
  const files = (level: Level): MadeFiles =>
    'unknown' in level
      ? { 'cpuset.cpus': level, [effective]: level }
      : { 'cpuset.cpus': level[0], [effective]: level[1] };
  const root: MadeFiles = version === 1 ? files(['0-7', '0-7']) : { [effective]: '0-7' };
  const chain = levels.map((level, i): [string, MadeFiles] => [['/a', '/a/b', '/a/b/c'][i]!, files(level)]);
  return { version, controllers: ['cpuset'], chain: [['/', root], ...chain] };
}

describe('cpu.set', () => {
  it.each([
    {
      case: 'v1: own mask',
      version: 1,
      levels: [
        ['0-3', '0-3'],
        ['1', '1'],
      ],
      answer: ['1', '/a/b'],
    },
    {
      case: 'v1: a copy of the mask above',
      version: 1,
      levels: [
        ['0-3', '0-3'],
        ['0-3', '0-3'],
      ],
      answer: ['0,1,2,3', '/a/b'],
    },
    { case: 'v1: all there are', version: 1, levels: [['0-7', '0-7']], answer: ['0,1,2,3,4,5,6,7', 'host'] },
    { case: 'v1: CPUs of the mask that are offline', version: 1, levels: [['6-9', '6-7']], answer: ['6,7', '/a'] },
    {
      case: 'v2: inherited',
      version: 2,
      levels: [
        ['2-3', '2-3'],
        ['', '2-3'],
      ],
      answer: ['2,3', '/a'],
    },
    {
      case: 'v2: a wider mask below',
      version: 2,
      levels: [
        ['2-3', '2-3'],
        ['0-7', '2-3'],
      ],
      answer: ['2,3', '/a'],
    },
    {
      case: 'v2: two masks that overlap',
      version: 2,
      levels: [
        ['0-3', '0-3'],
        ['3-5', '3'],
      ],
      answer: ['3', '/a/b'],
    },
    {
      case: 'v2: a mask that leaves nothing',
      version: 2,
      levels: [
        ['0-1', '0-1'],
        ['6', '0-1'],
      ],
      answer: ['0,1', '/a'],
    },
    {
      case: 'v2: no mask',
      version: 2,
      levels: [
        ['', '0-7'],
        ['', '0-7'],
      ],
      answer: ['0,1,2,3,4,5,6,7', 'host'],
    },
    {
      case: 'own files denied',
      version: 1,
      levels: [['0-3', '0-3'], { unknown: 'denied' }],
      answer: ['at most 0,1,2,3: cpuset.cpus of /a/b: denied', '/a'],
    },
    {
      case: 'own files denied, nothing above',
      version: 1,
      levels: [{ unknown: 'denied' }],
      answer: ['unknown: cpuset.cpus of /a: denied', null],
    },
  ] as const)('$case', ({ version, levels, answer: [cpus, by] }) => {
    const [set] = cpusetLimits(reachesOf([hierarchy(version, levels)]), EIGHT, []);
    expect(shortly(set)).toEqual([cpus, by?.startsWith('/') === true ? `${by} cpuset.cpus` : by]);
  });

  test('not enabled for the own cgroup: what the nearest ancestor leaves', () => {
    const made: MadeHierarchy = {
      version: 2,
      controllers: ['cpuset'],
      chain: [...hierarchy(2, [['2-3', '2-3']]).chain, ['/a/b', {}]],
    };
    expect(shortly(cpusetLimits(reachesOf([made]), EIGHT, [])[0])).toEqual(['2,3', '/a cpuset.cpus']);
  });

  test('a kernel that does not say what is left: computed from the masks', () => {
    const made: MadeHierarchy = {
      controllers: ['cpuset'],
      chain: [
        ['/', { 'cpuset.cpus': '0-7' }],
        ['/a', { 'cpuset.cpus': '0-3' }],
        ['/a/b', { 'cpuset.cpus': '2-3' }],
      ],
    };
    expect(shortly(cpusetLimits(reachesOf([made]), EIGHT, [])[0])).toEqual(['2,3', '/a/b cpuset.cpus']);
  });

  const affinity = (...cpus: number[]): OutsideLimit<readonly number[]>[] => [
    { by: { kind: 'affinity', key: null, path: null, file: '/proc/7/status' }, limit: valueOf(cpus) },
  ];

  it.each([
    { case: 'narrower', cpus: [1], answer: ['1', 'affinity'] },
    { case: 'as wide', cpus: [0, 1, 2, 3], answer: ['0,1,2,3', '/a cpuset.cpus'] },
    { case: 'wider for a moment', cpus: [0, 1, 2, 3, 4], answer: ['0,1,2,3', '/a cpuset.cpus'] },
  ])('affinity: $case', ({ cpus, answer }) => {
    const [set] = cpusetLimits(reachesOf([hierarchy(1, [['0-3', '0-3']])]), EIGHT, affinity(...cpus));
    expect(shortly(set)).toEqual(answer);
  });

  test('affinity tells the set where no cgroup can be read, but not whose doing it is', () => {
    const made = { controllers: ['cpuset'], chain: [], walked: 'absent' } as const;
    const [set] = cpusetLimits(reachesOf([made]), EIGHT, affinity(1, 2));
    expect(set === undefined ? null : word(set.effective)).toBe('1,2');
    expect(set?.notes).toEqual(['whether a cgroup imposes it: the hierarchy of cpuset is not mounted']);
    const [all] = cpusetLimits(reachesOf([made]), EIGHT, affinity(0, 1, 2, 3, 4, 5, 6, 7));
    expect(shortly(all)).toEqual(['0,1,2,3,4,5,6,7', 'host']);
  });

  test('no controller: the CPUs of the machine', () => {
    expect(shortly(cpusetLimits(reachesOf([]), EIGHT, [])[0])).toEqual(['0,1,2,3,4,5,6,7', 'host']);
    expect(shortly(cpusetLimits(reachesOf([]), VAST, [])[0])).toEqual(['max', null]);
  });
});
