import { describe, expect, it } from 'vitest';

import { isMalformed, Malformed } from '../../src/parse/malformed.ts';

describe('Malformed', () => {
  it('keeps the beginning of a long text', () => {
    expect(new Malformed('what', 'x'.repeat(100_000)).text).toHaveLength(200);
  });

  it.each([null, undefined, 0, '', [], {}, { what: 'a', text: 'b' }])('is not %j', (value) => {
    expect(isMalformed(value)).toBe(false);
  });
});
