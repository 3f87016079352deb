import { describe, expect, it } from 'vitest';

import type { BenchDocument, Metric } from '../../src/schema/bench.ts';
import type { Comparison } from '../../src/schema/bench-compare.ts';
import { compareRuns, exitCodeOf, splitForSelfCheck } from '../../src/stats/compare.ts';
import { expectDocument } from '../support/schema.ts';
import { madeMetric, madeProbe, madeRun, normalValues } from './made-runs.ts';

const version = '0.1.0';
const run = (values: readonly number[], more = {}) => madeRun([madeProbe('limits/a', [madeMetric(values, more)])]);
const compared = (a: ReturnType<typeof run>, b: ReturnType<typeof run>) => compareRuns(a, b, { version }) as Comparison;
const steady = normalValues('a', 20, 100, 0.01);
const slower = normalValues('b', 20, 112, 0.01);

describe('a comparison', () => {
  it('calls a clear slow-down a regression, and the way back an improvement', () => {
    const there = compared(run(steady), run(slower));
    expect(there).toMatchObject({ verdict: 'regression', metrics: [{ change: 'regression' }] });
    expect(exitCodeOf(there)).toBe(1);
    expect(compared(run(slower), run(steady))).toMatchObject({ verdict: 'fine', metrics: [{ change: 'improvement' }] });
    const higher = { better: 'higher' } as const;
    expect(compared(run(steady, higher), run(slower, higher)).metrics[0]?.change).toBe('improvement');
  });

  it('is the same document each time, and what its schema says', () => {
    const document = compared(run(steady), run(slower));
    expect(compared(run(steady), run(slower))).toEqual(document);
    expectDocument(JSON.parse(JSON.stringify(document)));
    expectDocument(JSON.parse(JSON.stringify(run(steady))));
  });

  it('says that it cannot tell from too few or too noisy samples', () => {
    const few = compared(run(steady.slice(0, 9)), run(slower));
    expect(few.metrics[0]).toMatchObject({
      change: 'inconclusive',
      why: expect.stringMatching(/^too few samples: 9/) as string,
    });
    expect(exitCodeOf(few)).toBe(3);
    const noisy = compared(run(normalValues('c', 20, 100, 0.3)), run(normalValues('d', 20, 100, 0.3)));
    expect(noisy.metrics[0]).toMatchObject({
      change: 'inconclusive',
      why: expect.stringMatching(/^too noisy/) as string,
    });
  });

  it('fails on a broken invariant whatever the numbers say', () => {
    const invariants = [{ id: 'x', text: 'x <= 1', holds: false, observed: '2' }];
    const next = madeRun([madeProbe('limits/a', [madeMetric(steady)], { invariants })]);
    expect(compared(run(steady), next)).toMatchObject({
      verdict: 'broken',
      failed: [{ id: 'limits/a', base: 'pass' }],
    });
  });

  it('does not take a probe that vanished, or was not judged, for fine', () => {
    expect(compared(run(steady), madeRun([]))).toMatchObject({ verdict: 'inconclusive', unjudged: [{ next: null }] });
    const next = madeRun([madeProbe('limits/a', [], { verdict: 'unsupported' })]);
    expect(compared(run(steady), next)).toMatchObject({ verdict: 'inconclusive', unjudged: [{ next: 'unsupported' }] });
  });

  it.each<[string, Partial<Metric>[], string]>([
    ['none at all', [], 'metrics of the base: ratio is missing, size is missing'],
    ['one left', [{ name: 'ratio' }], 'metrics of the base: size is missing'],
    ['another name', [{ name: 'ratio' }, { name: 'Size' }], 'metrics of the base: size is missing'],
    [
      'not to be judged',
      [{ name: 'ratio' }, { name: 'size', informative: true }],
      'metrics of the base: size is informative now',
    ],
    ['without samples', [{ name: 'ratio' }, { name: 'size', samples: [] }], 'metrics of the base: size is missing'],
  ])('does not take metrics that vanished for fine: %s', (_, metrics, why) => {
    const of = (more: readonly Partial<Metric>[]) =>
      madeRun([
        madeProbe(
          'limits/a',
          more.map((one) => madeMetric(steady, one)),
        ),
      ]);
    const base = of([{ name: 'ratio' }, { name: 'size' }, { name: 'told', informative: true }]);
    const found = compared(base, of(metrics));
    expect(found).toMatchObject({ verdict: 'inconclusive', unjudged: [{ base: 'pass', next: 'pass', why }] });
    expect(exitCodeOf(found)).toBe(3);
    expectDocument(JSON.parse(JSON.stringify(found)));
    // What only the new run has fails nothing.
    expect(compared(of([]), base)).toMatchObject({ verdict: 'fine', unjudged: [] });
  });

  it.each<[string, BenchDocument]>([
    ['no results', madeRun([])],
    ['no results of a quick run', madeRun([], { quick: true })],
    ['another suite', madeRun([madeProbe('density/idle', [], { suite: 'density' })], { suites: ['density'] })],
    ['another runtime', madeRun([madeProbe('limits/a', [madeMetric(steady)], { runtime: 'runc' })], { suites: [] })],
  ])('cannot tell where the runs have nothing in common: %s', (_, next) => {
    const found = compared(run(steady), next);
    expect(found).toMatchObject({ verdict: 'inconclusive', metrics: [] });
    expect(found.notes[0]).toBe('the two runs have no probe in common');
  });

  it('lets a suite be left out that was not asked for', () => {
    const density = madeProbe('density/idle', [madeMetric(steady)], { suite: 'density' });
    const base = madeRun([...run(steady).results, density], { suites: ['limits', 'density'] });
    expect(compared(base, run(steady))).toMatchObject({ verdict: 'fine', notes: ['only the base ran density'] });
  });

  it.each<[string, Partial<Metric>, Partial<Metric>, RegExp]>([
    ['threshold', {}, { threshold: 0.5 }, /different thresholds for it: 5% and 50%/],
    ['direction', {}, { better: 'higher' }, /do not mean the same by it/],
    ['target', { better: 'target', target: 100 }, { better: 'target', target: 120 }, /do not mean the same by it/],
  ])('does not judge where the two say otherwise by what: %s', (_, was, is, why) => {
    const found = compared(run(steady, was), run(slower, is));
    expect(found).toMatchObject({ verdict: 'inconclusive', metrics: [{ change: 'inconclusive' }] });
    expect(found.metrics[0]?.why).toMatch(why);
  });

  it('judges by the threshold that it is told, whatever the two say', () => {
    const found = compareRuns(run(steady), run(slower, { threshold: 0.5 }), { version, judging: { threshold: 0.05 } });
    expect(found).toMatchObject({ verdict: 'regression' });
  });

  it('puts a change down to the machine where the hypervisor took more', () => {
    const samples = madeMetric(slower).samples.map((sample) => ({ ...sample, steal: 0.2 }));
    const before = madeMetric(steady).samples.map((sample) => ({ ...sample, steal: 0 }));
    const result = compared(run(steady, { samples: before }), run(slower, { samples }));
    expect(result.metrics[0]).toMatchObject({
      change: 'inconclusive',
      why: expect.stringContaining('hypervisor') as string,
    });
  });

  it.each([
    ['slower', 'ms', 'lower', 0.3, 0.8, 'inconclusive'],
    ['as busy', 'ms', 'lower', 0.6, 0.75, 'regression'],
    ['memory', 'bytes', 'lower', 0.3, 0.8, 'regression'],
    ['a looser limit', 'ratio', 'target', 0.3, 0.8, 'regression'],
    ['less busy', 'ms', 'lower', 0.8, 0.3, 'regression'],
    ['overrun by them in both', 'ms', 'lower', 0.99, 0.98, 'inconclusive'],
    ['overrun, by CPU time', 'ms of CPU', 'lower', 0.99, 0.98, 'regression'],
  ] as const)('with other programs on the machine: %s', (_, unit, better, before, after, change) => {
    const under = (cpu: number, values: readonly number[]) => {
      const more = { unit, better, target: better === 'target' ? 100 : null } as const;
      const pressure = { cpu, memory: 0, io: null };
      return run(values, { ...more, samples: madeMetric(values).samples.map((sample) => ({ ...sample, pressure })) });
    };
    expect(compared(under(before, steady), under(after, slower)).metrics[0]).toMatchObject({ change });
    // The other way round what was a worsening is an improvement, and what explained it is still there.
    const back = change === 'regression' ? 'improvement' : change;
    expect(compared(under(after, slower), under(before, steady)).metrics[0]).toMatchObject({ change: back });
  });

  it('puts a change of speed down to the machine that is smaller than its samples scatter, and nothing else', () => {
    const [before, after] = [normalValues('c', 40, 100, 0.1), normalValues('d', 40, 117, 0.1)];
    const both = (more = {}) => [
      compared(run(before, more), run(after, more)).metrics[0],
      compared(run(after, more), run(before, more)).metrics[0],
    ];
    for (const metric of both()) {
      const why = expect.stringMatching(/^its samples scatter by [\d.]+% within a run/) as string;
      expect(metric).toMatchObject({ change: 'inconclusive', why });
    }
    const changes = (more: object) => both(more).map((metric) => metric?.change);
    expect(changes({ unit: 'bytes' })).toEqual(['regression', 'improvement']);
    expect(changes({ better: 'target', target: 50 })).toEqual(['regression', 'improvement']);
    const far = normalValues('e', 40, 150, 0.1);
    expect(compared(run(before), run(far)).metrics[0]?.change).toBe('regression');
    expect(compared(run(far), run(before)).metrics[0]?.change).toBe('improvement');
  });

  it('judges a target by the distance from it', () => {
    const target = { better: 'target', target: 100, threshold: 0.02 } as const;
    expect(compared(run(slower, target), run(steady, target)).metrics[0]?.change).toBe('improvement');
    const at = (middle: number) => run(normalValues(`at ${middle}`, 20, middle, 0.002), target);
    const change = (from: number, to: number) => compared(at(from), at(to)).metrics[0]?.change;
    expect(change(96, 93)).toBe('regression');
    expect(change(93, 96)).toBe('improvement');
    // Neither is far enough from it to matter, on whichever side.
    expect(change(98.5, 101.5)).toBe('same');
    // From a little below to clearly above: by the distances alone this would be 2.5 points, and for 1.5 and 3.4 less than the threshold.
    expect(change(98.7, 103.7)).toBe('regression');
    expect(change(98.5, 103.4)).toBe('regression');
    expect(change(103.4, 98.5)).toBe('improvement');
    // As wrong as before, the other way: to call that unchanged would be wrong, too.
    expect(change(95, 105)).not.toBe('same');
  });

  it('takes something in place of nothing for beyond every number', () => {
    const zeros = Array.from({ length: 20 }, () => 0);
    expect(compared(run(zeros), run(zeros)).metrics[0]?.change).toBe('same');
    expect(compared(run(zeros), run(steady)).metrics[0]).toMatchObject({
      change: 'regression',
      ratio: { estimate: null },
    });
  });

  it('refuses other environments, unless told', () => {
    const next = { ...run(steady), environment: { ...run(steady).environment, kernel: '6.19.0', cpus: 4 } };
    expect(compareRuns(run(steady), next, { version })).toMatchObject({
      mismatch: [{ what: 'kernel' }, { what: 'cpus' }],
    });
    expect(compareRuns(run(steady), next, { version, anyEnvironment: true })).toMatchObject({ verdict: 'fine' });
  });

  it('splits a run by its interleaved rounds', () => {
    const [a, b] = splitForSelfCheck(run([0, 1, 2, 3, 4, 5, 6, 7]));
    const rounds = [a, b].map(({ results }) => results[0]!.metrics[0]!.samples.map(({ round }) => round));
    expect(rounds).toEqual([
      [0, 3, 4, 7],
      [1, 2, 5, 6],
    ]);
  });
});
