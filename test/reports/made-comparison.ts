import type { Invariant } from '../../src/schema/bench.ts';
import type { Comparison } from '../../src/schema/bench-compare.ts';
import { compareRuns } from '../../src/stats/compare.ts';
import { madeMetric, madeProbe, madeRun, normalValues } from '../stats/made-runs.ts';

/** What a forged run could be full of: escapes for a terminal, markup, commands of CI systems. */
export const HOSTILE = '\u001b[31m|`<script>&"#]]>\n::error::x %0A\u202e *a*';

const BROKEN: Invariant = {
  id: 'usage-within-quota',
  text: 'usage <= nr_periods x quota + slack',
  holds: false,
  observed: `0.44 s > 0.22 s ${HOSTILE}`,
};

const quota = { better: 'target', target: 1, threshold: 0.02 } as const;

/** The run before, and the one after in which something of everything happened. */
export const BASE = madeRun([
  madeProbe('limits/cpu/quota', [madeMetric(normalValues('a', 20, 1, 0.005), quota)]),
  madeProbe('limits/cpu/quota/tight', [madeMetric(normalValues('b', 20, 1.01, 0.005), quota)]),
  madeProbe('limits/io/wbps', [
    madeMetric(normalValues('c', 20, 4, 0.01), { unit: 'MiB/s', name: 'throughput', better: 'higher' }),
  ]),
  madeProbe('startup/native', [madeMetric(normalValues('d', 20, 81.5, 0.2), { unit: 'ms', name: 'start p99' })], {
    suite: 'startup',
  }),
  madeProbe(
    'startup/vm',
    [madeMetric(normalValues('e', 12, 4000, 0.2), { unit: 'ms', name: 'start', informative: true })],
    {
      suite: 'startup',
    },
  ),
  madeProbe('limits/pids/max', []),
  madeProbe('limits/freezer', []),
]);

export const NEXT = madeRun([
  madeProbe('limits/cpu/quota', [madeMetric(normalValues('f', 20, 1.05, 0.005), quota)]),
  madeProbe('limits/cpu/quota/tight', [madeMetric(normalValues('g', 20, 1.01, 0.005), quota)]),
  madeProbe('limits/io/wbps', [
    madeMetric(normalValues('h', 20, 4.8, 0.01), { unit: 'MiB/s', name: 'throughput', better: 'higher' }),
  ]),
  madeProbe('startup/native', [madeMetric(normalValues('i', 20, 84, 0.2), { unit: 'ms', name: 'start p99' })], {
    suite: 'startup',
  }),
  madeProbe(
    'startup/vm',
    [madeMetric(normalValues('j', 12, 4100, 0.2), { unit: 'ms', name: 'start', informative: true })],
    {
      suite: 'startup',
    },
  ),
  madeProbe('limits/pids/max', [], { verdict: 'fail', why: `one more than pids.max ${HOSTILE}`, invariants: [BROKEN] }),
  madeProbe('limits/freezer', [], { verdict: 'unsupported', why: 'no freezer on this kernel' }),
  madeProbe(`limits/${HOSTILE}`, [madeMetric([1, 2, 3], { name: HOSTILE, unit: HOSTILE })], { title: HOSTILE }),
]);

/** The two compared. */
export const COMPARISON = compareRuns(BASE, NEXT, { version: '0.1.0' }) as Comparison;
