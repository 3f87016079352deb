/** Runs over time: since when is a metric worse, and what else was new then? */
import type { BenchDocument, Metric, ProbeResult } from '../schema/bench.ts';
import type { MetricChange, MetricHistory, MetricPoint } from '../schema/bench-history.ts';
import type { Judging } from '../schema/bench-compare.ts';
import { comparedProperties, isFailed, keyOf } from './compare.ts';
import { referenceTo, setupChanges, type NumberedRun } from './history-failures.ts';
import { holm } from './holm.ts';
import { judge, measure, obstacleOf } from './judge.ts';
import { JUDGING } from './judging.ts';
import { mannWhitney, type MannWhitney } from './mann-whitney.ts';
import { poolMetric, POOLED_RUNS } from './pool.ts';
import { sorted } from './quantiles.ts';

/**
 * The metrics of the runs (the newest last). Each run is judged as a gate would have judged it that had the runs before as its
 * baseline: the same tests, corrected for as many metrics. After a change what was before it is no baseline any more.
 * A machine has a baseline of its own; only its first run is held against the runs of the one before, so that one sees what a new
 * kernel changed. A quick run, which may drive a limit for less time, is held against quick ones alone.
 */
export function metricsOf(runs: readonly NumberedRun[], judging: Judging = JUDGING): MetricHistory[] {
  const series = new Map<string, Series>();
  for (const numbered of runs) {
    const candidates = numbered.run.results
      .filter((result) => !isFailed(result))
      .flatMap((result) => result.metrics.map((metric) => ({ result, metric })))
      .filter(({ metric }) => metric.samples.length > 0)
      .map(({ result, metric }): Candidate => {
        const name = `${keyOf(result)} ${metric.name}`;
        const known = series.get(name);
        const one = known ?? new Series();
        if (known === undefined) series.set(name, one);
        return { series: one, numbered, result, metric, base: one.baseFor(numbered, metric), name };
      });
    const tested = candidates.flatMap((candidate) => {
      const test = candidate.base === null ? null : testOf(candidate.base.metric, candidate.metric, judging);
      return test === null ? [] : [{ candidate, test }];
    });
    const adjusted = holm(tested.map(({ test }) => test.p));
    const changes = new Map(
      tested.map(({ candidate, test }, at) => [candidate, changeOf(candidate, test, adjusted[at] ?? 1, judging)]),
    );
    for (const candidate of candidates) {
      const change = changes.get(candidate);
      candidate.series.add(candidate, change === undefined ? 'not compared' : change);
    }
  }
  return [...series.values()].flatMap((one) => one.history());
}

/** A metric of a run, and what it is to be held against. */
interface Candidate {
  readonly series: Series;
  readonly numbered: NumberedRun;
  readonly result: ProbeResult;
  readonly metric: Metric;
  readonly base: Base | null;
  readonly name: string;
}

interface Base {
  readonly metric: ReturnType<typeof poolMetric>;
  readonly runs: readonly NumberedRun[];
}

interface Measured {
  readonly numbered: NumberedRun;
  readonly metric: Metric;
}

/** One metric of one probe in one runtime. */
class Series {
  readonly #points: MetricPoint[] = [];
  readonly #changes: MetricChange[] = [];
  /** What was measured since the last change on each machine, the one that was measured last at the end; of quick runs apart. */
  readonly #levels = { whole: new Map<string, Measured[]>(), quick: new Map<string, Measured[]>() };
  #newest: { readonly result: ProbeResult; readonly metric: Metric } | null = null;
  #isCompared = false;

  baseFor({ run }: NumberedRun, metric: Metric): Base | null {
    const levels = this.#levels[run.quick ? 'quick' : 'whole'];
    const level = levels.get(machineOf(run)) ?? [...levels.values()].at(-1) ?? [];
    const last = level.slice(-POOLED_RUNS);
    if (last.length === 0 || metric.informative) return null;
    return { metric: poolMetric(last.map((one) => one.metric)), runs: last.map(({ numbered }) => numbered) };
  }

  /** Takes in what a run measured, and what became of it. */
  add({ numbered, result, metric }: Candidate, change: MetricChange | 'not compared' | null): void {
    this.#newest = { result, metric };
    const { n, median, interval } = metric.summary;
    this.#points.push({ run: numbered.id, n, median, interval });
    const levels = this.#levels[numbered.run.quick ? 'quick' : 'whole'];
    const machine = machineOf(numbered.run);
    const level = levels.get(machine) ?? [];
    levels.delete(machine);
    const isChanged = change !== null && change !== 'not compared';
    levels.set(machine, isChanged ? [{ numbered, metric }] : [...level, { numbered, metric }]);
    if (change !== 'not compared') this.#isCompared = true;
    if (isChanged) this.#changes.push(change);
  }

  history(): MetricHistory[] {
    if (this.#newest === null) return [];
    const { id, runtime } = this.#newest.result;
    const { name, unit, better, target, threshold, informative } = this.#newest.metric;
    const last = this.#changes.at(-1)?.change;
    const quiet = this.#isCompared ? 'steady' : 'unjudged';
    const own = {
      ...{ id, runtime, metric: name, unit, better, target, threshold, informative },
      state: last === undefined ? quiet : last === 'regression' ? 'worse' : 'better',
      points: this.#points,
      changes: this.#changes,
    } as const;
    return [own];
  }
}

/** Runs with the same answer are of one machine, as far as it is compared. */
function machineOf({ environment }: BenchDocument): string {
  return JSON.stringify(comparedProperties(environment));
}

function testOf(base: Base['metric'], next: Metric, judging: Judging): MannWhitney | null {
  if (obstacleOf(base, next, judging) !== null) return null;
  const [before, after] = [base, next].map(({ samples }) => sorted(samples.map(({ value }) => value)));
  return before === undefined || after === undefined ? null : mannWhitney(before, after);
}

/** Null: it is not changed, or cannot be told. The costly part of judging is left out where the cheap one decides. */
function changeOf(
  { base, metric, name, numbered }: Candidate,
  { p, delta }: MannWhitney,
  adjustedP: number,
  judging: Judging,
): MetricChange | null {
  const newest = base?.runs.at(-1);
  if (base === null || newest === undefined) return null;
  if (p >= judging.alpha || adjustedP >= judging.alpha || Math.abs(delta) < judging.delta) return null;
  const measured = measure(base.metric, metric, name, judging);
  const { change } = judge(measured, adjustedP, null, judging);
  if (change !== 'regression' && change !== 'improvement') return null;
  return {
    ...referenceTo(numbered),
    change,
    base: base.runs.map(({ id }) => id),
    before: measured.base.median,
    after: measured.next.median,
    ratio: measured.ratio,
    adjustedP,
    delta,
    changes: setupChanges(newest.run, numbered.run),
  };
}
