/** Runs over time: since when does a limit not hold, and what else was new then? */
import type { BenchDocument, ProbeResult } from '../schema/bench.ts';
import type { BrokenInvariant, ProbeFailures, RunReference, SetupChange } from '../schema/bench-history.ts';
import { environmentDifferences, isFailed, keyOf } from './compare.ts';

/** A run with its number in the history. */
export interface NumberedRun {
  readonly id: number;
  readonly run: BenchDocument;
}

/** What was another in a later run: the machine, a runtime that both have, nsinspect itself. */
export function setupChanges(before: BenchDocument, after: BenchDocument): SetupChange[] {
  const machine = environmentDifferences(before.environment, after.environment).map(({ what, base, next }) => ({
    what,
    before: base,
    after: next,
  }));
  const runtimes = after.environment.runtimes.flatMap(({ runtime, version, usable }) => {
    const was = before.environment.runtimes.find((one) => one.runtime === runtime && one.usable);
    const isChanged = was !== undefined && usable && was.version !== version;
    return isChanged ? [{ what: runtime, before: was.version, after: version }] : [];
  });
  const [old, now] = [before.tool.version, after.tool.version];
  return [...machine, ...runtimes, ...(old === now ? [] : [{ what: 'nsinspect', before: old, after: now }])];
}

/** The probes that failed in any of the runs (the newest last); those that still do come first. */
export function failuresOf(runs: readonly NumberedRun[]): ProbeFailures[] {
  const judged = new Map<string, Judged[]>();
  for (const numbered of runs) {
    for (const result of numbered.run.results) {
      if (!isFailed(result) && result.verdict !== 'pass') continue;
      const known = judged.get(keyOf(result));
      if (known === undefined) judged.set(keyOf(result), [{ numbered, result }]);
      else known.push({ numbered, result });
    }
  }
  const failures = [...judged.values()].flatMap((history) => probeFailures(history) ?? []);
  return failures.sort((a, b) => Number(a.since === null) - Number(b.since === null));
}

/** What a run that judged a probe said of it. */
interface Judged {
  readonly numbered: NumberedRun;
  readonly result: ProbeResult;
}

function probeFailures(history: readonly Judged[]): ProbeFailures | null {
  const newest = history.at(-1);
  const lastFailure = history.findLast(({ result }) => isFailed(result));
  if (newest === undefined || lastFailure === undefined) return null;
  const passed = history.findLast(({ result }) => !isFailed(result));
  const since = firstOfLastOnes(history, ({ result }) => isFailed(result));
  const { id, runtime, title, verdict } = newest.result;
  return {
    id,
    runtime,
    title,
    verdict,
    judged: history.length,
    failed: history.filter(({ result }) => isFailed(result)).length,
    since: since === null ? null : referenceTo(since.numbered),
    lastPass: passed === undefined ? null : referenceTo(passed.numbered),
    lastFailure: referenceTo(lastFailure.numbered),
    changes: since === null || passed === undefined ? [] : setupChanges(passed.numbered.run, since.numbered.run),
    invariants: invariantsOf(history),
  };
}

function invariantsOf(history: readonly Judged[]): BrokenInvariant[] {
  const broken = new Map<string, BrokenInvariant>();
  const breaks = (result: ProbeResult, id: string): boolean =>
    result.invariants.some((invariant) => invariant.id === id && !invariant.holds);
  for (const { result } of history) {
    for (const { id, text, observed, holds } of result.invariants) {
      if (holds) continue;
      const since = firstOfLastOnes(history, (one) => breaks(one.result, id));
      broken.set(id, { id, text, observed, since: since === null ? null : referenceTo(since.numbered) });
    }
  }
  return [...broken.values()];
}

/** The first of the unbroken row of those at the end of which this is true; null: it is not of the last. */
function firstOfLastOnes<T>(list: readonly T[], is: (one: T) => boolean): T | null {
  return list[list.findLastIndex((one) => !is(one)) + 1] ?? null;
}

/** The run by its number. */
export function referenceTo({ id, run }: NumberedRun): RunReference {
  return { run: id, takenAt: run.takenAt };
}
