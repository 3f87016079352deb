import { describe, expect, it } from 'vitest';

import { parseCpuTimes } from '../../src/parse/cpu-times.ts';
import { Malformed } from '../../src/parse/malformed.ts';

describe('parseCpuTimes', () => {
  it.each([
    ['cpu  671171 554 426150 2062778 5800 0 2529 1548 0 0\ncpu0 1 2 3 4 5 6 7 8 9 10\n', 3_170_530, 1548],
    // The time of guests is counted in user and nice already.
    ['cpu  10 10 10 10 10 10 10 10 7 3\n', 80, 10],
    ['cpu  1 2 3 4 5 6 7 8\nintr 0\n', 36, 8],
  ])('reads %j', (text, total, steal) => {
    expect(parseCpuTimes(text)).toEqual({ total, steal });
  });

  it.each(['', 'cpu  1 2 3 4 5 6 7 8', 'cpu  1 2 3 4 5 6 7\n', 'cpu0 1 2 3 4 5 6 7 8\n', 'cpu  1 2 3 4 5 6 7 -8\n'])(
    'finds %j malformed',
    (text) => {
      expect(parseCpuTimes(text)).toBeInstanceOf(Malformed);
    },
  );
});
