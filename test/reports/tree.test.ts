/** The trees of the recorded hosts as they are drawn; `vitest -u` draws the golden texts anew. */
import { describe, expect, it } from 'vitest';

import { makeStyle, type Style } from '../../reports/style.ts';
import { drawTree } from '../../reports/tree-draw.ts';
import { TREE_VIEWS, treeReport, type TreeFilter } from '../../reports/tree.ts';
import { viewOf, type View } from '../../src/cli/view.ts';
import { displayWidth } from '../../src/text/width.ts';
import {
  captureOfFacts,
  cgroupLines,
  INITIAL,
  namespaceOf,
  namespacesFacetOf,
  processOf,
  tasksOf,
} from '../support/facts.ts';
import { captureOf, fixture } from '../support/replay.ts';

const FULL: TreeFilter = { types: null, container: null, pid: null, kthreads: true };

const style = (columns: number | null, unicode = true): Style => makeStyle({ color: false, unicode, columns });

/** Nothing that steers a terminal or reorders its line. */
const RAW = /[^\P{C}\ufffd]|[\u2028\u2029]/u;

const hosts: Readonly<Record<string, View>> = {
  odd: viewOf(await captureOf(fixture('odd'))),
  docker: viewOf(await captureOf(fixture('docker'))),
};

function linesOf(view: View, by: (typeof TREE_VIEWS)[number], how: Style, filter: Partial<TreeFilter> = {}): string[] {
  return treeReport(by, view, { ...FULL, ...filter }).lines(how);
}

describe.each(Object.entries(hosts))('the host %s', (name, view) => {
  it.each([
    ['80', 80, true],
    ['160', 160, true],
    ['ascii-80', 80, false],
    ['whole', null, true],
  ] as const)('is drawn: %s', async (file, columns, unicode) => {
    const lines = linesOf(view, 'boundary', style(columns, unicode));
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}-${file}.txt`);
  });

  it.each(TREE_VIEWS)('is drawn by %s', async (by) => {
    const lines = linesOf(view, by, style(100));
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`golden/${name}-by-${by}.txt`);
  });

  it.each(TREE_VIEWS)('by %s has no line that is too wide, and nothing raw in any', (by) => {
    for (const columns of [80, 100, 160]) {
      const lines = linesOf(view, by, style(columns));
      expect(lines.filter((line) => RAW.test(line))).toEqual([]);
      expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
    }
    expect(linesOf(view, by, style(null)).filter((line) => RAW.test(line))).toEqual([]);
  });

  it('is drawn in ASCII with ASCII alone, but for names', () => {
    const letters = linesOf(view, 'boundary', style(80, false)).join('').replaceAll('\ufffd', '');
    expect(letters).toMatch(/^[ -~]*$/);
  });
});

describe('colours', () => {
  it('change nothing but colours', () => {
    const view = hosts['docker']!;
    const coloured = linesOf(view, 'boundary', makeStyle({ color: true, unicode: true, columns: 100 }));
    const esc = String.fromCharCode(27);
    const bare = coloured.map((line) => line.replaceAll(new RegExp(`${esc}\\[[0-9;]*m`, 'g'), ''));
    expect(bare).toEqual(linesOf(view, 'boundary', style(100)));
    expect(coloured.join('')).toContain(esc);
  });
});

describe('a filter', () => {
  const { docker } = hosts as { docker: View };
  const labels = (filter: Partial<TreeFilter>, view = docker) =>
    treeReport('boundary', view, { ...FULL, ...filter }).document.nodes.map(({ label }) => label);
  const container = (name: string) => docker.containers.find((one) => one.name === name)!;

  it.each<[string, Partial<TreeFilter>, readonly (string | RegExp)[]]>([
    ['by container keeps what leads to it', { container: container('web') }, ['host', 'sandbox', 'docker:web']],
    ['by pid keeps the place of that process', { pid: container('side').leader }, ['host', 'sandbox', 'docker:side']],
    [
      'without threads of the kernel',
      { kthreads: false },
      ['host', 'sandbox', 'docker:web', 'docker:side', 'docker:plain', /outside/],
    ],
    [
      'by type keeps where that changes',
      { types: new Set(['uts']) },
      ['host', 'sandbox', 'docker:web', 'docker:side', 'docker:plain'],
    ],
    ['by a type that changes nowhere', { types: new Set(['time']) }, []],
  ])('%s', (_what, filter, expected) => {
    const found = labels(filter);
    expect(found).toEqual(
      expected.map((one) => (typeof one === 'string' ? one : (expect.stringMatching(one) as string))),
    );
  });

  it('that leaves nothing says so', () => {
    expect(linesOf(docker, 'boundary', style(80), { types: new Set(['time']) })).toContain('no boundary fits');
  });

  it('leaves hidden namespaces out where one place is asked for', () => {
    const { odd } = hosts as { odd: View };
    expect(treeReport('boundary', odd, FULL).document.hidden).not.toEqual([]);
    expect(treeReport('boundary', odd, { ...FULL, pid: 2 }).document.hidden).toEqual([]);
  });
});

describe('hostile names', () => {
  const hostile = '\u001b[31m\n\u202e"<b>';
  const tasks = tasksOf(
    [
      processOf(1),
      processOf(20, {
        comm: hostile,
        ns: { mnt: 900, net: 901 },
        cgroup: 1,
        root: `/${hostile}`,
        detail: { argv: [hostile], exe: hostile, label: hostile },
      }),
      processOf(30, { comm: hostile, cgroup: 1 }),
    ],
    [cgroupLines(`/${hostile}`)],
  );
  const facts = captureOfFacts(tasks);
  const view = viewOf({ ...facts, host: { ...facts.host, hostname: hostile, kernel: hostile } });

  it.each(TREE_VIEWS)('never reach the terminal raw by %s', (by) => {
    const lines = linesOf(view, by, style(null));
    expect(lines.filter((line) => RAW.test(line))).toEqual([]);
    if (by !== 'user' && by !== 'pid') expect(lines.join('\n')).toContain('\\x1b[31m\\n\\u202e"<b>');
  });

  it('are exact in the document', () => {
    const { document } = treeReport('boundary', view, FULL);
    expect(document.host.hostname).toBe(hostile);
    expect(document.nodes.map(({ leader }) => leader!.comm)).toContain(hostile);
  });
});

describe('cgroups', () => {
  it('whose names only look alike are two', () => {
    const tasks = tasksOf(
      [processOf(1), processOf(20, { cgroup: 1 }), processOf(30, { cgroup: 2 })],
      [cgroupLines({ text: '/\ufffd', base64: 'L/8=' }), cgroupLines({ text: '/\ufffd', base64: 'L/4=' })],
    );
    const { nodes } = treeReport('cgroup', viewOf(captureOfFacts(tasks)), FULL).document;
    expect(nodes.flatMap(({ path }) => (typeof path === 'object' ? [path.base64] : [])).toSorted()).toEqual([
      'L/4=',
      'L/8=',
    ]);
  });

  it('of hierarchies of the same shape are one tree, of others another', () => {
    const same = tasksOf([processOf(1), processOf(20, { cgroup: 1 })], [cgroupLines('/a', '/a')]);
    const other = tasksOf([processOf(1), processOf(20, { cgroup: 1 })], [cgroupLines('/a', '/b')]);
    const roots = (tasks: typeof same) =>
      treeReport('cgroup', viewOf(captureOfFacts(tasks)), FULL).document.nodes.flatMap(({ parent, label }) =>
        parent === null ? [label] : [],
      );
    expect(roots(same)).toEqual(['v2, memory']);
    expect(roots(other)).toEqual(['v2', 'memory']);
  });
});

describe('drawing', () => {
  interface Node {
    readonly name: string;
    readonly below?: readonly Node[];
  }
  const draw = (roots: readonly Node[], unicode = true) =>
    drawTree(roots, ({ below = [] }) => below, style(80, unicode));

  it('lays branches out', () => {
    const forest = [
      {
        name: 'a',
        below: [
          { name: 'b', below: [{ name: 'c' }] },
          { name: 'd', below: [{ name: 'e' }] },
        ],
      },
      { name: 'f' },
    ];
    expect(draw(forest).map(({ prefix, value }) => prefix + value.name)).toEqual([
      'a',
      '├─ b',
      '│  └─ c',
      '└─ d',
      '   └─ e',
      'f',
    ]);
    expect(draw(forest, false).map(({ prefix, value }) => prefix + value.name)).toEqual([
      'a',
      '|- b',
      '|  `- c',
      '`- d',
      '   `- e',
      'f',
    ]);
    expect(draw(forest).map(({ parent }) => parent)).toEqual([null, 0, 1, 0, 3, null]);
  });

  it('is not bound by the depth of the call stack, and no line grows without end', () => {
    let node: Node = { name: 'x' };
    for (let i = 0; i < 20_000; i++) node = { name: 'x', below: [node] };
    const lines = draw([node]);
    expect(lines).toHaveLength(20_001);
    expect(Math.max(...lines.map(({ prefix }) => prefix.length))).toBe(180);
    expect(lines.slice(60, 62).map(({ prefix }) => prefix.trim())).toEqual(['└─', '(level 61)']);
  });
});

/** A view of processes each of which is in a cgroup below the other's. */
function deepCgroups(depth: number): View {
  const path = (levels: number): string => '/a'.repeat(levels);
  return viewOf(
    captureOfFacts(tasksOf([processOf(1), processOf(2, { cgroup: 1 })], [cgroupLines(path(depth), path(3))])),
  );
}

describe('a deep chain', () => {
  const chain = (depth: number): View => {
    const inum = (level: number): number => 1_000_000 + level;
    const below = Array.from({ length: depth }, (_, i) =>
      namespaceOf('pid', inum(i), { parent: i === 0 ? INITIAL.pid : inum(i - 1) }),
    );
    const processes = Array.from({ length: depth }, (_, i) =>
      processOf(i + 2, { ppid: i + 1, ns: { pid: inum(i) }, comm: `c${String(i)}` }),
    );
    return viewOf(captureOfFacts(tasksOf([processOf(1), ...processes]), namespacesFacetOf(below)));
  };
  const views = { processes: chain(12_000), cgroups: deepCgroups(20_000) };

  it.each(TREE_VIEWS)('drawn by %s takes as much for each level', (by) => {
    const view = by === 'cgroup' ? views.cgroups : views.processes;
    for (const columns of [80, null]) {
      const lines = linesOf(view, by, style(columns));
      const most = Math.max(...lines.map((line) => line.length));
      expect(lines.length).toBeGreaterThan(by === 'user' ? 0 : 12_000);
      expect(most).toBeLessThanOrEqual(columns ?? 400);
    }
  });

  it.each([
    ['boundary', /sandbox/],
    ['process', /(?:─ |\) )\d+ /],
    ['pid', /pid:\[\d{7}\]|pid \d+/],
  ] as const)('drawn by %s at 80 columns names each', (by, name) => {
    const lines = linesOf(views.processes, by, style(80));
    const from = lines.findIndex((line) => /^\S*─/.test(line));
    expect(lines.slice(from, from + 2000).filter((line) => !name.test(line))).toEqual([]);
  });

  it('says all of it to a program', () => {
    const { nodes } = treeReport('cgroup', deepCgroups(2000), FULL).document;
    expect(nodes.at(2000)).toMatchObject({ label: 'a', path: '/a'.repeat(2000), parent: 1999 });
  });
});

describe('a name of many millions of characters', () => {
  it('is cut before anything else is done with it', () => {
    const comm = '\u{1f600}'.repeat(10_000_000);
    const argv = ['x', comm];
    const view = viewOf(
      captureOfFacts(tasksOf([processOf(1, { comm, detail: { argv } }), processOf(2, { comm, ns: { mnt: 900 } })])),
    );
    for (const by of TREE_VIEWS) {
      for (const columns of [80, 160, null]) {
        const lines = linesOf(view, by, style(columns));
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(30_000);
      }
    }
  });
});

describe('a deep chain of sandboxes', () => {
  it('is drawn', () => {
    const tasks = tasksOf(Array.from({ length: 3000 }, (_, i) => processOf(i + 1, { ppid: i, ns: { mnt: 900 + i } })));
    const view = viewOf(captureOfFacts(tasks));
    for (const by of TREE_VIEWS) expect(linesOf(view, by, style(80)).length).toBeGreaterThan(3);
  });
});
