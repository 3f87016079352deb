/** How small a change a comparison can find: what separates "nothing changed" from "nothing could have been seen". */
import { smallestP } from './mann-whitney.ts';
import { normalQuantileAbove } from './normal.ts';
import { median, meanAndDeviation } from './quantiles.ts';

/** The power that is asked for: the share of real changes that is to be found. */
const MISSED = 0.05;

/** Beyond this probability of superiority samples of some ten are apart completely, nearly always. */
const MOST_SUPERIORITY = 0.99;

/** A change by more than this factor is none that anybody needs to look up. */
const LARGEST = 1000;

/** One side: its values in ascending order and the medians of its resamples. */
export interface Resampled {
  readonly ascending: Float64Array;
  readonly medians: Float64Array;
}

/** What the comparison demands. */
export interface Demands {
  /** Of the rank test, after what the correction for many metrics may make of it. */
  readonly alpha: number;
  readonly confidence: number;
  /** Least size of Cliff's delta. */
  readonly delta: number;
}

/**
 * The smallest relative change of the median, such as 0.03, that a comparison of these two would find in 95 of 100 cases: that
 * the interval of the ratio of medians leaves out 1, that the rank test is significant and that Cliff's delta is large enough.
 * To be called a regression the change must exceed the practical threshold besides, and one of speed twice the scatter of the samples,
 * which no number of samples makes smaller. Null: none, as there are too few samples for
 * that test, or values whose ratio means nothing. For a single sample, give it twice: a comparison with another of its kind.
 *
 * For the interval, the error of the logarithm of the ratio is taken from the resampled medians. For the rank test, the probability that
 * a value of one side exceeds one of the other has to differ from one half by what Noether asks for ("Sample size
 * determination for some common nonparametric tests", JASA 82, 1987), and the change that makes it so is searched for on
 * the values themselves: no distribution is supposed.
 */
export function minimumDetectableEffect(base: Resampled, next: Resampled, demands: Demands): number | null {
  const [m, n] = [base.ascending.length, next.ascending.length];
  if (m < 2 || n < 2 || smallestP(m, n) >= demands.alpha) return null;
  const middles = [median(base.ascending), median(next.ascending)] as const;
  if (!middles.every((middle) => middle > 0 && Number.isFinite(middle))) return null;

  const power = normalQuantileAbove(MISSED);
  const logError = Math.hypot(logDeviation(base.medians), logDeviation(next.medians));
  const byInterval = Math.expm1((normalQuantileAbove((1 - demands.confidence) / 2) + power) * logError);

  const error = Math.sqrt((m + n + 1) / (12 * m * n));
  const superiority = Math.min(
    MOST_SUPERIORITY,
    0.5 + Math.max((normalQuantileAbove(demands.alpha / 2) + power) * error, demands.delta / 2 + power * error),
  );
  const scaled = next.ascending.map((value) => (value / middles[1]) * middles[0]);
  const byRanks = smallestChange(base.ascending, scaled, superiority);
  return byRanks === null || !Number.isFinite(byInterval) ? null : Math.max(byInterval, byRanks);
}

function logDeviation(medians: Float64Array): number {
  return meanAndDeviation(medians.map(Math.log)).deviation;
}

/** The relative growth of the second sample at which its values exceed those of the first with this probability. */
function smallestChange(first: Float64Array, second: Float64Array, superiority: number): number | null {
  const reaches = (change: number): boolean => superiorityOf(first, second, 1 + change) >= superiority;
  if (reaches(0)) return 0;
  let high = 1e-6;
  while (!reaches(high)) {
    high *= 2;
    if (high > LARGEST) return null;
  }
  // The smallest that was tried is as good as none.
  if (high === 1e-6) return 0;
  let low = high / 2;
  for (let halvings = 0; halvings < 20; halvings++) {
    const middle = (low + high) / 2;
    if (reaches(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** Share of pairs in which the second's value, times the factor, is larger; equal ones count half. Both ascending. */
function superiorityOf(first: Float64Array, second: Float64Array, factor: number): number {
  let [below, notAbove, sum] = [0, 0, 0];
  for (const value of second) {
    const grown = value * factor;
    while (below < first.length && (first[below] ?? NaN) < grown) below++;
    notAbove = Math.max(notAbove, below);
    while (notAbove < first.length && (first[notAbove] ?? NaN) <= grown) notAbove++;
    sum += (below + notAbove) / 2;
  }
  return sum / (first.length * second.length);
}
