import { describe, expect, it, test } from 'vitest';

import { cssGraphOf } from '../../src/model/css-sets.ts';
import type { CgroupsFacet } from '../../src/schema/cgroups.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';
import { processOf, threadOf } from '../support/facts.ts';
import { graphFacet, graphTasks, shortly, type MadeHierarchy } from './made-graph.ts';

const V2: MadeHierarchy = { id: 0, cgroups: [['/'], ['/web']] };
const MEMORY: MadeHierarchy = { id: 4, controllers: ['memory'], cgroups: [['/'], ['/a'], ['/b']] };
const CPU: MadeHierarchy = { id: 2, controllers: ['cpu', 'cpuacct'], cgroups: [['/'], ['/a']] };

const cases: readonly (readonly [what: string, TasksFacet, CgroupsFacet, expected: unknown])[] = [
  [
    'one process in the root of the only hierarchy',
    graphTasks([processOf(1)], ['0::/']),
    graphFacet([V2]),
    { sets: [[[1], [1], 'v2:1']], dead: [] },
  ],
  [
    'processes in the same cgroups share a set, whoever is met first',
    graphTasks(
      [processOf(1), processOf(2, { cgroup: 1 }), processOf(3), processOf(4, { cgroup: 1 })],
      ['4:memory:/', '0::/'],
      ['4:memory:/', '0::/web'],
    ),
    graphFacet([V2, MEMORY]),
    {
      sets: [
        [[1, 3], [1, 3], 'v2:1 memory:1'],
        [[2, 4], [2, 4], 'v2:2 memory:1'],
      ],
      dead: [],
    },
  ],
  [
    'the threads of a process, split over cgroups of v1',
    graphTasks(
      [
        processOf(10, {
          tids: [11, 12, 13],
          differing: [threadOf(12, { cgroup: 1 }), threadOf(13, { cgroup: 2 })],
          threads: 4,
        }),
      ],
      ['4:memory:/a', '2:cpu,cpuacct:/a', '0::/'],
      ['4:memory:/b', '2:cpu,cpuacct:/a', '0::/'],
      ['4:memory:/b', '2:cpu,cpuacct:/', '0::/'],
    ),
    graphFacet([V2, CPU, MEMORY]),
    {
      sets: [
        [[13], [10], 'v2:1 cpu,cpuacct:1 memory:3'],
        [[10, 11], [10], 'v2:1 cpu,cpuacct:2 memory:2'],
        [[12], [10], 'v2:1 cpu,cpuacct:2 memory:3'],
      ],
      dead: [],
    },
  ],
  [
    'lines in another order are the same cgroups',
    graphTasks([processOf(1), processOf(2, { cgroup: 1 })], ['4:memory:/a', '0::/web'], ['0::/web', '4:memory:/a']),
    graphFacet([V2, MEMORY]),
    { sets: [[[1, 2], [1, 2], 'v2:2 memory:2']], dead: [] },
  ],
  [
    'a zombie is in no set of its own, though v2 still shows where it was',
    graphTasks([processOf(1), processOf(7, { state: 'Z', cgroup: 1 })], ['0::/'], ['0::/web']),
    graphFacet([V2]),
    { sets: [[[1], [1], 'v2:1']], dead: [7] },
  ],
  [
    'the threads of a zombie leader are where they were; its v1 lines say `/`',
    graphTasks(
      [
        processOf(20, {
          state: 'Z',
          tids: [21, 22],
          differing: [threadOf(21, { cgroup: 1 }), threadOf(22, { cgroup: 1, state: 'X' })],
          threads: 3,
        }),
      ],
      ['4:memory:/', '0::/web'],
      ['4:memory:/a', '0::/web'],
    ),
    graphFacet([V2, MEMORY]),
    { sets: [[[21], [20], 'v2:2 memory:2']], dead: [20, 22] },
  ],
  [
    'a live cgroup may be called `f:x (deleted)`, beside one called `f:x`',
    graphTasks(
      [processOf(1), processOf(2, { cgroup: 1 })],
      ['4:memory:/f:x (deleted)', '0::/'],
      ['4:memory:/f:x', '0::/'],
    ),
    graphFacet([V2, { id: 4, controllers: ['memory'], cgroups: [['/'], ['/f:x'], ['/f:x (deleted)']] }]),
    {
      sets: [
        [[2], [2], 'v2:1 memory:2'],
        [[1], [1], 'v2:1 memory:3'],
      ],
      dead: [],
    },
  ],
  [
    'cgroups of a hierarchy that is mounted nowhere are called by their paths',
    graphTasks(
      [processOf(1), processOf(2, { cgroup: 1 })],
      ['9:name=odd:/x', '5:net_cls,net_prio:/', '0::/'],
      ['9:name=odd:/x', '5:net_cls,net_prio:/y', '0::/'],
    ),
    graphFacet([V2, { id: 5, controllers: ['net_cls', 'net_prio'] }]),
    {
      sets: [
        [[1], [1], 'v2:1 net_cls,net_prio:/ name=odd:/x'],
        [[2], [2], 'v2:1 net_cls,net_prio:/y name=odd:/x'],
      ],
      dead: [],
    },
  ],
  [
    'named hierarchies, and controllers that are mounted together',
    graphTasks([processOf(1)], ['9:name=systemd:/s', '2:cpu,cpuacct:/a', '0::/']),
    graphFacet([V2, CPU, { id: 9, name: 'systemd', cgroups: [['/'], ['/s']] }]),
    { sets: [[[1], [1], 'v2:1 cpu,cpuacct:2 name=systemd:2']], dead: [] },
  ],
  [
    'a cgroup that was made after the walk is known by its path',
    graphTasks([processOf(1)], ['4:memory:/new', '0::/']),
    graphFacet([V2, MEMORY]),
    { sets: [[[1], [1], 'v2:1 memory:/new']], dead: [] },
  ],
  [
    'paths outside of a cgroup namespace',
    graphTasks([processOf(1), processOf(2, { cgroup: 1 })], ['0::/'], ['0::/../other']),
    graphFacet([{ id: 0, cgroups: [['/']] }]),
    {
      sets: [
        [[2], [2], 'v2:/../other'],
        [[1], [1], 'v2:1'],
      ],
      dead: [],
    },
  ],
];

describe('css_sets of', () => {
  test.each(cases)('%s', (_, tasks, facet, expected) => {
    expect(shortly(cssGraphOf(tasks, facet))).toEqual(expected);
  });
});

describe('the graph', () => {
  const [, , split] = cases;
  const graph = cssGraphOf(split![1], split![2]);

  it('leads from a cgroup to its sets and from a thread to its set', () => {
    const ids = (key: string) => graph.setsOf.get(key)?.map(({ id }) => id);
    expect(['v2:1', 'cpu,cpuacct:1', 'cpu,cpuacct:2', 'memory:1', 'memory:2', 'memory:3'].map(ids)).toEqual([
      [0, 1, 2],
      [0],
      [1, 2],
      undefined,
      [1],
      [0, 2],
    ]);
    expect([10, 11, 12, 13, 14].map((tid) => graph.setOfTid.get(tid)?.id)).toEqual([1, 1, 2, 0, undefined]);
    for (const [key, sets] of graph.setsOf) {
      for (const set of sets) expect([...set.cgroups.values()].map((node) => node.key)).toContain(key);
    }
  });

  it('keeps apart who ended while it was read and whose cgroups may not be read', () => {
    const tasks = graphTasks(
      [
        processOf(1),
        processOf(2, { cgroup: null, unknown: { cgroup: 'absent' } }),
        processOf(3, { cgroup: null, unknown: { cgroup: 'denied' }, tids: [4], threads: 2 }),
      ],
      ['0::/'],
    );
    const { ended, unplaced, cssSets } = cssGraphOf(tasks, graphFacet([V2]));
    expect([ended, unplaced, cssSets.map(({ tids }) => tids)]).toEqual([[2], [3, 4], [[1]]]);
  });

  it('has no set where no task has cgroups', () => {
    const { cssSets, ended, unplaced } = cssGraphOf(
      graphTasks([processOf(1, { cgroup: null, unknown: { cgroup: 'absent' } })]),
      graphFacet([]),
    );
    expect([cssSets, ended, unplaced]).toEqual([[], [], [1]]);
  });
});
