/** Compares runs that were read from files. */
import type { BenchDocument } from '../schema/bench.ts';
import type { Comparison, EnvironmentDifference, Judging } from '../schema/bench-compare.ts';
import { compareRuns, splitForSelfCheck, type BaseRun } from '../stats/compare.ts';
import { JUDGING } from '../stats/judging.ts';
import { NsinspectError } from '../text/error.ts';
import { formatPlural } from '../text/units.ts';
import type { HistoryBase } from './bench-stored.ts';

/** How to compare. */
export interface ComparingOptions {
  readonly version: string;
  readonly judging: Partial<Judging>;
  readonly anyEnvironment: boolean;
}

/** The comparison; a NsinspectError where the machines differ. */
export function compared(base: BaseRun, next: BenchDocument, options: ComparingOptions): Comparison {
  const comparison = compareRuns(base, next, options);
  if (!('mismatch' in comparison)) return comparison;
  throw new NsinspectError(`the runs are not of like machines: ${comparison.mismatch.map(differenceText).join('; ')}`, {
    code: 'other-environment',
    hint: 'what differs could be the machine: --any-environment compares them all the same',
  });
}

/** More of a value than this says nothing more. */
const LONGEST_VALUE = 60;

function differenceText({ what, base, next }: EnvironmentDifference): string {
  const [from, to] = [base, next].map((value) => (value ?? 'unknown').slice(0, LONGEST_VALUE));
  return `${what} ${from ?? ''} -> ${to ?? ''}`;
}

/**
 * A run by the runs before it that the history has. Where it has none, broken invariants are found all the same, and otherwise
 * nothing can be told.
 */
export function comparedWithHistory(
  found: HistoryBase | null,
  next: BenchDocument,
  options: ComparingOptions,
): Comparison {
  const comparison = compared(found?.base ?? { ...next, results: [] }, next, options);
  const withRuns = { ...comparison, base: { ...comparison.base, runs: found?.runs ?? [] } };
  if (found !== null) return withRuns;
  const what = `${next.quick ? 'quick ' : ''}run of ${next.suites.join(', ') || 'no suite'}`;
  const like = options.anyEnvironment ? '' : ' with this kernel, cgroup mode and CPU';
  return { ...withRuns, notes: [`the history has no earlier ${what}${like}`] };
}

/** A run against itself: its odd against its even rounds, in which nothing can have changed. */
export function comparedWithItself(run: BenchDocument, options: ComparingOptions): Comparison {
  const rounds = Math.max(0, ...run.results.flatMap(({ metrics }) => metrics.map(({ samples }) => samples.length)));
  if (rounds < 2 * JUDGING.minSamples) {
    throw new NsinspectError(
      `a run of ${formatPlural(rounds, 'round')} cannot be held against itself: each half needs ${JUDGING.minSamples}`,
      { code: 'too-few-rounds', hint: `measure with --rounds ${2 * JUDGING.minSamples} or more` },
    );
  }
  const [base, next] = splitForSelfCheck(run);
  return compared(base, next, options);
}

/** Whether something changed, for better or worse. */
export function hasChanged({ metrics }: Comparison): boolean {
  return metrics.some(({ change }) => change === 'regression' || change === 'improvement');
}
