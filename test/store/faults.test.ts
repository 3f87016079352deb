import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, it, type TestContext } from 'vitest';

import { HistoryHost } from '../../bench/history-crowd.ts';
import { MIGRATIONS, openDatabase } from '../../src/store/open.ts';
import { Store } from '../../src/store/store.ts';
import { digestKey } from '../../src/text/digest.ts';
import { NsinspectError } from '../../src/text/error.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { NEXT } from '../reports/made-comparison.ts';
import { ROOT, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const program = (name: string) => [process.execPath, path.join(ROOT, `test/store/${name}.ts`)];

/** A store with some snapshots and runs of benchmarks, closed. */
function made(context: TestContext, snapshots = 5): string {
  const file = path.join(temporaryDirectory(context), 'history.db');
  const store = Store.open(file, 'write');
  const host = new HistoryHost({ tasks: 60, containers: 4, mounts: 5 });
  for (let at = 0; at < snapshots; at++) {
    const capture = host.capture();
    store.put(capture, { label: digestKey(canonicalJson(capture)) });
    host.pass({ churn: 0.2, busy: 1 });
  }
  // Of benchmarks as much as the tables of runs have room for in a small file.
  for (let at = 0; at < 4; at++) store.putRun({ ...NEXT, durationMs: at });
  store.close();
  return file;
}

/** Ids of the snapshots that are still what they were. */
function intact(file: string): number[] {
  const store = Store.open(file, 'read');
  try {
    return store.list().flatMap(({ id, label }) => (digestKey(canonicalJson(store.asOf(id))) === label ? [id] : []));
  } finally {
    store.close();
  }
}

function codeOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    if (!(error instanceof NsinspectError)) throw error;
    expect(error.message).not.toContain('\n');
    return error.code;
  }
}

/** Starts a writer, kills it a moment after it has stored something, and gives the ids that it said it had stored. */
async function killed(file: string, seed: number, delay: number, cache: string): Promise<number[]> {
  const [node, ...script] = program('writer');
  const child = spawn(node!, [...script, file, String(seed), '1000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  await new Promise((resolve) => setTimeout(resolve, delay));
  child.kill('SIGKILL');
  await ended;
  return said.split('\n').slice(0, -1).map(Number);
}

describe('a writer that is killed', () => {
  const KILLS = 100;

  it('has lost at most what it was just writing, two hundred times', async (context) => {
    const directory = temporaryDirectory(context);
    const cache = path.join(directory, 'cache');
    // Only a program that ends by itself leaves its compiled code for the next.
    await run([...program('writer'), path.join(directory, 'warm.db'), '0', '1'], { NODE_COMPILE_CACHE: cache });
    const rounds = async (file: string, step: number): Promise<void> => {
      const stored: number[] = [];
      for (let round = 0; round < KILLS; round++) {
        stored.push(...(await killed(file, round % 4, (round * step) % 11, cache)));
      }
      expect(stored.length).toBeGreaterThanOrEqual(KILLS);
      const there = intact(file);
      expect(stored.filter((id) => !there.includes(id))).toEqual([]);
      // One more a kill may have been stored just before it was told.
      expect(there.length - stored.length).toBeLessThanOrEqual(KILLS);
      const store = Store.open(file, 'write');
      expect(store.list()).toHaveLength(there.length);
      expect(store.check()).toEqual([]);
      store.close();
    };
    await Promise.all([rounds(path.join(directory, 'a.db'), 5), rounds(path.join(directory, 'b.db'), 7)]);
  }, 120_000);
});

describe('two writers and a reader', () => {
  it('do not lose anything of each other', async (context) => {
    const file = path.join(temporaryDirectory(context), 'history.db');
    const writers = [0, 3].map((seed) => run([...program('writer'), file, String(seed), '60']));
    const writing = { still: true };
    let seen = 0;
    const reader = (async () => {
      while (writing.still) {
        if (existsSync(file) && codeOf(() => (seen = Math.max(seen, intact(file).length))) !== null) seen = 0;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    const ended = await Promise.all(writers);
    writing.still = false;
    await reader;
    const ids = ended.flatMap(({ stdout }) => stdout.trim().split('\n').map(Number));
    expect(ids.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, at) => at + 1));
    expect(seen).toBeGreaterThan(0);
    expect(intact(file)).toHaveLength(120);
    const store = Store.open(file, 'write');
    context.onTestFinished(() => store.close());
    expect(store.check()).toEqual([]);
  }, 60_000);

  it('wait for each other, and say so when it takes too long', (context) => {
    const file = made(context);
    const other = new Database(file);
    context.onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');
    const store = Store.open(file, 'read');
    expect(store.list()).toHaveLength(5);
    store.close();
    expect(codeOf(() => openDatabase(file, 'write', MIGRATIONS, 50))).toBe('store-busy');
  });
});

describeWith(['root', 'unshare'], 'a file system', () => {
  /** Runs a script where `$1` is a directory of its own to mount something on, and `$2` the directory of the test. */
  async function mounted(context: TestContext, script: string): Promise<string[]> {
    const directory = temporaryDirectory(context);
    const mount = path.join(directory, 'mount');
    mkdirSync(mount);
    const { status, stdout, stderr } = await run(['unshare', '-m', 'sh', '-ec', script, 'sh', mount, directory]);
    expect([status, stderr]).toEqual([0, '']);
    return stdout.trim().split('\n');
  }

  const [write, read] = [program('writer').join(' '), program('reader').join(' ')];

  it('that is full keeps what was stored, and can be written again when there is room', async (context) => {
    const said = await mounted(
      context,
      `mount -t tmpfs -o size=1m none $1
      ${write} $1/history.db 0 500
      echo then
      ${write} $1/history.db 0 500
      echo read
      ${read} $1/history.db
      mount -o remount,size=8m $1
      echo room
      ${write} $1/history.db 5 3`,
    );
    const parts = said
      .join('\n')
      .split(/\n?(?:then|read|room)\n/)
      .map((part) => part.split('\n'));
    const [first = [], second = [], there = [], later = []] = parts;
    expect(first.length).toBeGreaterThan(3);
    for (const part of [first, second])
      expect(part.at(-1)).toMatch(/^store-full: no room is left for .*: nothing was stored$/);
    const stored = [...first.slice(0, -1), ...second.slice(0, -1)];
    expect(there).toEqual(stored);
    expect(later.map(Number).every(Number.isInteger)).toBe(true);
    expect(later).toHaveLength(3);
  }, 30_000);

  it('that is read-only can be read, and says that it cannot be written', async (context) => {
    const said = await mounted(
      context,
      `mount -t tmpfs none $1
      ${write} $1/history.db 0 3
      mount -o remount,ro $1
      ${read} $1/history.db
      ${write} $1/history.db 0 1
      ${write} $1/other.db 0 1`,
    );
    expect(said.slice(0, 6)).toEqual(['1', '2', '3', '1', '2', '3']);
    expect(said[6]).toMatch(/^store-read-only: .*history\.db cannot be written$/);
    expect(said[7]).toMatch(/^store-read-only: .*other\.db cannot be written$/);
  }, 30_000);

  it('that is read-only shows also what a killed writer has left in the log', async (context) => {
    const file = path.join(temporaryDirectory(context), 'history.db');
    const stored = await killed(file, 0, 0, path.join(path.dirname(file), 'cache'));
    expect(existsSync(`${file}-wal`)).toBe(true);
    const said = await mounted(
      context,
      `mount -t tmpfs none $1
      cp ${file} ${file}-wal $1
      mount -o remount,ro $1
      ${read} $1/history.db`,
    );
    expect(said.map(Number)).toEqual(expect.arrayContaining(stored));
    expect(said.every((line) => /^\d+$/.test(line))).toBe(true);
  }, 30_000);
});

describe('a file', () => {
  it('that is not there is not made by reading', (context) => {
    const file = path.join(temporaryDirectory(context), 'none.db');
    expect(codeOf(() => Store.open(file, 'read'))).toBe('no-store');
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, '');
    expect(codeOf(() => Store.open(file, 'read'))).toBe('no-store');
  });

  it('that cannot be made says why, also where nothing can be made', () => {
    expect(() => Store.open('/proc/no/where/history.db', 'write')).toThrow(/^cannot make \/proc\/no: ENOENT$/);
  });

  it('of something else is left alone', (context) => {
    const directory = temporaryDirectory(context);
    const text = path.join(directory, 'text');
    writeFileSync(text, 'some text\n'.repeat(1000));
    const foreign = path.join(directory, 'foreign.db');
    new Database(foreign).exec('CREATE TABLE fact (a)').close();
    for (const file of [text, foreign, directory]) {
      const before = file === directory ? null : readFileSync(file);
      expect(
        codeOf(() => Store.open(file, 'read')),
        file,
      ).toBe('bad-store');
      expect(
        codeOf(() => Store.open(file, 'write')),
        file,
      ).toMatch(/^(?:bad-store|store-failed)$/);
      if (before !== null) expect(readFileSync(file).equals(before)).toBe(true);
    }
    expect(readdirSync(directory).toSorted()).toEqual(['foreign.db', 'text']);
  });

  it('that is a device or a pipe is not written to', () => {
    for (const how of ['read', 'write'] as const) expect(codeOf(() => Store.open('/dev/zero', how))).toBe('bad-store');
  });

  it("that is empty becomes its owner's alone; none is made for a change", (context) => {
    const file = path.join(temporaryDirectory(context), 'history.db');
    expect(codeOf(() => Store.open(file, 'change'))).toBe('no-store');
    expect(existsSync(file)).toBe(false);
    writeFileSync(file, '', { mode: 0o644 });
    Store.open(file, 'write').close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    Store.open(file, 'change').close();
  });

  it('of a newer version is left alone', (context) => {
    const file = made(context);
    const db = new Database(file);
    db.pragma(`user_version = ${MIGRATIONS.length + 1}`);
    db.close();
    const before = readFileSync(file);
    for (const how of ['read', 'write'] as const) expect(codeOf(() => Store.open(file, how))).toBe('store-version');
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('with a trigger, a view for a table or an index of somebody else is refused', (context) => {
    for (const sql of [
      'CREATE TRIGGER more AFTER INSERT ON snapshot BEGIN DELETE FROM fact; END',
      `ALTER TABLE chain RENAME TO other;
        CREATE VIEW chain AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT other.* FROM other, n`,
      'CREATE INDEX more ON fact (length(body))',
      'DROP INDEX snapshot_chain',
    ]) {
      const file = made(context, 1);
      const db = new Database(file);
      db.exec(sql);
      db.close();
      for (const how of ['read', 'write'] as const)
        expect(
          codeOf(() => Store.open(file, how)),
          sql,
        ).toBe('bad-store');
    }
  });

  it('of an older version is brought up to date by whoever writes, wholly or not at all', (context) => {
    const file = made(context);
    const next = [...MIGRATIONS, 'ALTER TABLE snapshot ADD COLUMN note TEXT; UPDATE snapshot SET note = label;'];
    const read = openDatabase(file, 'read', next);
    expect(read.version).toBe(MIGRATIONS.length);
    read.db.close();
    const broken = [...next, 'CREATE TABLE more (a); SELECT no_such_function();'];
    expect(() => openDatabase(file, 'write', broken)).toThrow('no_such_function');
    expect(intact(file)).toHaveLength(5);
    const { db } = openDatabase(file, 'write', next);
    expect(db.prepare('SELECT count(*) FROM snapshot WHERE note = label').pluck().get()).toBe(5);
    expect(db.pragma('user_version', { simple: true })).toBe(next.length);
    db.close();
    expect(codeOf(() => Store.open(file, 'write'))).toBe('store-version');
  });

  it('that is damaged says so in one line, and gives what it still has', (context) => {
    const file = made(context);
    const whole = readFileSync(file);
    const spoilt = `${file}.spoilt`;
    let found = 0;
    const places = Array.from(
      { length: 60 },
      (_, at) => Math.floor((at * whole.length) / 60) + (at % 2 === 0 ? 0 : 300),
    );
    for (const place of places) {
      const bytes = Buffer.from(whole);
      for (let at = place; at < Math.min(place + 200, bytes.length); at++) bytes[at] = (bytes[at] ?? 0) ^ 0xff;
      writeFileSync(spoilt, bytes);
      const codes = [codeOf(() => intact(spoilt)), codeOf(() => checked(spoilt)), codeOf(() => putOne(spoilt))];
      expect(codes.filter((code) => code !== null && code !== 'bad-store')).toEqual([]);
      if (codes.some((code) => code !== null)) found++;
    }
    expect(found).toBeGreaterThan(places.length / 2);
  });

  it('that was cut says so', (context) => {
    const file = made(context);
    const cut = `${file}.cut`;
    for (const part of [0.1, 0.3, 0.5, 0.9]) {
      copyFileSync(file, cut);
      truncateSync(cut, Math.floor((readFileSync(file).length * part) / 512) * 512);
      expect(
        codeOf(() => checked(cut)),
        String(part),
      ).toBe('bad-store');
    }
  });
});

/** Fails with the code that a damaged file has, if check finds anything. */
function checked(file: string): void {
  const store = Store.open(file, 'read');
  try {
    const [problem] = store.check();
    if (problem !== undefined) throw new NsinspectError(problem.split('\n')[0]!, { code: 'bad-store' });
  } finally {
    store.close();
  }
}

function putOne(file: string): void {
  const store = Store.open(file, 'write');
  try {
    store.put(new HistoryHost({ tasks: 10, containers: 2 }).capture());
  } finally {
    store.close();
  }
}
