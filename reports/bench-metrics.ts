/** The metrics of a run in the formats of services that keep histories of benchmarks. Informative metrics are left out. */
import type { BenchDocument, Metric } from '../src/schema/bench.ts';
import { terminalSafe } from '../src/text/safe.ts';

/** One entry of github-action-benchmark. */
export interface ActionBenchmark {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly range: string;
  readonly extra: string;
}

/**
 * For github-action-benchmark, which takes one direction a file: `lower` for its tool customSmallerIsBetter, `higher` for
 * customBiggerIsBetter. What has a target is among the former, by its distance from it.
 */
export function githubActionBenchmark(run: BenchDocument, better: 'lower' | 'higher'): ActionBenchmark[] {
  return judgedMetrics(run)
    .filter(({ metric }) => (metric.better === 'higher') === (better === 'higher'))
    .map(({ bench, metric }) => {
      const { median, interval, n, cv } = metric.summary;
      const { target } = metric.better === 'target' ? metric : { target: null };
      return {
        name: `${bench}: ${terminalSafe(metric.name)}${target === null ? '' : `, distance from ${target}`}`,
        unit: terminalSafe(metric.unit),
        value: target === null ? median : Math.abs(median - target),
        range: `± ${Number(((interval[1] - interval[0]) / 2).toPrecision(3))}`,
        extra: `median ${median} of ${n} samples\ncv ${cv === null ? '-' : cv.toPrecision(3)}`,
      };
    });
}

/** A measure of the Bencher Metric Format. */
export interface BencherMeasure {
  readonly value: number;
  readonly lower_value: number;
  readonly upper_value: number;
}

/** The Bencher Metric Format: benchmark -> measure -> median with its interval. */
export function bencherMetricFormat(run: BenchDocument): Record<string, Record<string, BencherMeasure>> {
  const byBench = Map.groupBy(judgedMetrics(run), ({ bench }) => bench);
  // From entries, so that a name such as __proto__ is one like any other.
  return Object.fromEntries(
    Array.from(byBench, ([bench, metrics]) => [
      bench,
      Object.fromEntries(
        metrics.map(({ metric: { name, unit, summary } }) => [
          unit === '' || unit === '1' ? terminalSafe(name) : `${terminalSafe(name)} (${terminalSafe(unit)})`,
          { value: summary.median, lower_value: summary.interval[0], upper_value: summary.interval[1] },
        ]),
      ),
    ]),
  );
}

function judgedMetrics({ results }: BenchDocument): { readonly bench: string; readonly metric: Metric }[] {
  return results.flatMap(({ id, runtime, metrics }) =>
    metrics
      .filter(({ informative }) => !informative)
      .map((metric) => ({ bench: `${terminalSafe(id)} (${runtime})`, metric })),
  );
}
