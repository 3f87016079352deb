/** Mann and Whitney's test: do the values of one sample tend to be larger than those of the other? */
import { normalAbove } from './normal.ts';

/** The answer of {@link mannWhitney}. */
export interface MannWhitney {
  /** Pairs in which the second sample's value is the larger one; equal ones count half. */
  readonly u: number;
  /** Two-sided: how probable a U at least as far from its mean is if the two are of one kind. */
  readonly p: number;
  /** Whether p is the exact one of all ways to divide the values between the two. */
  readonly exact: boolean;
  /** Cliff's delta, -1 to 1: how much more often the second sample's value is the larger one than the smaller. */
  readonly delta: number;
}

/**
 * Up to so many pairs the distribution is counted out. Without ties it depends on the sizes alone and is kept; with ties it has to be
 * counted for each metric anew, which takes ten times as long as all the rest of a comparison if samples are larger.
 */
const MOST_PAIRS = 2500;
const MOST_PAIRS_WITH_TIES = 225;

/**
 * Compares two samples in ascending order, neither empty. The exact distribution under the null hypothesis where the samples are
 * small, with ties too; otherwise the normal approximation with corrections for ties and continuity (Lehmann, Nonparametrics,
 * 1.3; Hollander and Wolfe, Nonparametric Statistical Methods, 4.1).
 */
export function mannWhitney(first: Float64Array, second: Float64Array): MannWhitney {
  const [m, n] = [first.length, second.length];
  if (m === 0 || n === 0) throw new RangeError('a test of no samples');
  const groups = groupsOf(first, second);
  // Twice U, so that half a pair is a whole number.
  let doubleU = -n * (n + 1);
  let before = 0;
  for (const { size, ofSecond } of groups) {
    doubleU += ofSecond * (2 * before + size + 1);
    before += size;
  }
  const sizes = groups.map(({ size }) => size);
  const hasTies = sizes.length < m + n;
  const exact = m * n <= (hasTies ? MOST_PAIRS_WITH_TIES : MOST_PAIRS);
  const p = exact ? exactP(sizes, m, n, doubleU) : approximateP(sizes, m, n, doubleU);
  return { u: doubleU / 2, p, exact, delta: doubleU / (m * n) - 1 };
}

/** The smallest p that samples of these sizes can have: all of one above all of the other. */
export function smallestP(m: number, n: number): number {
  let ways = 1;
  for (let k = 1; k <= n; k++) ways *= (m + k) / k;
  return Math.min(1, 2 / ways);
}

interface Group {
  readonly size: number;
  readonly ofSecond: number;
}

/** The values of both, ascending, equal ones together. */
function groupsOf(first: Float64Array, second: Float64Array): Group[] {
  const groups: Group[] = [];
  let [i, j] = [0, 0];
  while (i < first.length || j < second.length) {
    const value = Math.min(first[i] ?? Infinity, second[j] ?? Infinity);
    const [fromI, fromJ] = [i, j];
    while (i < first.length && (first[i] ?? NaN) <= value) i++;
    while (j < second.length && (second[j] ?? NaN) <= value) j++;
    // What is no number is neither less nor equal: it would be looked at for ever.
    if (i === fromI && j === fromJ) throw new RangeError('a test of what is no number');
    groups.push({ size: i - fromI + (j - fromJ), ofSecond: j - fromJ });
  }
  return groups;
}

function approximateP(sizes: readonly number[], m: number, n: number, doubleU: number): number {
  const total = m + n;
  const ties = sizes.reduce((sum, size) => sum + size ** 3 - size, 0);
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  if (variance <= 0) return 1;
  const distance = Math.abs(doubleU - m * n) / 2;
  return Math.min(1, 2 * normalAbove(Math.max(0, distance - 0.5) / Math.sqrt(variance)));
}

/** Distributions of twice U without ties, by the two sizes. */
const kept = new Map<string, Float64Array>();

function exactP(sizes: readonly number[], m: number, n: number, doubleU: number): number {
  const hasTies = sizes.length < m + n;
  const key = `${m} ${n}`;
  const ways = (hasTies ? undefined : kept.get(key)) ?? waysOf(sizes, n);
  if (!hasTies) kept.set(key, ways);
  const distance = Math.abs(doubleU - m * n);
  let all = 0;
  let asFar = 0;
  for (const [at, number] of ways.entries()) {
    all += number;
    if (Math.abs(at - m * n) >= distance) asFar += number;
  }
  return Math.min(1, asFar / all);
}

/**
 * In how many ways `n` of the values can be the second sample's so that twice U is the index. Group by group: of `size` equal values,
 * `taken` are chosen in (size over taken) ways and add as many times twice their mean rank. Sums of positive numbers
 * only, so that nothing is lost to cancellation.
 */
function waysOf(sizes: readonly number[], n: number): Float64Array {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const most = 2 * n * (total - n);
  // Twice the rank sum, less the least that so many values can have: then the index is twice U.
  const width = most + 1;
  let ways = Array.from({ length: n + 1 }, () => new Float64Array(width));
  (ways[0] ?? new Float64Array()).fill(1, 0, 1);
  let before = 0;
  for (const size of sizes) {
    const following = Array.from({ length: n + 1 }, () => new Float64Array(width));
    for (const [chosen, row] of ways.entries()) {
      let choices = 1;
      for (let taken = 0; taken <= Math.min(size, n - chosen); taken++) {
        // Each of those taken lies above `before - chosen` of the other sample, and is level with `size - taken` of it.
        const added = taken * (2 * (before - chosen) + size - taken);
        const into = following[chosen + taken] ?? new Float64Array();
        if (before >= chosen) {
          for (let u = 0; u + added < width; u++) into[u + added] = (into[u + added] ?? 0) + choices * (row[u] ?? 0);
        }
        choices = (choices * (size - taken)) / (taken + 1);
      }
    }
    ways = following;
    before += size;
  }
  return ways[n] ?? new Float64Array();
}
