/** The gate's promises: false alarms and missed changes, over the committed pool of measured samples. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT } from '../support/cli.ts';
import { noiseOf, shareOf, simulate, type PoolMetric } from './gate-simulation.ts';
import { normalValues } from './made-runs.ts';

/** Samples a side of a usual run. */
const SAMPLES = 20;
const PAIRS = 1000;

const POOL = path.join(ROOT, 'test/fixtures/bench-pool.json');

/**
 * Made by a generator, to see that the simulation itself tells good from bad. What the gate promises of a real machine is
 * tested with the pool that was measured on one.
 */
const GENERATED: readonly PoolMetric[] = [
  made('quota', { better: 'target', target: 1, threshold: 0.02 }, 1.003, 0.01),
  made('quota, noisy', { better: 'target', target: 1, threshold: 0.02 }, 1.01, 0.02),
  made('latency', { better: 'lower', target: null, threshold: 0.05 }, 80, 0.02),
  made('throughput', { better: 'higher', target: null, threshold: 0.05 }, 400, 0.02),
  made('wild', { better: 'lower', target: null, threshold: 0.05 }, 5, 0.25),
];

function made(
  id: string,
  kind: Pick<PoolMetric, 'better' | 'target' | 'threshold'>,
  middle: number,
  cv: number,
): PoolMetric {
  return { id, metric: 'value', unit: '1', ...kind, values: normalValues(id, 400, middle, cv) };
}

const pools: [string, readonly PoolMetric[]][] = [['generated', GENERATED]];
if (existsSync(POOL)) {
  const { metrics } = JSON.parse(readFileSync(POOL, 'utf8')) as { readonly metrics: readonly PoolMetric[] };
  pools.push(['measured', metrics]);
}

describe.each(pools)('over 1,000 pairs of runs from the %s pool', (_name, pool) => {
  const quiet = pool.filter((one) => noiseOf(one) <= 0.02);

  it('has enough samples, and metrics quiet enough to promise something of', () => {
    for (const { values } of pool) expect(values.length).toBeGreaterThanOrEqual(200);
    expect(quiet.length).toBeGreaterThan(0);
  });

  it('flags at most 1 in 100 of two runs of one kind', { timeout: 120_000 }, () => {
    for (const [id, changes] of simulate(pool, PAIRS, SAMPLES, 1)) {
      expect(shareOf(changes, 'regression'), id).toBeLessThanOrEqual(0.01);
      expect(shareOf(changes, 'improvement'), id).toBeLessThanOrEqual(0.01);
    }
  });

  it('flags at least 95 of 100 slow-downs by 10 %', { timeout: 120_000 }, () => {
    const slower = quiet.filter(({ better }) => better === 'lower');
    const lessDone = quiet.filter(({ better }) => better === 'higher');
    const all = [...simulate(slower, PAIRS, SAMPLES, 1.1), ...simulate(lessDone, PAIRS, SAMPLES, 1 / 1.1)];
    for (const [id, changes] of all) expect(shareOf(changes, 'regression'), id).toBeGreaterThanOrEqual(0.95);
  });

  it('flags at least 95 of 100 quotas looser by 5 %', { timeout: 120_000 }, () => {
    const quotas = quiet.filter(({ better, threshold }) => better === 'target' && threshold <= 0.02);
    for (const [id, changes] of simulate(quotas, PAIRS, SAMPLES, 1.05)) {
      expect(shareOf(changes, 'regression'), id).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('says that it cannot tell where it is too noisy', () => {
    const wild = pool.filter((one) => noiseOf(one) > 0.2);
    for (const [id, changes] of simulate(wild, 100, SAMPLES, 1)) {
      expect(shareOf(changes, 'inconclusive'), id).toBeGreaterThanOrEqual(0.95);
    }
  });
});
