import { describe, expect, it } from 'vitest';

import type { MachineState } from '../../../src/probe/machine.ts';
import { invariant } from '../../../src/probe/probes/probe.ts';
import { Table } from '../../../src/probe/probes/startup/startup.ts';
import { bytes, micros, type Group, type Row } from '../../../src/probe/probes/startup/subject.ts';

const STATE: MachineState = { steal: 0.25, pressure: { cpu: null, memory: 0.5, io: null } };

function groupOf(first: Partial<Row> = {}, ...others: Partial<Row>[]): Group {
  return {
    rows: [first, ...others].map((row) => ({
      id: 'startup/a',
      title: 'A',
      subject: null,
      runtime: 'native',
      informative: false,
      note: null,
      ...row,
    })),
    lacks: [],
    stride: 1,
    once: () => Promise.resolve(new Map()),
    close: () => undefined,
  };
}

const held = (holds: boolean, observed: string) => invariant('i', 'it holds', holds, observed);

describe('the table of start-up', () => {
  it('keeps every sample as it was taken, with its round and the state of the machine', () => {
    const group = groupOf({ note: 'a note', informative: true });
    const table = new Table([group]);
    table.take(group, 'startup/a', { measures: [micros('start', 3000), bytes('disk', 7)], invariants: [] }, 0, STATE);
    table.take(group, 'startup/a', { measures: [micros('start', 1000)], invariants: [] }, 4, STATE);
    const [result] = table.results();
    expect(result).toMatchObject({ suite: 'startup', verdict: 'pass', why: 'a note', durationMs: 0.004 });
    expect(result?.metrics.map(({ name, unit, informative }) => [name, unit, informative])).toEqual([
      ['start', 'us', true],
      ['disk', 'bytes', true],
    ]);
    expect(result?.metrics[0]?.samples).toEqual([
      { value: 3, round: 0, ...STATE },
      { value: 1, round: 4, ...STATE },
    ]);
    expect(result?.metrics[0]?.summary).toMatchObject({ n: 2, median: 2 });
  });

  it('tells rows of one id in several runtimes apart', () => {
    const groups = [groupOf(), groupOf({ runtime: 'runc' })];
    const table = new Table(groups);
    table.take(groups[1]!, 'startup/a', { measures: [micros('start', 1)], invariants: [] }, 0, STATE);
    expect(table.results().map(({ runtime, verdict }) => [runtime, verdict])).toEqual([
      ['native', 'inconclusive'],
      ['runc', 'pass'],
    ]);
  });

  it('fails when an invariant was broken once', () => {
    const group = groupOf();
    const table = new Table([group]);
    for (const [round, holds] of [true, false, true, false].entries()) {
      const observation = { measures: [micros('start', 1)], invariants: [held(holds, `round ${round}`)] };
      table.take(group, 'startup/a', observation, round, STATE);
    }
    expect(table.results()[0]).toMatchObject({ verdict: 'fail', why: 'round 1', invariants: [held(false, 'round 1')] });
  });

  it('ends a row that could not be measured, and keeps what was', () => {
    const group = groupOf({}, { id: 'startup/b' });
    const table = new Table([group]);
    table.take(group, 'startup/a', { measures: [micros('start', 1)], invariants: [] }, 0, STATE);
    table.take(group, 'startup/a', 'EPERM', 1, STATE);
    expect(table.alive(group)).toEqual(['startup/b']);
    expect(table.results()[0]).toMatchObject({ verdict: 'error', why: 'EPERM', metrics: [{ name: 'start' }] });
    expect(() => table.take(group, 'startup/c', 'EPERM', 1, STATE)).toThrow(TypeError);
  });
});
