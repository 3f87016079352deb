/** The history: captures of any number of hosts and boots in one SQLite file, as facts that hold from one snapshot to another. */
import { rmSync, statSync } from 'node:fs';
import path from 'node:path';

import type { Capture } from '../schema/capture.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import { problemsOf } from './check.ts';
import { badStore, guarded } from './errors.ts';
import { Infos } from './info.ts';
import { openDatabase, type OpenDatabase } from './open.ts';
import { Pruner } from './prune.ts';
import { Reader } from './read.ts';
import { touching } from './touching.ts';
import type { ListFilter, PutOptions, SampleNumbers, StoreBytes, StoreUse } from './types.ts';
import { Writer } from './write.ts';

export type { Derived, DerivedRow, ListFilter, PutOptions, SampleNumbers, StoreBytes, StoreUse } from './types.ts';

/** One open store. Every failure is a NsinspectError with one line. */
export class Store {
  readonly #path: string;
  readonly #open: OpenDatabase;
  readonly #infos: Infos;
  readonly #reader: Reader;
  readonly #writer: Writer;
  readonly #pruner: Pruner;

  private constructor(file: string, open: OpenDatabase) {
    this.#path = file;
    this.#open = open;
    this.#infos = new Infos(open.db);
    this.#reader = new Reader(open.db);
    this.#writer = new Writer(open.db);
    this.#pruner = new Pruner(open.db);
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

  /** What a damaged row leads to is the file's fault. */
  #asOf(id: number): Capture {
    try {
      return this.#reader.asOf(id);
    } catch (cause) {
      if (!(cause instanceof SyntaxError || cause instanceof TypeError || cause instanceof RangeError)) throw cause;
      throw badStore(`snapshot ${id} of ${this.#path} is damaged`, cause);
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

  /** What is wrong with the store, a line each; empty: nothing. Every snapshot is put together once. */
  check(): string[] {
    return guarded(this.#path, () =>
      this.#open.db.transaction(() => problemsOf(this.#open.db, (id) => this.#asOf(id))).deferred(),
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
