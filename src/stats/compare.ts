/** Two runs side by side: broken invariants first, then what the statistics allow to say. */
import type { BenchDocument, BenchEnvironment, ProbeResult, Verdict } from '../schema/bench.ts';
import {
  COMPARISON_SCHEMA,
  type ComparedProbe,
  type ComparedRun,
  type Comparison,
  type EnvironmentDifference,
  type FailedProbe,
  type GateVerdict,
  type InformativeMetric,
  type Judging,
  type MetricComparison,
  type Mismatch,
  type UnjudgedProbe,
} from '../schema/bench-compare.ts';
import { formatPlural } from '../text/units.ts';
import { holm } from './holm.ts';
import { judge, measure, sideOf, type Measurable, type Measured } from './judge.ts';
import { JUDGING } from './judging.ts';

/** A probe of a base. */
export type BaseResult = Omit<ProbeResult, 'metrics'> & { readonly metrics: readonly Measurable[] };

/** What a run is compared with: another one, or several that are taken together. */
export type BaseRun = Omit<BenchDocument, 'results'> & { readonly results: readonly BaseResult[] };

/** What {@link compareRuns} is told. */
export interface CompareOptions {
  /** Version of this program, for the document. */
  readonly version: string;
  /** What is to differ from {@link JUDGING}. */
  readonly judging?: Partial<Judging>;
  /** Compare runs of different environments, too: whether a new kernel loosens a limit, say. */
  readonly anyEnvironment?: boolean;
}

/**
 * Compares a new run with a base. The document says of each metric what became of it, and of the whole run, as a gate does:
 * `broken` where a probe of the new run failed or one of its invariants does not hold (then whatever the base said),
 * `regression` where a metric is worse, `inconclusive` where something that the base judged could not be judged, or where they
 * have no probe in common.
 * Runs of different environments are refused unless told otherwise. Same runs and options, same document.
 *
 * A metric is worse only if all agree: the Mann-Whitney test (p below alpha after Holm's correction over all metrics), the size of the
 * effect (Cliff's delta), and the bootstrap interval of the worsening, the whole of which has to be beyond the practical
 * threshold of the metric.
 */
export function compareRuns(base: BaseRun, next: BenchDocument, options: CompareOptions): Comparison | Mismatch {
  const differences = environmentDifferences(base.environment, next.environment);
  if (differences.length > 0 && options.anyEnvironment !== true) return { mismatch: differences };
  const judging = { ...JUDGING, ...options.judging };
  const before = new Map(base.results.map((result) => [keyOf(result), result]));
  const probes = {
    failed: next.results.filter(isFailed).map((result) => failedProbe(result, before.get(keyOf(result)))),
    unjudged: unjudgedProbes(base, next),
    added: next.results.filter((result) => !before.has(keyOf(result))).map(({ id, runtime }) => ({ id, runtime })),
  };
  const pairs = pairsOf(before, next);
  const isCommon = next.results.some((result) => before.has(keyOf(result)));
  const metrics = judgeAll(
    pairs.filter(({ after }) => !after.informative),
    judging,
  );
  return {
    schema: COMPARISON_SCHEMA,
    tool: { name: 'nsinspect', version: options.version },
    base: runOf(base),
    next: runOf(next),
    differences,
    judging,
    verdict: verdictOf(probes, metrics, isCommon),
    ...probes,
    metrics,
    informative: pairs.filter(({ after }) => after.informative).map((pair) => informativeMetric(pair, judging)),
    notes: [...(isCommon ? [] : ['the two runs have no probe in common']), ...notesOf(base, next, pairs)],
  };
}

/** Exit code of a gate: 0, 1 where an invariant is broken or a metric worse, 3 where it could not be told. */
export function exitCodeOf({ verdict }: Pick<Comparison, 'verdict'>): 0 | 1 | 3 {
  if (verdict === 'fine') return 0;
  return verdict === 'inconclusive' ? 3 : 1;
}

/** What of a machine makes its measurements those of another machine where it differs. Unknown is null. */
export function comparedProperties({ kernel, arch, cgroupMode, controllers, cpuModel, cpus }: BenchEnvironment) {
  const names = controllers.map(({ name, version }) => `${name} v${version}`).sort();
  return { kernel, arch, cgroupMode, controllers: names.join(), cpuModel, cpus: String(cpus) };
}

/** In what two machines differ that makes their measurements differ. */
export function environmentDifferences(base: BenchEnvironment, next: BenchEnvironment): EnvironmentDifference[] {
  const [before, after] = [base, next].map(comparedProperties);
  if (before === undefined || after === undefined) return [];
  const names = Object.keys(before) as (keyof typeof before)[];
  return names
    .filter((what) => before[what] !== after[what])
    .map((what) => ({ what, base: before[what], next: after[what] }));
}

/**
 * Splits a run into two that were measured interleaved, for its noise floor (A/A): of each four rounds the first and the last
 * are one's and the two between the other's, so that a steady drift of the machine hits both alike. Sides without
 * a sample are left out.
 */
export function splitForSelfCheck(run: BenchDocument): readonly [base: BenchDocument, next: BenchDocument] {
  const half = (isFirst: boolean): BenchDocument => ({
    ...run,
    results: run.results.map((result) => ({
      ...result,
      metrics: result.metrics
        .map((metric) => ({
          ...metric,
          samples: metric.samples.filter(({ round }) => (round % 4 === 0 || round % 4 === 3) === isFirst),
        }))
        .filter(({ samples }) => samples.length > 0),
    })),
  });
  return [half(true), half(false)];
}

interface Pair extends ComparedProbe {
  readonly before: Measurable | undefined;
  readonly after: Measurable;
}

/** Names a probe in its runtime. */
export function keyOf({ id, runtime }: ComparedProbe): string {
  return `${runtime} ${id}`;
}

/** Each metric of the new run and its namesake in the base. */
function pairsOf(before: ReadonlyMap<string, BaseResult>, next: BenchDocument): Pair[] {
  return next.results.flatMap((result) => {
    const was = before.get(keyOf(result));
    return result.metrics
      .filter(({ samples }) => samples.length > 0)
      .map((after) => {
        const namesake = was?.metrics.find(({ name, samples }) => name === after.name && samples.length > 0);
        return { id: result.id, runtime: result.runtime, before: namesake, after };
      });
  });
}

function judgeAll(pairs: readonly Pair[], judging: Judging): MetricComparison[] {
  const measured = pairs.flatMap((pair) => {
    const { before, after } = pair;
    if (before === undefined) return [];
    return [{ pair, measured: measure(before, after, `${keyOf(pair)} ${after.name}`, judging) }];
  });
  const tested = measured.filter(({ measured: { test } }) => test !== null);
  const adjusted = holm(tested.map(({ measured: { test } }) => test?.p ?? 1));
  const adjustedOf = new Map<Measured, number>(tested.map((one, at) => [one.measured, adjusted[at] ?? 1]));
  // What the correction takes of alpha in the worst case: where no other metric changed.
  const alpha = judging.alpha / Math.max(1, tested.length);
  return measured.map((one) => {
    const { after, id, runtime } = one.pair;
    const { test, ratio, worse, base, next, threshold } = one.measured;
    const adjustedP = adjustedOf.get(one.measured) ?? null;
    const minimumDetectableEffect = one.measured.detectable(alpha);
    return {
      id,
      runtime,
      metric: after.name,
      unit: after.unit,
      better: after.better,
      target: after.target,
      threshold,
      base,
      next,
      ratio,
      worse,
      p: test?.p ?? null,
      adjustedP,
      delta: test?.delta ?? null,
      minimumDetectableEffect,
      ...judge(one.measured, adjustedP ?? 1, minimumDetectableEffect, judging),
    };
  });
}

function informativeMetric({ id, runtime, before, after }: Pair, judging: Judging): InformativeMetric {
  const name = `${keyOf({ id, runtime })} ${after.name}`;
  return {
    id,
    runtime,
    metric: after.name,
    unit: after.unit,
    base: before === undefined ? null : sideOf(before, `base ${name}`, judging).side,
    next: sideOf(after, `next ${name}`, judging).side,
  };
}

/** Whether a probe shows that something does not hold, whatever it says of itself. */
export function isFailed({ verdict, invariants }: Pick<ProbeResult, 'verdict' | 'invariants'>): boolean {
  return verdict === 'fail' || invariants.some(({ holds }) => !holds);
}

function failedProbe(result: ProbeResult, was: BaseResult | undefined): FailedProbe {
  const { id, runtime, title, why, invariants } = result;
  return { id, runtime, title, why, broken: invariants.filter(({ holds }) => !holds), base: was?.verdict ?? null };
}

/** Verdicts that say something of the limit. */
const JUDGES: ReadonlySet<Verdict> = new Set<Verdict>(['pass', 'fail']);

/** What the base judged and the new run did not, or not all of it, although it was asked to; and what it could not tell by itself. */
function unjudgedProbes(base: BaseRun, next: BenchDocument): UnjudgedProbe[] {
  const before = new Map(base.results.map((result) => [keyOf(result), result]));
  const after = new Set(next.results.map(keyOf));
  const present = next.results.flatMap((result): UnjudgedProbe[] => {
    const { id, runtime, verdict, why } = result;
    const was = before.get(keyOf(result))?.verdict ?? null;
    const isLost = was !== null && JUDGES.has(was) && !JUDGES.has(verdict);
    const isUnclear = verdict === 'inconclusive' || verdict === 'error';
    if (isFailed(result)) return [];
    if (isLost || isUnclear) return [{ id, runtime, base: was, next: verdict, why }];
    const lost = lostMetrics(before.get(keyOf(result)), result);
    return lost === null ? [] : [{ id, runtime, base: was, next: verdict, why: lost }];
  });
  // A quick run leaves probes out on purpose.
  const isAsked = ({ suite }: BaseResult): boolean => next.suites.includes(suite) && (!next.quick || base.quick);
  const missing = base.results
    .filter((result) => JUDGES.has(result.verdict) && isAsked(result) && !after.has(keyOf(result)))
    .map(({ id, runtime, verdict }) => ({ id, runtime, base: verdict, next: null, why: null }));
  return [...present, ...missing];
}

/** Which metrics the base has to judge by and the new run does not; null: none. */
function lostMetrics(was: BaseResult | undefined, { metrics }: ProbeResult): string | null {
  const now = new Map(metrics.filter(({ samples }) => samples.length > 0).map((metric) => [metric.name, metric]));
  const lost = (was?.metrics ?? []).flatMap(({ name, informative, samples }) => {
    if (informative || samples.length === 0) return [];
    const namesake = now.get(name);
    if (namesake === undefined) return [`${name} is missing`];
    return namesake.informative ? [`${name} is informative now`] : [];
  });
  return lost.length === 0 ? null : `metrics of the base: ${lost.join(', ')}`;
}

function verdictOf(
  { failed, unjudged }: { readonly failed: readonly FailedProbe[]; readonly unjudged: readonly UnjudgedProbe[] },
  metrics: readonly MetricComparison[],
  isCommon: boolean,
): GateVerdict {
  if (failed.length > 0) return 'broken';
  if (metrics.some(({ change }) => change === 'regression')) return 'regression';
  const isUnclear = unjudged.length > 0 || metrics.some(({ change }) => change === 'inconclusive');
  return isUnclear || !isCommon ? 'inconclusive' : 'fine';
}

function runOf({ takenAt, tool, suites, quick, environment: { hostname, kernel } }: BaseRun): ComparedRun {
  return { takenAt, version: tool.version, suites, quick, hostname, kernel };
}

function notesOf(base: BaseRun, next: BenchDocument, pairs: readonly Pair[]): string[] {
  const notes: string[] = [];
  const left = base.suites.filter((suite) => !next.suites.includes(suite));
  if (left.length > 0) notes.push(`only the base ran ${left.join(', ')}`);
  if (base.quick !== next.quick) notes.push(`only the ${next.quick ? 'new run' : 'base'} was a quick one`);
  const unpaired = pairs.filter(({ before, after }) => before === undefined && !after.informative).length;
  if (unpaired > 0) notes.push(`the base does not have ${formatPlural(unpaired, 'metric')} of the new run`);
  return notes;
}
