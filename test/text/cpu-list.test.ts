import { describe, expect, it } from 'vitest';

import { formatCpuList, parseCpuList } from '../../src/text/cpu-list.ts';

describe('a list of CPUs', () => {
  it.each([
    ['', []],
    ['0', [0]],
    ['0-3,8', [0, 1, 2, 3, 8]],
    ['5,7-8,10-11', [5, 7, 8, 10, 11]],
  ])('%j is read and written', (list, numbers) => {
    expect(parseCpuList(list)).toEqual(numbers);
    expect(parseCpuList(`${list}\n`)).toEqual(numbers);
    expect(formatCpuList(numbers)).toBe(list);
  });

  it('is put in order, each number once', () => {
    expect(parseCpuList('8,1-2,2')).toEqual([1, 2, 8]);
    expect(formatCpuList([8, 1, 2, 1])).toBe('1-2,8');
  });

  it.each(['-', '3-1', '1,', ',', '0-3:1/2', 'a', ' 1', '65536', '0-99999999999999999999', '1-2-3'])(
    '%j is none',
    (list) => {
      expect(parseCpuList(list)).toBeNull();
    },
  );
});
