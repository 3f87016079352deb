import { describe, expect, it } from 'vitest';

import { parseIdMap } from '../../src/parse/id-map.ts';
import { Malformed } from '../../src/parse/malformed.ts';
import { everyCut } from './recorded.ts';

const ROOTLESS = '         0       1000          1\n         1     100000      65536\n';

describe('parseIdMap', () => {
  it.each([
    ['         0          0 4294967295\n', [{ inside: 0, outside: 0, count: 4294967295 }]],
    [
      ROOTLESS,
      [
        { inside: 0, outside: 1000, count: 1 },
        { inside: 1, outside: 100000, count: 65536 },
      ],
    ],
    // The reader's user namespace has no such id.
    ['         0 4294967295          1\n', [{ inside: 0, outside: 4294967295, count: 1 }]],
    // Ten digits leave no space for padding.
    ['4294967294 4294967294          1\n', [{ inside: 4294967294, outside: 4294967294, count: 1 }]],
    ['', []],
  ])('reads %j', (text, extents) => {
    expect(parseIdMap(text)).toEqual(extents);
  });

  it('gives whole lines of a cut text or none', () => {
    for (const cut of everyCut(ROOTLESS)) {
      const isWhole = cut === '' || cut.endsWith('\n');
      expect(parseIdMap(cut) instanceof Malformed).toBe(!isWhole);
    }
  });

  it.each(['\n', '0 0\n', '0 0 1 2\n', '0 -1 1\n', 'a b c\n', '0 0 1'])('finds %j malformed', (text) => {
    expect(parseIdMap(text)).toBeInstanceOf(Malformed);
  });
});
