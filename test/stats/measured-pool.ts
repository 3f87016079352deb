/** The pool of measured samples, test/fixtures/bench-pool.json: what scripts/bench-pool.ts writes. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import type { BenchEnvironment, Metric, Suite } from '../../src/schema/bench.ts';
import { ROOT } from '../support/cli.ts';

/** Samples of one metric. */
export interface PoolMetric extends Pick<Metric, 'unit' | 'better' | 'target' | 'threshold'> {
  readonly suite: Suite;
  /** Probe and runtime. */
  readonly id: string;
  readonly metric: string;
  /** Of each run, in the order in which they were taken. */
  readonly runs: readonly (readonly number[])[];
}

/** All that was measured on one machine. */
export interface Pool {
  /** The commands that made it. */
  readonly commands: readonly string[];
  readonly environment: Pick<BenchEnvironment, 'kernel' | 'arch' | 'cgroupMode' | 'cpuModel' | 'cpus'>;
  readonly metrics: readonly PoolMetric[];
}

/** Where it is kept. */
export const POOL_FILE = path.join(ROOT, 'test/fixtures/bench-pool.json');

/** The committed pool. */
export function readPool(): Pool {
  return JSON.parse(readFileSync(POOL_FILE, 'utf8')) as Pool;
}

/** One metric a line. */
export function poolText({ commands, environment, metrics }: Pool): string {
  const lines = metrics.map((metric) => JSON.stringify(metric));
  const head = [`"commands": ${JSON.stringify(commands)}`, `"environment": ${JSON.stringify(environment)}`];
  return `{\n${head.join(',\n')},\n"metrics": [\n${lines.join(',\n')}\n]\n}\n`;
}

/** All samples of a metric. */
export function samplesOf({ runs }: Pick<PoolMetric, 'runs'>): number[] {
  return runs.flat();
}
