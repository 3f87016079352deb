/** `why` names each holder in words that a person understands, and nothing that was planted reaches a terminal raw. */
import { expect, test } from 'vitest';

import { cli, cliJson } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { rowKey, type Row } from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import type { PlantedHolder, PlantedNamespace } from '../support/plant.ts';
import { FOUND } from './scenarios.ts';

/** C0, DEL and C1 but for the line feed, and what turns the direction of text. */
// eslint-disable-next-line no-control-regex -- to find them is the point
const HARMFUL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** A command takes about a tenth of a second: one namespace for each set of holder kinds is enough. */
function examples(namespaces: readonly PlantedNamespace[]): PlantedNamespace[] {
  const groups = Map.groupBy(namespaces, ({ holders }) => [...new Set(holders.map(({ kind }) => kind))].join());
  return [...groups.values()].map((group) => group[0]!);
}

describeWith(['root', 'cc'], 'why says what keeps', () => {
  // Names that cannot be shown as they are have a test of their own.
  for (const [scenario, what] of Object.entries(FOUND).filter(([name]) => name !== 'names' && name !== 'overmount')) {
    test(`${what} (${scenario})`, async (context) => {
      const planted = await plantFor(context, scenario);
      for (const ns of examples(planted.namespaces)) {
        const { status, stdout } = await cli('why', `${ns.type}:[${ns.inum}]`);
        expect(status).toBe(0);
        expect(stdout).toContain(`${ns.type}:[${ns.inum}]`);
        const lines = stdout.split('\n').map((line) => line.trim());
        for (const holder of ns.holders) {
          expect(
            lines.filter((line) => wordsFor(holder, ns.type).test(line)),
            JSON.stringify(holder),
          ).toHaveLength(1);
        }
        expect(stdout.includes('no task is in it')).toBe(ns.tasks === 0);
      }
    });
  }

  test('a namespace with more holders than a sample names', async (context) => {
    const { facts } = await plantFor(context, 'crowd', 30, 1);
    const document = await cliJson<{ namespaces: Row[] }>('why', String(facts['firstPid']), '--json');
    expect(document.namespaces.map(({ type }) => type).sort()).toEqual(['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts']);
    for (const row of document.namespaces) {
      expect(
        row.holders.map(({ kind, count, sample }) => [kind, count, sample.length]),
        rowKey(row),
      ).toEqual([['process', 30, 30]]);
    }
  });

  test('names that do harm to a terminal, and keeps them in JSON', async (context) => {
    const planted = await plantFor(context, 'names');
    const { stdout, stderr } = await cli('ls', '-o', 'all');
    expect(stdout + stderr).not.toMatch(HARMFUL);
    // Lines of CSV end in CR LF (RFC 4180).
    expect((await cli('ls', '--csv', '-o', 'all')).stdout.replaceAll('\r\n', '\n')).not.toMatch(HARMFUL);
    for (const ns of planted.namespaces) {
      const text = await cli('why', `${ns.type}:[${ns.inum}]`);
      expect(text.status).toBe(0);
      expect(text.stdout + text.stderr).not.toMatch(HARMFUL);
      const leader = ns.holders.find(({ kind }) => kind === 'process')?.pid;
      const document = await cliJson<{ namespaces: Row[] }>('why', `${ns.type}:[${ns.inum}]`, '--json');
      const comm = leader === undefined ? undefined : planted.texts[`comm${leader}`];
      if (comm !== undefined) expect(bytesOf(document.namespaces[0]?.leader?.comm)).toEqual(bytesOf(comm));
    }
  });
});

/** A name as JSON carries it, without its rendering for reading. */
function bytesOf(name: Exclude<Row['leader'], null>['comm'] | undefined): unknown {
  return typeof name === 'object' ? { base64: name.base64 } : name;
}

/** What a line about this holder must say. */
function wordsFor({ kind, pid, tid, fd, mntns, path, type, inum }: PlantedHolder, own: string): RegExp {
  const who = tid === undefined || tid === pid ? `^pid ${pid}\\b` : `^thread ${tid} of pid ${pid}\\b`;
  switch (kind) {
    case 'process':
      return new RegExp(`${who}.* is in it`);
    case 'thread':
      return new RegExp(`${who}.* is in it`);
    case 'for-children':
      return new RegExp(`${who}.*children`);
    case 'fd':
      return new RegExp(`${who}.* open as fd ${fd}\\b`);
    case 'socket':
      return new RegExp(`${who}.* socket .*fd ${fd}\\b`);
    case 'mount':
      return new RegExp(`bind-mounted at ${path as string} in mount namespace .*${mntns}`);
    case 'child':
      return new RegExp(`parent of ${own} namespace ${own}:\\[${inum}\\]`);
    case 'owned':
      return new RegExp(`owner of \\w+ namespace ${type}:\\[${inum}\\]`);
    case 'unseen':
      throw new Error('nothing is said of what nothing shows');
  }
}
