/** What benchmarks came to: the newest result of each probe in each runtime, and what its metrics were in the runs before. */
import type { BenchDocument, Invariant, Metric, ProbeResult, Verdict } from '../../../src/schema/bench.ts';
import type { MetricHistory } from '../../../src/schema/bench-history.ts';
import { RUNTIMES, SUITES } from '../../../src/schema/bench.ts';
import type { Mark } from '../../../src/schema/report.ts';
import { metricsOf } from '../../../src/stats/history-metrics.ts';
import { byText } from '../../../src/text/order.ts';

/** A probe in a runtime, as it was measured last. */
export interface Latest {
  readonly result: ProbeResult;
  readonly run: BenchDocument;
}

/** A metric of it. */
export interface Measured extends Latest {
  readonly metric: Metric;
  /** Over the runs; null: there is one run only. */
  readonly history: MetricHistory | null;
}

/** All that was measured. */
export interface Results {
  /** The oldest first. */
  readonly runs: readonly BenchDocument[];
  /** By suite, probe and runtime. */
  readonly latest: readonly Latest[];
  readonly measured: readonly Measured[];
}

/** Puts runs together, the oldest first. */
export function resultsOf(runs: readonly BenchDocument[]): Results {
  const latest = new Map<string, Latest>();
  for (const run of runs) for (const result of run.results) latest.set(keyOf(result), { result, run });
  const sorted = [...latest.values()].sort(
    ({ result: a }, { result: b }) =>
      SUITES.indexOf(a.suite) - SUITES.indexOf(b.suite) ||
      byText(a.id, b.id) ||
      RUNTIMES.indexOf(a.runtime) - RUNTIMES.indexOf(b.runtime),
  );
  const histories = runs.length < 2 ? [] : metricsOf(runs.map((run, at) => ({ id: at + 1, run })));
  const byKey = new Map(histories.map((one) => [`${keyOf(one)} ${one.metric}`, one]));
  const measured = sorted.flatMap((one) =>
    one.result.metrics
      .filter(({ samples }) => samples.length > 0)
      .map((metric) => ({ ...one, metric, history: byKey.get(`${keyOf(one.result)} ${metric.name}`) ?? null })),
  );
  return { runs, latest: sorted, measured };
}

function keyOf({ id, runtime }: Pick<ProbeResult, 'id' | 'runtime'>): string {
  return `${id} ${runtime}`;
}

/** What a probe came to. A broken invariant fails it whatever it says of itself. */
export function verdictOf({ verdict, invariants }: ProbeResult): Verdict {
  return brokenOf(invariants).length > 0 ? 'fail' : verdict;
}

/** Those that do not hold. */
export function brokenOf(invariants: readonly Invariant[]): readonly Invariant[] {
  return invariants.filter(({ holds }) => !holds);
}

/** What marks a verdict. */
export const VERDICT_MARKS: Readonly<Record<Verdict, Mark>> = {
  pass: 'pass',
  fail: 'fail',
  error: 'fail',
  inconclusive: 'unsure',
  'read-back': 'unsure',
  unsupported: 'absent',
  refused: 'absent',
};
