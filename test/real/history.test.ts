/** The history of this host: what is stored is what was there, and a recording that ends, however it ends, leaves it sound. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decodeCapture } from '../../src/capture/file.ts';
import type { RecordEvent, SnapshotsDocument } from '../../src/schema/history.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { cli, CLI, cliJson, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { expectDocument } from '../support/schema.ts';

let directory = '';
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-real-history-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});
const file = (name: string) => path.join(directory, name);
const PID = String(process.pid);

const listed = (db: string) => cliJson<SnapshotsDocument>('snapshot', 'list', '--db', db, '--json');

async function expectSound(db: string, atLeast: number): Promise<void> {
  expect(await cliJson('snapshot', 'check', '--db', db, '--json')).toMatchObject({ ok: true, problems: [] });
  const { snapshots } = await listed(db);
  expect(snapshots.length).toBeGreaterThanOrEqual(atLeast);
  expect((await cli('tree', '--snapshot', String(snapshots.at(-1)!.id), '--db', db)).status).toBe(0);
}

/** A recording that has stored so many snapshots. */
async function recording(db: string, snapshots: number, ...more: string[]) {
  const [program, ...args] = [...CLI, 'record', '--every', '0.2s', '--json', '--db', db, ...more];
  const child: ChildProcess = spawn(program!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  const lines = (): RecordEvent[] =>
    stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as RecordEvent);
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close');
  await new Promise<void>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (lines().filter(({ event }) => event === 'snapshot').length >= snapshots) resolve();
    });
    child.once('error', reject);
    void ended.then(() => resolve());
  });
  const end = async (
    signal: NodeJS.Signals,
  ): Promise<{ status: number | null; events: RecordEvent[]; stderr: string }> => {
    child.kill(signal);
    const [status] = (await ended) as [number | null];
    return { status, events: lines(), stderr };
  };
  return { end };
}

describe('snapshots of this host', () => {
  it('are given back as they were taken, by every analysis', async () => {
    const db = file('same.db');
    for (const label of ['one', 'two']) {
      expectDocument(await cliJson('snapshot', 'take', '--full', '--label', label, '--db', db, '--json'));
    }
    const out = file('two.nsc');
    expectDocument(await cliJson('snapshot', 'export', 'latest', '-o', out, '--db', db, '--json'));
    for (const args of [
      ['tree'],
      ['ls'],
      ['inspect', PID],
      ['why', `/proc/${PID}/ns/net`],
      ['mounts', PID],
      ['limits', PID],
      ['layers', PID],
      ['cgroup', 'tree'],
      ['cgroup', 'graph'],
      ['cgroup', 'show', PID],
    ]) {
      const [stored, read] = await Promise.all([
        cliJson(...args, '--snapshot', 'latest', '--db', db, '--json'),
        cliJson(...args, '--from', out, '--json'),
      ]);
      expect(stored, args.join(' ')).toEqual(read);
    }
    const other = file('other.db');
    expect((await cli('snapshot', 'import', out, '--db', other)).status).toBe(0);
    expect((await cli('snapshot', 'export', '1', '-o', file('again.nsc'), '--db', other)).status).toBe(0);
    const [first, second] = [out, file('again.nsc')].map((name) =>
      canonicalJson(decodeCapture(readFileSync(name), name)),
    );
    expect(second).toBe(first);
    await expectSound(db, 2);
  });

  it('lack what redaction leaves out', async () => {
    const db = file('redacted.db');
    expectDocument(await cliJson('snapshot', 'take', '--redact', '--db', db, '--json'));
    expect(readFileSync(db).includes(process.argv[1]!)).toBe(false);
    expect(await cliJson('snapshot', 'show', 'latest', '--db', db, '--json')).toMatchObject({
      snapshot: { redacted: true },
    });
  });
});

describe('a recording', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 0],
    ['SIGHUP', 0],
  ] as const)('ends with a summary on %s', async (signal, status) => {
    const db = file(`${signal}.db`);
    const result = await (await recording(db, 2)).end(signal);
    expect(result.status).toBe(status);
    for (const event of result.events) expectDocument(event);
    expect(result.events.at(-1)).toMatchObject({ event: 'summary', endedBy: signal });
    // Nothing of the log of changes is left beside it.
    expect(existsSync(`${db}-wal`)).toBe(false);
    await expectSound(db, 2);
  });

  it('that is killed loses no snapshot that it has told of', async () => {
    const db = file('killed.db');
    const { events } = await (await recording(db, 3)).end('SIGKILL');
    const told = events.flatMap((event) => (event.event === 'snapshot' ? [event.snapshot.id] : []));
    expect(told.length).toBeGreaterThanOrEqual(3);
    const { snapshots } = await listed(db);
    expect(snapshots.map(({ id }) => id)).toEqual(expect.arrayContaining(told));
    await expectSound(db, 3);
    expect((await cli('snapshot', 'take', '--db', db)).status).toBe(0);
  });

  it('keeps its file as small as it was told', async () => {
    const db = file('small.db');
    await cli('snapshot', 'take', '--label', 'kept', '--db', db);
    const limit = Number((await listed(db)).bytes) + 30_000;
    const { events, stderr } = await (await recording(db, 25, '--max-size', String(limit))).end('SIGTERM');
    expect(events.filter(({ event }) => event === 'pruned').length).toBeGreaterThan(0);
    const { bytes, snapshots } = await listed(db);
    // Where other programs change much meanwhile, the newest beside the labelled one may be too much already: that is said.
    if (stderr.includes('no other snapshot of this host')) expect(snapshots).toHaveLength(2);
    else expect(Number(bytes)).toBeLessThanOrEqual(limit);
    expect(snapshots[0]).toMatchObject({ id: 1, label: 'kept' });
    await expectSound(db, 1);
  });

  it('says what changes, a line each, in a pipe', async () => {
    const child = spawn(CLI[0]!, [
      ...CLI.slice(1),
      'record',
      '--every',
      '0.3s',
      '--for',
      '3s',
      '--db',
      file('pipe.db'),
    ]);
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const [status] = (await once(child, 'close')) as [number];
    expect(status).toBe(0);
    for (const line of stdout.split('\n').slice(0, -1)) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}\S/);
  });
});

describeWith(['root', 'unshare'], 'a recording as root', () => {
  it('ends with 2 and one line when the disk is full, and what was stored stays', async () => {
    const room = file('room');
    const script = `mkdir -p ${room} && mount -t tmpfs -o size=900k none ${room}
      "$@" record --every 0.1s --for 60s --db ${room}/h.db; echo "status $?"
      "$@" snapshot check --db ${room}/h.db`;
    const { stdout, stderr } = await run([
      'unshare',
      '-m',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      'sh',
      ...CLI,
    ]);
    expect(stdout).toContain('status 2');
    expect(stdout).toMatch(/snapshots?, .*: sound/);
    expect(
      stderr
        .trim()
        .split('\n')
        .filter((line) => line.includes('no room is left')),
    ).toHaveLength(1);
  });
});
