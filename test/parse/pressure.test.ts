import { describe, expect, it } from 'vitest';

import { Malformed } from '../../src/parse/malformed.ts';
import { parsePressure } from '../../src/parse/pressure.ts';

const FULL = 'full avg10=0.00 avg60=0.00 avg300=0.00 total=2\n';

describe('parsePressure', () => {
  it.each([
    [`some avg10=1.53 avg60=0.87 avg300=0.25 total=157622151\n${FULL}`, 157_622_151],
    // cpu of a kernel before 5.13 has no second line.
    ['some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n', 0],
  ])('reads %j', (text, total) => {
    expect(parsePressure(text)).toBe(total);
  });

  it.each(['', FULL, 'some avg10=0.00 avg60=0.00 avg300=0.00 total=12', 'some avg10=0.00 total=1\n'])(
    'finds %j malformed',
    (text) => {
      expect(parsePressure(text)).toBeInstanceOf(Malformed);
    },
  );
});
