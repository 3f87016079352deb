import { describe, expect, it } from 'vitest';

import { displayWidth, truncate, truncateMiddle } from '../../src/text/width.ts';

describe('displayWidth', () => {
  it.each([
    ['', 0],
    ['abc', 3],
    ['…│└─', 4],
    ['日本', 4],
    ['ｆｕｌｌ', 8],
    ['ﾊﾝｶｸ', 5 - 1],
    ['e\u0301', 1],
    ['각', 2],
    ['\u1100\u1161\u11a8', 2],
    ['🐳', 2],
    ['👍🏽', 2],
    ['🇪🇺', 2],
    ['\ufffd', 1],
    ['\u001b[31mred\u001b[39m', 3],
  ])('%j takes %i columns', (text, width) => {
    expect(displayWidth(text)).toBe(width);
  });
});

describe('truncate', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'ab…'],
    ['abcd', 1, '…'],
    ['abcd', 0, ''],
    ['日本語', 6, '日本語'],
    // Half a character does not fit, so that a column stays free.
    ['日本語', 4, '日…'],
    ['日本語', 5, '日本…'],
    ['a🐳b', 2, 'a…'],
    ['🇪🇺🇪🇺', 3, '🇪🇺…'],
    ['🇪🇺🇪🇺', 2, '…'],
    ['cafe\u0301s', 5, 'cafe\u0301s'],
    ['cafe\u0301ss', 5, 'cafe\u0301…'],
  ])('%j to %i columns is %j', (text, width, cut) => {
    expect(truncate(text, width)).toBe(cut);
  });

  it('takes another ellipsis, and part of it where there is no room', () => {
    expect(truncate('abcdefgh', 6, '...')).toBe('abc...');
    expect(truncate('abcdefgh', 2, '...')).toBe('..');
  });
});

describe('truncateMiddle', () => {
  it.each([
    ['/a/b', 10, '/a/b'],
    ['0123456789', 7, '012…789'],
    ['0123456789', 8, '0123…789'],
    ['0123456789', 2, '0…'],
    ['0123456789', 1, '…'],
    ['0123456789', 0, ''],
    ['日本語日本語', 8, '日本…語'],
    ['日本語日本語abc', 8, '日本…abc'],
  ])('%j to %i columns is %j', (text, width, cut) => {
    expect(truncateMiddle(text, width)).toBe(cut);
  });
});

it('never takes more columns than it is told, and never half a character', () => {
  const text = 'a日e\u0301🐳🇪🇺각x/'.repeat(3);
  for (let width = 0; width < 40; width++) {
    for (const cut of [truncate(text, width), truncateMiddle(text, width)]) {
      expect(displayWidth(cut)).toBeLessThanOrEqual(width);
      expect(cut.isWellFormed()).toBe(true);
    }
  }
});
