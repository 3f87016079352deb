/** One metric of two runs: measured first, judged when it is known what the other metrics came to. */
import type { Metric } from '../schema/bench.ts';
import type { Change, ChangeEstimate, ComparedSide, Judging } from '../schema/bench-compare.ts';
import { formatCount, formatPercent } from '../text/units.ts';
import { percentileInterval, resampledMedians } from './bootstrap.ts';
import { minimumDetectableEffect, type Resampled } from './detectable.ts';
import { isOfSpeed, loadDifference, machinesDoing, type LoadDifference } from './machine-load.ts';
import { mannWhitney, type MannWhitney } from './mann-whitney.ts';
import { meanAndDeviation, median, quantile, sorted } from './quantiles.ts';
import { randomFrom } from './random.ts';
import { variationOf } from './summary.ts';

/** A metric as far as it is compared: what its samples come to is reckoned anew. */
export type Measurable = Omit<Metric, 'summary'>;

/** A metric of both runs, before it is judged. */
export interface Measured {
  readonly base: ComparedSide;
  readonly next: ComparedSide;
  /** A worsening by more counts. */
  readonly threshold: number;
  /** An improvement by more counts: as much as undoes a worsening by the threshold, so that exchanging the runs exchanges both. */
  readonly gain: number;
  /** Why it cannot be judged; null: it can. */
  readonly obstacle: string | null;
  /** These are null where it cannot. */
  readonly test: MannWhitney | null;
  readonly ratio: ChangeEstimate | null;
  readonly worse: ChangeEstimate | null;
  /** As the new run has it. */
  readonly metric: Measurable;
  readonly load: LoadDifference;
  /** The larger scatter of the two sides, see {@link scatterOf}. */
  readonly scatter: number;
  /** Minimum detectable effect where the rank test has this alpha. */
  readonly detectable: (alpha: number) => number | null;
}

/** What became of a metric, and why where that is not plain. */
export interface Judged {
  readonly change: Change;
  readonly why: string | null;
}

/** One side of a metric. `name` seeds the bootstrap. Throws RangeError where there is no sample. */
export function sideOf(
  metric: Measurable,
  name: string,
  judging: Judging,
): Resampled & { readonly side: ComparedSide } {
  const ascending = sorted(metric.samples.map(({ value }) => value));
  const medians = resampledMedians(ascending, judging.resamples, randomFrom(`${judging.seed} ${name}`));
  const { mean, deviation } = meanAndDeviation(ascending);
  const side = {
    n: ascending.length,
    median: median(ascending),
    cv: variationOf(mean, deviation),
    interval: percentileInterval(medians, judging.confidence),
  };
  return { side, ascending, medians };
}

/** Measures a metric in both runs. `name` seeds the bootstrap, differently on the two sides. */
export function measure(base: Measurable, next: Measurable, name: string, judging: Judging): Measured {
  const a = sideOf(base, `base ${name}`, judging);
  const b = sideOf(next, `next ${name}`, judging);
  const threshold = judging.threshold ?? next.threshold;
  const worsening = worseningOf(next);
  const obstacle = obstacleOf(base, next, judging);
  const common = {
    base: a.side,
    next: b.side,
    threshold,
    gain: worsening.isRatio ? threshold / (1 + threshold) : threshold,
    obstacle,
    metric: next,
    load: loadDifference(base, next),
    scatter: Math.max(scatterOf(a.ascending), scatterOf(b.ascending)),
  };
  if (obstacle !== null) return { ...common, test: null, ratio: null, worse: null, detectable: () => null };
  const estimate = (by: (base: number, next: number) => number): ChangeEstimate => {
    const figures = a.medians.map((one, at) => by(one, b.medians[at] ?? NaN));
    const [low, high] = percentileInterval(figures, judging.confidence);
    return { estimate: finite(by(a.side.median, b.side.median)), interval: [finite(low), finite(high)] };
  };
  return {
    ...common,
    test: mannWhitney(a.ascending, b.ascending),
    ratio: estimate(ratioOf),
    worse: estimate(worsening.of),
    detectable: (alpha) => minimumDetectableEffect(a, b, { ...judging, alpha }),
  };
}

/** Judges a measured metric. `adjustedP`: its p after Holm's correction; `detectable`: its minimum detectable effect. */
export function judge(measured: Measured, adjustedP: number, detectable: number | null, judging: Judging): Judged {
  const { obstacle, test, worse, threshold, gain, metric } = measured;
  if (test === null || worse === null) return inconclusive(obstacle ?? 'not measured');
  // No ratio is below 0: what no number holds is above all.
  const low = worse.interval[0] ?? Infinity;
  const high = worse.interval[1] ?? Infinity;
  const isSignificant = adjustedP < judging.alpha && Math.abs(test.delta) >= judging.delta;
  if (isSignificant && low > threshold) return unlessMachine('regression', measured, judging);
  if (isSignificant && high < -gain) return unlessMachine('improvement', measured, judging);
  if (low >= -gain && high <= threshold) return { change: 'same', why: null };
  const estimate = worse.estimate ?? Infinity;
  if (isSignificant && (estimate > threshold || estimate < -gain)) {
    const what = metric.better === 'target' ? 'its distance from the target changed' : 'it changed';
    return inconclusive(`${what}, but perhaps by less than the threshold of ${percent(threshold)}`);
  }
  if (detectable === null) return inconclusive('too few samples for so many metrics, or a median of 0');
  if (detectable <= threshold) return { change: 'same', why: null };
  const noise = `too noisy: only changes of ${percent(detectable)} would be found, the threshold is ${percent(threshold)}`;
  return inconclusive(noise + enough(measured, detectable));
}

function inconclusive(why: string): Judged {
  return { change: 'inconclusive', why };
}

function unlessMachine(change: 'regression' | 'improvement', measured: Measured, judging: Judging): Judged {
  const why =
    machinesDoing(measured.metric, measured.load, change === 'improvement', judging) ?? restless(measured, judging);
  return why === null ? { change, why } : inconclusive(why);
}

/**
 * Why a change may be that of a machine whose speed comes and goes; null: there is no sign of it. Neighbours on the same cores, or on the
 * host of a virtual machine, slow it down for minutes without stolen time or pressure: a whole run may be slower, and its samples are
 * no independent ones, as a test of ranks takes them for. Within a run the speed comes and goes as well: its scatter shows
 * how much of a change that may be. Exchanging the runs changes nothing.
 */
function restless({ worse, metric, scatter }: Measured, { mostScatter }: Judging): string | null {
  if (!isOfSpeed(metric)) return null;
  const change = worse?.estimate ?? Infinity;
  if ((change < 0 ? 1 / (1 + change) - 1 : change) >= mostScatter * scatter) return null;
  return `its samples scatter by ${percent(scatter)} within a run, as where the speed of the machine comes and goes: it may be the machine`;
}

/**
 * How far the middle two thirds of the samples are from the median, as a share of it: of normal samples the standard deviation. A few that are
 * far off, as start-up has them, count no more than others. 0 where the median is.
 */
function scatterOf(ascending: Float64Array): number {
  const middle = median(ascending);
  return middle === 0 ? 0 : (quantile(ascending, 0.8413) - quantile(ascending, 0.1587)) / 2 / middle;
}

/** How many samples would have done: the error falls with their square root. Hundreds of thousands are no advice. */
function enough({ base, next, threshold }: Measured, detectable: number): string {
  const samples = Math.ceil((Math.min(base.n, next.n) * (detectable / threshold) ** 2) / 10) * 10;
  return samples <= 1000 ? `; about ${formatCount(samples)} samples a side would do` : '';
}

/** In plain percent, with as many digits as small thresholds need. */
function percent(share: number): string {
  return share < 0.1 ? `${String(Number((share * 100).toPrecision(2)))}%` : formatPercent(share);
}

/** Whether two runs mean the same by a metric. */
export function isSameMeasure(one: Measurable, other: Measurable): boolean {
  return one.unit === other.unit && one.better === other.better && one.target === other.target;
}

/** Why two measurements of a metric cannot be held against each other; null: they can. */
export function obstacleOf(base: Measurable, next: Measurable, { minSamples, threshold }: Judging): string | null {
  if (!isSameMeasure(base, next)) {
    return 'the two runs do not mean the same by it: its unit, direction or target differs';
  }
  if (threshold === null && base.threshold !== next.threshold) {
    return `the two runs have different thresholds for it: ${percent(base.threshold)} and ${percent(next.threshold)}`;
  }
  const fewest = Math.min(base.samples.length, next.samples.length);
  if (fewest < minSamples) return `too few samples: ${fewest}, at least ${minSamples} a side are needed`;
  const values = [...base.samples, ...next.samples].map(({ value }) => value);
  return values.every((value) => value >= 0 && value < Infinity) ? null : 'of values below 0 there is no ratio';
}

/** Nothing by nothing is no change; something by nothing is beyond every number. */
function ratioOf(base: number, next: number): number {
  return base === next ? 1 : next / base;
}

/** How much worse a median is than that of the base, by what is better. */
function worseningOf({ better, target }: Measurable): {
  readonly isRatio: boolean;
  readonly of: (base: number, next: number) => number;
} {
  if (better === 'target' && target !== null && target !== 0) {
    return { isRatio: false, of: (base, next) => furtherFrom(target, base, next) };
  }
  if (better === 'higher') return { isRatio: true, of: (base, next) => ratioOf(next, base) - 1 };
  // The nearer to 0 the better: the lower.
  return { isRatio: true, of: (base, next) => ratioOf(base, next) - 1 };
}

/**
 * By how much further a value is from its target than before, as a share of it; below 0: nearer. What changed sides was moved
 * through the target: all of the larger distance counts. That a limit had let through a little too little, as a probe at
 * its edge may see it, does not excuse that it now lets through too much.
 */
function furtherFrom(target: number, base: number, next: number): number {
  const [before, after] = [base, next].map((value) => (value - target) / Math.abs(target)) as [number, number];
  const [was, is] = [Math.abs(before), Math.abs(after)];
  if (before * after >= 0) return is - was;
  return is >= was ? is : -was;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
