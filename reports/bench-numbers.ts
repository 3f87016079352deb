/** Numbers of measurements in words, the same in every rendering. */
import type { Metric } from '../src/schema/bench.ts';
import type { ChangeEstimate, MetricComparison } from '../src/schema/bench-compare.ts';

/** Four digits say all that a benchmark can; more where a whole number has them. */
export function formatValue(value: number, digits = 4): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(digits)));
}

/** Units that follow each other, and by what factor. */
const LADDERS = [
  { units: ['ns', 'us', 'ms', 's'], factor: 1000 },
  { units: ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'], factor: 1024 },
] as const;

/** The unit in which a value is short, and by what it is to be divided. */
function shortUnit(value: number, unit: string): { readonly unit: string; readonly divisor: number } {
  for (const { units, factor } of LADDERS) {
    let step: number = (units as readonly string[]).indexOf(unit);
    if (step === -1) continue;
    let divisor = 1;
    for (; Math.abs(value / divisor) >= factor && step < units.length - 1; step++) divisor *= factor;
    return { unit: units[step] ?? unit, divisor };
  }
  // A yes or no says by itself what it counts, and so does a ratio.
  if (['1', 'ratio', '0 or 1'].includes(unit)) return { unit: '', divisor: 1 };
  // A unit is short; that of a forged run is not to push all else aside.
  return { unit: unit.slice(0, 12), divisor: 1 };
}

/** A value with its unit, in one in which it is short; a ratio (unit `1` or none) by itself. */
export function formatMeasured(value: number, unit: string, digits = 4): string {
  const short = shortUnit(value, unit);
  const number = formatValue(value / short.divisor, digits);
  return short.unit === '' ? number : `${number} ${short.unit}`;
}

/** An interval without its unit, which is the one in which {@link formatMeasured} shows the median. */
export function formatInterval({ interval, median }: Metric['summary'], unit: string, digits = 4): string {
  const { divisor } = shortUnit(median, unit);
  return `[${interval.map((bound) => formatValue(bound / divisor, digits)).join(', ')}]`;
}

/** A relative change with its sign: `+4.9%`, `-12%`, `+0%`; beyond tenfold as a factor. Null is unbounded. */
export function formatChange(change: number | null): string {
  if (change === null) return '+inf';
  if (change >= 9) return `x${formatValue(change + 1)}`;
  const percent = Math.abs(change * 100);
  const digits = percent < 9.95 ? percent.toFixed(1) : percent.toFixed(0);
  return `${change < 0 && Number(digits) !== 0 ? '-' : '+'}${digits}%`;
}

/** A share without a sign: `2%`, `0.5%`; null is a dash. */
export function formatShare(share: number | null): string {
  return share === null ? '-' : `${String(Number((share * 100).toPrecision(2)))}%`;
}

/** The minimum detectable effect of a metric; in brackets where no comparison judges it. A dash: too few samples. */
export function formatDetectable({ informative, summary }: Metric): string {
  const share = formatShare(summary.minimumDetectableEffect);
  return informative && share !== '-' ? `(${share})` : share;
}

/** A ratio of medians as a change: `+4.9% [+4.1%, +5.8%]`, or in brief `+4.9% [4.1 5.8]`. */
export function formatRatio(ratio: ChangeEstimate | null, isBrief = false): string {
  if (ratio === null) return '-';
  const [estimate = '', low = '', high = ''] = [ratio.estimate, ...ratio.interval].map((one) =>
    formatChange(one === null ? null : one - 1),
  );
  const brief = (text: string): string => text.replaceAll(/^\+|%$/g, '');
  return isBrief ? `${estimate} [${brief(low)} ${brief(high)}]` : `${estimate} [${low}, ${high}]`;
}

/** A probability: small ones as a power of ten, not as 0. */
export function formatP(p: number | null): string {
  if (p === null) return '-';
  return p < 0.001 ? p.toExponential(0) : p.toFixed(3);
}

/** What became of a metric, in one sentence with its numbers. */
export function metricSentence({
  metric,
  unit,
  base,
  next,
  ratio,
  adjustedP,
  delta,
  ...rest
}: MetricComparison): string {
  const values = `${formatMeasured(base.median, unit)} -> ${formatMeasured(next.median, unit)}`;
  const numbers = [
    `threshold ${formatShare(rest.threshold)}`,
    `p ${formatP(adjustedP)}`,
    `delta ${delta === null ? '-' : delta.toFixed(2)}`,
    `minimum detectable effect ${formatShare(rest.minimumDetectableEffect)}`,
    `${base.n} and ${next.n} samples`,
  ];
  const why = rest.why === null ? '' : `: ${rest.why}`;
  return `${metric} ${rest.change}${why}; ${values}, ${formatRatio(ratio)}; ${numbers.join(', ')}`;
}
