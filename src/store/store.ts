/** The history: captures of any number of hosts and boots in one SQLite file, as facts that hold from one snapshot to another. */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';

import type { Capture } from '../schema/capture.ts';
import type { BenchDocument } from '../schema/bench.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import { NsinspectError } from '../text/error.ts';
import { problemsOf } from './check.ts';
import { badStore, guarded } from './errors.ts';
import { Infos } from './info.ts';
import { openDatabase, type OpenDatabase } from './open.ts';
import { Pruner } from './prune.ts';
import { Reader } from './read.ts';
import { Runs, type StoredRun } from './runs.ts';
import { touching } from './touching.ts';
import type { ListFilter, PutOptions, SampleNumbers, StoreBytes, StoreUse } from './types.ts';
import { Writer } from './write.ts';

export type { StoredRun } from './runs.ts';
export type { Derived, DerivedRow, ListFilter, PutOptions, SampleNumbers, StoreBytes, StoreUse } from './types.ts';

/** The version of the tables from which on there are runs of benchmarks. */
const VERSION_OF_RUNS = 2;

/** One open store. Every failure is a NsinspectError with one line. */
export class Store {
  readonly #path: string;
  readonly #open: OpenDatabase;
  readonly #infos: Infos;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #pruner: Pruner;
  /** Null: the file is older than these tables, and open to be read alone. */
  readonly #runs: Runs | null;

  private constructor(file: string, open: OpenDatabase) {
    this.#path = file;
    this.#open = open;
    this.#infos = new Infos(open.db);
    this.#reader = new Reader(open.db);
    this.#writer = new Writer(open.db);
    this.#pruner = new Pruner(open.db);
    this.#runs = open.version < VERSION_OF_RUNS ? null : new Runs(open.db);
  }

  /**
   * Opens the file. `write` makes it where there is none, with its directory; `read` also works where nothing may be written.
   * Codes of errors, here and later: `no-store`, `bad-store` (something else, or damaged), `store-version` (of a newer nsinspect),
   * `store-busy`, `store-full`, `store-read-only`, `store-failed`.
   */
  static open(file: string, how: StoreUse): Store {
    const absolute = path.resolve(file);
    return guarded(file, () => new Store(file, openDatabase(absolute, how)));
  }

  /** Stores a capture, wholly or not at all. */
  put(capture: Capture, more: PutOptions = {}): SnapshotInfo {
    return guarded(this.#path, () => {
      const id = this.#writer.put(capture, more);
      const info = this.#infos.one(id);
      if (info === null) throw new Error(`snapshot ${id} is gone`);
      return info;
    });
  }

  /** Snapshots, ascending by id. */
  list(filter: ListFilter = {}): SnapshotInfo[] {
    return guarded(this.#path, () => this.#infos.list(filter));
  }

  /** One snapshot; null: there is none of that number (any more). */
  info(id: number): SnapshotInfo | null {
    return guarded(this.#path, () => this.#infos.one(id));
  }

  /** Names of the hosts of which there are snapshots, sorted. */
  hostnames(): string[] {
    return guarded(this.#path, () => this.#infos.hostnames());
  }

  /**
   * The capture that was stored as that snapshot. Facts that hold in several snapshots are the same objects in all that one Store
   * gives. Where samples were dropped, files of cgroups that hold nothing else are `not collected`, and states are `?`.
   */
  asOf(id: number): Capture {
    return guarded(this.#path, () => this.#open.db.transaction(() => this.#asOf(id)).deferred());
  }

  #asOf(id: number): Capture {
    return this.#undamaged(`snapshot ${id}`, () => this.#reader.asOf(id));
  }

  /** What a damaged row leads to is the file's fault. */
  #undamaged<T>(what: string, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      if (!(cause instanceof SyntaxError || cause instanceof TypeError || cause instanceof RangeError)) throw cause;
      throw badStore(`${what} of ${this.#path} is damaged`, cause);
    }
  }

  /** Removes snapshots and the rows that hold in none of the others. Ids that do not exist are ignored. */
  remove(ids: readonly number[]): void {
    guarded(this.#path, () => {
      this.#writer.forget();
      this.#pruner.remove(ids);
      this.#reader.forget();
    });
  }

  /** Removes the samples of snapshots that were taken before (ISO 8601); how many snapshots lost theirs. */
  dropSamples(before: string): number {
    return guarded(this.#path, () => {
      this.#writer.forget();
      return this.#pruner.dropSamples(before);
    });
  }

  /**
   * Ids, ascending, of snapshots of the same host and boot as `like` at which a fact whose key or body contains one of the
   * needles began, or at which it no longer held.
   */
  touching(like: number, needles: readonly string[]): number[] {
    return guarded(this.#path, () => touching(this.#open.db, like, needles));
  }

  /** Numbers of the cgroup of that key (`v2:1234`, `cpu,cpuacct:17`) in each of the snapshots; null: there are none. */
  samples(cgroup: string, snapshots: readonly number[]): (SampleNumbers | null)[] {
    return guarded(this.#path, () => this.#reader.samples(cgroup, snapshots));
  }

  /** How many containers whoever stored them saw in each of the snapshots; 0 also where nobody looked. */
  containers(snapshots: readonly number[]): number[] {
    return guarded(this.#path, () => this.#reader.containers(snapshots));
  }

  /** Stores a run of benchmarks, wholly or not at all; one that is there already is left as it is. */
  putRun(run: BenchDocument, label?: string): { readonly id: number; readonly isNew: boolean } {
    return guarded(this.#path, () => this.#writtenRuns().put(run, label ?? null));
  }

  /** Runs of benchmarks, ascending by when they were taken. */
  runs(): StoredRun[] {
    return guarded(this.#path, () => this.#runs?.list() ?? []);
  }

  /** The run that was stored under that number, as it was. */
  run(id: number): BenchDocument {
    return guarded(this.#path, () => this.#open.db.transaction(() => this.#run(id)).deferred());
  }

  #run(id: number): BenchDocument {
    return this.#undamaged(`run ${id}`, () => {
      const run = this.#runs?.read(id);
      if (run !== undefined) return run;
      throw new NsinspectError(`there is no run ${id}`, { code: 'no-such-run' });
    });
  }

  /** Removes runs. Ids that do not exist are ignored. */
  removeRuns(ids: readonly number[]): void {
    guarded(this.#path, () => {
      this.#writtenRuns().remove(ids);
      this.#pruner.giveBack();
    });
  }

  #writtenRuns(): Runs {
    if (this.#runs !== null) return this.#runs;
    throw new Error('a store that was opened to be read is written to');
  }

  /** What is wrong with the store, a line each; empty: nothing. Every snapshot and run is put together once. */
  check(): string[] {
    return guarded(this.#path, () =>
      this.#open.db
        .transaction(() =>
          problemsOf(this.#open.db, {
            asOf: (id) => this.#asOf(id),
            runs: this.runs().map(({ id }) => id),
            run: (id) => this.#run(id),
          }),
        )
        .deferred(),
    );
  }

  bytes(): StoreBytes {
    return guarded(this.#path, () => {
      const number = (pragma: string): number => this.#open.db.pragma(pragma, { simple: true }) as number;
      const pageSize = number('page_size');
      const log = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      return { file: number('page_count') * pageSize + log, free: number('freelist_count') * pageSize };
    });
  }

  close(): void {
    guarded(this.#path, () => this.#open.db.close());
    if (this.#open.copy !== null) rmSync(this.#open.copy, { recursive: true, force: true });
  }
}
