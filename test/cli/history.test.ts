/** The commands of the history, with captures of recorded hosts and of this one. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decodeCapture, encodeCapture } from '../../src/capture/file.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { DiffDocument } from '../../src/schema/diff-document.ts';
import type {
  LogDocument,
  SnapshotDocument,
  SnapshotsDocument,
  SnapshotsPrunedDocument,
} from '../../src/schema/history.ts';
import { nameText } from '../../src/text/bytes.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { cli, cliJson } from '../support/cli.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { expectDocument } from '../support/schema.ts';

let directory = '';
const file = (name: string) => path.join(directory, name);

/** The capture of a recorded host, some minutes after a fixed time. */
async function recorded(name: string, minutes: number, change: (capture: Capture) => Capture = (same) => same) {
  const takenAt = new Date(Date.UTC(2026, 2, 1, 12, minutes)).toISOString();
  return { ...change(await captureOf(fixture(name))), takenAt };
}

/** Without the first process of the container `web`, and what is below it. */
function withoutWeb(capture: Capture): Capture {
  const tasks = capture.tasks!;
  const gone = new Set<number>();
  for (const { pid, ppid, comm } of tasks.processes) if (comm === 'sleep' || gone.has(ppid)) gone.add(pid);
  return { ...capture, tasks: { ...tasks, processes: tasks.processes.filter(({ pid }) => !gone.has(pid)) } };
}

const DB: string[] = [];

async function dockerHost(): Promise<string> {
  const { host } = await cliJson<SnapshotDocument>('snapshot', 'show', '1', ...DB, '--json');
  return nameText(host.hostname!);
}

beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-history-'));
  DB.push('--db', file('history.db'));
  const captures = [
    await recorded('docker', 0),
    await recorded('docker', 10),
    await recorded('docker', 20, withoutWeb),
    await recorded('odd', 5, (capture) => ({ ...capture, host: { ...capture.host, hostname: 'other' } })),
  ];
  for (const [at, capture] of captures.entries()) writeFileSync(file(`${at}.nsc`), encodeCapture(capture));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('the history', () => {
  it('says what to do where there is none', async () => {
    for (const args of [['snapshot', 'list'], ['diff'], ['log', 'web'], ['tree', '--snapshot', 'latest']]) {
      const { status, stderr } = await cli(...args, '--db', file('none.db'));
      expect([status, stderr.trim().split('\n').length]).toEqual([2, 1]);
      expect(stderr).toContain('there is no history');
    }
    expect(existsSync(file('none.db'))).toBe(false);
  });

  it('is checked as a file is: a forged one cannot make a tree that is none', async () => {
    const db = file('forged.db');
    expect((await cli('snapshot', 'import', file('0.nsc'), '--db', db)).status).toBe(0);
    const sqlite = new Database(db);
    sqlite.exec(`UPDATE fact SET body = json_set(body, '$.pid', 1) WHERE kind = 'task'`);
    sqlite.close();
    for (const args of [
      ['tree', '--snapshot', '1'],
      ['diff', '1', file('1.nsc')],
      ['log', '1'],
      ['snapshot', 'show', '1'],
    ]) {
      const { status, stderr } = await cli(...args, '--db', db);
      expect([args[0], status]).toEqual([args[0], 2]);
      expect(stderr).toContain('snapshot 1 is damaged: tasks.processes[1].pid: is not unique');
    }
  });

  it('takes files in, each once', async () => {
    const files = [0, 1, 2, 3].map((at) => file(`${at}.nsc`));
    const document = await cliJson<SnapshotsDocument>('snapshot', 'import', ...files, ...DB, '--json');
    expectDocument(document);
    expect(document.snapshots.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    // Nothing has changed in between: a row, and nothing else.
    expect(document.snapshots[1]).toMatchObject({ begun: 0, ended: 0 });
    expect(Number(document.snapshots[1]!.factBytes)).toBeLessThan(2000);
    const again = await cli('snapshot', 'import', ...files, ...DB);
    expect([again.status, again.stdout]).toEqual([0, '']);
    expect(again.stderr.trim().split('\n')).toHaveLength(4);
    expect(statSync(file('history.db')).mode & 0o777).toBe(0o600);
  });

  it('lists them, the newest last', async () => {
    const document = await cliJson<SnapshotsDocument>('snapshot', 'list', '-n', '3', ...DB, '--json');
    expectDocument(document);
    expect(document.snapshots.map(({ id }) => id)).toEqual([2, 3, 4]);
    const { stdout } = await cli('snapshot', 'list', ...DB);
    expect(stdout.split('\n')[0]).toMatch(/^ID\s+TAKEN\s+AGE\s+HOST\s+PROC\s+TASKS\s+BEGUN\s+ENDED\s+BYTES/);
    const { status, stderr } = await cli('snapshot', 'list', '--host', 'nobody', ...DB);
    expect([status, stderr]).toEqual([2, expect.stringContaining('no snapshot of the host nobody')]);
  });

  it('shows one by its number and by its time', async () => {
    const shown = async (moment: string) => {
      const document = await cliJson<SnapshotDocument>('snapshot', 'show', moment, ...DB, '--json');
      expectDocument(document);
      return document.snapshot.id;
    };
    const [docker] = (await cliJson<SnapshotsDocument>('snapshot', 'list', ...DB, '--json')).snapshots;
    const host = nameText(docker!.host.hostname!);
    expect(await shown('3')).toBe(3);
    expect(await shown(`${host}@latest`)).toBe(3);
    expect(await shown(`${host}@latest~1`)).toBe(2);
    expect(await shown(`${host}@2026-03-01T12:15:00Z`)).toBe(2);
    expect(await shown(`${host}@${Date.UTC(2026, 2, 1, 12, 1) / 1000}`)).toBe(1);
    const unclear = await cli('snapshot', 'show', 'latest', ...DB);
    expect([unclear.status, unclear.stderr]).toEqual([2, expect.stringContaining(`${host}@latest`)]);
    const early = await cli('snapshot', 'show', `${host}@2026-03-01T11:00Z`, ...DB);
    expect([early.status, early.stderr]).toEqual([2, expect.stringContaining('or before')]);
  });

  it('gives back what came in', async () => {
    for (const at of [0, 1, 2, 3]) {
      const document = await cliJson('snapshot', 'export', String(at + 1), '-o', file('out.nsc'), ...DB, '--json');
      expectDocument(document);
      const [into, out] = [`${at}.nsc`, 'out.nsc'].map((name) => decodeCapture(readFileSync(file(name)), name));
      expect(canonicalJson(out)).toBe(canonicalJson(into));
    }
  });

  it.each([
    [['tree']],
    [['tree', '--by', 'process']],
    [['ls']],
    [['why', 'docker:web']],
    [['inspect', 'docker:web']],
    [['mounts', 'docker:web']],
    [['limits', 'docker:web']],
    [['layers', 'docker:web']],
    [['layers', '--all']],
    [['layers', 'who', '/no/such/layer']],
    [['cgroup', 'tree']],
    [['cgroup', 'graph']],
    [['cgroup', 'show', 'docker:web']],
  ])('%j says the same of a snapshot and of a capture file', async (args) => {
    const [stored, read] = await Promise.all([
      cli(...args, '--snapshot', '1', ...DB, '--json'),
      cli(...args, '--from', file('0.nsc'), '--json'),
    ]);
    expect(stored).toEqual(read);
  });

  it('refuses what needs the host itself', async () => {
    for (const flag of ['--files', '--tree', '--verify', '--against=0']) {
      const { status, stderr } = await cli('layers', 'docker:web', '--snapshot', '1', ...DB, flag);
      expect([status, stderr]).toEqual([2, expect.stringContaining('a snapshot has no files')]);
    }
    const state = await cli('layers', '--all', '--snapshot', '1', ...DB, '--state', '/x');
    expect([state.status, state.stderr]).toEqual([2, expect.stringContaining('--snapshot at the history')]);
    for (const other of [
      ['--from', 'x'],
      ['--host-root', '/'],
    ]) {
      expect((await cli('ls', '--snapshot', '1', ...other)).status).toBe(2);
    }
    expect((await cli('ls', '--db', 'x')).status).toBe(2);
    expect((await cli('enter', 'x', '--snapshot', '1', '--', 'true')).stderr).toContain('only the live host');
  });
});

describe('diff', () => {
  it('compares snapshots and files', async () => {
    const document = await cliJson<DiffDocument>('diff', '1', '3', ...DB, '--json', '--facts');
    expectDocument(document);
    expect(document.changes.some(({ subject, kind }) => subject.type === 'container' && kind === 'ended')).toBe(true);
    const files = await cliJson<DiffDocument>('diff', file('0.nsc'), file('2.nsc'), '--json');
    expect(files.changes).toEqual(document.changes);
    expect((await cliJson<DiffDocument>('diff', '1', '2', '--all', ...DB, '--json')).changes).toEqual([]);
  });

  it('ends with 1 where it is asked to and something that is shown changed', async () => {
    const ended = async (...args: string[]) => (await cli('diff', '1', '3', ...DB, ...args)).status;
    expect(await ended()).toBe(0);
    expect(await ended('--exit-code')).toBe(1);
    expect(await ended('--exit-code', '--only', 'loosened')).toBe(0);
    expect(await ended('--exit-code', '--only', 'containers,ended')).toBe(1);
    expect(await ended('--exit-code', '--ignore', '*')).toBe(0);
    expect((await cli('diff', '1', '2', ...DB, '--exit-code')).status).toBe(0);
  });

  it('takes -10m for a moment, not for a flag', async () => {
    const { status, stderr } = await cli('diff', '-900000w', ...DB);
    expect([status, stderr]).toEqual([2, expect.stringMatching(/say of which|or before/)]);
    const unknown = await cli('diff', '-x', ...DB);
    expect([unknown.status, unknown.stderr]).toEqual([2, expect.stringContaining('-x')]);
  });

  it.each([
    [['live'], 'both sides are the live host'],
    [['nothing.nsc'], 'neither live, nor a moment, nor a file'],
    [['a.nsc', 'b.nsc', '--db', 'x'], '--db is of no use'],
    [['a.nsc', 'b.nsc', '--host-root', '/'], '--host-root is of no use'],
    [['--facts'], '--json'],
    [['--only', 'everything'], '--only'],
  ])('%j: %s', async (args, message) => {
    const { status, stderr } = await cli('diff', ...args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});

describe('log', () => {
  it('tells the life of a container that is gone', async () => {
    const host = await dockerHost();
    const document = await cliJson<LogDocument>('log', 'docker:web', '--host', host, ...DB, '--json');
    expectDocument(document);
    expect(document).toMatchObject({ firstSeen: { snapshot: 1 }, lastSeen: { snapshot: 2 }, present: false });
    expect(document.entries.map(({ snapshot, change }) => [snapshot, change.kind])).toContainEqual([3, 'ended']);
    const past = await cliJson<LogDocument>('log', 'docker:web', '--host', host, '--until', '2', ...DB, '--json');
    expect(past).toMatchObject({ present: true, entries: [], snapshots: 2 });
  });

  it('says which containers there are where there is none of that name', async () => {
    const host = await dockerHost();
    const { status, stderr } = await cli('log', 'nobody', '--host', host, ...DB);
    expect([status, stderr]).toEqual([2, expect.stringContaining('nor was it in any of 3 snapshots')]);
  });
});

describe('prune', () => {
  it('says what would go, and removes it', async () => {
    const args = ['snapshot', 'prune', '--keep-last', '1', '--samples-older', '1s', ...DB, '--json'];
    const dry = await cliJson<SnapshotsPrunedDocument>(...args, '--dry-run');
    expectDocument(dry);
    expect([dry.removed.map(({ id }) => id), dry.kept, dry.samplesDropped]).toEqual([[1, 2], 2, 2]);
    expect((await cliJson<SnapshotsDocument>('snapshot', 'list', ...DB, '--json')).count).toBe(4);
    const done = await cliJson<SnapshotsPrunedDocument>(...args);
    expectDocument(done);
    expect({ ...done, dryRun: true, bytesAfter: dry.bytesAfter, bytesBefore: dry.bytesBefore }).toEqual(dry);
    expect(Number(done.bytesAfter)).toBeLessThanOrEqual(Number(done.bytesBefore));
    const check = await cliJson<object>('snapshot', 'check', ...DB, '--json');
    expectDocument(check);
    expect(check).toMatchObject({ ok: true, snapshots: 2 });
    expect((await cli('tree', '--snapshot', '3', ...DB)).status).toBe(0);
  });

  it('wants a rule', async () => {
    for (const args of [[], ['--samples-older', 'soon'], ['--keep-last', '0']]) {
      expect((await cli('snapshot', 'prune', ...args, ...DB)).status).toBe(2);
    }
  });
});

describe('on this host', () => {
  const live = () => ['--db', file('live.db')];

  it('takes, and compares with now', async () => {
    expectDocument(await cliJson('snapshot', 'take', '--label', 'first', ...live(), '--json'));
    const second = await cli('snapshot', 'take', ...live());
    expect([second.status, second.stdout]).toEqual([
      0,
      expect.stringMatching(/^snapshot 2 of .*facts, .* in \d+ ms\n$/),
    ]);
    const statistics = await cli('cgroup', 'show', '/', '--all', '--snapshot', 'latest', ...live());
    expect([statistics.status, statistics.stderr]).toEqual([
      0,
      expect.stringContaining('statistics were not collected'),
    ]);
    expectDocument(await cliJson('diff', ...live(), '--json'));
    expectDocument(await cliJson('diff', '-0s', '--all', ...live(), '--json'));
    expectDocument(await cliJson('log', String(process.pid), ...live(), '--json'));
  });

  it('records, a line of JSON each time', async () => {
    const { status, stdout } = await cli('record', '--every', '0.3s', '--for', '1s', '--json', ...live());
    expect(status).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string });
    for (const event of events) expectDocument(event);
    expect(events.filter(({ event }) => event === 'snapshot').length).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({ event: 'summary', endedBy: 'time' });
  });

  it('ends a recording with 2 and one line where nothing can be stored', async () => {
    writeFileSync(file('text.db'), 'no history at all, and long enough to be taken for one'.repeat(40));
    for (const args of [[], ['--json']]) {
      const { status, stdout, stderr } = await cli('record', '--every', '1s', '--db', file('text.db'), ...args);
      expect([status, stderr.trim().split('\n').length]).toEqual([2, 1]);
      if (args.length > 0) expectDocument(JSON.parse(stdout));
    }
  });
});
