/**
 * Holm's step-down correction: p-values such that refusing all hypotheses whose value is below alpha is wrong even once with a
 * probability of at most alpha, however the tests depend on each other ("A simple sequentially rejective multiple test procedure",
 * 1979). In the order of the input.
 */
export function holm(ps: readonly number[]): number[] {
  const adjusted = new Array<number>(ps.length).fill(1);
  let most = 0;
  const order = ps.map((p, at) => ({ p, at })).sort((a, b) => a.p - b.p);
  for (const [rank, { p, at }] of order.entries()) {
    most = Math.max(most, Math.min(1, p * (ps.length - rank)));
    adjusted[at] = most;
  }
  return adjusted;
}
