import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { ranksFor } from '../../src/facts/ranks.ts';

const isAscending = (list: readonly number[]) => list.every((rank, at) => at === 0 || rank > list[at - 1]!);

describe('ranks', () => {
  it('stay where the order stays', () => {
    expect(ranksFor([3, 5, 9])).toEqual([3, 5, 9]);
    expect(ranksFor([])).toEqual([]);
  });

  it('of as many as possible stay when one has moved', () => {
    const [first, moved, ...rest] = ranksFor([10, 2 ** 40, 20, 30]);
    expect([first, ...rest]).toEqual([10, 20, 30]);
    expect(moved).toBeGreaterThan(10);
    expect(moved).toBeLessThan(20);
  });

  it('are those that are wished for where they fit', () => {
    expect(ranksFor([1, null, 9], () => 5)).toEqual([1, 5, 9]);
    expect(ranksFor([1, null, 9], () => 10)).not.toContain(10);
  });

  it('are given anew where there is no room', () => {
    const ranks = ranksFor([1, null, 2]);
    expect(isAscending(ranks)).toBe(true);
    expect(Math.min(...ranks)).toBeGreaterThan(2);
  });

  it('leave room for a thousand items, one after another', () => {
    let ranks = ranksFor([null, null]);
    const [left, right] = ranks;
    for (let added = 0; added < 1000; added++) ranks = ranksFor([...ranks.slice(0, -1), null, ranks.at(-1)!]);
    expect([ranks[0], ranks.at(-1)]).toEqual([left, right]);
  });

  it('ascend, always, in integers', () => {
    const held = fc.array(fc.option(fc.integer({ min: -(2 ** 45), max: 2 ** 45 })), { maxLength: 40 });
    fc.assert(
      fc.property(held, fc.option(fc.nat(1000)), (list, wish) => {
        const ranks = ranksFor(list, wish === null ? undefined : (at) => wish * at);
        expect(ranks).toHaveLength(list.length);
        expect(isAscending(ranks)).toBe(true);
        expect(ranks.every(Number.isSafeInteger)).toBe(true);
      }),
    );
  });
});
