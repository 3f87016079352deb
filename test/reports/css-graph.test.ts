/** The graph of css_sets as text, SVG and DOT; `vitest -u` draws the golden files anew. */
import { execFileSync } from 'node:child_process';

import { describe, expect, it, test } from 'vitest';

import { cssGraphDot } from '../../reports/css-graph-dot.ts';
import { cssGraphSvg } from '../../reports/css-graph-svg.ts';
import { cssGraphLines } from '../../reports/css-graph.ts';
import type { ContainerOf } from '../../reports/namespaces.ts';
import { makeStyle } from '../../reports/style.ts';
import type { Container } from '../../src/model/containers.ts';
import { checkGraph } from '../../src/model/css-checks.ts';
import { cssGraphOf } from '../../src/model/css-sets.ts';
import type { CgroupsFacet } from '../../src/schema/cgroups.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';
import { displayWidth } from '../../src/text/width.ts';
import { graphFacet, graphTasks, type MadeCgroup } from '../model/made-graph.ts';
import { readable } from '../report/pictures.ts';
import { describeWith } from '../support/components.ts';
import { processOf } from '../support/facts.ts';

const V1 = ['cpu,cpuacct', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'name=systemd'];

/** Paths of the groups of a host in all hierarchies but some; the last two are not as one would wish. */
const HOSTILE = '/a"b\\c<d>&\'e';
const PATHS = [
  '/',
  '/docker/773bf9da6f1c0f0a9b8e7d6c5b4a39281706f5e4d3c2b1a0998877665544332211',
  '/docker/0c1d2e3f405162738495a6b7c8d9eafb0c1d2e3f405162738495a6b7c8d9eafb',
  '/default/plain',
  '/lxc.payload.front',
  '/system.slice/cron.service',
  '/system.slice/ssh.service',
  '/user.slice/user-1000.slice/session-4.scope',
  HOSTILE,
  '/\u202eesrever\u001b[31m',
];

/** Ten css_sets over ten hierarchies, one of which is mounted nowhere. */
function tenByTen(): { tasks: TasksFacet; facet: CgroupsFacet } {
  const texts = PATHS.map((path, set) => [
    // Not every engine makes a cgroup in every hierarchy.
    ...V1.map((controllers, i) => `${V1.length - i}:${controllers}:${set % 3 === 1 && i % 4 === 1 ? '/' : path}`),
    `9:net_cls,net_prio:${set < 5 ? '/' : '/net'}`,
    `0::${set === 9 ? HOSTILE : path}`,
  ]);
  const processes = PATHS.flatMap((_, set) =>
    Array.from({ length: set + 1 }, (__, n) =>
      processOf(100 * (set + 1) + n, { cgroup: set, comm: set === 8 ? '<b>&"' : `worker-${set}` }),
    ),
  );
  const members = (index: number, path: string): number[] =>
    processes.flatMap(({ pid, cgroup }) => (texts[cgroup!]![index]!.endsWith(`:${path}`) ? [pid] : []));
  const cgroups = (index: number): MadeCgroup[] => PATHS.flatMap((path) => withParents(path, members(index, path)));
  const walked = V1.map((controllers, i) => ({
    id: V1.length - i,
    ...(controllers.startsWith('name=') ? { name: controllers.slice(5) } : { controllers: controllers.split(',') }),
    cgroups: once(cgroups(i)),
  }));
  const facet = graphFacet([
    { id: 0, cgroups: once(cgroups(9)) },
    ...walked.reverse(),
    { id: 9, controllers: ['net_cls', 'net_prio'] },
  ]);
  return { tasks: graphTasks(processes, ...texts), facet };
}

/** A cgroup after those above it, which have no members. */
function withParents(path: string, tids: readonly number[]): MadeCgroup[] {
  const names = path.split('/').slice(1, -1);
  return [...names.map((_, i): MadeCgroup => [`/${names.slice(0, i + 1).join('/')}`, []]), [path, tids]];
}

function once(cgroups: readonly MadeCgroup[]): MadeCgroup[] {
  return [...new Map(cgroups.map((one) => [one[0], one])).values()];
}

const { tasks, facet } = tenByTen();
const graph = cssGraphOf(tasks, facet);
const containers: Readonly<Record<number, Partial<Container>>> = {
  2: { key: 'docker:773bf9da6f1c', engine: 'docker', id: '773bf9da6f1c', name: 'web' },
  3: { key: 'docker:0c1d2e3f4051', engine: 'docker', id: '0c1d2e3f4051', name: 'a-database-with-a-name-that-is-long' },
};
const containerOf: ContainerOf = (pid) => containers[Math.floor(pid / 100)] as Container | undefined;
const svg = cssGraphSvg(graph, tasks, facet, containerOf);
const dot = cssGraphDot(graph, facet, containerOf);

test('the host has ten css_sets over ten hierarchies', () => {
  expect([graph.cssSets.length, facet.hierarchies.length]).toEqual([10, 10]);
  expect(checkGraph(graph, tasks, facet).filter(({ ok }) => !ok)).toEqual([]);
});

describe('the text', () => {
  const lines = (columns: number | null): string[] =>
    cssGraphLines(
      graph,
      facet,
      checkGraph(graph, tasks, facet),
      containerOf,
      makeStyle({ color: false, unicode: true, columns }),
    );

  test.each([80, 160])('at %i columns', async (columns) => {
    const text = lines(columns);
    expect(Math.max(...text.map(displayWidth))).toBeLessThanOrEqual(columns);
    await expect(`${text.join('\n')}\n`).toMatchFileSnapshot(`golden/css-graph-${columns}.txt`);
  });

  it('does not steer the terminal', () => {
    expect(lines(null).join('')).not.toMatch(/[\p{Cc}\u202e]/u);
  });
});

describe('the SVG', () => {
  it('is as it was drawn before', async () => {
    await expect(readable(svg)).toMatchFileSnapshot('golden/css-graph.svg');
  });

  it('has a title, a description, and for each css_set a way to one cgroup of every hierarchy', () => {
    expect(svg).toMatch(
      /<svg [^>]*aria-labelledby="(\S+) (\S+)"><title id="\1">[^<]+<\/title><desc id="\2">[^<]+<\/desc>/,
    );
    const ways = [...svg.matchAll(/data-way="(s\d+) ([^"]*)" aria-label="css_set/g)];
    expect(ways.map(([, set]) => set).sort()).toEqual(graph.cssSets.map(({ id }) => `s${id}`));
    // Hierarchies that agree are one column: v2, six and two of v1, and the one that is mounted nowhere.
    for (const [, , way = ''] of ways) expect(way.match(/\bc\d/g)?.sort()).toEqual(['c0', 'c1', 'c2', 'c3']);
    for (const { key } of graph.cssSets.flatMap(({ cgroups }) => [...cgroups.values()])) expect(svg).toContain(key);
  });

  it('escapes what the host calls its cgroups and processes', () => {
    expect(svg).toContain('>/a"b\\c&lt;d&gt;&amp;\'e<');
    expect(svg).toContain('aria-label="host · &lt;b&gt;&amp;&quot;: 9 tasks"');
    expect(svg).not.toMatch(/<[db]>|\u202e|[^\P{Cc}\n]/u);
  });

  it('is a picture also of a host without tasks', () => {
    const empty = graphFacet([]);
    const nobody = graphTasks([]);
    expect(cssGraphSvg(cssGraphOf(nobody, empty), nobody, empty, () => undefined)).toContain(
      '0 css_sets over 0 hierarchies',
    );
  });
});

describeWith(['python3'], 'a strict parser of XML', () => {
  it('takes the SVG', () => {
    const count = [
      'import sys, xml.dom.minidom as m',
      'print(sum(e.getAttribute("aria-label").startswith("css_set") for e in m.parse(sys.stdin.buffer).getElementsByTagName("g")))',
    ];
    expect(execFileSync('python3', ['-c', count.join('\n')], { input: svg, encoding: 'utf8' }).trim()).toBe('10');
  });
});

describeWith(['rsvg'], 'rsvg-convert', () => {
  it('renders the SVG at its size', () => {
    const png = execFileSync('rsvg-convert', { input: svg });
    const [, width, height] = /width="(\d+)" height="(\d+)"/.exec(svg)!;
    expect(png.subarray(1, 4).toString('latin1')).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([Number(width), Number(height)]);
  });
});

describe('DOT', () => {
  it('is as it was written before', async () => {
    await expect(dot).toMatchFileSnapshot('golden/css-graph.dot');
  });
});

describeWith(['graphviz'], 'graphviz', () => {
  /** What `dot -Tjson0` says of a graph. */
  interface Drawn {
    readonly objects: readonly { readonly name: string; readonly label: string; readonly nodes?: readonly number[] }[];
    readonly edges: readonly unknown[];
  }

  it('takes the DOT without a word', () => {
    const drawn = JSON.parse(execFileSync('dot', ['-Tjson0'], { input: dot, encoding: 'utf8' })) as Drawn;
    const clusters = drawn.objects.filter(({ nodes }) => nodes !== undefined);
    const sets = drawn.objects.filter(({ name, nodes }) => nodes === undefined && name.startsWith('set '));
    expect([clusters.length, sets.length, drawn.edges.length]).toEqual([10, 10, 100]);
    expect(drawn.objects.some(({ label }) => label.replaceAll('\\\\', '\\') === HOSTILE)).toBe(true);
  });
});
