/** The section of css_sets: what its picture shows where, and what it finds. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it, test } from 'vitest';

import { groupsOf } from '../../reports/report/css-sets/groups.ts';
import { layoutOf } from '../../reports/report/css-sets/layout.ts';
import { picturesOf } from '../../reports/report/document.ts';
import { Studio } from '../../reports/report/picture.ts';
import type { Content, Missing } from '../../reports/report/section.ts';
import section from '../../reports/report/sections/css-sets.ts';
import { decodeCapture } from '../../src/capture/file.ts';
import type { World } from '../../reports/report/world.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { ROOT } from '../support/cli.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { worldOf } from '../support/world.ts';
import { madeCapture, madeCrowd, madeId, type MadeTree, type MadeUnit } from './made-cgroups.ts';
import { HOSTILE } from './made-report.ts';
import { expectHarmless, readable } from './pictures.ts';

function contentOf(capture: Capture): Content {
  const content: Content | Missing = section.contentOf(worldOf(capture));
  if ('missing' in content) throw new Error(content.missing);
  return content;
}

const drawn = (content: Content): string =>
  picturesOf(content.blocks)
    .map((picture) => new Studio().drawFile(picture, `css-sets-${picture.name}`))
    .join('');

const rowsOf = (content: Content, name: string): string[][] =>
  content.blocks.flatMap((block) =>
    block.kind === 'table' && block.name === name ? block.rows.map(({ cells }) => cells.map(({ text }) => text)) : [],
  );

const kindsOf = (content: Content): string[] => content.findings.map(({ kind }) => kind);

const TREES: readonly MadeTree[] = [
  { id: 1, controllers: ['cpu', 'cpuacct'] },
  { id: 2, controllers: ['memory'] },
  { id: 0, controllers: ['hugetlb'] },
];

const docker = (n: number): string => `/docker/${madeId(n)}`;
const everywhere = (at: string): MadeUnit['paths'] => ({ 0: at, 1: at, 2: at });

const UNITS: readonly MadeUnit[] = [
  { name: 'web', id: madeId(1), paths: everywhere(docker(1)), processes: 3 },
  // Threads of one process in two cgroups, as v1 allows.
  {
    name: 'batch',
    id: madeId(2),
    paths: everywhere(docker(2)),
    processes: 1,
    apart: { ...everywhere(docker(2)), 1: `${docker(2)}/slow` },
  },
  { name: 'cron', id: null, paths: { ...everywhere('/system.slice/cron.service'), 2: '/' }, processes: 2 },
];

test('the shop is drawn as it was', async () => {
  const bytes = readFileSync(path.join(ROOT, 'docs/gallery/after.nsc'));
  const content = contentOf(decodeCapture(bytes, 'after.nsc'));
  await expect(readable(drawn(content))).toMatchFileSnapshot('golden/css-sets-shop.svg');
});

test('threads of one process in two css_sets, and what is bundled, are to be seen', async () => {
  const content = contentOf(madeCapture(TREES, UNITS));
  await expect(readable(drawn(content))).toMatchFileSnapshot('golden/css-sets-apart.svg');
  expect(rowsOf(content, 'apart')).toEqual([['103', 'batch', 'docker:batch', '2', '2, 3']]);
  expect(rowsOf(content, 'hierarchies').map(([name, , version]) => [name, version])).toEqual([
    ['cpu,cpuacct', '1'],
    ['memory', '1'],
    ['v2', '2'],
  ]);
  expect(kindsOf(content)).toEqual(['threads-in-different-cgroups']);
});

describe('the layout', () => {
  it('gives a css_set a row, and a cgroup that of the first css_set that leads to it', () => {
    const world = worldOf(madeCapture(TREES, UNITS));
    const groups = groupsOf(world.graph, world.tasks, (pid) => world.containerOf(pid));
    const { starts, lines, columns } = layoutOf(world.graph, groups, 40);
    expect(starts.map(({ label, row, tasks }) => [row, label, tasks])).toEqual([
      [0, 'docker:batch · threads apart: pid 103 batch', 2],
      [2, 'docker:web', 3],
      [3, 'host · init', 1],
      [4, 'host · cron, worker-1', 2],
    ]);
    expect(lines.map(({ row }) => row)).toEqual([0, 1, 2, 3, 4]);
    // No two hierarchies agree here: the thread differs in one, cron in another.
    expect(columns.map(({ hierarchies }) => hierarchies)).toEqual([[0], [1], [2]]);
    const [v2, cpu, memory] = columns.map(({ ends, branches }) => [
      ends.map(({ row }) => row),
      branches.map(({ line, end }) => [line.row, end.row]),
    ]);
    expect(v2).toEqual([[0, 2, 3, 4], [[1, 0]]]);
    expect(cpu).toEqual([[0, 1, 2, 3, 4], []]);
    expect(memory).toEqual([
      [0, 2, 3],
      [
        [1, 0],
        [4, 3],
      ],
    ]);
  });

  it('draws hierarchies in which all paths are the same as one', () => {
    const world = worldOf(madeCapture(TREES, [UNITS[0]!]));
    const { columns } = layoutOf(
      world.graph,
      groupsOf(world.graph, world.tasks, () => undefined),
      40,
    );
    expect(columns.map(({ hierarchies }) => hierarchies)).toEqual([[0, 1, 2]]);
  });

  it('shows what leads where: the way of a css_set is all of its tasks and cgroups', () => {
    const world = worldOf(madeCapture(TREES, UNITS));
    const { lines, columns } = layoutOf(
      world.graph,
      groupsOf(world.graph, world.tasks, () => undefined),
      40,
    );
    for (const { tokens, row } of lines) {
      const [own] = tokens;
      for (const { ends, branches } of columns) {
        const [token] = (branches.find(({ line }) => line.row === row)?.end ?? ends.find((end) => end.row === row))!
          .tokens;
        const to = ends.find((end) => end.tokens[0] === token);
        expect(tokens).toContain(to?.tokens[0]);
        expect(to?.tokens).toContain(own);
      }
    }
  });
});

describe('200 containers, 5,000 processes and 2,000 cgroups', () => {
  const capture = madeCrowd({ containers: 200, processes: 24, services: 100, below: 1700 });
  const content = contentOf(capture);

  it('are one picture of some, and the rest in one', () => {
    const svg = drawn(content);
    expect(svg.match(/<[a-z]/g)!.length).toBeLessThan(1000);
    expect(svg).toContain('265 more groups');
    expect(svg).toContain('265 more cgroups');
    expect(svg).toContain('docker:shop-000');
    expect(svg).toContain('/system.slice/service-000.service');
  });

  it('are in the tables one by one', () => {
    expect(rowsOf(content, 'sets')).toHaveLength(301);
    expect(rowsOf(content, 'cgroups')).toHaveLength(capture.cgroups!.cgroups.length);
    expect(capture.cgroups!.cgroups.length).toBeGreaterThan(2000);
  });

  it('a container more moves nothing but what is after it', () => {
    const before = worldOf(capture);
    const more = worldOf(madeCrowd({ containers: 201, processes: 24, services: 100, below: 1700 }));
    const labels = (world: World): string[] =>
      layoutOf(
        world.graph,
        groupsOf(world.graph, world.tasks, (pid) => world.containerOf(pid)),
        36,
      ).starts.map(({ label }) => label);
    expect(labels(more).slice(0, -1)).toEqual(labels(before).slice(0, -1));
  });
});

describe('what it finds', () => {
  const found = (units: readonly MadeUnit[], trees: readonly MadeTree[] = TREES) =>
    contentOf(madeCapture(trees, units)).findings.map(({ kind, severity, count, text }) => ({
      kind,
      severity,
      count,
      text,
    }));

  it('a task of a container outside of its cgroups', () => {
    const escaped: MadeUnit = { ...UNITS[0]!, apart: { ...everywhere(docker(1)), 2: '/' } };
    expect(found([escaped])).toContainEqual({
      kind: 'container-task-outside-cgroup',
      severity: 'medium',
      count: 1,
      text: '1 task of docker:web is outside of its cgroups (memory): its limits there do not bind it.',
    });
    // A cgroup below its own is its own.
    expect(found([UNITS[1]!]).map(({ kind }) => kind)).toEqual(['threads-in-different-cgroups']);
  });

  it('containers that have no cgroup of their own', () => {
    const capture = madeCapture(TREES, [UNITS[0]!]);
    const same = [0].map(() => capture.tasks!.cgroups.map((lines) => lines.map((line) => ({ ...line, path: '/' }))));
    const shared = { ...capture, tasks: { ...capture.tasks!, cgroups: same[0]! } };
    expect(contentOf(shared).findings).toMatchObject([
      { kind: 'container-without-cgroup', severity: 'medium', count: 1 },
    ]);
  });

  it('cgroups of a container of which nothing runs any more', () => {
    const left: MadeTree = { id: 2, controllers: ['memory'], files: { [docker(9)]: {}, [docker(1)]: {} } };
    expect(found([UNITS[0]!], [TREES[0]!, left, TREES[2]!])).toEqual([
      {
        kind: 'cgroup-left-behind',
        severity: 'low',
        count: 1,
        text: expect.stringMatching(/^1 cgroup of 1 container that has no task left: [0-9a-f]{12}\.$/) as string,
      },
    ]);
  });

  it('removed cgroups that are still held', () => {
    const capture = madeCapture(TREES, UNITS);
    const subsystems = [{ name: 'memory', hierarchy: 2, cgroups: 900, enabled: true }];
    const content = contentOf({
      ...capture,
      cgroups: { ...capture.cgroups!, subsystems, reread: { members: [], populated: [], changing: [] } },
    });
    expect(content.findings).toContainEqual(expect.objectContaining({ kind: 'cgroups-dying', severity: 'low' }));
  });

  it('tasks beside populated children of v2', () => {
    const inner = { 'cgroup.type': 'domain', 'cgroup.controllers': 'memory' };
    const tree: MadeTree = {
      id: 0,
      controllers: ['memory'],
      files: { '/app': inner, '/app/worker': { ...inner, 'cgroup.events': 'populated 1\nfrozen 0' } },
    };
    const units: MadeUnit[] = [
      { name: 'app', id: null, paths: { 0: '/app' }, processes: 1 },
      { name: 'worker', id: null, paths: { 0: '/app/worker' }, processes: 1 },
    ];
    expect(found(units, [tree]).map(({ kind }) => kind)).toContain('cgroup-inner-tasks');
  });

  it('accounts that contradict each other', () => {
    const capture = madeCapture(TREES, UNITS);
    const cgroups = capture.cgroups!.cgroups.map((one, i) => (i === 1 ? { ...one, tids: [99] } : one));
    const facet = { ...capture.cgroups!, cgroups, collected: { ...capture.cgroups!.collected, tids: true } };
    expect(contentOf({ ...capture, cgroups: facet }).findings).toContainEqual(
      expect.objectContaining({ kind: 'css-graph-contradicted', severity: 'high' }),
    );
  });
});

test('hostile names are names', () => {
  const units = HOSTILE.map((name, n): MadeUnit => {
    const part = `/${name.replaceAll('/', '-').replaceAll('\u0000', '')}`;
    return { name, id: madeId(n), paths: { ...everywhere(`/docker/${madeId(n)}`), 2: part }, processes: 1 };
  });
  const svg = drawn(contentOf(madeCapture(TREES, units)));
  expectHarmless(svg);
  expect(svg).toContain('&lt;/script&gt;');
  expect(svg.length).toBeLessThan(100_000);
});

test('of a host whose hierarchies are not walked the paths of tasks are told, and what is missing', async () => {
  const content = contentOf(await captureOf(fixture('docker')));
  expect(rowsOf(content, 'sets')).toHaveLength(5);
  expect(rowsOf(content, 'hierarchies')[0]).toContain('no: not collected');
  expect(rowsOf(content, 'cgroups')[0]).toContain('not walked');
});

test('without the cgroups of tasks it says so', () => {
  const capture = madeCapture(TREES, UNITS);
  const tasks = { ...capture.tasks!, collected: { ...capture.tasks!.collected, cgroups: false } };
  expect(section.contentOf(worldOf({ ...capture, tasks }))).toEqual({
    missing: 'the cgroups of tasks: not collected in made',
  });
});
