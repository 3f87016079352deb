import { describe, expect, it } from 'vitest';

import type { Launcher, Scope } from '../../src/probe/launch/launcher.ts';
import { invariant, type ProbeDefinition, type Trial } from '../../src/probe/probes/probe.ts';
import { runSuite, type SuiteOptions } from '../../src/probe/suite.ts';
import { expectDocument } from '../support/schema.ts';

/** A scope on a machine without any controller. */
const SCOPE = {
  lacks: new Map(),
  version: () => null,
  directory: () => null,
  remove: () => undefined,
} as unknown as Scope;

const launcher = (runtime: Launcher['runtime'], usable = true): Launcher => ({
  runtime,
  check: () => Promise.resolve({ runtime, version: '1', usable, why: usable ? null : 'not installed' }),
  launch: () => Promise.reject(new Error('nothing is launched here')),
  scope: () => SCOPE,
  close: () => undefined,
});

const NOTHING: Trial = { set: [], invariants: [], measures: [] };

/** A probe that tells when it runs. */
function probe(name: string, more: Partial<ProbeDefinition> = {}): ProbeDefinition {
  return {
    id: `limits/${name}`,
    suite: 'limits',
    title: name,
    subject: null,
    needs: [],
    rounds: 'every',
    quick: true,
    run: () => Promise.resolve(NOTHING),
    ...more,
  };
}

const run = (options: Partial<SuiteOptions>) =>
  runSuite({ probes: [], launchers: [launcher('native')], quick: true, version: '0.0.0', ...options });

describe('runSuite', () => {
  it('interleaves probes and runtimes, every second round backwards', async () => {
    const steps: string[] = [];
    const document = await run({
      probes: [probe('a'), probe('b', { rounds: 'first' })],
      launchers: [launcher('native'), launcher('runc')],
      rounds: 3,
      progress: ({ done, total, id, runtime }) => steps.push(`${done}/${total} ${id} ${runtime}`),
    });
    expect(steps).toEqual([
      '0/8 limits/a native',
      '1/8 limits/b native',
      '2/8 limits/a runc',
      '3/8 limits/b runc',
      '4/8 limits/a runc',
      '5/8 limits/a native',
      '6/8 limits/a native',
      '7/8 limits/a runc',
    ]);
    expect(document.results.map(({ id, runtime, verdict }) => `${runtime} ${id} ${verdict}`)).toEqual([
      'native limits/a pass',
      'native limits/b pass',
      'runc limits/a pass',
      'runc limits/b pass',
    ]);
    expectDocument(document);
  });

  it('names a runtime that does not work here, and runs nothing in it', async () => {
    const { results, environment } = await run({
      probes: [probe('a')],
      launchers: [launcher('crun', false), launcher('native')],
    });
    expect(results.map(({ runtime }) => runtime)).toEqual(['native']);
    expect(environment.runtimes[0]).toMatchObject({ runtime: 'crun', usable: false, why: 'not installed' });
  });

  it('keeps the samples of every round, with their summary', async () => {
    let value = 0;
    const measured = probe('a', {
      run: () => {
        const measure = { name: 'm', unit: 'ms', better: 'lower', target: null, threshold: 0.1 } as const;
        return Promise.resolve({ ...NOTHING, measures: [{ ...measure, value: ++value }] });
      },
    });
    const [metric] = (await run({ probes: [measured], rounds: 3 })).results[0]!.metrics;
    expect(metric?.samples.map((sample) => [sample.round, sample.value])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ]);
    expect(metric?.summary).toMatchObject({ n: 3, median: 2 });
    expect(metric?.informative).toBe(false);
  });

  it('fails where an invariant did not hold in one of the rounds, and says in how many', async () => {
    let round = 0;
    const flawed = probe('a', {
      run: () => {
        const holds = ++round !== 2;
        return Promise.resolve({ ...NOTHING, invariants: [invariant('i', 'x <= 1', holds, `x = ${round}`)] });
      },
    });
    const [result] = (await run({ probes: [flawed], rounds: 3 })).results;
    expect(result).toMatchObject({ verdict: 'fail', why: 'x <= 1: x = 2 (1 of 3 rounds)' });
    expect(result?.invariants).toMatchObject([{ holds: false }]);
  });

  it('goes on after a probe that fails by itself', async () => {
    const { results } = await run({
      probes: [probe('a', { run: () => Promise.reject(new Error('no such thing')) }), probe('b')],
      rounds: 1,
    });
    expect(results.map(({ verdict, why }) => [verdict, why])).toEqual([
      ['error', 'no such thing'],
      ['pass', null],
    ]);
  });

  it('tells why a probe cannot run here, for each way that it could', async () => {
    const needs = [[{ controller: 'blkio', version: 1 }], [{ controller: 'io', version: 2 }]] as const;
    const [result] = (await run({ probes: [probe('a', { needs })], rounds: 1 })).results;
    expect(result).toMatchObject({
      verdict: 'unsupported',
      why: 'blkio: in no hierarchy that is mounted here; io: in no hierarchy that is mounted here',
    });
  });

  it('leaves long probes out of a quick run', async () => {
    const probes = [probe('a', { quick: false }), probe('b')];
    expect((await run({ probes, quick: true, rounds: 1 })).results).toHaveLength(1);
    expect((await run({ probes, quick: false, rounds: 1 })).results).toHaveLength(2);
  });

  it('ends when it is told to', async () => {
    const end = new AbortController();
    let runs = 0;
    const ending = probe('a', {
      run: () => {
        runs++;
        end.abort(new Error('interrupted'));
        return Promise.resolve(NOTHING);
      },
    });
    await expect(run({ probes: [ending], rounds: 5, signal: end.signal })).rejects.toThrow('interrupted');
    expect(runs).toBe(1);
  });
});
