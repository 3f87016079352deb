/** The history: captures of any number of hosts and boots in one SQLite file, as facts that hold from one snapshot to another. */
import type { Capture } from '../schema/capture.ts';
import type { SnapshotInfo } from '../schema/history.ts';

/** One row of meaning: what a model of some version made of a snapshot. */
export interface DerivedRow {
  readonly kind: 'container' | 'limit';
  /** Names it among those of its kind in one snapshot. */
  readonly key: string;
  readonly body: object;
}

/** What a model made of a snapshot, and which version of it. */
export interface Derived {
  readonly model: number;
  readonly rows: readonly DerivedRow[];
}

/** What is stored with a capture. */
export interface PutOptions {
  readonly label?: string;
  readonly derived?: Derived;
}

/** Which snapshots to list. */
export interface ListFilter {
  readonly hostname?: string;
  /** Only so many, the newest ones. */
  readonly newest?: number;
  /** ISO 8601, inclusive: when the facts were collected. */
  readonly from?: string;
  readonly to?: string;
}

/** Numbers of one cgroup by name, such as `memory.current`, `cpu.stat usage_usec` or `cpu.pressure some avg10`. */
export type SampleNumbers = Readonly<Record<string, number | string>>;

/** What the file takes up. */
export interface StoreBytes {
  /** All of it, with what is not yet moved into it from the log of changes. */
  readonly file: number;
  /** Of `file`: pages that hold nothing. */
  readonly free: number;
}

/** One open store. Every failure is a NsinspectError with one line. */
export class Store {
  /**
   * Opens the file. `write` makes it where there is none, with its directory; `read` also works where nothing may be written.
   * Codes of errors: `no-store`, `bad-store`, `store-version`, `store-busy`, `store-failed`.
   */
  static open(path: string, how: 'read' | 'write'): Store {
    throw new Error(`not yet: ${path} ${how}`);
  }

  /** Stores a capture, wholly or not at all. */
  put(capture: Capture, more: PutOptions = {}): SnapshotInfo {
    throw new Error(`not yet: ${capture.takenAt} ${String(more.label)}`);
  }

  /** Snapshots, ascending by id. */
  list(filter: ListFilter = {}): SnapshotInfo[] {
    throw new Error(`not yet: ${String(filter.newest)}`);
  }

  /** One snapshot; null: there is none of that number (any more). */
  info(id: number): SnapshotInfo | null {
    throw new Error(`not yet: ${id}`);
  }

  /** Names of the hosts of which there are snapshots, sorted. */
  hostnames(): string[] {
    throw new Error('not yet');
  }

  /**
   * The capture that was stored as that snapshot. Facts that hold in several snapshots are the same objects in all that one Store
   * gives. Where samples were dropped, files of cgroups that hold nothing else are `not collected`, and states are `?`.
   */
  asOf(id: number): Capture {
    throw new Error(`not yet: ${id}`);
  }

  /** Removes snapshots and the rows that hold in none of the others. Ids that do not exist are ignored. */
  remove(ids: readonly number[]): void {
    throw new Error(`not yet: ${ids.length}`);
  }

  /** Removes the samples of snapshots that were taken before (ISO 8601); how many snapshots lost theirs. */
  dropSamples(before: string): number {
    throw new Error(`not yet: ${before}`);
  }

  /**
   * Ids, ascending, of snapshots of the same host and boot as `like` at which a fact whose key or body contains one of the
   * needles began, or at which it no longer held.
   */
  touching(like: number, needles: readonly string[]): number[] {
    throw new Error(`not yet: ${like} ${needles.length}`);
  }

  /** Numbers of the cgroup of that key (`v2:1234`, `cpu,cpuacct:17`) in each of the snapshots; null: there are none. */
  samples(cgroup: string, snapshots: readonly number[]): (SampleNumbers | null)[] {
    throw new Error(`not yet: ${cgroup} ${snapshots.length}`);
  }

  /** What is wrong with the store, a line each; empty: nothing. */
  check(): string[] {
    throw new Error('not yet');
  }

  bytes(): StoreBytes {
    throw new Error('not yet');
  }

  close(): void {
    throw new Error('not yet');
  }
}
