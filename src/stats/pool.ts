/** Several runs of one environment as one base: more samples, and the differences from run to run among them. */
import type { BenchDocument, ProbeResult, Sample } from '../schema/bench.ts';
import { isFailed, keyOf, type BaseResult, type BaseRun } from './compare.ts';
import { isSameMeasure, type Measurable } from './judge.ts';

/** How many of the newest runs are pooled unless told otherwise. */
export const POOLED_RUNS = 10;

/**
 * The runs (one at least, the newest last) as one. Of each probe what the newest says that has it; the samples of its metrics are
 * those of all the runs in which the probe did not fail. A metric that an older run means otherwise is not taken from it.
 */
export function poolRuns(runs: readonly BenchDocument[]): BaseRun {
  const newest = runs.at(-1);
  if (newest === undefined) throw new RangeError('a pool of no runs');
  const results = new Map<string, ProbeResult[]>();
  for (const { results: own } of runs) {
    for (const result of own) {
      const known = results.get(keyOf(result));
      if (known === undefined) results.set(keyOf(result), [result]);
      else known.push(result);
    }
  }
  return {
    ...newest,
    suites: [...new Set(runs.flatMap(({ suites }) => suites))],
    results: [...results.values()].map(pooledResult),
  };
}

function pooledResult(results: readonly ProbeResult[]): BaseResult {
  const newest = results.at(-1);
  if (newest === undefined) throw new RangeError('a probe of no run');
  // What was measured while the limit did not hold is no measure for later runs.
  const sound = results.filter((result) => !isFailed(result));
  const names = new Set(sound.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  return {
    ...newest,
    metrics: [...names].map((name) =>
      poolMetric(sound.flatMap(({ metrics }) => metrics.filter((metric) => metric.name === name))),
    ),
  };
}

/** Measurements of one metric (one at least, the newest last) as one. */
export function poolMetric(metrics: readonly Measurable[]): Measurable {
  const newest = metrics.at(-1);
  if (newest === undefined) throw new RangeError('a metric of no run');
  const alike = metrics.filter((metric) => isSameMeasure(metric, newest));
  const samples: Sample[] = [];
  for (const { samples: own } of alike) for (const sample of own) samples.push({ ...sample, round: samples.length });
  return { ...newest, samples };
}
