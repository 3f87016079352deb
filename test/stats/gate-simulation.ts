/** How often the gate is right, over pairs of runs resampled from a pool of measured samples. */
import type { Change, Comparison, Judging, MetricComparison } from '../../src/schema/bench-compare.ts';
import { compareRuns } from '../../src/stats/compare.ts';
import { JUDGING } from '../../src/stats/judging.ts';
import { meanAndDeviation, sorted } from '../../src/stats/quantiles.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { summarize, variationOf } from '../../src/stats/summary.ts';
import { madeMetric, madeProbe, madeRun } from './made-runs.ts';
import { samplesOf, type PoolMetric } from './measured-pool.ts';

/** Samples a side: the rounds that docs/bench.md asks for. */
export const SAMPLES = 20;

/** The noise up to which a change has to be found. */
const QUIET = 0.02;

const NO_SUMMARY = summarize([0]);

/** A metric's name among all. */
export function nameOf({ id, metric }: Pick<PoolMetric, 'id' | 'metric'>): string {
  return `${id} ${metric}`;
}

/** The coefficient of variation of a pool; null: its mean is 0. */
export function noiseOf(metric: Pick<PoolMetric, 'runs'>): number | null {
  const { mean, deviation } = meanAndDeviation(sorted(samplesOf(metric)));
  return variationOf(mean, deviation);
}

/** Whether changes of it have to be found. */
export function isQuiet(metric: Pick<PoolMetric, 'runs'>): boolean {
  const noise = noiseOf(metric);
  return noise !== null && noise <= QUIET;
}

/** Compares two runs of these metrics. */
export function comparison(
  metrics: readonly PoolMetric[],
  sides: readonly [base: readonly (readonly number[])[], next: readonly (readonly number[])[]],
  judging: Partial<Judging>,
): readonly MetricComparison[] {
  const [base, next] = sides.map((values) =>
    madeRun(
      metrics.map((one, at) => {
        const { better, target, threshold, unit, metric } = one;
        // Summaries are no part of a comparison, and would take longer than it.
        const made = { name: metric, better, target, threshold, unit, summary: NO_SUMMARY };
        return madeProbe(nameOf(one), [madeMetric(values[at] ?? [], made)]);
      }),
    ),
  );
  return (compareRuns(base!, next!, { version: '0', judging }) as Comparison).metrics;
}

function drawn(metric: PoolMetric, seed: string, factor: number): number[] {
  const values = samplesOf(metric);
  const random = randomFrom(`${nameOf(metric)} ${seed}`);
  return Array.from({ length: SAMPLES }, () => (values[random.below(values.length)] ?? NaN) * factor);
}

/**
 * The share of pairs of runs of one suite, in which nothing changed, of which a gate says that something did. What is not
 * significant is never said to have changed: the bootstrap, which takes nearly all of the time, is done where something is.
 */
export function falseAlarms(
  suite: readonly PoolMetric[],
  pairs: number,
): { readonly regression: number; readonly improvement: number } {
  const significant = Array.from({ length: pairs }, (_, pair) => pair).flatMap((pair) => {
    const sides = [
      suite.map((one) => drawn(one, `${pair} base`, 1)),
      suite.map((one) => drawn(one, `${pair} next`, 1)),
    ] as const;
    const ranked = comparison(suite, sides, { seed: pair, resamples: 1 });
    const isSignificant = ranked.some(({ adjustedP }) => adjustedP !== null && adjustedP < JUDGING.alpha);
    return isSignificant ? [comparison(suite, sides, { seed: pair }).map(({ change }) => change)] : [];
  });
  const share = (wanted: Change): number => significant.filter((changes) => changes.includes(wanted)).length / pairs;
  return { regression: share('regression'), improvement: share('improvement') };
}

/**
 * What becomes of one metric whose values change by `factor`, in pairs of runs. It is judged as among `metrics` metrics of which
 * no other changes, where Holm's correction takes most: alpha is divided by their number.
 */
export function changed(
  metric: PoolMetric,
  { pairs, metrics, factor }: { readonly pairs: number; readonly metrics: number; readonly factor: number },
): Change[] {
  return Array.from({ length: pairs }, (_, pair) => {
    const sides = [[drawn(metric, `${pair} base`, 1)], [drawn(metric, `${pair} next`, factor)]] as const;
    return comparison([metric], sides, { seed: pair, alpha: JUDGING.alpha / metrics })[0]?.change ?? 'inconclusive';
  });
}

/** Runs of one suite as they were taken, each held against each later one: how many pairs, and in how many something changed. */
export function blocks(suite: readonly PoolMetric[]): { readonly pairs: number; readonly changed: number } {
  const runs = suite[0]?.runs.length ?? 0;
  const pairs = Array.from({ length: runs }, (_, later) =>
    Array.from({ length: later }, (__, earlier) => [earlier, later] as const),
  ).flat();
  const differing = pairs.filter(([earlier, later]) => {
    const sides = [suite.map((one) => one.runs[earlier] ?? []), suite.map((one) => one.runs[later] ?? [])] as const;
    return comparison(suite, sides, {}).some(({ change }) => change === 'regression' || change === 'improvement');
  });
  return { pairs: pairs.length, changed: differing.length };
}

/** The factor that makes a metric worse by a share: what costs more, or lets through more, or does less. */
export function worse({ better }: Pick<PoolMetric, 'better'>, share: number): number {
  return better === 'higher' ? 1 / (1 + share) : 1 + share;
}

/** The share of these. */
export function shareOf(changes: readonly Change[], wanted: Change): number {
  return changes.filter((change) => change === wanted).length / changes.length;
}
