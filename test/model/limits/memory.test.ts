import { describe, expect, it, test } from 'vitest';

import { memoryLimits } from '../../../src/model/limits/memory.ts';
import { about, reachesOf, shortly, V1_MAX, VAST, word, type MadeFiles, type MadeHierarchy } from './made-cgroups.ts';

const MIB = 1 << 20;
const mib = (count: number): string => String(count * MIB);

function v1(...limits: readonly MadeFiles[string][]): MadeHierarchy {
  const files = limits.map((limit): MadeFiles => ({ 'memory.limit_in_bytes': limit, 'memory.usage_in_bytes': '4096' }));
  return { controllers: ['memory'], chain: [['/', { 'memory.limit_in_bytes': V1_MAX }], ...chainOf(files)] };
}

function v2(...files: readonly MadeFiles[]): MadeHierarchy {
  return { version: 2, controllers: ['memory'], chain: [['/', {}], ...chainOf(files)] };
}

function chainOf(files: readonly MadeFiles[]): [string, MadeFiles][] {
  return files.map((one, i) => [['/a', '/a/b', '/a/b/c'][i]!, one]);
}

describe('memory on v1', () => {
  const FILE = 'memory.limit_in_bytes';
  it.each([
    { case: 'the own one is tighter', limits: [mib(64), mib(32)], answer: [mib(32), `/a/b ${FILE}`] },
    { case: 'the ancestor is tighter', limits: [mib(32), mib(64)], answer: [mib(32), `/a ${FILE}`] },
    { case: 'the nearest of equals', limits: [mib(32), mib(32)], answer: [mib(32), `/a/b ${FILE}`] },
    { case: 'two levels up', limits: [mib(16), V1_MAX, mib(32)], answer: [mib(16), `/a ${FILE}`] },
    { case: 'none, pages of 4 KiB', limits: [V1_MAX, V1_MAX], answer: ['max', null] },
    { case: 'none, pages of 64 KiB', limits: ['9223372036854710272'], answer: ['max', null] },
    { case: 'none, before Linux 3.19', limits: ['9223372036854775807'], answer: ['max', null] },
    { case: 'none, written as -1', limits: ['-1'], answer: ['max', null] },
    { case: 'nothing at all may be used', limits: ['0'], answer: ['0', `/a ${FILE}`] },
    {
      case: 'the own one is denied',
      limits: [mib(64), { unknown: 'denied' }],
      answer: [`at most ${mib(64)}: ${FILE} of /a/b: denied`, `/a ${FILE}`],
    },
    {
      case: 'the only one is denied',
      limits: [V1_MAX, { unknown: 'denied' }],
      answer: [`unknown: ${FILE} of /a/b: denied`, null],
    },
    { case: 'nonsense', limits: ['plenty'], answer: [`unknown: ${FILE} of /a: malformed`, null] },
  ] as const)('$case', ({ limits, answer }) => {
    expect(shortly(about(memoryLimits(reachesOf([v1(...limits)]), VAST), 'memory'))).toEqual(answer);
  });

  test('the chain holds every looser limit, from the own cgroup up', () => {
    const memory = about(memoryLimits(reachesOf([v1(mib(32), mib(64))]), VAST), 'memory');
    expect(memory?.chain.map(({ key, path, limit }) => [key, path, word(limit)])).toEqual([
      ['memory:3', '/a/b', mib(64)],
      ['memory:2', '/a', mib(32)],
      ['memory:1', '/', 'max'],
    ]);
  });

  test('usage is counted by the cgroup that imposes, head room is where least is left', () => {
    const files = (limit: string, usage: string): MadeFiles => ({
      'memory.limit_in_bytes': limit,
      'memory.usage_in_bytes': usage,
    });
    const made: MadeHierarchy = {
      controllers: ['memory'],
      chain: [
        ['/', files(V1_MAX, mib(900))],
        ['/a', files(mib(100), mib(99))],
        ['/a/b', files(mib(64), mib(10))],
      ],
    };
    const memory = about(memoryLimits(reachesOf([made]), VAST), 'memory');
    expect(memory).toMatchObject({ usage: { kind: 'value', value: BigInt(10 * MIB) }, headRoom: BigInt(MIB) });
  });

  it.each([
    { case: 'the kernel agrees', limit: mib(64), stat: mib(64), answer: [mib(64), '/a memory.limit_in_bytes'] },
    {
      case: 'it knows of a tighter one that cannot be seen',
      limit: mib(64),
      stat: mib(32),
      answer: [mib(32), 'null memory.stat'],
    },
    { case: 'it knows that nothing hidden is tighter', limit: V1_MAX, stat: V1_MAX, answer: ['max', null] },
  ])('memory.stat from within a cgroup namespace: $case', ({ limit, stat, answer }) => {
    const own = { 'memory.limit_in_bytes': limit, 'memory.stat': `cache 0\nhierarchical_memory_limit ${stat}` };
    const made = { controllers: ['memory'], chain: [['/a', own]], topInode: 77 } as const;
    expect(shortly(about(memoryLimits(reachesOf([made]), VAST), 'memory'))).toEqual(answer);
  });

  test('without memory.stat the ancestors above a cgroup namespace stay unknown', () => {
    const made = {
      controllers: ['memory'],
      chain: [['/', { 'memory.limit_in_bytes': V1_MAX }]],
      topInode: 77,
    } as const;
    const host = { ...VAST, memory: mib(1000) };
    expect(shortly(about(memoryLimits(reachesOf([made]), host), 'memory'))).toEqual([
      'unknown: the ancestors of / cannot be seen from here',
      null,
    ]);
  });

  test('a limit that contradicts memory.stat is said', () => {
    const own = { 'memory.limit_in_bytes': mib(64), 'memory.stat': `hierarchical_memory_limit ${mib(32)}` };
    const made = {
      controllers: ['memory'],
      chain: [
        ['/', {}],
        ['/a', own],
      ],
    } as const;
    const memory = about(memoryLimits(reachesOf([made]), VAST), 'memory');
    expect(shortly(memory)).toEqual([mib(64), '/a memory.limit_in_bytes']);
    expect(memory?.notes).toEqual([expect.stringContaining('memory.stat says 32 MiB')]);
  });

  test('before Linux 5.11 a parent without use_hierarchy limits itself alone', () => {
    const made: MadeHierarchy = {
      controllers: ['memory'],
      chain: [
        ['/', { 'memory.use_hierarchy': '0' }],
        ['/a', { 'memory.limit_in_bytes': mib(8), 'memory.use_hierarchy': '0' }],
        ['/a/b', { 'memory.limit_in_bytes': mib(64), 'memory.use_hierarchy': '0' }],
      ],
    };
    expect(shortly(about(memoryLimits(reachesOf([made]), VAST), 'memory'))).toEqual([
      mib(64),
      '/a/b memory.limit_in_bytes',
    ]);
  });

  test('the machine binds where it has less than the cgroup may use', () => {
    const host = { ...VAST, memory: mib(48), swap: '0' };
    const limits = memoryLimits(reachesOf([v1(mib(64))]), host);
    expect(shortly(about(limits, 'memory'))).toEqual([mib(48), 'host']);
    expect(shortly(about(limits, 'memory.swap'))).toEqual(['0', 'host']);
    expect(about(limits, 'memory')?.chain.map(({ limit }) => word(limit))).toEqual([mib(64), 'max']);
  });

  test('swap, kernel and TCP memory by their own files', () => {
    const files = (factor: number): MadeFiles => ({
      'memory.memsw.limit_in_bytes': mib(2 * factor),
      'memory.kmem.limit_in_bytes': mib(3 * factor),
      'memory.kmem.tcp.limit_in_bytes': mib(5 * factor),
    });
    const made = {
      controllers: ['memory'],
      chain: [
        ['/', {}],
        ['/a', files(1)],
        ['/a/b', files(10)],
      ],
    } as const;
    const limits = memoryLimits(reachesOf([made]), VAST);
    expect(limits.map((one) => [one.resource, shortly(one)])).toEqual([
      ['memory', ['max', null]],
      ['memory.high', ['max', null]],
      ['memory.swap', [mib(2), '/a memory.memsw.limit_in_bytes']],
      ['memory.kernel', [mib(3), '/a memory.kmem.limit_in_bytes']],
      ['memory.tcp', [mib(5), '/a memory.kmem.tcp.limit_in_bytes']],
    ]);
  });
});

describe('memory on v2', () => {
  test('each file has its own minimum', () => {
    const limits = memoryLimits(
      reachesOf([
        v2(
          { 'memory.max': mib(64), 'memory.high': mib(60), 'memory.swap.max': '0', 'memory.current': mib(40) },
          { 'memory.max': 'max', 'memory.high': mib(30), 'memory.swap.max': mib(9), 'memory.current': mib(31) },
        ),
      ]),
      VAST,
    );
    expect(limits.map((one) => [one.resource, shortly(one)])).toEqual([
      ['memory', [mib(64), '/a memory.max']],
      ['memory.high', [mib(30), '/a/b memory.high']],
      ['memory.swap', ['0', '/a memory.swap.max']],
      ['memory.kernel', ['max', null]],
      ['memory.tcp', ['max', null]],
    ]);
    expect(limits.map(({ usage }) => usage)).toMatchObject([
      { value: BigInt(40 * MIB) },
      { value: BigInt(31 * MIB) },
      { kind: 'none' },
      { kind: 'none' },
      { kind: 'none' },
    ]);
    expect(about(limits, 'memory.high')?.headRoom).toBe(0n);
  });

  test('where the controller is not enabled, the nearest ancestor for which it is counts', () => {
    const memory = about(
      memoryLimits(reachesOf([v2({ 'memory.max': mib(64) }, { 'cgroup.type': 'threaded' })]), VAST),
      'memory',
    );
    expect(shortly(memory)).toEqual([mib(64), '/a memory.max']);
    expect(memory?.chain.map(({ path }) => path)).toEqual(['/a']);
  });

  test('protection is told as what it is, and only where it is set', () => {
    const limits = memoryLimits(
      reachesOf([v2({ 'memory.min': mib(64), 'memory.low': '0' }, { 'memory.min': mib(32), 'memory.low': '0' })]),
      VAST,
    );
    expect(shortly(about(limits, 'memory.min'))).toEqual([mib(32), '/a/b memory.min']);
    expect(about(limits, 'memory.low')).toBeUndefined();
  });
});

describe('no controller to ask', () => {
  it.each([
    { case: 'in no hierarchy', made: [], rest: { subsystems: [] }, answer: ['max', null] },
    {
      case: 'not mounted',
      made: [{ controllers: ['memory'], chain: [], walked: 'absent' }],
      rest: {},
      answer: ['unknown: the hierarchy of memory is not mounted', null],
    },
    {
      case: 'no right to look',
      made: [{ controllers: ['memory'], chain: [], walked: 'denied' }],
      rest: {},
      answer: ['unknown: the hierarchy of memory cannot be read: denied', null],
    },
    {
      case: 'v2 is mounted nowhere, and somebody uses the controller',
      made: [{ version: 2, controllers: [], chain: [], walked: 'absent' }],
      rest: { subsystems: [{ name: 'memory', hierarchy: 0, cgroups: 7, enabled: true }] },
      answer: ['unknown: the hierarchy of memory is not mounted', null],
    },
    {
      case: 'v2 is mounted nowhere, and only the root has the controller',
      made: [{ version: 2, controllers: [], chain: [], walked: 'absent' }],
      rest: { subsystems: [{ name: 'memory', hierarchy: 0, cgroups: 1, enabled: true }] },
      answer: ['max', null],
    },
    {
      case: 'files not collected',
      made: [v1(mib(64))],
      rest: { collected: { tids: true, files: 'structure', only: null } },
      answer: ['unknown: the files of cgroups: not collected', null],
    },
    {
      case: 'another cgroup was collected',
      made: [{ controllers: ['memory'], chain: [] }],
      rest: {},
      answer: ['unknown: the cgroup /elsewhere in the hierarchy of memory: not collected', null],
    },
  ] as const)('$case', ({ made, rest, answer }) => {
    const host = { ...VAST, swap: mib(100) };
    expect(shortly(about(memoryLimits(reachesOf(made as readonly MadeHierarchy[], rest), host), 'memory'))).toEqual(
      answer,
    );
  });
});
