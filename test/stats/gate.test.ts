/** The gate's promises: false alarms and missed changes, over the committed pool of measured samples. */
import { describe, expect, it } from 'vitest';

import { changed, falseAlarms, isQuiet, nameOf, shareOf, worse } from './gate-simulation.ts';
import { normalValues } from './made-runs.ts';
import { readPool, samplesOf, type PoolMetric } from './measured-pool.ts';

const PAIRS = 1000;

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
  const runs = [normalValues(id, 400, middle, cv)];
  return { suite: 'limits', id, metric: 'value', unit: '1', ...kind, runs };
}

const { metrics: MEASURED } = readPool();

describe.each([
  ['generated', GENERATED],
  ['measured', MEASURED],
] as const)('over 1,000 pairs of runs from the %s pool', (_name, pool) => {
  const suites = [...Map.groupBy(pool, ({ suite }) => suite)];
  const quiet = pool.filter(isQuiet);
  const found = (metric: PoolMetric, share: number): number => {
    const metrics = pool.filter(({ suite }) => suite === metric.suite).length;
    return shareOf(changed(metric, { pairs: PAIRS, metrics, factor: worse(metric, share) }), 'regression');
  };

  it('has enough samples, and metrics quiet enough to promise something of', () => {
    for (const metric of pool) expect(samplesOf(metric).length, nameOf(metric)).toBeGreaterThanOrEqual(200);
    expect(quiet.length).toBeGreaterThan(0);
  });

  it.each(suites)(
    'flags something in at most 1 of 100 of two runs of one kind: %s',
    { timeout: 300_000 },
    (_, suite) => {
      const { regression, improvement } = falseAlarms(suite, PAIRS);
      expect(regression).toBeLessThanOrEqual(0.01);
      expect(improvement).toBeLessThanOrEqual(0.01);
    },
  );

  it('flags at least 95 of 100 slow-downs by 10 %', { timeout: 300_000 }, () => {
    for (const metric of quiet.filter(({ better }) => better !== 'target')) {
      expect(found(metric, 0.1), nameOf(metric)).toBeGreaterThanOrEqual(0.95);
    }
  });

  it('flags at least 95 of 100 quotas looser by 5 %', { timeout: 300_000 }, () => {
    for (const metric of quiet.filter(({ better }) => better === 'target')) {
      expect(metric.threshold, nameOf(metric)).toBe(0.02);
      expect(found(metric, 0.05), nameOf(metric)).toBeGreaterThanOrEqual(0.95);
    }
  });
});

it('says that it cannot tell where it is too noisy', () => {
  const [wild] = GENERATED.filter(({ id }) => id === 'wild');
  const changes = changed(wild!, { pairs: 100, metrics: 1, factor: 1 });
  expect(shareOf(changes, 'inconclusive')).toBeGreaterThanOrEqual(0.95);
});
