import { statSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';

import { HistoryHost } from '../../bench/history-crowd.ts';
import type { Capture } from '../../src/schema/capture.ts';
import { Store } from '../../src/store/store.ts';
import { nameText } from '../../src/text/bytes.ts';
import { areSame, firstCapture } from '../support/moving.ts';
import { temporaryDirectory } from '../support/temporary.ts';

function made(context: TestContext): { readonly store: Store; readonly file: string } {
  const file = path.join(temporaryDirectory(context), 'deep', 'history.db');
  const store = Store.open(file, 'write');
  context.onTestFinished(() => store.close());
  return { store, file };
}

/** The capture as of another time. */
const at = (capture: Capture, second: number, changes: Partial<Capture> = {}): Capture => ({
  ...capture,
  takenAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
  ...changes,
});

let first: Capture;
beforeAll(async () => {
  first = await firstCapture();
});

describe('the store', () => {
  it('makes its file for its owner alone', (context) => {
    const { file } = made(context);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  it('lists what it has', (context) => {
    const { store } = made(context);
    const other = { ...first.host, hostname: 'other' };
    store.put(at(first, 1), { label: 'before' });
    store.put(at(first, 2, { host: other }));
    store.put(at(first, 3));
    expect(store.list().map(({ id, takenAt, label }) => [id, takenAt, label])).toEqual([
      [1, '2026-01-01T00:00:01.000Z', 'before'],
      [2, '2026-01-01T00:00:02.000Z', null],
      [3, '2026-01-01T00:00:03.000Z', null],
    ]);
    const ids = (filter: Parameters<Store['list']>[0]) => store.list(filter).map(({ id }) => id);
    expect(ids({ hostname: 'other' })).toEqual([2]);
    expect(ids({ newest: 2 })).toEqual([2, 3]);
    expect(ids({ from: '2026-01-01T00:00:02Z' })).toEqual([2, 3]);
    expect(ids({ to: '2026-01-01T01:00:02+01:00' })).toEqual([1, 2]);
    expect(store.hostnames()).toEqual(['host', 'other']);
    expect(store.info(2)).toMatchObject({ id: 2, host: { hostname: 'other' }, samples: true, redacted: false });
    expect(store.info(9)).toBeNull();
  });

  it('keeps a label as it may be printed', (context) => {
    const { store, file } = made(context);
    expect(store.put(at(first, 1), { label: '\u001b[31mred\n\u202e' }).label).toBe('\\x1b[31mred\\n\\u202e');
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    expect(db.prepare('SELECT label FROM snapshot').pluck().get()).toBe('\\x1b[31mred\\n\\u202e');
  });

  it('writes next to nothing where nothing has changed', (context) => {
    const { store } = made(context);
    const { begun } = store.put(at(first, 1));
    expect(begun).toBeGreaterThan(20);
    const again = store.put(at(first, 2));
    expect(again).toMatchObject({ begun: 0, ended: 0 });
    expect(again.factBytes).toBeLessThan(2000);
  });

  it('never uses a number again', (context) => {
    const { store } = made(context);
    store.put(at(first, 1));
    store.put(at(first, 2));
    store.remove([1, 2, 77]);
    expect(store.list()).toEqual([]);
    expect(store.put(at(first, 3)).id).toBe(3);
    expect(() => store.asOf(2)).toThrow('there is no snapshot 2');
  });

  it('goes on from the newest that is left', (context) => {
    const { store } = made(context);
    const { tasks } = first;
    store.put(at(first, 1));
    store.put(at(first, 2, { tasks: { ...tasks!, processes: tasks!.processes.slice(1) } }));
    store.remove([2]);
    expect(store.put(at(first, 3))).toMatchObject({ begun: 0, ended: 0 });
    expect(areSame(store.asOf(3), at(first, 3))).toBe(true);
  });

  it('sees what others have written and removed meanwhile', (context) => {
    const { store, file } = made(context);
    const other = Store.open(file, 'write');
    context.onTestFinished(() => other.close());
    const changed = { ...first, tasks: { ...first.tasks!, processes: first.tasks!.processes.slice(1) } };
    store.put(at(first, 1));
    other.put(at(changed, 2));
    store.put(at(first, 3));
    other.remove([3]);
    store.put(at(first, 4));
    other.dropSamples('2027-01-01');
    store.put(at(first, 5));
    expect(store.asOf(2).tasks?.processes).toHaveLength(changed.tasks.processes.length);
    expect(areSame(other.asOf(5), at(first, 5))).toBe(true);
    expect(store.check()).toEqual([]);
  });

  it('drops samples and keeps the facts', (context) => {
    const { store } = made(context);
    const host = new HistoryHost({ tasks: 30, containers: 3 });
    for (let second = 1; second <= 3; second++) {
      store.put(at(host.capture(), second));
      host.pass({ churn: 0, busy: 1 });
    }
    const last = store.asOf(3);
    expect(store.dropSamples('2026-01-01T00:00:03Z')).toBe(2);
    expect(store.dropSamples('2026-01-01T00:00:03Z')).toBe(0);
    expect(store.list().map(({ samples }) => samples)).toEqual([false, false, true]);
    expect(store.asOf(1).tasks?.processes[0]?.state).toBe('?');
    expect(store.asOf(2).cgroups?.cgroups[1]?.files['memory.current']).toEqual({
      kind: 'unknown',
      outcome: 'not collected',
    });
    expect(store.asOf(2).cgroups?.cgroups[1]?.files['memory.max']).toEqual({ kind: 'number', value: '536870912' });
    expect(areSame(store.asOf(3), last)).toBe(true);
    expect(store.check()).toEqual([]);
  });

  it('has the numbers of a cgroup by name', (context) => {
    const { store } = made(context);
    const host = new HistoryHost({ tasks: 10, containers: 2 });
    store.put(host.capture());
    host.pass({ churn: 0, busy: 1 });
    const { id } = store.put(host.capture());
    const file = store.asOf(id).cgroups!.cgroups[1]!.files['memory.current'];
    const [before, after, none] = store.samples('v2:2', [1, 2, 3]);
    expect(before).toMatchObject({ 'memory.current': 2000 * 4096, 'cpu.pressure some avg60': 0.12 });
    expect(file).toEqual({ kind: 'number', value: String(after!['memory.current']) });
    expect(none).toBeNull();
  });

  it('knows when something began and ended', (context) => {
    const { store } = made(context);
    const processes = first.tasks!.processes;
    const without = { tasks: { ...first.tasks!, processes: processes.slice(0, -1) } };
    store.put(at(first, 1, without));
    store.put(at(first, 2));
    store.put(at(first, 3));
    store.put(at(first, 4, without));
    store.put(at(first, 5, { ...without, host: { ...first.host, bootId: 'another' } }));
    const last = processes.at(-1)!;
    expect(store.touching(1, [`${last.pid}:${last.start}`])).toEqual([2, 4]);
    expect(store.touching(5, [`${last.pid}:${last.start}`])).toEqual([]);
    expect(store.touching(1, ['nobody has this'])).toEqual([]);
  });

  it('keeps what a model made of a snapshot, and which', (context) => {
    const { store, file } = made(context);
    const rows = (memory: number) => [{ kind: 'container' as const, key: 'docker:a', body: { memory } }];
    store.put(at(first, 1), { derived: { model: 1, rows: rows(1) } });
    store.put(at(first, 2), { derived: { model: 1, rows: rows(1) } });
    store.put(at(first, 3), { derived: { model: 2, rows: rows(1) } });
    store.put(at(first, 4));
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    expect(db.prepare('SELECT snapshot, model, key, body FROM containers_at ORDER BY snapshot').raw().all()).toEqual([
      [1, 1, 'docker:a', '{"memory":1}'],
      [2, 1, 'docker:a', '{"memory":1}'],
      [3, 2, 'docker:a', '{"memory":1}'],
    ]);
    expect(db.prepare('SELECT * FROM containers').all()).toEqual([]);
    expect(store.containers([1, 2, 3, 4, 99])).toEqual([1, 1, 1, 0, 0]);
  });

  it('gives room back', (context) => {
    const { store } = made(context);
    const host = new HistoryHost({ tasks: 400, containers: 10 });
    for (let second = 1; second <= 20; second++) {
      store.put(at(host.capture(), second));
      host.pass({ churn: 0.5, busy: 1 });
    }
    const { file } = store.bytes();
    store.remove(Array.from({ length: 18 }, (_, id) => id + 1));
    expect(store.bytes().file).toBeLessThan(file / 2);
    expect(store.check()).toEqual([]);
  });
});

describe('the views', () => {
  it('have a row for each thing of the newest snapshot, and of any', (context) => {
    const { store, file } = made(context);
    store.put(at(first, 1));
    const fewer = { ...first.tasks!, processes: first.tasks!.processes.slice(2) };
    store.put(at(first, 2, { tasks: fewer, mounts: { ...first.mounts!, tables: [] } }));
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    const count = (from: string) => db.prepare(`SELECT count(*) FROM ${from}`).pluck().get();
    expect(count('tasks')).toBe(fewer.processes.length);
    expect(count('tasks_at WHERE snapshot = 1')).toBe(first.tasks!.processes.length);
    expect(count('mounts')).toBe(0);
    expect(count('mounts_at WHERE snapshot = 1')).toBe(first.mounts!.tables.flatMap(({ mounts }) => mounts).length);
    expect(count('namespaces')).toBe(first.namespaces!.namespaces.length);
    expect(count('cgroups')).toBe(first.cgroups!.cgroups.length);
    expect(count('engine_containers')).toBe(first.engines!.containers.length);
    expect(count('memberships')).toBe(first.tasks!.cgroups.flat().length);
    const process = first.tasks!.processes.at(-1)!;
    expect(db.prepare('SELECT pid, start, comm, net_ns, argv FROM tasks WHERE pid = ?').raw().get(process.pid)).toEqual(
      [process.pid, process.start, process.comm, process.ns[3], process.detail!.argv!.map(nameText).join(' ')],
    );
    expect(
      db.prepare(`SELECT value FROM cgroup_samples WHERE key = 'v2:2' AND name = 'pids.current'`).pluck().all(),
    ).toEqual([25]);
  });

  it('can all be asked', (context) => {
    const { store, file } = made(context);
    store.put(at(first, 1));
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    const views = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type = 'view'`).pluck().all();
    expect(views.length).toBeGreaterThan(20);
    for (const view of views) expect(() => db.prepare(`SELECT * FROM ${view}`).all(), view).not.toThrow();
  });
});
