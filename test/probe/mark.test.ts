import { describe, expect, test } from 'vitest';

import { lifeOf, markName, newMark, parseMark, surroundings, type Surroundings } from '../../src/probe/mark.ts';

const MARK = { pid: 812, start: 1_666_639, pidns: 4_026_531_836, boot: '11d62845', number: 3 };
const NAME = 'nsinspect-probe-812-1666639-4026531836-11d62845-3';

describe('a mark', () => {
  test('is its name', () => {
    expect(markName(MARK)).toBe(NAME);
    expect(parseMark(NAME)).toEqual(MARK);
  });

  test.each([
    '',
    'nsinspect-probe-',
    'nsinspect-probe-812-1666639',
    `${NAME}-4`,
    `x${NAME}`,
    `${NAME}/x`,
    `${NAME}\n`,
    NAME.replace('812', '-812'),
    NAME.replace('11d62845', '11D62845'),
    NAME.replace('812', '99999999999'),
  ])('is not %j', (name) => {
    expect(parseMark(name)).toBeNull();
  });

  test('of this process is never given twice, and this process lives', () => {
    const [one, other] = [newMark(), newMark()];
    expect(one).not.toBe(other);
    expect(parseMark(one)).toMatchObject({ pid: process.pid });
    expect(lifeOf(parseMark(one)!, surroundings())).toBe('alive');
  });
});

describe('a maker', () => {
  const around = (starts: Record<number, number>, others: Partial<Surroundings> = {}): Surroundings => ({
    ...{ pid: 1, pidns: MARK.pidns, boot: MARK.boot, startOf: (pid) => starts[pid] ?? null },
    ...others,
  });

  test('lives while its pid is a process of its start time', () => {
    expect(lifeOf(MARK, around({ 812: 1_666_639 }))).toBe('alive');
  });

  test('is dead when there is no such process, or its pid is that of another', () => {
    expect(lifeOf(MARK, around({}))).toBe('dead');
    expect(lifeOf(MARK, around({ 812: 1_666_640 }))).toBe('dead');
  });

  test('of an earlier boot is dead, whoever has its pid and start time now', () => {
    expect(lifeOf(MARK, around({ 812: 1_666_639 }, { boot: '22222222' }))).toBe('dead');
    expect(lifeOf(MARK, around({}, { boot: '22222222', pidns: 1 }))).toBe('dead');
  });

  test('of another pid namespace cannot be judged', () => {
    expect(lifeOf(MARK, around({}, { pidns: 4_026_532_000 }))).toBe('elsewhere');
  });
});
