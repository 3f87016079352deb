import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { captureOf, factsOf } from '../../src/facts/shred.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { Shredded } from '../../src/facts/fact.ts';
import { HistoryHost } from '../../bench/history-crowd.ts';
import { areSame, firstCapture, sequence, steps } from '../support/moving.ts';
import { captureOf as taken, fixture } from '../support/replay.ts';

/** As it comes out of a store. */
function throughJson({ facts, ...rest }: Shredded): Shredded {
  const json = JSON.parse(JSON.stringify(rest)) as Shredded;
  const parsed = [...facts].map(([kind, list]) => [kind, JSON.parse(JSON.stringify(list)) as typeof list] as const);
  return { ...json, facts: new Map(parsed), shapes: rest.shapes };
}

const captures: Readonly<Record<string, () => Capture | Promise<Capture>>> = {
  docker: () => taken(fixture('docker')),
  odd: () => taken(fixture('odd')),
  crowd: () => new HistoryHost({ tasks: 200, containers: 10 }).capture(),
};

describe('a capture taken apart', () => {
  it.each(Object.keys(captures))('is the same when it is put together: %s', async (name) => {
    const capture = await captures[name]!();
    const shredded = factsOf(capture);
    expect(areSame(captureOf(shredded), capture)).toBe(true);
    expect(areSame(captureOf(throughJson(shredded)), capture)).toBe(true);
  });

  it('is the same whatever it holds', async () => {
    const first = await firstCapture();
    fc.assert(
      fc.property(steps, (path) => {
        for (const capture of sequence(first, path)) {
          expect(areSame(captureOf(throughJson(factsOf(capture))), capture)).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('has each key once a kind', async () => {
    const first = await firstCapture();
    fc.assert(
      fc.property(steps, (path) => {
        for (const list of factsOf(sequence(first, path).at(-1)!).facts.values()) {
          expect(new Set(list.map(({ key }) => key)).size).toBe(list.length);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('keeps what a worker of the kernel last did apart from its name', async () => {
    const first = await firstCapture();
    const workers = ['kworker/0:1-events', 'kworker/u8:2+writeback', 'kworker/1:0', 'kworker/R-rcu_gp', 'kthreadd'];
    const [model] = first.tasks!.processes;
    const processes = workers.map((comm, at) => ({ ...model!, pid: 100 + at, comm, kthread: at !== 2 }));
    const shredded = factsOf({ ...first, tasks: { ...first.tasks!, processes } });
    expect(shredded.facts.get('task')!.map(({ body }) => (body as { comm: string }).comm)).toEqual([
      'kworker/0:1',
      'kworker/u8:2',
      'kworker/1:0',
      'kworker/R-rcu_gp',
      'kthreadd',
    ]);
    expect(captureOf(throughJson(shredded)).tasks!.processes.map(({ comm }) => comm)).toEqual(workers);
    const dropped = captureOf({ ...shredded, frame: null }).tasks!.processes;
    expect(dropped[0]!.comm).toBe('kworker/0:1');
  });

  it('has no numbers that move among its facts', () => {
    const host = new HistoryHost({ tasks: 50, containers: 5 });
    const before = factsOf(host.capture());
    host.pass({ churn: 0, busy: 1 });
    const after = factsOf(host.capture());
    expect(JSON.stringify([...after.facts])).toBe(JSON.stringify([...before.facts]));
    expect(after.samples).not.toEqual(before.samples);
    expect([...after.shapes.keys()]).toEqual([...before.shapes.keys()]);
  });

  it('says what it no longer has when samples are dropped', () => {
    const capture = new HistoryHost({ tasks: 20, containers: 2 }).capture();
    const { tasks, cgroups, limits } = captureOf({ ...factsOf(capture), samples: [], frame: null });
    expect(new Set(tasks?.processes.map(({ state }) => state))).toEqual(new Set(['?']));
    expect(cgroups?.cgroups[1]?.files).toMatchObject({
      'memory.max': { kind: 'number', value: '536870912' },
      'memory.current': { kind: 'unknown', outcome: 'not collected' },
    });
    expect(limits?.processes[0]).toMatchObject({ openFiles: null, unknown: { openFiles: 'not collected' } });
  });
});
