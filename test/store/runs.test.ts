import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest';

import { HistoryHost } from '../../bench/history-crowd.ts';
import type { BenchDocument, Sample } from '../../src/schema/bench.ts';
import { decodeSamples, encodeSamples } from '../../src/store/run-samples.ts';
import { Store } from '../../src/store/store.ts';
import { digestKey } from '../../src/text/digest.ts';
import { canonicalJson } from '../../src/text/json.ts';
import { terminalSafe } from '../../src/text/safe.ts';
import { HOSTILE, NEXT } from '../reports/made-comparison.ts';
import { madeMetric, madeProbe, madeRun } from '../stats/made-runs.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** A store made by the first version of the tables, with four snapshots whose labels say what is in them. */
const FORMER = path.join(import.meta.dirname, 'fixtures/version-1.db.gz');

function made(context: TestContext): { readonly store: Store; readonly file: string } {
  const file = path.join(temporaryDirectory(context), 'history.db');
  const store = Store.open(file, 'write');
  context.onTestFinished(() => store.close());
  return { store, file };
}

const at = (run: BenchDocument, second: number): BenchDocument => ({
  ...run,
  takenAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString(),
});

const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }));
const sample: fc.Arbitrary<Sample> = fc.record({
  value: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
  round: fc.nat(100),
  steal: share,
  pressure: fc.record({ cpu: share, memory: share, io: share }),
});

describe('samples', () => {
  it('are what they were', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 30 }), (samples) => {
        expect(decodeSamples(encodeSamples(samples), samples.length)).toEqual(samples);
      }),
    );
  });

  it('take little room where they are alike', () => {
    const { samples } = madeMetric([1, 1, 1, 1]);
    expect(encodeSamples(samples)).toBe('{"value":1,"round":null,"steal":null,"cpu":null,"memory":null,"io":null}');
  });
});

describe('a run of benchmarks', () => {
  let number = 0;
  let directory = '';
  beforeAll(() => void (directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-runs-'))));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is what it was, whatever is in it, and there once', (context) => {
    const { store } = made(context);
    const odd = madeRun([], { suites: [], environment: { ...NEXT.environment, hostname: null, cpuModel: null } });
    for (const [index, run] of [NEXT, odd, at(NEXT, 1)].entries()) {
      expect(store.putRun(run, index === 0 ? 'first' : undefined)).toEqual({ id: index + 1, isNew: true });
      expect(store.putRun(run)).toEqual({ id: index + 1, isNew: false });
      expect(canonicalJson(store.run(index + 1))).toBe(canonicalJson(run));
    }
    expect(store.check()).toEqual([]);
    // In the order in which they were taken.
    expect(store.runs().map(({ id, label }) => [id, label])).toEqual([
      [3, null],
      [1, 'first'],
      [2, null],
    ]);
    expect(() => store.run(4)).toThrow('there is no run 4');
  });

  it('is removed with all its rows, and its number never used again', (context) => {
    const { store, file } = made(context);
    store.putRun(NEXT);
    store.putRun(at(NEXT, 1));
    store.removeRuns([1, 2, 9]);
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    for (const table of ['bench_run', 'bench_result', 'bench_invariant', 'bench_metric']) {
      expect(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
    }
    expect(store.putRun(NEXT).id).toBe(3);
  });

  it('leaves snapshots alone, and they it', (context) => {
    const { store } = made(context);
    const capture = new HistoryHost({ tasks: 20, containers: 2 }).capture();
    store.putRun(NEXT);
    const { id } = store.put(capture);
    store.dropSamples('2100-01-01');
    store.remove([id]);
    expect(canonicalJson(store.run(1))).toBe(canonicalJson(NEXT));
    store.put(capture);
    store.removeRuns([1]);
    expect(store.list()).toHaveLength(1);
    expect(store.check()).toEqual([]);
  });

  it('prints nothing that steers a terminal', (context) => {
    const { store, file } = made(context);
    store.putRun(NEXT, HOSTILE);
    expect(store.runs()[0]?.label).toBe(terminalSafe(HOSTILE));
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    const views = db.prepare<[], string>(`SELECT name FROM sqlite_schema WHERE name LIKE 'bench_%'`).pluck().all();
    expect(views.length).toBeGreaterThan(7);
    for (const view of views.filter((name) => !name.includes('autoindex'))) {
      const texts = db.prepare<[], unknown[]>(`SELECT * FROM ${view}`).raw().all().flat();
      expect(texts.length, view).toBeGreaterThan(0);
      for (const text of texts) if (typeof text === 'string') expect(text, view).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it.each([
    [`UPDATE bench_run SET body = json_remove(body, '$.environment')`, null],
    [`UPDATE bench_run SET body = 'x'`, /^run 1 of .* is damaged$/],
    [`UPDATE bench_result SET body = json_set(body, '$.metrics', json('[]'))`, /^run 1 of .* is damaged$/],
    ['UPDATE bench_metric SET n = n + 1', /^run 1 lacks samples of limits\/cpu\/quota ratio$/],
    ['UPDATE bench_metric SET n = 1000000000', /^run 1 of .* is damaged$/],
    [`UPDATE bench_metric SET samples = '[]'`, /^run 1 of .* is damaged$|lacks samples/],
    ['PRAGMA foreign_keys = OFF; DELETE FROM bench_run', /^row \d+ of bench_result belongs to a row of bench_run/],
  ])('%s: is found', (sql, problem) => {
    const file = path.join(directory, `${number++}.db`);
    const store = Store.open(file, 'write');
    store.putRun(NEXT);
    store.close();
    const db = new Database(file);
    db.exec(sql);
    db.close();
    const again = Store.open(file, 'read');
    const [found = null] = again.check();
    again.close();
    // What a body must have is the schema's to say, when the run is read.
    if (problem === null) expect(found).toBeNull();
    else expect(found).toMatch(problem);
  });
});

describe('a store of the former version', () => {
  function former(context: TestContext): string {
    const file = path.join(temporaryDirectory(context), 'history.db');
    writeFileSync(file, gunzipSync(readFileSync(FORMER)));
    return file;
  }

  const version = (file: string): unknown => {
    const db = new Database(file, { readonly: true });
    try {
      return db.pragma('user_version', { simple: true });
    } finally {
      db.close();
    }
  };

  /** Snapshots that are what they were when the former version stored them. */
  const intact = (store: Store): number[] =>
    store.list().flatMap(({ id, label }) => (digestKey(canonicalJson(store.asOf(id))) === label ? [id] : []));

  it('is read as it is', (context) => {
    const file = former(context);
    expect(version(file)).toBe(1);
    const store = Store.open(file, 'read');
    context.onTestFinished(() => store.close());
    expect(intact(store)).toEqual([1, 2, 3, 4]);
    expect(store.runs()).toEqual([]);
    expect(() => store.run(1)).toThrow('there is no run 1');
    expect(store.check()).toEqual([]);
    expect(version(file)).toBe(1);
  });

  it('is brought up to date by whoever writes, with all that is in it', (context) => {
    const file = former(context);
    const fresh = path.join(path.dirname(file), 'fresh.db');
    Store.open(fresh, 'write').close();
    const store = Store.open(file, 'write');
    context.onTestFinished(() => store.close());
    expect(version(file)).toBe(version(fresh));
    expect(intact(store)).toEqual([1, 2, 3, 4]);
    const run = madeRun([madeProbe('limits/pids', [madeMetric([1, 2, 3])])]);
    expect(store.putRun(run).id).toBe(1);
    store.put(new HistoryHost({ tasks: 60, containers: 4, mounts: 5 }).capture());
    store.remove([2]);
    expect(intact(store)).toEqual([1, 3, 4]);
    expect(canonicalJson(store.run(1))).toBe(canonicalJson(run));
    expect(store.check()).toEqual([]);
    const schema = (name: string): unknown[] => {
      const db = new Database(name, { readonly: true });
      try {
        return db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name').all();
      } finally {
        db.close();
      }
    };
    expect(schema(file)).toEqual(schema(fresh));
  });

  it('is as it was where bringing it up to date is cut short', (context) => {
    const file = former(context);
    const db = new Database(file);
    db.exec('CREATE TABLE bench_result (mine TEXT)');
    db.close();
    expect(() => Store.open(file, 'write')).toThrow(/bench_result/);
    expect(version(file)).toBe(1);
    const store = Store.open(file, 'read');
    context.onTestFinished(() => store.close());
    expect(intact(store)).toEqual([1, 2, 3, 4]);
  });
});
