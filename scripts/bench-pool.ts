/**
 * Puts the samples of several runs into one pool, from which the tests of the gate draw, as they would from further runs of the
 * same machine: `node scripts/bench-pool.ts RUN.json…` writes test/fixtures/bench-pool.json. The runs are documents of `bench run
 * --output`. Exits 2 where they are of different machines. A judged metric with fewer than 200 samples is left out and named.
 */
import { writeFileSync } from 'node:fs';

import { readRun } from '../src/cli/bench-file.ts';
import type { BenchDocument, Metric, ProbeResult } from '../src/schema/bench.ts';
import { environmentDifferences } from '../src/stats/compare.ts';
import { POOL_FILE, poolText, samplesOf, type PoolMetric } from '../test/stats/measured-pool.ts';

const FEWEST = 200;

/** Of a run with hundreds of samples of a metric no more than these, evenly over its rounds: the pool is to be small enough to be read. */
const MOST_OF_RUN = 40;

/** The kernel counts microseconds: further digits are those of a division. */
const DIGITS = 6;

const files = process.argv.slice(2);
const runs = files.map(readRun).toSorted((a, b) => a.takenAt.localeCompare(b.takenAt));
const [first] = runs;
if (first === undefined) {
  console.error('usage: bench-pool.ts RUN.json…');
  process.exit(2);
}
const differences = runs.flatMap((run) => environmentDifferences(first.environment, run.environment));
if (differences.length > 0 || runs.some(({ quick }) => quick)) {
  console.error(differences.length > 0 ? 'the runs are of different machines' : 'a quick run is none to judge by');
  process.exit(2);
}

const judged = runs.flatMap(({ results }) =>
  results.flatMap((result) =>
    result.metrics.filter(({ informative }) => !informative).map((metric) => ({ result, metric })),
  ),
);
const groups = Map.groupBy(judged, ({ result: { id, runtime }, metric: { name } }) => `${id} ${runtime} ${name}`);
const metrics = [...groups].flatMap(([name, group]) => {
  const pool = poolOf(group);
  const count = pool === null ? 0 : samplesOf(pool).length;
  if (count < FEWEST) console.error(`left out, ${count} samples: ${name}`);
  return pool === null || count < FEWEST ? [] : [pool];
});
const { kernel, arch, cgroupMode, cpuModel, cpus } = first.environment;
const environment = { kernel, arch, cgroupMode, cpuModel, cpus };
writeFileSync(POOL_FILE, poolText({ commands: commandsOf(runs), environment, metrics }));
console.error(`${metrics.length} metrics of ${runs.length} runs`);

function poolOf(group: readonly { readonly result: ProbeResult; readonly metric: Metric }[]): PoolMetric | null {
  const [one] = group;
  if (one === undefined) return null;
  const { suite, id, runtime } = one.result;
  const { name, unit, better, target, threshold } = one.metric;
  const values = group.map(({ metric: { samples } }) => thinned(samples.map(({ value }) => value)));
  return { suite, id: `${id} ${runtime}`, metric: name, unit, better, target, threshold, runs: values };
}

/** Evenly over the run, so that all that the machine did meanwhile is in it. */
function thinned(values: readonly number[]): number[] {
  const count = Math.min(values.length, MOST_OF_RUN);
  const kept = Array.from({ length: count }, (_, at) => values[Math.floor((at * values.length) / count)] ?? NaN);
  return kept.map((value) => Number(value.toPrecision(DIGITS)));
}

/** What made the runs, and how often. */
function commandsOf(all: readonly BenchDocument[]): string[] {
  const kinds = Map.groupBy(all, (run) => `bench ${probesOf(run)}${roundsOf(run)}`);
  return [...kinds].map(([command, { length }]) => `${length} times: nsinspect ${command} --output RUN.json`);
}

/** A run does not say what it was told: with a probe or two it was told them. */
function probesOf({ suites, results }: BenchDocument): string {
  const ids = [...new Set(results.map(({ id }) => id))];
  const [suite = ''] = suites;
  const isNamed = suite !== 'density' && ids.length <= 2;
  return isNamed ? `${suite} ${ids.map((id) => id.slice(suite.length + 1)).join(' ')}` : `run --suite ${suites.join()}`;
}

/** Only these two suites run in rounds of a number that is told. */
function roundsOf({ suites, results }: BenchDocument): string {
  if (!suites.includes('limits') && !suites.includes('isolation')) return '';
  const rounds = results.flatMap(({ metrics: own }) => own.map(({ samples }) => samples.length));
  return ` --rounds ${Math.max(...rounds)}`;
}
