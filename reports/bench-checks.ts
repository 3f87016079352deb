/** A run or a comparison as a list of checks: what test reports (JUnit, KTAP) and annotations have in common. */
import type { BenchDocument, Invariant, Metric, ProbeResult, Verdict } from '../src/schema/bench.ts';
import type { Change, Comparison } from '../src/schema/bench-compare.ts';
import { formatInterval, formatMeasured, formatShare, metricSentence } from './bench-numbers.ts';

/** How a check ended. `inconclusive`: it could not be judged, which is neither good nor bad. */
export type CheckStatus = 'ok' | 'failed' | 'error' | 'inconclusive' | 'skipped';

/** One check. Its texts are as they were measured: each rendering makes them safe for its own format. */
export interface Check {
  readonly suite: string;
  readonly name: string;
  readonly status: CheckStatus;
  /** Why it is not `ok`, or what a passing one found worth saying. */
  readonly message: string | null;
  /** More lines: numbers, invariants. */
  readonly details: readonly string[];
  readonly seconds: number | null;
}

const OF_VERDICT: Readonly<Record<Verdict, CheckStatus>> = {
  pass: 'ok',
  fail: 'failed',
  inconclusive: 'inconclusive',
  // The setting was taken; that it is enforced was not shown.
  'read-back': 'skipped',
  unsupported: 'skipped',
  refused: 'skipped',
  error: 'error',
};

const OF_CHANGE: Readonly<Record<Change, CheckStatus>> = {
  regression: 'failed',
  improvement: 'ok',
  same: 'ok',
  inconclusive: 'inconclusive',
};

/** One check a probe. */
export function checksOfRun({ results }: BenchDocument): Check[] {
  return results.map((result) => ({
    suite: `${result.suite} ${result.runtime}`,
    name: result.id,
    status: statusOf(result),
    message: messageOf(result),
    details: [...result.invariants.map(invariantLine), ...result.metrics.map(metricLine)],
    seconds: result.durationMs / 1000,
  }));
}

/** One check a failed or unjudged probe, and one a metric; where the whole is inconclusive and none of them is, one that says so. */
export function checksOfComparison({ verdict, failed, unjudged, metrics, notes }: Comparison): Check[] {
  const checks = [
    ...failed.map(({ id, runtime, why, broken, base }): Check => {
      const first = broken[0];
      const message = why ?? (first === undefined ? 'it failed' : `does not hold: ${first.text}; ${first.observed}`);
      const was = `base: ${base ?? 'not there'}`;
      return {
        ...suiteOf(id, runtime),
        status: 'failed',
        message,
        details: [was, ...broken.map(invariantLine)],
        seconds: null,
      };
    }),
    ...unjudged.map(({ id, runtime, base, next, why }): Check => {
      const message = `${next ?? 'missing'}${why === null ? '' : `: ${why}`}`;
      const details = [`base: ${base ?? 'not there'}`];
      return { ...suiteOf(id, runtime), status: 'inconclusive', message, details, seconds: null };
    }),
    ...metrics.map((metric): Check => {
      const { suite, name } = suiteOf(metric.id, metric.runtime);
      const status = OF_CHANGE[metric.change];
      const sentence = metricSentence(metric);
      const isOk = status === 'ok';
      const message = isOk ? null : sentence;
      return {
        suite,
        name: `${name} ${metric.metric}`,
        status,
        message,
        details: isOk ? [sentence] : [],
        seconds: null,
      };
    }),
  ];
  const isUntold = verdict === 'inconclusive' && !checks.some(({ status }) => status === 'inconclusive');
  return isUntold ? [...checks, wholeCheck(notes)] : checks;
}

/** For what none of the checks can say, such as that there was nothing to compare. */
function wholeCheck([first = 'nothing to compare', ...details]: readonly string[]): Check {
  return { suite: 'bench', name: 'comparison', status: 'inconclusive', message: first, details, seconds: null };
}

function suiteOf(id: string, runtime: string): { readonly suite: string; readonly name: string } {
  return { suite: `${id.split('/', 1)[0] ?? ''} ${runtime}`, name: id };
}

/** A broken invariant fails a probe whatever it says of itself. */
function statusOf({ verdict, invariants }: ProbeResult): CheckStatus {
  return invariants.some(({ holds }) => !holds) ? 'failed' : OF_VERDICT[verdict];
}

function messageOf({ verdict, why, invariants }: ProbeResult): string | null {
  const broken = invariants.find(({ holds }) => !holds);
  if (why !== null) return verdict === 'pass' ? why : `${verdict}: ${why}`;
  if (broken !== undefined) return `does not hold: ${broken.text}; ${broken.observed}`;
  return verdict === 'pass' ? null : verdict;
}

function invariantLine({ id, text, holds, observed }: Invariant): string {
  return `${holds ? 'holds' : 'BROKEN'} ${id}: ${text}; ${observed}`;
}

function metricLine({ name, unit, summary }: Metric): string {
  const { n, median, cv, minimumDetectableEffect } = summary;
  const noise = `cv ${formatShare(cv)}, minimum detectable effect ${formatShare(minimumDetectableEffect)}`;
  return `${name}: median ${formatMeasured(median, unit)} ${formatInterval(summary, unit)}, ${n} samples, ${noise}`;
}
