/** As an ordinary user: what is visible is shown, what is not is counted and said, and nothing is guessed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, chmodSync, cpSync, mkdirSync, readlinkSync } from 'node:fs';
import path from 'node:path';

import { expect, test, type TestContext } from 'vitest';

import { CLI, jsonOf, ROOT, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { checkDocument, rowKey, type NamespacesDocument, type Row } from '../support/namespaces-document.ts';
import { plantFor } from '../support/plant-for-test.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** nobody, on every system. */
const UID = 65534;
const AS_NOBODY = ['setpriv', '--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--'];

describeWith(['root', 'cc', 'setpriv', 'unshare'], 'an ordinary user', () => {
  test('sees what is its own and is told of the rest', async (context) => {
    const planted = await plantFor(context, 'process');
    const result = await run([...AS_NOBODY, ...readableCli(context), 'ls', '--json']);
    const document = jsonOf<NamespacesDocument>(result);
    checkDocument(document);

    const { coverage, namespaces } = document;
    expect(coverage.denied).toBeGreaterThan(0);
    // The number for a person has its thousands apart.
    expect(coverage.notes.join('\n').replaceAll(',', '')).toContain(String(coverage.denied));
    // The reader itself is in the namespaces of this test, and nothing else is visible to it.
    // A namespace that the machine has mounted where everybody sees it (/run/netns/x) is visible to anybody, too.
    const entered = namespaces.filter(({ holders }) => holders.some(({ kind }) => kind !== 'mount'));
    expect(entered.map(rowKey).sort()).toEqual(ownNamespaces());
    const listed = new Set(namespaces.map(rowKey));
    expect(planted.namespaces.filter((ns) => listed.has(rowKey(ns)))).toEqual([]);
    // NS_GET_PARENT says EPERM both for "none" and for "not yours to see".
    for (const row of namespaces) {
      expect(row.initial, rowKey(row)).toBeUndefined();
      expect(row.unknown?.['initial'], rowKey(row)).toBe('denied');
    }
    for (const row of namespaces.filter(({ type }) => type === 'user' || type === 'pid')) {
      expect(row.parent, rowKey(row)).toBeUndefined();
      expect(row.unknown?.['parent'], rowKey(row)).toBe('denied');
    }
  });

  test('sees all of a user namespace that it made', async (context) => {
    const child = spawn(AS_NOBODY[0]!, [...AS_NOBODY.slice(1), 'unshare', '--user', '--net', 'cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    context.onTestFinished(() => void child.kill('SIGKILL'));
    // It echoes only when it is where it should be.
    child.stdin.write('there\n');
    await once(child.stdout, 'data');
    const user = inumOf(child.pid!, 'user');
    const net = inumOf(child.pid!, 'net');

    const document = jsonOf<NamespacesDocument>(await run([...AS_NOBODY, ...readableCli(context), 'ls', '--json']));
    checkDocument(document);
    const initialUser = inumOf('self', 'user');
    expect(rowOf(document, 'user', user)).toMatchObject({
      initial: false,
      parent: initialUser,
      owner: initialUser,
      ownerUid: UID,
      leader: { pid: child.pid, comm: 'cat' },
    });
    expect(rowOf(document, 'net', net)).toMatchObject({ owner: user, processes: 1, tasks: 1 });
  });

  test('is told in words, too', async (context) => {
    const result = await run([...AS_NOBODY, ...readableCli(context), 'ls']);
    expect(result.status).toBe(0);
    expect(result.stderr).toMatch(/may not be read/);
    expect(result.stdout).not.toMatch(/may not be read/);
  });
});

/** The program where nobody can read and run it: a checkout may lie in somebody's home. */
function readableCli(context: TestContext): string[] {
  const directory = temporaryDirectory(context);
  chmodSync(directory, 0o755);
  for (const name of [
    'bin',
    'dist',
    'node_modules/koffi',
    'node_modules/@koromix',
    'package.json',
    'oclif.manifest.json',
  ]) {
    mkdirSync(path.dirname(path.join(directory, name)), { recursive: true });
    cpSync(path.join(ROOT, name), path.join(directory, name), { recursive: true, dereference: true });
  }
  const node = path.join(directory, 'node');
  copyFileSync(CLI[0]!, node);
  chmodSync(node, 0o755);
  return [node, path.join(directory, 'bin/run.js')];
}

/** The namespaces of this process, which those of what it starts are, too. */
function ownNamespaces(): string[] {
  const types = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time'];
  return types.map((type) => rowKey({ type, inum: inumOf('self', type) })).sort();
}

function inumOf(pid: number | string, type: string): number {
  return Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/${type}`))![0]);
}

function rowOf({ namespaces }: NamespacesDocument, type: string, inum: number): Row | undefined {
  return namespaces.find((row) => row.type === type && row.inum === inum);
}
