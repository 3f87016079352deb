/** The standard normal distribution. */

/**
 * Probability of a value above `z`, as exact far out as in the middle: the series of the density's integral near 0, the
 * continued fraction of Mills' ratio beyond (Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.11 and 26.2.14).
 */
export function normalAbove(z: number): number {
  if (z < 0) return 1 - normalAbove(-z);
  const density = Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  if (z < 2.5) {
    let term = z;
    let sum = z;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= (z * z) / k;
      sum += term;
    }
    return 0.5 - density * sum;
  }
  let fraction = z;
  for (let k = 200; k > 0; k--) fraction = z + k / fraction;
  return density / fraction;
}

/** The value above which lies a share `p` of the distribution, 0 < p < 1. */
export function normalQuantileAbove(p: number): number {
  // Beyond 38 no double is left.
  let low = -38;
  let high = 38;
  for (let halvings = 0; halvings < 100; halvings++) {
    const middle = (low + high) / 2;
    if (normalAbove(middle) > p) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
