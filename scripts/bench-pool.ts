/**
 * Puts the samples of several runs into one pool, from which the tests of the gate draw:
 * `node scripts/bench-pool.ts RUN.json… > test/fixtures/bench-pool.json`. The runs are documents of `bench run --json`, all of
 * one machine. Exits 2 where they are not. Metrics with fewer than 200 samples are left out and named.
 */
import { readFileSync } from 'node:fs';

import type { BenchDocument } from '../src/schema/bench.ts';
import { environmentDifferences } from '../src/stats/compare.ts';

const FEWEST = 200;

const runs = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')) as BenchDocument);
const [first] = runs;
const differences =
  first === undefined ? [] : runs.flatMap((run) => environmentDifferences(first.environment, run.environment));
if (first === undefined || differences.length > 0) {
  console.error(first === undefined ? 'usage: bench-pool.ts RUN.json…' : 'the runs are of different machines');
  process.exit(2);
}

const judged = runs.flatMap(({ results }) =>
  results.flatMap(({ id, runtime, metrics }) =>
    metrics.filter(({ informative }) => !informative).map((metric) => ({ id: `${id} ${runtime}`, metric })),
  ),
);
const pools = [...Map.groupBy(judged, ({ id, metric }) => `${id} ${metric.name}`).values()].flatMap((group) => {
  const values = group.flatMap(({ metric }) => metric.samples.map(({ value }) => value));
  const [one] = group;
  if (one === undefined) return [];
  const { name, unit, better, target, threshold } = one.metric;
  if (values.length < FEWEST) console.error(`left out, ${values.length} samples: ${one.id} ${name}`);
  return values.length < FEWEST ? [] : [{ id: one.id, metric: name, unit, better, target, threshold, values }];
});
const { kernel, arch, cgroupMode, cpuModel, cpus } = first.environment;
console.log(JSON.stringify({ environment: { kernel, arch, cgroupMode, cpuModel, cpus }, metrics: pools }));
