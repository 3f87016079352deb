import { describe, expect, it } from 'vitest';

import { parseTaskCount } from '../../src/parse/loadavg.ts';
import { Malformed } from '../../src/parse/malformed.ts';
import { everyCut } from './recorded.ts';

describe('parseTaskCount', () => {
  it.each([
    ['0.28 0.41 0.25 1/132 4711\n', 132],
    ['36.08 17.99 7.22 12/50213 4194303\n', 50_213],
  ])('reads %j', (text, tasks) => {
    expect(parseTaskCount(text)).toBe(tasks);
  });

  it('finds every cut malformed', () => {
    for (const cut of everyCut('0.28 0.41 0.25 1/132 4711\n')) expect(parseTaskCount(cut)).toBeInstanceOf(Malformed);
  });

  it.each(['\n', '0.28 0.41 0.25 132 4711\n', '0.28 0.41 1/132 4711\n', '0.28 0.41 0.25 1/132\n'])(
    'finds %j malformed',
    (text) => {
      expect(parseTaskCount(text)).toBeInstanceOf(Malformed);
    },
  );
});
