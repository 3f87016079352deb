import { describe, expect, it } from 'vitest';

import { resampledMedians } from '../../src/stats/bootstrap.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { sorted } from '../../src/stats/quantiles.ts';

describe('medians of resamples', () => {
  const medians = (...values: number[]) => [...resampledMedians(sorted(values), 200, randomFrom('seed'))];

  it('are numbers, however large or small', () => {
    const [low, high] = [1e308, 1.5e308];
    for (const one of medians(low, high)) expect([low, 1.25e308, high]).toContain(one);
    for (const one of medians(-1e308, 1e308)) expect([-1e308, 0, 1e308]).toContain(one);
    expect(new Set(medians(5e-324, 5e-324))).toEqual(new Set([5e-324]));
    expect(new Set(medians(1, 4))).toEqual(new Set([1, 2.5, 4]));
  });

  it('need a number', () => {
    expect(() => medians()).toThrow(RangeError);
  });
});
