import type { Judging } from '../schema/bench-compare.ts';

/**
 * How a comparison judges unless told otherwise. alpha: one false alarm in a hundred comparisons. delta 0.33: from there on
 * a difference is not called small (Romano et al., 2006). Ten samples: with them p can be as low as 0.00001, so
 * that something can be significant among a thousand metrics; five against five cannot go below 0.008. A scatter of 2: with it a change of
 * 10 % is found where noise is up to 2 %, and a drift of a machine that is seen within a run is no change.
 */
export const JUDGING: Judging = {
  alpha: 0.01,
  confidence: 0.95,
  delta: 0.33,
  minSamples: 10,
  resamples: 2000,
  seed: 1,
  threshold: null,
  stealDifference: 0.05,
  pressureDifference: 0.2,
  mostPressure: 0.95,
  mostScatter: 2,
};
