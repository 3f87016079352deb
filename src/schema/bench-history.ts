/** What the history tells of runs of benchmarks; the documents of `bench history` and `bench import`. */
import type { BenchEnvironment, Better, ProbeRuntime, Suite, Verdict } from './bench.ts';
import type { ChangeEstimate } from './bench-compare.ts';
import type { HistoryHead } from './history.ts';

/** Schemas of the documents. */
export const BENCH_HISTORY_SCHEMA = 'nsinspect/bench-history/1';
/** Of `bench import`. */
export const BENCH_IMPORTED_SCHEMA = 'nsinspect/bench-imported/1';

/** One stored run, without its results. */
export interface RunInfo {
  /** Its number in this file, never used again. */
  readonly id: number;
  /** ISO 8601: when it began, and when it was stored. */
  readonly takenAt: string;
  readonly storedAt: string;
  readonly label: string | null;
  /** Version of nsinspect that measured. */
  readonly version: string;
  readonly suites: readonly Suite[];
  readonly quick: boolean;
  readonly durationMs: number;
  readonly environment: BenchEnvironment;
  /** How many probes came to what; a verdict that none came to is left out. */
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>;
  /** How many metrics it has. */
  readonly metrics: number;
}

/** Something of the machine, a runtime or nsinspect that was another in the run before. */
export interface SetupChange {
  /** `kernel`, `arch`, `cgroupMode`, `controllers`, `cpuModel`, `cpus`, `nsinspect`, or a runtime. */
  readonly what: string;
  /** Null: not known. */
  readonly before: string | null;
  readonly after: string | null;
}

/** A run in the list of `bench history`. */
export interface HistoryRun extends RunInfo {
  /** What was another in the run before it in the list. */
  readonly changes: readonly SetupChange[];
}

/** A run by its number, and when it was taken. */
export interface RunReference {
  readonly run: number;
  readonly takenAt: string;
}

/** An invariant that does not hold, or did not. */
export interface BrokenInvariant {
  readonly id: string;
  readonly text: string;
  /** What was seen in the newest run in which it did not hold. */
  readonly observed: string;
  /** The first of the runs, up to the newest, in none of which it held; null: it holds in the newest. */
  readonly since: RunReference | null;
}

/** A probe that failed in one of the runs. */
export interface ProbeFailures {
  readonly id: string;
  readonly runtime: ProbeRuntime;
  readonly title: string;
  /** In the newest run that judged it. */
  readonly verdict: Verdict;
  /** In how many of the runs it was judged, and in how many it failed. */
  readonly judged: number;
  readonly failed: number;
  /** The first of the runs since which it failed whenever it was judged; null: it passed in the newest. */
  readonly since: RunReference | null;
  /** The last run in which it passed; null: in none of them. */
  readonly lastPass: RunReference | null;
  /** The newest run in which it failed. */
  readonly lastFailure: RunReference;
  /** What was another in the run of `since` than in that of `lastPass`. */
  readonly changes: readonly SetupChange[];
  readonly invariants: readonly BrokenInvariant[];
}

/** One run's value of a metric. */
export interface MetricPoint {
  readonly run: number;
  readonly n: number;
  readonly median: number;
  /** 95 % interval of the median. */
  readonly interval: readonly [number, number];
}

/** A run at which a gate with the runs before it as baseline would have called the metric worse, or better. */
export interface MetricChange extends RunReference {
  readonly change: 'regression' | 'improvement';
  /** The runs that it was compared with, since the change before at most. */
  readonly base: readonly number[];
  readonly before: number;
  readonly after: number;
  /** Median of this run by that of the base. */
  readonly ratio: ChangeEstimate | null;
  readonly adjustedP: number;
  readonly delta: number;
  /** What was another than in the newest run of the base. */
  readonly changes: readonly SetupChange[];
}

/** `worse`, `better`: since the last change. `steady`: none was found. `unjudged`: there was nothing to compare. */
export const METRIC_STATES = ['worse', 'better', 'steady', 'unjudged'] as const;

/** One of {@link METRIC_STATES}. */
export type MetricState = (typeof METRIC_STATES)[number];

/** One metric over time. */
export interface MetricHistory {
  readonly id: string;
  readonly runtime: ProbeRuntime;
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly target: number | null;
  readonly threshold: number;
  readonly informative: boolean;
  readonly state: MetricState;
  /** In the order of the runs; a run that does not have it is left out. */
  readonly points: readonly MetricPoint[];
  readonly changes: readonly MetricChange[];
}

/** Answer of `bench history`. */
export interface BenchHistoryDocument extends HistoryHead {
  readonly schema: typeof BENCH_HISTORY_SCHEMA;
  /** How many runs the file has; those that were looked at are `runs`. */
  readonly count: number;
  /** The oldest first. */
  readonly runs: readonly HistoryRun[];
  readonly failures: readonly ProbeFailures[];
  readonly metrics: readonly MetricHistory[];
}

/** Answer of `bench import`: the runs that came in. */
export interface BenchImportedDocument extends HistoryHead {
  readonly schema: typeof BENCH_IMPORTED_SCHEMA;
  readonly count: number;
  readonly runs: readonly RunInfo[];
}
