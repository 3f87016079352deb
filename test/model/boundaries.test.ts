import { describe, expect, it } from 'vitest';

import { boundariesOf, changesBetween, placeOf, type Boundary } from '../../src/model/boundaries.ts';
import { belongingsOf } from '../../src/model/places.ts';
import type { ProcessFacts } from '../../src/schema/tasks.ts';
import { cgroupLines, namespaceOf, namespacesFacetOf, processOf, tasksOf, threadOf } from '../support/facts.ts';

/** A boundary in short: what changed, who leads, who is in it, and what is below. */
interface Short {
  readonly leader: number;
  readonly pids: readonly number[];
  readonly changes: string;
  readonly children?: readonly Short[];
}

function short({ leader, processes, changes, children }: Boundary): Short {
  return {
    leader: leader.pid,
    pids: processes.map(({ pid }) => pid),
    changes: [...changes].join(' '),
    ...(children.length > 0 && { children: children.map(short) }),
  };
}

const init = processOf(1);
const OWN = { mnt: 901, uts: 902 };

describe('boundaries', () => {
  it.each<[string, readonly ProcessFacts[], readonly Short[]]>([
    [
      'none where all is as with the parent',
      [init, processOf(20), processOf(30, { ppid: 20 })],
      [{ leader: 1, pids: [1, 20, 30], changes: '' }],
    ],
    [
      'one where namespaces change, with those that follow in it',
      [init, processOf(20, { ns: OWN }), processOf(30, { ppid: 20, ns: OWN })],
      [{ leader: 1, pids: [1], changes: '', children: [{ leader: 20, pids: [20, 30], changes: 'mnt uts' }] }],
    ],
    [
      'one for siblings in the same place; the one that started first leads',
      [init, processOf(20, { ns: OWN, start: 900 }), processOf(30, { ns: OWN, start: 300 })],
      [{ leader: 1, pids: [1], changes: '', children: [{ leader: 30, pids: [20, 30], changes: 'mnt uts' }] }],
    ],
    [
      'two for siblings in different places',
      [init, processOf(20, { ns: { net: 901 } }), processOf(30, { ns: { net: 902 } })],
      [
        {
          leader: 1,
          pids: [1],
          changes: '',
          children: [
            { leader: 20, pids: [20], changes: 'net' },
            { leader: 30, pids: [30], changes: 'net' },
          ],
        },
      ],
    ],
    [
      'one where the cgroup changes',
      [init, processOf(20, { cgroup: 1 })],
      [{ leader: 1, pids: [1], changes: '', children: [{ leader: 20, pids: [20], changes: 'cgroup-path' }] }],
    ],
    [
      'one where the root changes',
      [init, processOf(20, { root: '/srv/jail' })],
      [{ leader: 1, pids: [1], changes: '', children: [{ leader: 20, pids: [20], changes: 'root' }] }],
    ],
    [
      'two where roots only look alike',
      [
        init,
        processOf(20, { root: { text: '/\ufffd', base64: 'L/8=' } }),
        processOf(30, { root: { text: '/\ufffd', base64: 'L/4=' } }),
      ],
      [
        {
          leader: 1,
          pids: [1],
          changes: '',
          children: [
            { leader: 20, pids: [20], changes: 'root' },
            { leader: 30, pids: [30], changes: 'root' },
          ],
        },
      ],
    ],
    [
      'none where nothing could be read: nothing is guessed',
      [
        init,
        processOf(20, {
          ns: { user: null, mnt: null, pid: null, net: null, ipc: null, uts: null, cgroup: null, time: null },
          cgroup: null,
          unknown: { root: 'denied', cgroup: 'denied' },
        }),
      ],
      [{ leader: 1, pids: [1, 20], changes: '' }],
    ],
    [
      'back where a child returns to the namespaces of the host',
      [init, processOf(20, { ns: OWN }), processOf(30, { ppid: 20 })],
      [
        {
          leader: 1,
          pids: [1],
          changes: '',
          children: [
            { leader: 20, pids: [20], changes: 'mnt uts', children: [{ leader: 30, pids: [30], changes: 'mnt uts' }] },
          ],
        },
      ],
    ],
    [
      'a zombie without threads stays with its parent',
      [init, processOf(20, { state: 'Z', ns: { mnt: null, net: null } })],
      [{ leader: 1, pids: [1, 20], changes: '' }],
    ],
    [
      'a zombie with live threads is where they are',
      [init, processOf(20, { state: 'Z', ns: { mnt: null }, differing: [threadOf(21, { ns: OWN })] })],
      [{ leader: 1, pids: [1], changes: '', children: [{ leader: 20, pids: [20], changes: 'mnt uts' }] }],
    ],
    [
      'a parent that started after its child is none: its pid has passed on while the host was read',
      [init, processOf(50, { ppid: 70, ns: OWN, start: 100 }), processOf(70, { ppid: 50, ns: OWN, start: 200 })],
      [
        { leader: 1, pids: [1], changes: '' },
        { leader: 50, pids: [50, 70], changes: '' },
      ],
    ],
    [
      'roots: threads of the kernel, and what came from another pid namespace',
      [init, processOf(2, { ppid: 0, kthread: true }), processOf(20, { ppid: 0, ns: OWN, start: 5000 })],
      [
        { leader: 1, pids: [1, 2], changes: '' },
        { leader: 20, pids: [20], changes: '' },
      ],
    ],
  ])('%s', (_what, processes, expected) => {
    const tasks = tasksOf(processes, [cgroupLines('/a')]);
    const found = boundariesOf(tasks);
    expect(found.map(short)).toEqual(expected);
  });

  it('hold every process once', () => {
    const processes = Array.from({ length: 200 }, (_, i) =>
      processOf(i + 1, { ppid: Math.floor((i + 1) / 2), ns: { net: 900 + (i % 7), mnt: 950 + (i % 3) } }),
    );
    const all = (boundaries: readonly Boundary[]): number[] =>
      boundaries.flatMap(({ processes: list, children }) => [...list.map(({ pid }) => pid), ...all(children)]);
    const pids = all(boundariesOf(tasksOf(processes)));
    expect(pids.toSorted((a, b) => a - b)).toEqual(processes.map(({ pid }) => pid));
  });

  it('do not mind a chain of processes that is deeper than the call stack', () => {
    const processes = Array.from({ length: 30_000 }, (_, i) => processOf(i + 1, { ppid: i, ns: { mnt: 900 + i } }));
    const roots = boundariesOf(tasksOf(processes));
    const belongings = belongingsOf(roots, namespacesFacetOf());
    expect(belongings.size).toBe(30_000);
  });
});

describe('changes', () => {
  it('are told in the order of the types', () => {
    const child = processOf(20, { ns: { time: 1, cgroup: 2, user: 3 }, cgroup: 1, root: '/a' });
    expect([...changesBetween(placeOf(init), placeOf(child))]).toEqual([
      'user',
      'cgroup',
      'time',
      'cgroup-path',
      'root',
    ]);
  });
});

describe('whose the namespaces of a boundary are', () => {
  const web = processOf(20, { ns: { net: 901, mnt: 902, ipc: null } });
  const side = processOf(30, { ns: { net: 901, mnt: 903 } });
  const inner = processOf(40, { ppid: 20, ns: { net: 901, mnt: 904 } });
  const facet = namespacesFacetOf([namespaceOf('net', 901)]);
  const roots = boundariesOf(tasksOf([init, web, side, inner]));
  const belongings = belongingsOf(roots, facet);
  const of = (pid: number, type: string) => {
    const [boundary] = [...belongings.keys()].filter(({ leader }) => leader.pid === pid);
    const { relation, with: other } = belongings.get(boundary!)!.find((one) => one.type === type)!;
    return { relation, with: other?.leader.pid ?? null };
  };

  it.each([
    [20, 'net', { relation: 'own', with: null }],
    [20, 'mnt', { relation: 'own', with: null }],
    [20, 'uts', { relation: 'host', with: null }],
    [20, 'ipc', { relation: 'unknown', with: null }],
    [30, 'net', { relation: 'shared', with: 20 }],
    [40, 'net', { relation: 'inherited', with: null }],
    [40, 'mnt', { relation: 'own', with: null }],
    [1, 'user', { relation: 'host', with: null }],
  ] as const)('%i %s', (pid, type, expected) => {
    expect(of(pid, type)).toEqual(expected);
  });
});
