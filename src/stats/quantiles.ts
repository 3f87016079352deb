/** Simple figures of a list of numbers. */

/** The numbers in ascending order, in a new array that may be indexed fast. */
export function sorted(values: Iterable<number>): Float64Array {
  return Float64Array.from(values).sort();
}

/**
 * The quantile at `q`, 0 to 1, of numbers in ascending order, with linear interpolation between neighbours (type 7 of Hyndman
 * and Fan, "Sample quantiles in statistical packages", 1996: what R and NumPy do unless told otherwise). Throws RangeError
 * where there is no number.
 */
export function quantile(ascending: ArrayLike<number>, q: number): number {
  const at = (ascending.length - 1) * q;
  const low = ascending[Math.floor(at)];
  const high = ascending[Math.ceil(at)];
  if (low === undefined || high === undefined) throw new RangeError('a quantile of no numbers');
  // Equal ones stay as they are: infinity minus infinity would be no number.
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

/** The middle of numbers in ascending order. Throws RangeError where there is none. */
export function median(ascending: ArrayLike<number>): number {
  return quantile(ascending, 0.5);
}

/** Arithmetic mean and standard deviation (with n - 1; 0 for a single number). Throws RangeError where there is no number. */
export function meanAndDeviation(values: Float64Array): { readonly mean: number; readonly deviation: number } {
  if (values.length === 0) throw new RangeError('a mean of no numbers');
  // Relative to the first, so that equal numbers deviate by 0 exactly.
  const origin = values[0] ?? 0;
  const shift = values.reduce((sum, value) => sum + (value - origin), 0) / values.length;
  const mean = origin + shift;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: values.length === 1 ? 0 : Math.sqrt(squares / (values.length - 1)) };
}
