import { describe, expect, it } from 'vitest';

import type { BenchDocument } from '../../src/schema/bench.ts';
import type { Comparison } from '../../src/schema/bench-compare.ts';
import { compareRuns } from '../../src/stats/compare.ts';
import { failuresOf, setupChanges, type NumberedRun } from '../../src/stats/history-failures.ts';
import { metricsOf } from '../../src/stats/history-metrics.ts';
import { poolRuns } from '../../src/stats/pool.ts';
import { madeMetric, madeProbe, madeRun, normalValues } from './made-runs.ts';

const { environment } = madeRun([]);

/** A run of two metrics, of which the first has this median. */
const measured = (seed: string, median: number, more: Partial<BenchDocument> = {}, samples = 12): BenchDocument =>
  madeRun(
    [
      madeProbe('limits/cpu-quota', [
        madeMetric(normalValues(`a ${seed}`, samples, median, 0.01)),
        madeMetric(normalValues(`b ${seed}`, samples, 3, 0.01), { name: 'other' }),
      ]),
    ],
    more,
  );

const numbered = (runs: readonly BenchDocument[]): NumberedRun[] =>
  runs.map((run, at) => ({ id: at + 1, run: { ...run, takenAt: new Date(Date.UTC(2026, 0, at + 1)).toISOString() } }));

const levels = (medians: readonly number[]): NumberedRun[] =>
  numbered(medians.map((median, at) => measured(String(at), median)));

describe('since when a metric is worse', () => {
  const told = (runs: readonly NumberedRun[]) =>
    metricsOf(runs).map(({ metric, state, changes }) => [
      metric,
      state,
      ...changes.map(({ run, change, base }) => `${change} ${run} by ${base.join()}`),
    ]);

  it.each<[string, number[], string[]]>([
    ['nothing changes', [1, 1, 1, 1, 1, 1], ['steady']],
    ['from a run on', [1, 1, 1, 1.2, 1.2, 1.2], ['worse', 'regression 4 by 1,2,3']],
    ['and better again', [1, 1, 1.2, 1.2, 1], ['better', 'regression 3 by 1,2', 'improvement 5 by 3,4']],
    ['worse and worse', [1, 1.2, 1.2, 1.5], ['worse', 'regression 2 by 1', 'regression 4 by 2,3']],
    ['below the threshold', [1, 1, 1.02, 1.02], ['steady']],
    [
      'by ten runs before, not more',
      [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1.3],
      ['worse', 'regression 12 by 2,3,4,5,6,7,8,9,10,11'],
    ],
  ])('%s: %j', (_what, medians, expected) => {
    expect(told(levels(medians))).toEqual([
      ['ratio', ...expected],
      ['other', 'steady'],
    ]);
  });

  it('says what a gate with these runs as its base says', () => {
    const runs = levels([1, 1, 1, 1.2, 1.2, 0.9, 0.9]);
    for (const { metric, changes } of metricsOf(runs)) {
      for (const { run, base, change, ratio, adjustedP, before, after } of changes) {
        const pool = poolRuns(runs.filter(({ id }) => base.includes(id)).map((one) => one.run));
        const next = runs.find(({ id }) => id === run)!.run;
        const gate = (compareRuns(pool, next, { version: '' }) as Comparison).metrics.find(
          (one) => one.metric === metric,
        );
        expect(gate).toMatchObject({ change, ratio, adjustedP, base: { median: before }, next: { median: after } });
      }
    }
    expect(metricsOf(runs)[0]!.changes).toHaveLength(2);
  });

  it('holds the first run of another machine against the one before, and then each against its own', () => {
    const other = { environment: { ...environment, kernel: '6.19.0' } };
    const runs = numbered([
      measured('1', 1),
      measured('2', 1),
      measured('3', 1.2, other),
      measured('4', 1),
      measured('5', 1.2, other),
      measured('6', 1.2),
    ]);
    const [ratio] = metricsOf(runs);
    expect(ratio!.changes.map(({ run, base, changes }) => ({ run, base, changes }))).toEqual([
      { run: 3, base: [1, 2], changes: [{ what: 'kernel', before: '6.18.0', after: '6.19.0' }] },
      { run: 6, base: [1, 2, 4], changes: [] },
    ]);
  });

  it('does not judge what it cannot', () => {
    const few = numbered([measured('1', 1, {}, 5), measured('2', 2, {}, 5)]);
    expect(told(few)).toEqual([
      ['ratio', 'unjudged'],
      ['other', 'unjudged'],
    ]);
    const informative = numbered(
      [1, 2].map((median) =>
        madeRun([madeProbe('startup/vm', [madeMetric(normalValues('x', 20, median, 0.01), { informative: true })])]),
      ),
    );
    expect(told(informative)).toEqual([['ratio', 'unjudged']]);
    // Quick runs by quick ones alone.
    const mixed = numbered([measured('1', 1), measured('2', 2, { quick: true }), measured('3', 1)]);
    expect(told(mixed)[0]).toEqual(['ratio', 'steady']);
    // A metric that means something else now has no history.
    const redefined = numbered(
      [1, 2].map((median, at) =>
        madeRun([
          madeProbe('limits/kill', [madeMetric(normalValues('x', 20, median, 0.01), { unit: ['ms', 's'][at]! })]),
        ]),
      ),
    );
    expect(told(redefined)).toEqual([['ratio', 'unjudged']]);
  });

  it('leaves out what was measured while the limit did not hold', () => {
    const broken = { verdict: 'fail', why: 'too much' } as const;
    const runs = levels([1, 1, 3, 1]).map((one) =>
      one.id === 3 ? { ...one, run: { ...one.run, results: one.run.results.map((r) => ({ ...r, ...broken })) } } : one,
    );
    const [ratio] = metricsOf(runs);
    expect(ratio!.points.map(({ run }) => run)).toEqual([1, 2, 4]);
    expect(ratio!.state).toBe('steady');
  });
});

describe('since when a probe fails', () => {
  const invariant = (id: string, holds: boolean, run: number) => ({
    id,
    text: `${id} holds`,
    holds,
    observed: `in ${run}`,
  });
  /** A run for each word: `.` passes, `f` fails, `u` is not judged, letters of invariants that do not hold. */
  const runs = (words: readonly string[]): NumberedRun[] =>
    numbered(
      words.map((word, at) => {
        const invariants = ['a', 'b'].map((id) => invariant(id, !word.includes(id), at + 1));
        const verdict = word === 'u' ? 'unsupported' : word === '.' ? 'pass' : 'fail';
        return madeRun([
          madeProbe('limits/pids', [], { verdict, why: verdict, invariants: word === 'u' ? [] : invariants }),
          madeProbe('limits/kill', []),
        ]);
      }),
    );
  const told = (words: readonly string[]) =>
    failuresOf(runs(words)).map(({ id, since, lastPass, lastFailure, failed, judged, invariants }) => ({
      id,
      since: since?.run ?? null,
      lastPass: lastPass?.run ?? null,
      lastFailure: lastFailure.run,
      of: `${failed}/${judged}`,
      invariants: invariants.map((one) => `${one.id} ${one.since?.run ?? 'holds'} ${one.observed}`),
    }));
  const id = 'limits/pids';

  it.each<[string[], object[]]>([
    [['.', '.', '.'], []],
    [['.', '.', 'a', 'a'], [{ id, since: 3, lastPass: 2, lastFailure: 4, of: '2/4', invariants: ['a 3 in 4'] }]],
    [
      ['a', '.', 'u', 'ab', 'a', 'u'],
      [{ id, since: 4, lastPass: 2, lastFailure: 5, of: '3/4', invariants: ['a 4 in 5', 'b holds in 4'] }],
    ],
    [
      ['a', 'b'],
      [{ id, since: 1, lastPass: null, lastFailure: 2, of: '2/2', invariants: ['a holds in 1', 'b 2 in 2'] }],
    ],
    [['.', 'a', '.'], [{ id, since: null, lastPass: 3, lastFailure: 2, of: '1/3', invariants: ['a holds in 2'] }]],
    [['.', 'f'], [{ id, since: 2, lastPass: 1, lastFailure: 2, of: '1/2', invariants: [] }]],
  ])('%j', (words, expected) => {
    expect(told(words)).toEqual(expected);
  });

  it('says what came with it', () => {
    const list = runs(['.', '.', 'a']).map((one) =>
      one.id < 3 ? one : { ...one, run: { ...one.run, environment: { ...environment, cpus: 4 } } },
    );
    expect(failuresOf(list)[0]!.changes).toEqual([{ what: 'cpus', before: '2', after: '4' }]);
  });
});

it('the machine, runtimes and nsinspect itself are what can change', () => {
  const runtimes = [
    { runtime: 'native', version: null, usable: true, why: null },
    { runtime: 'runc', version: '1.1.5', usable: true, why: null },
    { runtime: 'lxc', version: null, usable: false, why: 'not there' },
  ] as const;
  const before = madeRun([], { environment: { ...environment, runtimes } });
  const after = madeRun([], {
    tool: { name: 'nsinspect', version: '0.2.0' },
    environment: {
      ...environment,
      bootId: null,
      hostname: 'other',
      cpuModel: 'B CPU',
      runtimes: runtimes.map((one) => ({ ...one, version: '2', usable: true, why: null })),
    },
  });
  expect(setupChanges(before, after)).toEqual([
    { what: 'cpuModel', before: 'A CPU', after: 'B CPU' },
    { what: 'native', before: null, after: '2' },
    { what: 'runc', before: '1.1.5', after: '2' },
    { what: 'nsinspect', before: '0.1.0', after: '0.2.0' },
  ]);
  expect(setupChanges(before, before)).toEqual([]);
});

describe('a pool', () => {
  it('has the samples of all, and of each probe what the newest says', () => {
    const quota = (values: readonly number[]) => madeProbe('limits/cpu-quota', [madeMetric(values)]);
    const runs = [
      madeRun([quota([1, 2]), madeProbe('limits/kill', [madeMetric([9])])]),
      madeRun([{ ...quota([7]), verdict: 'fail' }], { suites: ['limits', 'density'] }),
      madeRun([quota([3]), madeProbe('limits/pids', [], { verdict: 'unsupported' })], {
        takenAt: '2026-02-01T00:00:00Z',
      }),
    ];
    const pool = poolRuns(runs);
    expect(pool.takenAt).toBe('2026-02-01T00:00:00Z');
    expect(pool.suites).toEqual(['limits', 'density']);
    const told = pool.results.map(({ id, verdict, metrics }) => [
      id,
      verdict,
      metrics.map(({ samples }) => samples.map(({ value, round }) => [value, round])),
    ]);
    expect(told).toEqual([
      [
        'limits/cpu-quota',
        'pass',
        [
          [
            [1, 0],
            [2, 1],
            [3, 2],
          ],
        ],
      ],
      ['limits/kill', 'pass', [[[9, 0]]]],
      ['limits/pids', 'unsupported', []],
    ]);
    expect(() => poolRuns([])).toThrow(RangeError);
  });
});
