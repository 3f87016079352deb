/** Every invariant, holding and broken. */
import { describe, expect, it, test } from 'vitest';

import type { CgroupsFacet, RereadFacts, SecondLook, SubsystemFacts } from '../../src/schema/cgroups.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';
import { processOf, threadOf } from '../support/facts.ts';
import { checksOf, graphFacet, graphTasks, type MadeCgroup } from './made-graph.ts';

const TASKS = graphTasks(
  [
    processOf(1),
    processOf(10, { cgroup: 1, tids: [11], differing: [threadOf(11, { cgroup: 2 })], threads: 2 }),
    processOf(12, { state: 'Z' }),
  ],
  ['4:memory:/', '0::/'],
  ['4:memory:/a', '0::/web/in'],
  ['4:memory:/b', '0::/web/in'],
);

const events = (populated: number) => ({ 'cgroup.events': `populated ${String(populated)}\nfrozen 0` });

/** How the cgroups of the host differ from what its tasks say. */
interface Changes {
  readonly memory?: readonly MadeCgroup[];
  readonly v2?: readonly MadeCgroup[];
  readonly rest?: Partial<CgroupsFacet>;
}

const MEMORY: readonly MadeCgroup[] = [
  ['/', [1]],
  ['/a', [10]],
  ['/b', [11]],
];
const V2: readonly MadeCgroup[] = [
  ['/', [1]],
  ['/web', [], events(1)],
  ['/web/in', [10, 11], events(1)],
  ['/empty', [], events(0)],
];

function facetOf({ memory = MEMORY, v2 = V2, rest }: Changes = {}): CgroupsFacet {
  return graphFacet(
    [
      { id: 0, controllers: ['pids'], cgroups: v2 },
      { id: 4, controllers: ['memory'], cgroups: memory },
    ],
    rest,
  );
}

function reread(looks: Partial<RereadFacts>): Partial<CgroupsFacet> {
  return { reread: { members: [], populated: [], changing: [], ...looks } };
}

const counted = (memory: number): readonly SubsystemFacts[] => [
  { name: 'memory', hierarchy: 4, cgroups: memory, enabled: true },
  { name: 'pids', hierarchy: 0, cgroups: 1, enabled: true },
];

/** The root of v2 with counts, above cgroups of which only some have the controller. */
function countedV2(count: number, control = 'pids'): readonly MadeCgroup[] {
  const stat = `nr_descendants 3\nnr_subsys_pids ${String(count)}`;
  const [, web, inner, empty] = V2;
  return [
    ['/', [1], { 'cgroup.stat': stat, 'cgroup.subtree_control': control }],
    ['/web', [], { ...web![2], 'cgroup.subtree_control': '' }],
    inner!,
    empty!,
  ];
}

test('a host where all is well', () => {
  const checks = checksOf(TASKS, facetOf({ v2: countedV2(3), rest: { subsystems: counted(5) } }));
  expect(Object.values(checks).map((one) => [one?.name, one?.ok, one?.detail])).toEqual([
    ['every-thread-once', true, '3 live threads in 3 sets'],
    ['one-cgroup-per-hierarchy', true, '3 sets over 2 hierarchies'],
    ['one-hierarchy-per-controller', true, '2 controllers, each in one'],
    ['members', true, '7 cgroups list what /proc says'],
    ['populated', true, '3 cgroups agree'],
    ['css-counts', true, '1 controller agrees'],
    ['cgroup-counts', true, '1 v1 controller agrees; dying or hidden: memory 2'],
  ]);
});

const broken: readonly (readonly [check: string, what: string, TasksFacet, Changes, detail: string])[] = [
  [
    'every-thread-once',
    'a thread in two processes',
    graphTasks([processOf(1, { tids: [2], threads: 2 }), processOf(2, { cgroup: 1 })], ['0::/'], ['0::/web']),
    {},
    'thread 2 is in two sets; 2 threads are placed, 3 were seen',
  ],
  [
    'every-thread-once',
    'a thread whose cgroups may not be read',
    graphTasks([processOf(1), processOf(2, { cgroup: null, unknown: { cgroup: 'denied' } })], ['0::/']),
    {},
    'the cgroups of thread 2 were not readable',
  ],
  [
    'one-cgroup-per-hierarchy',
    'a thread without a line for a hierarchy',
    graphTasks([processOf(1), processOf(2, { cgroup: 1 })], ['4:memory:/', '0::/'], ['0::/']),
    {},
    'set 0 has no cgroup in hierarchy 4',
  ],
  [
    'one-cgroup-per-hierarchy',
    'a thread with two lines for one',
    graphTasks([processOf(1)], ['4:memory:/', '4:memory:/a', '0::/']),
    {},
    'a thread has two cgroups in one hierarchy',
  ],
  [
    'members',
    'a thread in the list of another cgroup',
    TASKS,
    { memory: [MEMORY[0]!, ['/a', [10, 11]], ['/b', []]] },
    'thread 11 is listed in memory:2 (/a); thread 11 is not listed in memory:3 (/b)',
  ],
  [
    'members',
    'a thread that /proc does not have',
    TASKS,
    { v2: [['/', [1, 99]], ...V2.slice(1)] },
    'thread 99 is listed in v2:1 (/)',
  ],
  [
    'members',
    'a zombie in a list',
    TASKS,
    { memory: [['/', [1, 12]], ...MEMORY.slice(1)] },
    'thread 12 is listed in memory:1 (/)',
  ],
  [
    'members',
    'more than can be named',
    TASKS,
    { memory: [['/', [1, 91, 92, 93, 94, 95, 96, 97]], ...MEMORY.slice(1)] },
    `${[91, 92, 93, 94, 95].map((tid) => `thread ${String(tid)} is listed in memory:1 (/)`).join('; ')} and 2 more`,
  ],
  [
    'populated',
    'a cgroup that says it has no task',
    TASKS,
    { v2: [V2[0]!, ['/web', [], events(0)], V2[2]!, V2[3]!] },
    'v2:2 says populated 0, a live task is in it',
  ],
  [
    'populated',
    'a cgroup that says it has one',
    TASKS,
    { v2: [...V2.slice(0, 3), ['/empty', [], events(1)]] },
    'v2:4 says populated 1, no live task is in it',
  ],
  [
    'css-counts',
    'a css too many',
    TASKS,
    { v2: countedV2(4) },
    'pids has 4 csses, 3 follow from cgroup.subtree_control',
  ],
  [
    'css-counts',
    'a controller that is not enabled',
    TASKS,
    { v2: countedV2(3, '') },
    'pids has 3 csses, 1 follow from cgroup.subtree_control',
  ],
  [
    'cgroup-counts',
    'more cgroups than the kernel counts',
    TASKS,
    { rest: { subsystems: counted(2) } },
    'memory: 3 were walked, the kernel counts 2',
  ],
];

describe('is told:', () => {
  test.each(broken)('%s: %s', (name, _, tasks, changes, detail) => {
    const checks = checksOf(tasks, facetOf(changes));
    expect(checks[name]).toEqual({ name, ok: false, detail });
  });

  test('one-hierarchy-per-controller: one in two', () => {
    const facet = graphFacet([
      { id: 2, controllers: ['cpu', 'cpuacct'], cgroups: [] },
      { id: 3, controllers: ['cpuacct'], cgroups: [] },
    ]);
    const name = 'one-hierarchy-per-controller';
    expect(checksOf(graphTasks([]), facet)[name]).toEqual({
      name,
      ok: false,
      detail: 'cpuacct is in hierarchies 2 and 3',
    });
  });
});

describe('a second look', () => {
  /** Thread 11 has moved from `/b` to `/a` of memory, or so say the lists; index 5 is `/a`, 6 is `/b`. */
  const moved = (a: SecondLook, b: SecondLook): CgroupsFacet =>
    facetOf({
      memory: [MEMORY[0]!, ['/a', [10, 11]], ['/b', []]],
      rest: reread({
        members: [
          { cgroup: 5, tid: 11, look: a },
          { cgroup: 6, tid: 11, look: b },
        ],
      }),
    });

  test.each(['agrees', 'moving', 'gone'] as const)('explains a thread in another list: %s', (look) => {
    expect(checksOf(TASKS, moved(look, look))['members']).toEqual({
      name: 'members',
      ok: true,
      detail: '7 cgroups list what /proc says; 2 differences explained by threads that moved meanwhile',
    });
  });

  it('explains only what it was taken of', () => {
    expect(checksOf(TASKS, moved('agrees', 'differs'))['members']).toMatchObject({
      ok: false,
      detail: 'thread 11 is not listed in memory:3 (/b)',
    });
  });

  test.each([
    ['agrees', true],
    ['moving', true],
    ['gone', true],
    ['differs', false],
  ] as const)('explains a cgroup that filled or emptied: %s', (look, ok) => {
    const facet = facetOf({
      v2: [...V2.slice(0, 3), ['/empty', [], events(1)]],
      rest: reread({ populated: [{ cgroup: 3, look }] }),
    });
    expect(checksOf(TASKS, facet)['populated']).toMatchObject({ ok });
  });

  it('finds that cgroups come and go: counts of two moments are not compared', () => {
    const rest = { subsystems: counted(2), ...reread({ changing: [0, 4] }) };
    const checks = checksOf(TASKS, facetOf({ v2: countedV2(9), rest }));
    const detail = 'not compared: cgroups come and go';
    expect([checks['css-counts'], checks['cgroup-counts']]).toMatchObject([
      { ok: true, detail },
      { ok: true, detail },
    ]);
  });
});

describe('what is not known', () => {
  it('is not compared', () => {
    const [first, ...others] = MEMORY;
    const unread = facetOf({ memory: [[first![0]], ...others] });
    expect(checksOf(TASKS, unread)['members']).toMatchObject({ ok: true, detail: '6 cgroups list what /proc says' });
    const none = facetOf({ rest: { collected: { tids: false, files: 'structure', only: null } } });
    expect(checksOf(TASKS, none)['members']).toMatchObject({
      ok: true,
      detail: 'not compared: the members of cgroups were not collected',
    });
    const checks = checksOf(TASKS, graphFacet([]));
    expect(Object.values(checks).filter((one) => one?.ok !== true)).toEqual([]);
    expect([checks['css-counts'], checks['cgroup-counts']]).toEqual([undefined, undefined]);
  });

  it('is no contradiction: a list shows tasks of other pid namespaces as 0', () => {
    const hidden = facetOf({ v2: [...V2.slice(0, 2), ['/web/in', [10], events(1), 1], V2[3]!] });
    expect(checksOf(TASKS, hidden)['members']).toMatchObject({ ok: true });
    const more = facetOf({ v2: [...V2.slice(0, 2), ['/web/in', [10, 11, 99], events(1), 1], V2[3]!] });
    expect(checksOf(TASKS, more)['members']).toMatchObject({ ok: false });
  });

  it('is no contradiction: a thread that ended while it was read', () => {
    const tasks = graphTasks([processOf(1), processOf(2, { cgroup: null, unknown: { cgroup: 'absent' } })], ['0::/']);
    expect(checksOf(tasks, graphFacet([]))['every-thread-once']).toMatchObject({
      ok: true,
      detail: '1 live thread in 1 set',
    });
  });
});
