/** Boundaries and namespaces of made hosts; `vitest -u` draws the golden pictures anew. */
import { describe, expect, test } from 'vitest';

import { Studio } from '../../reports/report/picture.ts';
import { picturesOf } from '../../reports/report/document.ts';
import type { Block, Content } from '../../reports/report/section.ts';
import boundaries from '../../reports/report/sections/boundaries.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { ReportNode, ReportTable, ReportTree } from '../../src/schema/report.ts';
import { INITIAL } from '../support/facts.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { HOSTILE } from './made-report.ts';
import { crowd, MadeHost, shop } from './made-world.ts';
import { expectHarmless, pictureTexts, readable } from './pictures.ts';
import { worldOf } from '../support/world.ts';

function contentOf(capture: Capture): Content {
  const content = boundaries.contentOf(worldOf(capture));
  if ('missing' in content) throw new Error(content.missing);
  return content;
}

function drawn(content: Content, name: string): string {
  const picture = picturesOf(content.blocks).find((one) => one.name === name);
  return new Studio().draw(picture!, `boundaries-${name}`);
}

function flat(blocks: readonly Block[]): Block[] {
  return blocks.flatMap((block) =>
    block.kind === 'choice' ? block.options.flatMap((one) => flat(one.blocks)) : [block],
  );
}

function tree({ blocks }: Content, name: string): ReportTree {
  return flat(blocks).find((block): block is ReportTree => block.kind === 'tree' && block.name === name)!;
}

function table({ blocks }: Content, name: string): ReportTable | undefined {
  return blocks.find((block): block is ReportTable => block.kind === 'table' && block.name === name);
}

/** A tree as lines, two spaces a level. */
function lines(nodes: readonly ReportNode[], indent = ''): string[] {
  return nodes.flatMap(({ text, cells, children }) => [
    `${indent}${[text, ...cells.map((cell) => cell.text)].join(' · ')}`,
    ...lines(children, `${indent}  `),
  ]);
}

const findings = ({ findings: all }: Content) => all.map(({ severity, kind, text }) => `${severity} ${kind}: ${text}`);

describe('boundaries', () => {
  test.each([
    ['shop', () => Promise.resolve(shop()), ['boundaries', 'users', 'pids']],
    ['crowd', () => Promise.resolve(crowd(200)), ['boundaries', 'pids']],
    ['docker', () => captureOf(fixture('docker')), ['boundaries', 'pids']],
    ['odd', () => captureOf(fixture('odd')), ['boundaries', 'users', 'pids']],
  ])('of %s are drawn', async (name, capture, pictures) => {
    const content = contentOf(await capture());
    expect(picturesOf(content.blocks).map((picture) => picture.name)).toEqual(pictures);
    for (const picture of pictures)
      await expect(readable(drawn(content, picture))).toMatchFileSnapshot(`golden/boundaries-${picture}-${name}.svg`);
  });

  test('the trees have what the pictures have', () => {
    const content = contentOf(shop());
    const nodes = lines(tree(content, 'boundaries').nodes);
    expect(nodes).toContain(
      '  docker:web · 100 server, for 16m30s · 3 processes, 3 threads · mnt pid net ipc uts'.replace(
        '16m30s',
        '16m30s',
      ),
    );
    expect(nodes).toContain(
      '  docker:sidecar · 103 server, for 16m29s · 1 process, 1 thread · mnt pid ipc uts · net=docker:web',
    );
    expect(nodes).toContain('    sandbox · 113 nested, for 16m28s · 1 process, 1 thread · user · mnt net');
    for (const name of ['boundaries', 'users', 'pids']) {
      const read = lines(tree(content, name).nodes).join('\n');
      const labels = tree(content, name).nodes.flatMap((root) => root.children.map(({ text }) => text));
      expect(labels.filter((label) => !pictureTexts(drawn(content, name)).includes(label))).toEqual([]);
      expect(read).not.toBe('');
    }
  });

  test('hidden namespaces are found, with what keeps them', () => {
    const content = contentOf(shop());
    expect(findings(content)).toEqual([
      'medium hidden-namespace: No process is in net:[1033]: pid 112 (keeper) has it open as fd 5; that process runs since 2026-01-02T03:04:11Z.',
      'low hidden-namespace: No process is in net:[1034]: bind-mounted at /run/netns/blue in mount namespace mnt:[102] (the initial one).',
      'low hidden-namespace: No process is in user:[1035]: parent of user namespace user:[1036].',
    ]);
    expect(table(content, 'hidden')!.rows.map(({ cells }) => cells[0]!.text)).toEqual([
      'user:[1035]',
      'net:[1033]',
      'net:[1034]',
    ]);
  });

  test('a process of a container in a namespace of the host is found', () => {
    const host = new MadeHost();
    const leader = host.container('web', { processes: 2 });
    const capture = host.capture();
    const processes = capture.tasks!.processes.map((process) =>
      process.pid === leader + 1
        ? { ...process, ns: process.ns.map((inum, i) => (i === 1 ? INITIAL.mnt : inum)) }
        : process,
    );
    expect(findings(contentOf({ ...capture, tasks: { ...capture.tasks!, processes } }))).toEqual([
      "high process-out-of-container: 101 worker of docker:web is in the host's mount namespace, which the container does not have.",
    ]);
  });

  test('the table of namespaces has each, once, and tells what is hidden', () => {
    const capture = shop();
    const { rows } = table(contentOf(capture), 'namespaces')!;
    expect(rows).toHaveLength(capture.namespaces!.namespaces.length);
    expect(new Set(rows.map(({ item }) => item)).size).toBe(rows.length);
    expect(rows.filter(({ mark }) => mark === 'hidden').map(({ item }) => item)).toEqual([
      'user:[1035]',
      'net:[1033]',
      'net:[1034]',
    ]);
    const web = rows.find(({ item }) => item === 'net:[1002]')!;
    // Whose, processes, threads, containers, parent, owner, uid, kept by, id.
    expect(web.cells.map(({ text }) => text)).toEqual([
      'net:[1002]',
      'docker:web',
      '5',
      '5',
      '2',
      '',
      'user:[101]',
      '',
      '',
      '1002',
    ]);
  });

  test('many that are alike stand as one, in the picture and in the tree', () => {
    const content = contentOf(crowd(200));
    const [host] = tree(content, 'boundaries').nodes;
    expect(host!.children.map(({ text }) => text).slice(0, 2)).toEqual(['175 containers', '20 containers']);
    expect(host!.children[0]).toMatchObject({ open: false });
    expect(host!.children[0]!.children).toHaveLength(175);
    expect(pictureTexts(drawn(content, 'boundaries'))).toContain('175 containers');
    expect(drawn(content, 'boundaries').match(/<[a-z]/g)!.length).toBeLessThan(500);
  });

  test('a chain of thousands is cut, and says so', () => {
    const host = new MadeHost();
    let parent = 1;
    for (let i = 0; i < 3000; i++) parent = host.process({ ppid: parent, ns: { mnt: host.namespace('mnt') } });
    const content = contentOf(host.capture());
    const read = lines(tree(content, 'boundaries').nodes);
    expect(read.join('\n')).toContain('2,950 boundaries more, deeper than is shown');
    expect(read.length).toBeLessThan(60);
    expect(() => JSON.stringify(tree(content, 'boundaries'))).not.toThrow();
    expect(drawn(content, 'boundaries').match(/<[a-z]/g)!.length).toBeLessThan(3000);
  });

  test('wide trees of what is not alike are cut, and say so', () => {
    const host = new MadeHost();
    const types = ['mnt', 'net', 'ipc', 'uts', 'cgroup', 'pid'] as const;
    for (let i = 1; i < 64; i++) {
      const chosen = types.filter((_, bit) => (i >> bit) & 1);
      for (const _ of [1, 2])
        host.process({ ns: Object.fromEntries(chosen.map((type) => [type, host.namespace(type)])) });
    }
    const svg = drawn(contentOf(host.capture()), 'boundaries');
    expect(pictureTexts(svg)).toContain('and 102 more: the tree has all');
  });

  test('hostile names do nothing', () => {
    const host = new MadeHost();
    for (const name of HOSTILE) {
      host.container(name, { share: { user: host.namespace('user') } });
      host.process({ comm: name, ns: { net: host.namespace('net'), pid: host.namespace('pid') } });
    }
    const named = host.namespace('net');
    const mounts = HOSTILE.map((path) => ({ type: 'net' as const, inum: named, mntns: 102, path }));
    const content = contentOf(host.capture({ mounts }));
    for (const { name } of picturesOf(content.blocks)) expectHarmless(drawn(content, name));
    for (const { text } of content.findings) expect(text.length).toBeLessThan(700);
  });
});
