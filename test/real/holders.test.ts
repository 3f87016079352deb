/** Plants namespaces on this kernel and holds what `ls` says of them against what the kernel told the planter. */
import path from 'node:path';

import { expect, test } from 'vitest';

import { cliJson } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import {
  checkDocument,
  rowKey,
  type NamespacesDocument,
  type Row,
  type Sample,
} from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import type { PlantedHolder, PlantedNamespace } from '../support/plant.ts';
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

/** What is said of a planted namespace, by `ls` or by the kernel. */
interface Said {
  readonly facts: Pick<PlantedNamespace, 'type' | 'inum' | 'ownerUid' | 'processes' | 'tasks'>;
  /** What only an open nsfs file can tell. */
  readonly asked: Pick<Row, 'id' | 'parent' | 'owner' | 'initial'>;
  readonly unknown: Row['unknown'] | null;
  /** Whether the process that leads is one of those that the scenario put there; null: none does. */
  readonly isLedWell: boolean | null;
  readonly holders: readonly string[];
}

/** What a document says of a planted namespace. */
function seen(document: NamespacesDocument, { type, inum, holders }: PlantedNamespace): Said {
  const row = document.namespaces.find((one) => one.type === type && one.inum === inum);
  if (row === undefined) throw new Error(`${type}:[${inum}] is not listed`);
  const { id, initial, parent, owner, ownerUid = null, unknown = null, processes, tasks, leader } = row;
  return {
    facts: { type, inum, ownerUid, processes, tasks },
    asked: { id, parent, owner, initial } as Said['asked'],
    unknown,
    isLedWell: leader === null ? null : holders.some(({ kind, pid }) => kind === 'process' && pid === leader.pid),
    holders: row.holders.flatMap(({ kind, sample }) => sample.map((one) => holderKey({ kind, ...one }))).sort(),
  };
}

/** What the kernel told of a planted namespace and what the scenario did to it. */
function told({ type, inum, id, parent, owner, ownerUid, processes, tasks, holders }: PlantedNamespace): Said {
  return {
    facts: { type, inum, ownerUid, processes, tasks },
    asked: { id, parent, owner, initial: false },
    unknown: null,
    isLedWell: holders.some(({ kind }) => kind === 'process') ? true : null,
    holders: holders.map(holderKey).sort(),
  };
}

/** Everything that names a holder, in one line. */
function holderKey({
  kind,
  pid,
  tid,
  fd,
  mntns,
  path,
  type,
  inum,
}: PlantedHolder | (Sample & Pick<PlantedHolder, 'kind'>)): string {
  const bytes = path === undefined ? undefined : typeof path === 'string' ? path : { base64: path.base64 };
  return JSON.stringify({ kind, pid, tid, fd, mntns, path: bytes, type, inum });
}
