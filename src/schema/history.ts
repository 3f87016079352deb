/** What the store tells of its snapshots; the documents of `snapshot …`, `record` and `log`. */
import type { CaptureSource, FacetName } from './capture.ts';
import type { DiffChange } from './diff-document.ts';
import type { DocumentHead, HostId } from './documents.ts';

/** One stored capture. */
export interface SnapshotInfo {
  /** Its number in this file, never used again. */
  readonly id: number;
  /** ISO 8601: when the facts were collected. */
  readonly takenAt: string;
  /** ISO 8601: when they were stored. */
  readonly storedAt: string;
  readonly host: HostId;
  readonly source: CaptureSource;
  readonly redacted: boolean;
  readonly label: string | null;
  readonly facets: readonly FacetName[];
  readonly processes: number | null;
  readonly tasks: number | null;
  /** Facts that began with it, and that had ended when it was taken. */
  readonly begun: number;
  readonly ended: number;
  /** What storing it wrote: bytes of facts and of samples. */
  readonly factBytes: number;
  readonly sampleBytes: number;
  /** Whether what moves all the time (usage, pressure, task states) is still kept. */
  readonly samples: boolean;
}

/** A snapshot in a document: sizes are decimal strings there. */
export interface SnapshotRow extends Omit<SnapshotInfo, 'factBytes' | 'sampleBytes'> {
  readonly factBytes: string;
  readonly sampleBytes: string;
}

/** What every document about the history begins with. */
export interface HistoryHead {
  readonly schema: string;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  /** The file of the history. */
  readonly database: string;
}

/** Answer of `snapshot take`. */
export interface SnapshotTakenDocument extends DocumentHead {
  readonly schema: 'nsinspect/snapshot-taken/1';
  readonly database: string;
  readonly snapshot: SnapshotRow;
  readonly containers: number;
  /** Collecting the facts, and storing them. */
  readonly captureMs: number;
  readonly storeMs: number;
}

/** Answer of `snapshot list`, and of `snapshot import`: the snapshots that came in. */
export interface SnapshotsDocument extends HistoryHead {
  readonly schema: 'nsinspect/snapshots/1';
  /** Size of the file, decimal. */
  readonly bytes: string;
  /** How many there are in the file; the list may have been cut to the newest ones. */
  readonly count: number;
  readonly snapshots: readonly SnapshotRow[];
}

/** Answer of `snapshot show`. */
export interface SnapshotDocument extends DocumentHead {
  readonly schema: 'nsinspect/snapshot/1';
  readonly database: string;
  readonly snapshot: SnapshotRow;
  /** How many things of each kind it has; what was not collected is not here. */
  readonly counts: Readonly<Record<string, number>>;
}

/** Answer of `snapshot prune`. */
export interface SnapshotsPrunedDocument extends HistoryHead {
  readonly schema: 'nsinspect/snapshots-pruned/1';
  /** Nothing was removed: this is what would be. */
  readonly dryRun: boolean;
  readonly removed: readonly SnapshotRow[];
  readonly kept: number;
  /** Snapshots whose samples were dropped; with `dryRun` those that have any to drop. */
  readonly samplesDropped: number;
  /** Numbers of the runs of benchmarks that were removed. */
  readonly runsRemoved: readonly number[];
  /** Size of the file before and after, decimal. */
  readonly bytesBefore: string;
  readonly bytesAfter: string;
}

/** Answer of `snapshot check`. */
export interface SnapshotCheckDocument extends HistoryHead {
  readonly schema: 'nsinspect/snapshot-check/1';
  readonly ok: boolean;
  readonly problems: readonly string[];
  readonly snapshots: number;
  /** Runs of benchmarks. */
  readonly runs: number;
  readonly bytes: string;
}

/** One line of `record --json`. */
export type RecordEvent =
  | (RecordHead & {
      readonly event: 'snapshot';
      readonly snapshot: SnapshotRow;
      readonly containers: number;
      /** CPU time of nsinspect itself for this pass, milliseconds, and its share of one CPU since the pass before. */
      readonly cpuMs: number;
      readonly cpuShare: number;
      /** What changed since the snapshot before; noise counted alone. */
      readonly changes: readonly DiffChange[];
      readonly noise: number;
    })
  /** A pass took longer than the interval: so many of its ticks were left out. */
  | (RecordHead & { readonly event: 'skipped'; readonly ticks: number })
  /** The file was over its size: the oldest snapshots of this host were removed. */
  | (RecordHead & { readonly event: 'pruned'; readonly removed: number; readonly bytes: string })
  | (RecordHead & { readonly event: 'summary' } & RecordSummary);

interface RecordHead {
  readonly schema: 'nsinspect/record/1';
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  readonly at: string;
}

/** How a recording ended. */
export interface RecordSummary {
  readonly database: string;
  /** `time`: its time was over. */
  readonly endedBy: 'time' | 'SIGINT' | 'SIGTERM' | 'SIGHUP';
  readonly snapshots: number;
  readonly skipped: number;
  readonly pruned: number;
  readonly changes: number;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly cpuShare: number;
  /** What the snapshots wrote, and what the file has, decimal. */
  readonly written: string;
  readonly bytes: string;
}

/** One change in the life of a target. */
export interface LogEntry {
  /** The snapshot in which it was seen first, and when that and the one before it were taken: it happened in between. */
  readonly snapshot: number;
  readonly takenAt: string;
  readonly after: string | null;
  readonly change: DiffChange;
}

/** Numbers over time. */
export interface LogSeries {
  readonly name: string;
  readonly unit: 'bytes' | 'cpus' | 'percent' | 'count';
  readonly cgroup: string;
  readonly min: number;
  readonly max: number;
  readonly last: number;
  /** Null: not known. */
  readonly points: readonly { readonly takenAt: string; readonly value: number | null }[];
}

/** Answer of `log`. */
export interface LogDocument extends HistoryHead {
  readonly schema: 'nsinspect/log/1';
  readonly host: HostId;
  readonly target: {
    readonly kind: 'container' | 'namespace' | 'cgroup' | 'process';
    readonly key: string;
    readonly text: string;
  };
  /** First and last snapshot in which it was there, and whether that is the newest one. */
  readonly firstSeen: { readonly snapshot: number; readonly takenAt: string };
  readonly lastSeen: { readonly snapshot: number; readonly takenAt: string };
  readonly present: boolean;
  /** Snapshots that were looked at. */
  readonly snapshots: number;
  readonly entries: readonly LogEntry[];
  /** Noise that only `--all` lists. */
  readonly noise: number;
  readonly series: readonly LogSeries[];
}
