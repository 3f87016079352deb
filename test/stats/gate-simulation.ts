/** How often the gate is right, over pairs of runs resampled from a pool of measured samples. */
import type { Better } from '../../src/schema/bench.ts';
import type { Change, Comparison } from '../../src/schema/bench-compare.ts';
import { compareRuns } from '../../src/stats/compare.ts';
import { meanAndDeviation, sorted } from '../../src/stats/quantiles.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { summarize } from '../../src/stats/summary.ts';
import { madeMetric, madeProbe, madeRun } from './made-runs.ts';

/** Samples of one metric: what scripts/bench-pool.ts writes. */
export interface PoolMetric {
  readonly id: string;
  readonly metric: string;
  readonly unit: string;
  readonly better: Better;
  readonly target: number | null;
  readonly threshold: number;
  readonly values: readonly number[];
}

const NO_SUMMARY = summarize([0]);

/** The coefficient of variation of a pool. */
export function noiseOf({ values }: PoolMetric): number {
  const { mean, deviation } = meanAndDeviation(sorted(values));
  return deviation / mean;
}

/** What becomes of each metric in `pairs` pairs of runs of `n` samples each, the new one's values changed by `factor`. */
export function simulate(pool: readonly PoolMetric[], pairs: number, n: number, factor: number): Map<string, Change[]> {
  const changes = new Map<string, Change[]>();
  for (let pair = 0; pair < pairs; pair++) {
    const [base, next] = [1, factor].map((by, side) =>
      madeRun(
        pool.map((one) => {
          const random = randomFrom(`${one.id} ${one.metric} ${pair} ${side}`);
          const values = Array.from({ length: n }, () => (one.values[random.below(one.values.length)] ?? NaN) * by);
          const { better, target, threshold, unit } = one;
          // Summaries are no part of a comparison, and would take longer than it.
          const metric = madeMetric(values, { name: one.metric, better, target, threshold, unit, summary: NO_SUMMARY });
          return madeProbe(`${one.id} ${one.metric}`, [metric]);
        }),
      ),
    );
    const { metrics } = compareRuns(base!, next!, { version: '0', judging: { seed: pair } }) as Comparison;
    for (const { id, change } of metrics) changes.set(id, [...(changes.get(id) ?? []), change]);
  }
  return changes;
}

/** The share of these. */
export function shareOf(changes: readonly Change[], wanted: Change): number {
  return changes.filter((change) => change === wanted).length / changes.length;
}
