import type { Summary } from '../schema/bench.ts';
import { percentileInterval, resampledMedians } from './bootstrap.ts';
import { minimumDetectableEffect } from './detectable.ts';
import { JUDGING } from './judging.ts';
import { meanAndDeviation, median, quantile, sorted } from './quantiles.ts';
import { randomFrom } from './random.ts';

/**
 * What the samples of one metric come to. The minimum detectable effect is that of a comparison with as many samples of the same
 * noise and no other metric, judged as {@link JUDGING} says. Throws RangeError where there is no sample. `name` seeds the bootstrap.
 */
export function summarize(values: readonly number[], name = ''): Summary {
  const ascending = sorted(values);
  const { mean, deviation } = meanAndDeviation(ascending);
  const medians = resampledMedians(ascending, JUDGING.resamples, randomFrom(`${JUDGING.seed} summary ${name}`));
  const side = { ascending, medians };
  return {
    n: ascending.length,
    median: median(ascending),
    mean,
    cv: variationOf(mean, deviation),
    p5: quantile(ascending, 0.05),
    p95: quantile(ascending, 0.95),
    p99: quantile(ascending, 0.99),
    interval: percentileInterval(medians, JUDGING.confidence),
    minimumDetectableEffect:
      ascending.length < JUDGING.minSamples ? null : minimumDetectableEffect(side, side, JUDGING),
  };
}

/** Coefficient of variation; null: of a mean of 0 there is none. */
export function variationOf(mean: number, deviation: number): number | null {
  return mean === 0 ? null : deviation / Math.abs(mean);
}
