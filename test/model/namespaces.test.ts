import { describe, expect, it } from 'vitest';

import { holdersOf, isHidden, namespacesOf } from '../../src/model/namespaces.ts';
import { INITIAL, namespaceOf, namespacesFacetOf, processOf, tasksOf, threadOf } from '../support/facts.ts';

describe('who is in a namespace', () => {
  const tasks = tasksOf([
    processOf(1),
    processOf(20, { start: 500, threads: 3, ns: { net: 900 } }),
    processOf(30, { start: 400, ns: { net: 900 } }),
    processOf(40, {
      threads: 4,
      differing: [
        threadOf(41, { ns: { net: 900 } }),
        threadOf(42, { ns: { net: 900, uts: 901 } }),
        threadOf(43, { ns: { uts: 901 } }),
      ],
    }),
    processOf(50, { ns: { net: null } }),
  ]);
  const namespaces = namespacesOf(tasks, namespacesFacetOf([namespaceOf('net', 900), namespaceOf('uts', 901)]));
  const of = (type: 'net' | 'uts' | 'user', inum: number) => namespaces.get({ type, inum })!;

  it.each([
    ['net', 900, { processCount: 3, taskCount: 6, leader: 30 }],
    ['net', INITIAL.net, { processCount: 2, taskCount: 3, leader: 1 }],
    ['uts', 901, { processCount: 1, taskCount: 2, leader: undefined }],
    ['uts', INITIAL.uts, { processCount: 5, taskCount: 8, leader: 1 }],
    ['user', INITIAL.user, { processCount: 5, taskCount: 10, leader: 1 }],
  ] as const)('%s %i', (type, inum, expected) => {
    const { processCount, taskCount, leader } = of(type, inum);
    expect({ processCount, taskCount, leader: leader?.pid }).toEqual(expected);
  });

  it('counts every task once for each type', () => {
    for (const type of ['user', 'uts'] as const) {
      const counts = namespaces.all.filter(({ facts }) => facts.type === type).map(({ taskCount }) => taskCount);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(tasks.coverage.tasks);
    }
  });

  it('is sorted by type, then by number', () => {
    const found = namespaces.all.map(({ facts }) => `${facts.type}:${facts.inum}`);
    expect(found).toEqual([
      ...[
        'user:101',
        'mnt:102',
        'pid:103',
        'net:104',
        'net:900',
        'ipc:105',
        'uts:106',
        'uts:901',
        'cgroup:107',
        'time:108',
      ],
    ]);
  });
});

describe('what holds a namespace', () => {
  const tasks = tasksOf([
    processOf(1),
    processOf(20, { ns: { net: 900 } }),
    processOf(30, {
      ns: { pid_for_children: 910, time_for_children: null },
      differing: [threadOf(31, { ns: { net: 900 } })],
    }),
    processOf(40, { differing: [threadOf(41, { ns: { time_for_children: 920 } })] }),
  ]);
  const facet = namespacesFacetOf(
    [
      namespaceOf('user', 800, { owner: INITIAL.user }),
      namespaceOf('user', 801, { parent: 800, owner: 800 }),
      namespaceOf('net', 900, { owner: 801 }),
      namespaceOf('net', 902, { owner: 800 }),
      namespaceOf('pid', 910),
      namespaceOf('time', 920),
      namespaceOf('mnt', 930),
      namespaceOf('ipc', 940),
    ],
    {
      fds: [
        { type: 'net', inum: 902, pid: 20, tid: 20, fd: 3 },
        { type: 'mnt', inum: 930, pid: 40, tid: 41, fd: 4 },
      ],
      sockets: [{ pid: 20, tid: 20, fd: 5, inum: 902 }],
      mounts: [{ type: 'net', inum: 902, mntns: 930, path: '/run/netns/blue' }],
    },
  );
  const namespaces = namespacesOf(tasks, facet);

  it.each([
    ['net', 900, { process: [{ pid: 20 }], thread: [{ pid: 30, tid: 31 }] }],
    ['pid', 910, { 'for-children': [{ pid: 30, tid: 30 }] }],
    ['time', 920, { 'for-children': [{ pid: 40, tid: 41 }] }],
    [
      'net',
      902,
      {
        fd: [{ pid: 20, tid: 20, fd: 3 }],
        socket: [{ pid: 20, fd: 5 }],
        mount: [{ mntns: 930, path: '/run/netns/blue' }],
      },
    ],
    ['mnt', 930, { fd: [{ pid: 40, tid: 41, fd: 4 }] }],
    ['user', 800, { child: [{ inum: 801 }], owned: [{ type: 'net', inum: 902 }] }],
    ['user', 801, { owned: [{ type: 'net', inum: 900 }] }],
    ['ipc', 940, {}],
  ] as const)('%s %i', (type, inum, expected) => {
    const holders = holdersOf(namespaces.get({ type, inum })!);
    expect(Object.fromEntries(holders.map(({ kind, sample }) => [kind, sample()]))).toEqual(expected);
    for (const { count, sample } of holders) expect(count).toBe(sample().length);
  });

  it('is sampled as far as one likes, and counted whole', () => {
    const [processes] = holdersOf(namespaces.get({ type: 'user', inum: INITIAL.user })!);
    expect(processes).toMatchObject({ kind: 'process', count: 4 });
    expect(processes!.sample(2)).toEqual([{ pid: 1 }, { pid: 20 }]);
  });

  it('hides it where no task is in it', () => {
    const hidden = namespaces.all.filter(isHidden).map(({ facts }) => facts.inum);
    expect(hidden).toEqual([800, 801, 930, 910, 902, 940, 920]);
  });
});

describe('a namespace that is mentioned and has no facts', () => {
  it('is there, and what the kernel says of it was not collected', () => {
    const tasks = tasksOf([processOf(1), processOf(20, { ns: { ipc: 950 } })]);
    const namespace = namespacesOf(tasks, namespacesFacetOf()).get({ type: 'ipc', inum: 950 })!;
    expect(namespace.facts.unknown).toMatchObject({ id: 'not collected', owner: 'not collected' });
    expect(namespace.processes.map(({ pid }) => pid)).toEqual([20]);
  });

  it('has a row in which every fact is there or named', async () => {
    const { namespaceRow } = await import('../../reports/namespaces.ts');
    const tasks = tasksOf([processOf(1), processOf(20, { ns: { ipc: 950, user: 951 } })]);
    const namespaces = namespacesOf(tasks, namespacesFacetOf());
    for (const ref of [
      { type: 'ipc', inum: 950 },
      { type: 'user', inum: 951 },
    ] as const) {
      const row = namespaceRow(namespaces.get(ref)!, () => undefined);
      for (const member of ['id', 'initial', 'parent', 'owner', 'ownerUid'] as const) {
        expect([member, member in row !== (row.unknown !== undefined && member in row.unknown)]).toEqual([
          member,
          true,
        ]);
      }
    }
  });
});
