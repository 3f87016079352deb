import { expect, it } from 'vitest';

import { sparkline } from '../../reports/sparkline.ts';
import { makeStyle } from '../../reports/style.ts';

const drawn = (values: readonly (number | null)[], width = 20, unicode = true) =>
  sparkline(values, width, makeStyle({ color: false, unicode, columns: null }));

it.each([
  [[0, 1, 2, 3, 4, 5, 6, 7], 20, '▁▂▃▄▅▆▇█'],
  [[5, 5, 5], 20, '▁▁▁'],
  [[1, null, 2], 20, '▁ █'],
  [[null, null], 20, '  '],
  [[], 20, ''],
  // A peak is not lost where several share a character.
  [[0, 0, 9, 0, 0, 0], 3, '▁█▁'],
  [[0, null, null, null], 2, '▁ '],
  [[-1, 1], 20, '▁█'],
])('%j in %d', (values, width, line) => {
  expect(drawn(values, width)).toBe(line);
});

it('does with ASCII alone', () => {
  expect(drawn([0, 1, 2, 3, 4, 5, 6, 7], 20, false)).toMatch(/^[!-~]{8}$/);
});
