import { describe, expect, it } from 'vitest';

import { Malformed } from '../../src/parse/malformed.ts';
import { parseUptime } from '../../src/parse/uptime.ts';
import { everyCut } from './recorded.ts';

describe('parseUptime', () => {
  it.each([
    ['1344.30 2525.77\n', 1344.3],
    ['0.01 0.00\n', 0.01],
    ['88670.62 4304.38\n', 88670.62],
  ])('reads %j', (text, seconds) => {
    expect(parseUptime(text)).toBe(seconds);
  });

  it('finds every cut malformed', () => {
    for (const cut of everyCut('1344.30 2525.77\n')) expect(parseUptime(cut)).toBeInstanceOf(Malformed);
  });

  it.each(['\n', '1344.30\n', '-1.00 0.00\n', '1344 2525\n', 'up 3 days\n'])('finds %j malformed', (text) => {
    expect(parseUptime(text)).toBeInstanceOf(Malformed);
  });
});
