/**
 * Stores and compares captures of a made host and prints, as one line of JSON, what each step took: `first`, `more` and `series`,
 * each a program of its own (bench/history.ts), as the first thing that a process does is slower than the same later on, and a
 * process that has stored a thousand captures has another heap.
 */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import Database from 'better-sqlite3';

import { putCapture } from '../src/cli/take.ts';
import { compareCaptures } from '../src/diff/compare.ts';
import { Store } from '../src/store/store.ts';
import type { SnapshotInfo } from '../src/schema/history.ts';
import { toJson } from '../src/text/json.ts';
import { Dice, HistoryHost, type Passing } from './history-crowd.ts';
import type { FirstRun, ListRun, SeriesRun } from './history.ts';
import { median } from './measure.ts';

const NOTHING = { churn: 0, busy: 0 };
/** Every cgroup used some CPU time. */
const BUSY = { churn: 0, busy: 1 };
const CHURN = { churn: 0.01, busy: 0.2 };

/** How many in a row, of which the median counts: what runs often is compiled by then. */
const AGAIN = 21;

/** Captures that are asked for again out of a series, and pairs that are compared. */
const LOOKS = 21;
/** One capture of so many is stored the naive way, too. */
const NAIVE_EVERY = 25;

function time<T>(work: () => T): readonly [ms: number, result: T] {
  const began = performance.now();
  const result = work();
  return [performance.now() - began, result];
}

function within<T>(file: string, how: 'read' | 'write', use: (store: Store) => T): T {
  const store = Store.open(file, how);
  try {
    return use(store);
  } finally {
    store.close();
  }
}

/** The first snapshots of a process and of a file, and those after which nothing has changed. */
function first(file: string, host: HistoryHost): FirstRun {
  return within(file, 'write', (store) => {
    const capture = host.capture();
    const [firstMs, { info }] = time(() => putCapture(store, capture));
    const again = (passing: Passing): readonly { readonly ms: number; readonly info: SnapshotInfo }[] =>
      Array.from({ length: AGAIN }, () => {
        host.pass(passing);
        const capture = host.capture();
        const [ms, stored] = time(() => putCapture(store, capture));
        return { ms, info: stored.info };
      });
    const [unchanged, busy] = [again(NOTHING), again(BUSY)];
    return {
      firstMs,
      firstBytes: info.factBytes + info.sampleBytes,
      unchangedMs: median(unchanged.map(({ ms }) => ms)),
      unchangedBytes: median(unchanged.map((one) => one.info.factBytes)),
      unchangedSampleBytes: median(unchanged.map((one) => one.info.sampleBytes)),
      busyMs: median(busy.map(({ ms }) => ms)),
      busySampleBytes: median(busy.map((one) => one.info.sampleBytes)),
    };
  });
}

/** A snapshot by another process, after which nothing has changed. */
function more(file: string, host: HistoryHost): { readonly unchangedMs: number } {
  host.pass(NOTHING);
  const capture = host.capture();
  return within(file, 'write', (store) => ({ unchangedMs: time(() => putCapture(store, capture))[0] }));
}

/** Many snapshots with churn, looks back at them, and the same captures kept the naive way. */
function series(file: string, host: HistoryHost, snapshots: number): SeriesRun {
  const whole = new Whole(`${file}.whole`);
  const puts: number[] = [];
  within(file, 'write', (store) => {
    for (let at = 0; at < snapshots; at++) {
      const capture = host.capture();
      puts.push(time(() => putCapture(store, capture))[0]);
      if (at % NAIVE_EVERY === 0) whole.put(capture);
      host.pass(CHURN);
    }
  });
  const dice = new Dice(5);
  const looks = Array.from({ length: LOOKS }, () => [1 + dice.below(snapshots), 1 + dice.below(snapshots)] as const);
  // A fresh store each: what one has read it knows.
  const asOf = looks.map(([id]) => within(file, 'read', (store) => time(() => store.asOf(id))[0]));
  const pairs = looks.map(([a, b]) =>
    within(file, 'read', (store) => {
      const [readMs, [from, to]] = time(() => [store.asOf(a), store.asOf(b)] as const);
      return { readMs, compareMs: time(() => compareCaptures(from, to))[0] };
    }),
  );
  const neighbours = looks.map(([id]) =>
    within(file, 'read', (store) => {
      const [from, to] = [store.asOf(Math.max(1, id - 1)), store.asOf(Math.max(2, id))];
      return time(() => compareCaptures(from, to))[0];
    }),
  );
  return {
    snapshots,
    fileBytes: statSync(file).size,
    putMs: median(puts),
    asOfMs: median(asOf),
    asOfMostMs: Math.max(...asOf),
    readTwoMs: median(pairs.map(({ readMs }) => readMs)),
    compareMs: median(pairs.map(({ compareMs }) => compareMs)),
    compareMostMs: Math.max(...pairs.map(({ compareMs }) => compareMs)),
    compareNeighboursMs: median(neighbours),
    ...whole.end(snapshots),
  };
}

/** Each capture as a whole: as a file that gzip made, and as a row of JSON in SQLite. */
class Whole {
  readonly #file: string;
  readonly #db: Database.Database;
  readonly #gzip: { readonly ms: number; readonly bytes: number }[] = [];
  readonly #rows: { readonly ms: number; readonly bytes: number }[] = [];

  constructor(file: string) {
    this.#file = file;
    this.#db = new Database(file);
    this.#db.pragma('journal_mode = WAL');
    this.#db.exec('CREATE TABLE capture (id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT');
  }

  put(capture: object): void {
    const [zipMs, zipped] = time(() => gzipSync(toJson(capture)));
    this.#gzip.push({ ms: zipMs, bytes: zipped.length });
    const insert = this.#db.prepare<[string], never>('INSERT INTO capture (json) VALUES (?)');
    const [ms, bytes] = time(() => {
      const json = toJson(capture);
      insert.run(json);
      return Buffer.byteLength(json);
    });
    this.#rows.push({ ms, bytes });
  }

  /** What so many of them would take. */
  end(snapshots: number): Pick<SeriesRun, 'gzipMs' | 'gzipBytes' | 'wholeMs' | 'wholeBytes'> {
    this.#db.close();
    rmSync(this.#file);
    const bytesOf = (all: readonly { readonly bytes: number }[]): number =>
      (all.reduce((sum, { bytes }) => sum + bytes, 0) / all.length) * snapshots;
    return {
      gzipMs: median(this.#gzip.map(({ ms }) => ms)),
      gzipBytes: bytesOf(this.#gzip),
      wholeMs: median(this.#rows.map(({ ms }) => ms)),
      wholeBytes: bytesOf(this.#rows),
    };
  }
}

/** A list of many snapshots, of which each has little. */
function list(file: string, host: HistoryHost, snapshots: number): ListRun {
  within(file, 'write', (store) => {
    for (let at = 0; at < snapshots; at++) {
      store.put(host.capture());
      host.pass(CHURN);
    }
  });
  const [listMs, infos] = within(file, 'read', (store) => time(() => store.list()));
  if (infos.length !== snapshots) throw new Error(`${infos.length} snapshots of ${snapshots} are listed`);
  return { snapshots, listMs };
}

const [what = '', directory = '', tasks, containers, snapshots] = process.argv.slice(2);
const file = path.join(directory, 'history.db');
const host = new HistoryHost({ tasks: Number(tasks), containers: Number(containers) });
const runs: Readonly<Record<string, () => object>> = {
  first: () => first(file, host),
  more: () => more(file, host),
  series: () => series(file, host, Number(snapshots)),
  list: () => list(file, host, Number(snapshots)),
};
const run = runs[what];
if (run === undefined) throw new Error(`no such run: ${what}`);
console.log(JSON.stringify(run()));
