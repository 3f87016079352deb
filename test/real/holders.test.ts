/** Plants namespaces on this kernel and holds what `ls` says of them against what the kernel told the planter. */
import path from 'node:path';

import { expect, test } from 'vitest';

import { cliJson } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { checkDocument, rowKey, type NamespacesDocument } from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { seen, told } from '../support/planted-said.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { FOUND } from './scenarios.ts';

describeWith(['root', 'cc'], 'ls finds', () => {
  for (const [scenario, what] of Object.entries(FOUND).filter(([scenario]) => scenario !== 'overmount')) {
    test(`${what} (${scenario})`, async (context) => {
      const planted = await plantFor(context, scenario);
      const document = await cliJson<NamespacesDocument>('ls', '--json');
      checkDocument(document);
      expect(planted.namespaces.map((ns) => seen(document, ns))).toEqual(planted.namespaces.map(told));
    });
  }

  test('what other mounts cover, though nobody can open it (overmount)', async (context) => {
    const planted = await plantFor(context, 'overmount');
    const document = await cliJson<NamespacesDocument>('ls', '--json');
    checkDocument(document);
    for (const ns of planted.namespaces) {
      const { asked, unknown, ...row } = seen(document, ns);
      const { asked: right, unknown: _, ...expected } = told(ns);
      // Its number and its place stand in the list of mounts; what only an open file can tell is right or is not told.
      expect(row).toEqual(expected);
      for (const name of ['id', 'parent', 'owner', 'initial'] as const) {
        expect(name in (unknown ?? {}) ? undefined : right[name], name).toEqual(asked[name]);
      }
    }
  });

  test('the same in a capture, later', async (context) => {
    const planted = await plantFor(context, 'mount');
    const file = path.join(temporaryDirectory(context), 'host.nsc');
    await cliJson('capture', '--json', '--output', file);
    await planted.stop();
    const document = await cliJson<NamespacesDocument>('ls', '--json', '--from', file);
    checkDocument(document);
    expect(planted.namespaces.map((ns) => seen(document, ns))).toEqual(planted.namespaces.map(told));
  });

  test('only the wanted type with --type', async (context) => {
    const planted = await plantFor(context, 'process');
    const document = await cliJson<NamespacesDocument>('ls', '--json', '--type', 'net');
    expect(new Set(document.namespaces.map(({ type }) => type))).toEqual(new Set(['net']));
    expect(document.namespaces.map(rowKey)).toContain(rowKey(planted.namespaces.find(({ type }) => type === 'net')!));
  });

  test('all of those in a crowd', async (context) => {
    const containers = 20;
    const { facts } = await plantFor(context, 'crowd', 200, containers);
    const document = await cliJson<NamespacesDocument>('ls', '--json');
    checkDocument(document);
    const crowd = document.namespaces.filter(
      ({ leader }) => typeof leader?.comm === 'string' && /^crowd-\d+$/.test(leader.comm),
    );
    expect(crowd).toHaveLength(6 * containers);
    expect(crowd.map(({ processes, tasks }) => [processes, tasks])).toEqual(crowd.map(() => [10, 10]));
    expect(crowd.map(({ leader }) => leader?.pid)).toContain(facts['firstPid']);
    // More than a sample holds.
    expect(crowd[0]?.holders[0]).toMatchObject({ kind: 'process', count: 10 });
  });
});
