import { describe, expect, it } from 'vitest';

import { holm } from '../../src/stats/holm.ts';
import { mannWhitney, smallestP } from '../../src/stats/mann-whitney.ts';
import { normalAbove, normalQuantileAbove } from '../../src/stats/normal.ts';
import { sorted } from '../../src/stats/quantiles.ts';
import { randomFrom } from '../../src/stats/random.ts';

/** U of the second sample, from its definition: all pairs. */
function pairs(first: readonly number[], second: readonly number[]): number {
  return second.reduce((sum, b) => sum + first.reduce((s, a) => s + (b > a ? 1 : b === a ? 0.5 : 0), 0), 0);
}

/** Two-sided p from its definition: every way to divide the values. */
function enumerated(first: readonly number[], second: readonly number[]): number {
  const all = [...first, ...second];
  const middle = (first.length * second.length) / 2;
  const distance = Math.abs(pairs(first, second) - middle);
  let [ways, asFar] = [0, 0];
  for (let mask = 0; mask < 1 << all.length; mask++) {
    const chosen = all.filter((_, at) => (mask >> at) & 1);
    if (chosen.length !== second.length) continue;
    ways++;
    const others = all.filter((_, at) => !((mask >> at) & 1));
    if (Math.abs(pairs(others, chosen) - middle) >= distance - 1e-9) asFar++;
  }
  return asFar / ways;
}

describe('the Mann-Whitney test', () => {
  it.each(Array.from({ length: 40 }, (_, at) => at))('counts all divisions of small samples (%i)', (at) => {
    const random = randomFrom(`enumeration ${at}`);
    const value = () => (at % 2 === 0 ? random.next() : random.below(5));
    const first = Array.from({ length: 2 + random.below(5) }, value);
    const second = Array.from({ length: 2 + random.below(5) }, () => value() + (at % 3));
    const { u, p, delta, exact } = mannWhitney(sorted(first), sorted(second));
    expect(exact).toBe(true);
    expect(u).toBe(pairs(first, second));
    expect(p).toBeCloseTo(enumerated(first, second), 12);
    expect(delta).toBeCloseTo((2 * u) / (first.length * second.length) - 1, 12);
  });

  // Critical values of the usual tables: two-sided 5 % for 10 and 10 is U = 23, for 5 and 5 is U = 2, for 20 and 20 is U = 127.
  it.each([
    [10, 23],
    [5, 2],
    [20, 127],
  ])('agrees with the tables for %i and as many', (n, critical) => {
    expect(pOfU(n, critical)).toBeLessThanOrEqual(0.05);
    expect(pOfU(n, critical + 1)).toBeGreaterThan(0.05);
  });

  it('cannot go below what complete separation gives', () => {
    expect(mannWhitney(sorted([1, 2, 3, 4, 5]), sorted([6, 7, 8, 9, 10])).p).toBeCloseTo(2 / 252, 12);
    expect(smallestP(5, 5)).toBeCloseTo(2 / 252, 12);
    expect(smallestP(10, 10)).toBeCloseTo(2 / 184_756, 12);
  });

  it('finds nothing where all is equal', () => {
    const same = sorted(Array.from({ length: 30 }, () => 7));
    expect(mannWhitney(same, same)).toMatchObject({ p: 1, delta: 0 });
  });

  it('refuses what it cannot test', () => {
    expect(() => mannWhitney(sorted([]), sorted([1]))).toThrow(RangeError);
    expect(() => mannWhitney(sorted([NaN]), sorted([1]))).toThrow(RangeError);
  });

  // SciPy 1.17, mannwhitneyu(method='asymptotic'), of i % 7 against i % 7 + (i % 4 == 0), 0 <= i < 30.
  it('approximates where there are many ties', () => {
    const first = Array.from({ length: 30 }, (_, i) => i % 7);
    const second = first.map((value, i) => value + (i % 4 === 0 ? 1 : 0));
    const { p, exact } = mannWhitney(sorted(first), sorted(second));
    expect(exact).toBe(false);
    expect(p).toBeCloseTo(0.6326977107679658, 10);
  });

  // SciPy 1.17, of i against i + 20.5, 0 <= i < 60.
  it('approximates where samples are large', () => {
    const first = Array.from({ length: 60 }, (_, i) => i);
    const { p, exact } = mannWhitney(sorted(first), sorted(first.map((i) => i + 20.5)));
    expect(exact).toBe(false);
    expect(p / 8.747567722893498e-8).toBeCloseTo(1, 10);
  });
});

/** p of two samples of n values each whose U is `u`, as all from 0 on can be made: values of the second put below u of the first. */
function pOfU(n: number, u: number): number {
  const first = Array.from({ length: n }, (_, i) => i);
  // Each value of the second sample is larger than `above` of the first.
  let left = u;
  const second = Array.from({ length: n }, (_, i) => {
    const above = Math.min(left, n);
    left -= above;
    return above - 0.5 - i / (100 * n);
  });
  const test = mannWhitney(sorted(first), sorted(second));
  expect(test.u).toBe(u);
  return test.p;
}

describe("Holm's correction", () => {
  // R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
  it('multiplies and keeps the order', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005]).map((p) => Number(p.toFixed(12)))).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });
});

describe('the normal distribution', () => {
  it.each([
    [0, 0.5],
    [1, 0.15865525393145707],
    [1.959963984540054, 0.025],
    [-1, 0.8413447460685429],
    [2.5, 0.006209665325776132],
    [5, 2.866515718791933e-7],
    [10, 7.619853024160489e-24],
  ])('has beyond %f the share %f', (z, share) => {
    expect(normalAbove(z) / share).toBeCloseTo(1, 12);
    expect(normalQuantileAbove(share)).toBeCloseTo(z, 10);
  });
});
