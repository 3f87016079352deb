import { describe, expect, it } from 'vitest';

import { judged } from '../../src/cli/bench-judge.ts';
import type { Verdict } from '../../src/schema/bench.ts';
import { madeMetric, madeProbe } from '../stats/made-runs.ts';

const result = (verdict: Verdict) => ({
  ...madeProbe('limits/cpu-quota', [madeMetric([1, 1, 1])]),
  invariants: [],
  verdict,
  why: 'because',
});

describe('what a run comes to', () => {
  it.each<[Verdict, number, number]>([
    // The verdict, the exit code, and that where the probe is required.
    ['pass', 0, 0],
    ['fail', 1, 1],
    ['read-back', 0, 1],
    ['unsupported', 0, 1],
    ['refused', 0, 1],
    ['inconclusive', 0, 1],
    ['error', 3, 1],
  ])('%s: exit %i, required %i', (verdict, code, required) => {
    expect(judged([result(verdict)], [], []).exitCode).toBe(code);
    const { exitCode, notes } = judged([result(verdict)], ['cpu-quota'], []);
    expect(exitCode).toBe(required);
    const said = `required, but ${verdict}: limits/cpu-quota (native): because`;
    expect(notes.includes(said)).toBe(verdict !== 'pass' && verdict !== 'fail');
  });

  it('says what was required and is not there', () => {
    expect(judged([result('pass')], ['vm/kvm'], [])).toEqual({
      exitCode: 1,
      notes: ['required, but not part of this run: vm/kvm'],
    });
  });
});
