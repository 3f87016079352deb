import { describe, expect, it } from 'vitest';

import { momentArguments } from '../../src/cli/arguments.ts';
import { filterChanges } from '../../src/cli/diff-filter.ts';
import { findSnapshot, momentOf, parseSpan, type Snapshots } from '../../src/cli/moment.ts';
import { notKept } from '../../src/cli/retention.ts';
import type { DiffChange } from '../../src/schema/diff-document.ts';
import type { SnapshotInfo } from '../../src/schema/history.ts';
import { parseBytes } from '../../src/text/units.ts';

const NOW = new Date(2026, 2, 1, 14, 30, 0).getTime();
const local = (...parts: [number, number, number, number, number]) => new Date(...parts).getTime();

describe('momentOf', () => {
  it.each([
    ['12', { kind: 'id', id: 12 }],
    ['latest', { kind: 'latest', back: 0, host: null }],
    ['latest~2', { kind: 'latest', back: 2, host: null }],
    ['web@latest', { kind: 'latest', back: 0, host: 'web' }],
    ['-10m', { kind: 'time', at: NOW - 600_000, host: null }],
    ['@-1h30m', { kind: 'time', at: NOW - 5_400_000, host: null }],
    ['web@-1w', { kind: 'time', at: NOW - 604_800_000, host: 'web' }],
    ['a@b@-1s', { kind: 'time', at: NOW - 1_000, host: 'a@b' }],
    ['@14:00', { kind: 'time', at: local(2026, 2, 1, 14, 0), host: null }],
    // Not yet today: yesterday.
    ['@14:31', { kind: 'time', at: local(2026, 1, 28, 14, 31), host: null }],
    ['@2026-02-28', { kind: 'time', at: local(2026, 1, 28, 0, 0), host: null }],
    ['@2026-02-28T10:15', { kind: 'time', at: local(2026, 1, 28, 10, 15), host: null }],
    ['@2026-02-28 10:15', { kind: 'time', at: local(2026, 1, 28, 10, 15), host: null }],
    ['@2026-02-28T10:15:30.5Z', { kind: 'time', at: Date.UTC(2026, 1, 28, 10, 15, 30, 500), host: null }],
    ['@2026-02-28T10:15+02:00', { kind: 'time', at: Date.UTC(2026, 1, 28, 8, 15), host: null }],
    ['@1767225600', { kind: 'time', at: 1_767_225_600_000, host: null }],
  ])('%s', (text, moment) => {
    expect(momentOf(text, NOW)).toEqual(moment);
  });

  it.each([
    '',
    '@',
    'live',
    'a.nsc',
    '-',
    '-10',
    '10m',
    '-10x',
    '-9999999999999h',
    '@25:00',
    '@2026-02-30',
    '@2026-13-01',
    'latest~',
    'latests',
    '14:30',
    './12',
    '9'.repeat(16),
  ])('%j is none', (text) => {
    expect(momentOf(text, NOW)).toBeNull();
  });
});

/** A snapshot, so many minutes after noon. */
function snapshot(id: number, minutes: number, hostname = 'web'): SnapshotInfo {
  const takenAt = new Date(local(2026, 2, 1, 12, minutes)).toISOString();
  return {
    id,
    takenAt,
    storedAt: takenAt,
    host: { hostname },
    source: { kind: 'live' },
    redacted: false,
    label: null,
    facets: ['host'],
    processes: null,
    tasks: null,
    begun: 0,
    ended: 0,
    factBytes: 0,
    sampleBytes: 0,
    samples: true,
  };
}

function storeOf(...list: SnapshotInfo[]): Snapshots {
  return {
    list: ({ hostname } = {}) => list.filter(({ host }) => hostname === undefined || host.hostname === hostname),
    info: (id) => list.find((one) => one.id === id) ?? null,
    hostnames: () => [...new Set(list.map(({ host }) => host.hostname as string))].sort(),
  };
}

const find = (store: Snapshots, text: string, here = 'elsewhere') => findSnapshot(store, momentOf(text, NOW)!, here).id;

describe('findSnapshot', () => {
  // The third was imported late.
  const one = storeOf(snapshot(1, 0), snapshot(2, 20), snapshot(3, 10));
  const two = storeOf(snapshot(1, 0, 'web'), snapshot(2, 10, 'db'), snapshot(3, 20, 'web'));

  it('goes by when it was taken', () => {
    expect([
      find(one, 'latest'),
      find(one, 'latest~1'),
      find(one, '@12:15'),
      find(one, '@12:20'),
      find(one, '3'),
    ]).toEqual([2, 3, 3, 2, 3]);
    expect(() => find(one, '@11:59')).toThrow('or before');
    expect(() => find(one, 'latest~3')).toThrow('only 3');
    expect(() => find(one, '4')).toThrow('no snapshot 4');
    expect(() => find(storeOf(), 'latest')).toThrow('no snapshot yet');
  });

  it('knows which host is meant, or says that it does not', () => {
    expect([find(two, 'latest', 'web'), find(two, 'latest', 'db'), find(two, 'db@latest', 'web')]).toEqual([3, 2, 2]);
    expect(() => find(two, 'latest')).toThrow('2 hosts');
    expect(() => find(two, 'nobody@latest')).toThrow('nobody');
    expect(find(one, 'latest')).toBe(2);
  });
});

describe('notKept', () => {
  const ids = (...args: Parameters<typeof notKept>) => notKept(...args).map(({ id }) => id);
  const list = [
    snapshot(1, 0),
    snapshot(2, 30),
    snapshot(3, 65),
    snapshot(4, 70),
    snapshot(5, 3 * 60),
    snapshot(6, 26 * 60),
  ];

  it('keeps what any rule keeps', () => {
    expect(ids(list, { last: 2, hourly: 0, daily: 0 })).toEqual([1, 2, 3, 4]);
    expect(ids(list, { last: 0, hourly: 3, daily: 0 })).toEqual([1, 2, 3]);
    expect(ids(list, { last: 0, hourly: 0, daily: 2 })).toEqual([1, 2, 3, 4]);
    expect(ids(list, { last: 1, hourly: 9, daily: 9 })).toEqual([1, 3]);
  });

  it('counts for each host', () => {
    const both = [...list, snapshot(7, 0, 'db'), snapshot(8, 1, 'db')];
    expect(ids(both, { last: 1, hourly: 0, daily: 0 })).toEqual([1, 2, 3, 4, 5, 7]);
  });
});

it('moments on the command line are no flags', () => {
  expect(momentArguments(['-10m', '-n', '5', '--since', '-1h', '-x', '--', '-10m'])).toEqual([
    '@-10m',
    '-n',
    '5',
    '--since',
    '@-1h',
    '-x',
    '--',
    '-10m',
  ]);
});

it.each([
  ['5s', 5_000],
  ['1.5h', 5_400_000],
  ['1d12h', 129_600_000],
  ['2w', 1_209_600_000],
  ['0s', 0],
  ['', null],
  ['5', null],
  ['-5s', null],
  ['5 s', null],
])('parseSpan %j', (text, milliseconds) => {
  expect(parseSpan(text)).toBe(milliseconds);
});

it.each([
  ['4096', 4096],
  ['200MB', 200e6],
  ['200MiB', 200 * 2 ** 20],
  ['200M', 200 * 2 ** 20],
  ['1.5G', 1.5 * 2 ** 30],
  ['1kB', 1000],
  ['5B', 5],
  ['', null],
  ['M', null],
  ['5iB', null],
  ['5 MB', null],
  ['-5M', null],
])('parseBytes %j', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

describe('filterChanges', () => {
  const change = (more: Partial<DiffChange>): DiffChange => ({
    aspect: 'limits',
    kind: 'loosened',
    importance: 'high',
    subject: { type: 'container', key: 'docker:77', name: 'web' },
    container: { engine: 'docker', id: '77', name: 'web' },
    field: 'memory',
    from: null,
    to: null,
    unit: null,
    added: [],
    removed: [],
    note: null,
    certain: true,
    count: 1,
    ...more,
  });
  const changes = [
    change({}),
    change({ aspect: 'rights', kind: 'changed', field: 'capEff' }),
    change({ aspect: 'tasks', kind: 'created', importance: 'noise', container: null, field: null }),
  ];
  const count = (only: string[], ignore: string[] = [], all = false) => {
    const { shown, ignored, noise } = filterChanges(changes, { only, ignore, all });
    return [shown.length, ignored, noise];
  };

  it('goes by aspects and kinds', () => {
    expect(count([])).toEqual([2, 0, 1]);
    expect(count([], [], true)).toEqual([3, 0, 0]);
    expect(count(['limits'])).toEqual([1, 2, 0]);
    expect(count(['limits', 'rights'])).toEqual([2, 1, 0]);
    expect(count(['limits', 'changed'])).toEqual([0, 3, 0]);
  });

  it('leaves out what a pattern fits as a whole', () => {
    expect(count([], ['docker:*'])).toEqual([0, 3, 0]);
    expect(count([], ['docker'])).toEqual([2, 0, 1]);
    expect(count([], ['cap*', 'mem*y'])).toEqual([0, 2, 1]);
    expect(count([], ['memor.', '(', '[a-z]*'])).toEqual([2, 0, 1]);
    expect(count([], [`${'*a'.repeat(50)}*`])).toEqual([2, 0, 1]);
  });
});
