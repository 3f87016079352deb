import { describe, expect, it } from 'vitest';

import { isMalformed, Malformed } from '../../src/parse/malformed.ts';
import { parseTaskStat } from '../../src/parse/task-stat.ts';
import { everyCut } from './recorded.ts';

const AFTER_START =
  '2535424 343 18446744073709551615 94172118441984 94172118443369 140728260575328 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 ' +
  '94172118453712 94172118454376 94172831297536 140728260581910 140728260581931 140728260581931 140728260583410 0\n';

const ODD_NAMES: [comm: string, name: unknown][] = [
  ['plain', 'plain'],
  ['', ''],
  ['with space', 'with space'],
  ['tmux: server', 'tmux: server'],
  [') R 1 (x) S 2', ') R 1 (x) S 2'],
  ['a\nb) Z 0\\', 'a\nb) Z 0\\'],
  ['x) S 1 1 1 1 1', 'x) S 1 1 1 1 1'],
  ['((((', '(((('],
  ['))))', '))))'],
  ['\x1b[2J', '\x1b[2J'],
  ['caf\xe9', { text: 'caf\ufffd', base64: 'Y2Fm6Q==' }],
  // prctl(PR_SET_NAME) keeps 15 bytes, also where that cuts a character.
  ['f\xc3\xbcnfzehnBytes\xe6', { text: 'fünfzehnBytes\ufffd', base64: 'ZsO8bmZ6ZWhuQnl0ZXPm' }],
];

describe('parseTaskStat', () => {
  it.each(ODD_NAMES)('ends the name %j at the last parenthesis', (comm, name) => {
    const text = `15462 (${comm}) R 15452 15450 10558 0 -1 4194304 88 0 0 0 0 0 0 0 20 0 1 0 152936 ${AFTER_START}`;
    expect(parseTaskStat(text)).toEqual({
      pid: 15462,
      comm: name,
      state: 'R',
      ppid: 15452,
      flags: 4194304,
      kthread: false,
      threads: 1,
      start: 152936,
    });
  });

  it('knows the threads of the kernel by their flag, not by their parent or name', () => {
    const kthreadd =
      '2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 24 0 0 18446744073709551615 0 0 0 0 0 0 0 2147483647 ' +
      '0 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n';
    const worker =
      '12510 (kworker/u8:4-ext4-rsv-conversion) I 2 0 0 0 -1 69238880 0 0 0 0 3 0 0 0 20 0 1 0 109563 0 0 ' +
      '18446744073709551615 0 0 0 0 0 0 0 2147483647 0 1 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n';
    expect(parseTaskStat(kthreadd)).toMatchObject({ pid: 2, ppid: 0, kthread: true, comm: 'kthreadd', start: 24 });
    expect(parseTaskStat(worker)).toMatchObject({
      state: 'I',
      kthread: true,
      comm: 'kworker/u8:4-ext4-rsv-conversion',
    });
  });

  it('reads a zombie', () => {
    const zombie =
      '2896 (python3) Z 2855 2853 10558 0 -1 4227148 220 0 0 0 0 0 0 0 20 0 1 0 229195 0 0 18446744073709551615 0 0 0 ' +
      '0 0 0 0 16781312 2 1 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n';
    expect(parseTaskStat(zombie)).toMatchObject({ pid: 2896, state: 'Z', ppid: 2855, threads: 1, start: 229195 });
  });

  it('takes the negative process group and session of a task that is being released', () => {
    const text = `7 (sh) X 0 -1 -1 0 -1 4227148 0 0 0 0 0 0 0 0 20 -20 0 0 77 ${AFTER_START}`;
    expect(parseTaskStat(text)).toMatchObject({ state: 'X', threads: 0, start: 77 });
  });

  it('finds every cut of the file malformed, also where the name looks like the rest of a line', () => {
    const text = `1 (a) R 1 1 1 0 \n) S 0 1 1 0 -1 64 0 0 0 0 0 0 0 0 20 0 1 0 9 ${AFTER_START}`;
    expect(parseTaskStat(text)).toMatchObject({ ppid: 0, start: 9 });
    expect(everyCut(text).filter((cut) => !isMalformed(parseTaskStat(cut)))).toEqual([]);
  });

  it.each([
    ['', 'nothing'],
    ['\n', 'an empty line'],
    ['12 sh R 1\n', 'no parentheses'],
    ['(sh) R 1\n', 'no pid'],
    ['x (sh) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0\n', 'a pid that is no number'],
    ['12 (sh) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0\n', 'too few fields'],
    ['12 (sh) RR 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0\n', 'a state of two letters'],
    ['12 (sh) R -1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0\n', 'a negative parent'],
    ['12 (sh)  R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0\n', 'two spaces'],
  ])('finds %j malformed (%s)', (text) => {
    expect(parseTaskStat(text)).toBeInstanceOf(Malformed);
  });
});
