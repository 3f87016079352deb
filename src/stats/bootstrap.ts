/** The bootstrap of the median: how far it would have been elsewhere with other samples of the same kind. */
import { quantile } from './quantiles.ts';
import type { Random } from './random.ts';

/**
 * Medians of `resamples` samples as large as the given one, drawn from it with replacement, in the order in which they were
 * drawn. The numbers must be ascending: the median is then found by counting how often each was drawn, without sorting.
 * Throws RangeError where there is none.
 */
export function resampledMedians(ascending: Float64Array, resamples: number, random: Random): Float64Array {
  const n = ascending.length;
  if (n === 0) throw new RangeError('a bootstrap of no numbers');
  const medians = new Float64Array(resamples);
  const drawn = new Uint32Array(n);
  const lower = (n - 1) >> 1;
  const upper = n >> 1;
  for (let r = 0; r < resamples; r++) {
    drawn.fill(0);
    for (let i = 0; i < n; i++) {
      const at = random.below(n);
      drawn[at] = (drawn[at] ?? 0) + 1;
    }
    let at = 0;
    let seen = drawn[0] ?? 0;
    while (seen <= lower) seen += drawn[++at] ?? 0;
    const low = ascending[at] ?? NaN;
    while (seen <= upper) seen += drawn[++at] ?? 0;
    const high = ascending[at] ?? NaN;
    // Their sum may be beyond every number; half of the smallest number is 0.
    medians[r] = low === high ? low : low / 2 + high / 2;
  }
  return medians;
}

/** The interval that holds the share `confidence` of the resampled figures, as much below it as above (percentile method). */
export function percentileInterval(figures: Float64Array, confidence: number): [number, number] {
  const ascending = figures.slice().sort();
  const tail = (1 - confidence) / 2;
  return [quantile(ascending, tail), quantile(ascending, 1 - tail)];
}
