/** The result of `bench compare` and `bench gate`: two runs side by side; its JSON Schema is docs/schema/bench-compare-1.json. */
import type { Better, Invariant, ProbeRuntime, Suite, Verdict } from './bench.ts';

/** Schema of the document. */
export const COMPARISON_SCHEMA = 'nsinspect/bench-compare/1';

/**
 * What became of a metric. `same`: no change of practical size is shown, and one would probably have been found.
 * `inconclusive`: too few samples, or too noisy to say so.
 */
export const CHANGES = ['regression', 'improvement', 'same', 'inconclusive'] as const;

/** One of {@link CHANGES}. */
export type Change = (typeof CHANGES)[number];

/**
 * What the new run comes to, the worst first. `broken`: an invariant does not hold, whatever the statistics say.
 * `regression`: a metric is worse. `inconclusive`: something could not be judged. `fine`: none of these.
 */
export const GATE_VERDICTS = ['broken', 'regression', 'inconclusive', 'fine'] as const;

/** One of {@link GATE_VERDICTS}. */
export type GateVerdict = (typeof GATE_VERDICTS)[number];

/** By what a comparison judges. */
export interface Judging {
  /** Chance of a single false alarm among all metrics together (Holm). */
  readonly alpha: number;
  /** Of bootstrap intervals, such as 0.95. */
  readonly confidence: number;
  /** Least size of Cliff's delta that counts. */
  readonly delta: number;
  /** With fewer samples on either side a metric is inconclusive. */
  readonly minSamples: number;
  /** How often the bootstrap resamples each side. */
  readonly resamples: number;
  /** Of the bootstrap: the same runs and the same seed give the same document. */
  readonly seed: number;
  /** Practical threshold of all metrics; null: each has its own. */
  readonly threshold: number | null;
  /** Where the medians of stolen CPU time differ by more, a change is put down to the machine. 0 to 1. */
  readonly stealDifference: number;
  /** Where the mean pressures (PSI) differ by more, a change of what something costs is put down to the machine. 0 to 1. */
  readonly pressureDifference: number;
  /** Where the mean pressure on CPUs was more in both runs, a change by the clock is put down to the machine. 0 to 1. */
  readonly mostPressure: number;
  /** A change of speed by less than so many times the larger scatter of both runs is put down to the machine. */
  readonly mostScatter: number;
}

/** A property in which two environments differ. Unknown is null. */
export interface EnvironmentDifference {
  readonly what: 'kernel' | 'arch' | 'cgroupMode' | 'controllers' | 'cpuModel' | 'cpus';
  readonly base: string | null;
  readonly next: string | null;
}

/** One of the two runs. */
export interface ComparedRun {
  readonly takenAt: string;
  readonly version: string;
  readonly suites: readonly Suite[];
  readonly quick: boolean;
  readonly hostname: string | null;
  readonly kernel: string;
  /**
   * Numbers of the runs of the history that together are the base, of which the other members tell the newest; none: there is no run to
   * judge by. Missing: it is one run.
   */
  readonly runs?: readonly number[];
}

/** A probe of one runtime, as both runs name it. */
export interface ComparedProbe {
  /** {@link ProbeResult.id} */
  readonly id: string;
  readonly runtime: ProbeRuntime;
}

/** One side of a metric. */
export interface ComparedSide {
  readonly n: number;
  readonly median: number;
  readonly cv: number | null;
  /** Bootstrap interval of the median. */
  readonly interval: readonly [number, number];
}

/** A relative change with its bootstrap interval; a bound that is null is beyond every number. */
export interface ChangeEstimate {
  readonly estimate: number | null;
  readonly interval: readonly [number | null, number | null];
}

/** One metric of both runs. */
export interface MetricComparison extends ComparedProbe {
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly target: number | null;
  /** The practical threshold by which it was judged. */
  readonly threshold: number;
  readonly base: ComparedSide;
  readonly next: ComparedSide;
  /** Median of the new run by median of the base. Null: not to be had, as `why` says. */
  readonly ratio: ChangeEstimate | null;
  /**
   * How much worse the new run is, relatively; negative: better. This is what has to clear the threshold. `lower`: ratio - 1;
   * `higher`: 1 / ratio - 1; `target`: by how much farther from the target the median is, as a share of the target.
   */
  readonly worse: ChangeEstimate | null;
  /** Two-sided p of the Mann-Whitney test, and the same after Holm's correction. Null: not tested. */
  readonly p: number | null;
  readonly adjustedP: number | null;
  /** Cliff's delta, positive where values of the new run are larger. Null: not tested. */
  readonly delta: number | null;
  /** Smallest relative change that this comparison would find with 95 % power; null: none. */
  readonly minimumDetectableEffect: number | null;
  readonly change: Change;
  /** Why it is inconclusive; null: it is not. */
  readonly why: string | null;
}

/** A metric that is shown and not judged. */
export interface InformativeMetric extends ComparedProbe {
  readonly metric: string;
  readonly unit: string;
  /** Null: the base does not have it. */
  readonly base: ComparedSide | null;
  readonly next: ComparedSide;
}

/** A probe of the new run that failed. */
export interface FailedProbe extends ComparedProbe {
  readonly title: string;
  readonly why: string | null;
  /** Those that do not hold; none where the probe failed otherwise. */
  readonly broken: readonly Invariant[];
  /** What the base said; null: it does not have the probe. */
  readonly base: Verdict | null;
}

/** A probe that the base judged and the new run did not, or not by all metrics of the base, as `why` then says. */
export interface UnjudgedProbe extends ComparedProbe {
  readonly base: Verdict | null;
  /** Null: the new run does not have it. */
  readonly next: Verdict | null;
  readonly why: string | null;
}

/** Two runs side by side. */
export interface Comparison {
  readonly schema: typeof COMPARISON_SCHEMA;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  readonly base: ComparedRun;
  readonly next: ComparedRun;
  /** Not empty only where the comparison of different environments was asked for. */
  readonly differences: readonly EnvironmentDifference[];
  readonly judging: Judging;
  readonly verdict: GateVerdict;
  readonly failed: readonly FailedProbe[];
  readonly unjudged: readonly UnjudgedProbe[];
  /** Probes that only the new run has. */
  readonly added: readonly ComparedProbe[];
  readonly metrics: readonly MetricComparison[];
  readonly informative: readonly InformativeMetric[];
  /** What else to know, in sentences. */
  readonly notes: readonly string[];
}

/** Runs that are not compared, since a difference would be one of the machines. */
export interface Mismatch {
  readonly mismatch: readonly EnvironmentDifference[];
}
