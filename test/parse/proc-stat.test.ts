import { describe, expect, it } from 'vitest';

import { isMalformed, Malformed } from '../../src/parse/malformed.ts';
import { parseBootTime } from '../../src/parse/proc-stat.ts';
import { everyCut } from './recorded.ts';

const STAT = `cpu  11279 0 10186 434726 539 0 191 18 0 0
cpu0 4544 0 4490 219281 43 0 49 7 0 0
cpu1 6734 0 5695 215444 495 0 141 11 0 0
intr 845611 0 0 0 0 0 0 0 0 1 1 14 0 0 0 0 268 866
ctxt 2887469
btime 1795224060
processes 35972
procs_running 2
procs_blocked 0
softirq 407386 0 48777 40 41775 108614 0 2 101946 0 106232
`;

describe('parseBootTime', () => {
  it('finds btime among the other lines', () => {
    expect(parseBootTime(STAT)).toBe(1795224060);
  });

  it('takes no part of the number for the number', () => {
    for (const cut of everyCut(STAT)) {
      const parsed = parseBootTime(cut);
      expect(isMalformed(parsed) || parsed === 1795224060).toBe(true);
    }
  });

  it.each(['', '\n', 'xbtime 12\n', 'btime\n', 'btime -5\n', 'btime 12', 'btime 12 13\n'])(
    'finds %j malformed',
    (text) => {
      expect(parseBootTime(text)).toBeInstanceOf(Malformed);
    },
  );
});
