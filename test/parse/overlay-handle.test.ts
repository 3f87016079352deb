import { expect, test } from 'vitest';

import { parseOverlayHandle } from '../../src/parse/overlay-handle.ts';

const bytes = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1');

const UUID = '507ab1b5bc564720b440a93fd0bc489f';

test.each([
  // As name_to_handle_at gave them for a tmpfs, from the fourth byte on: longer than they say.
  [`00fb210401${UUID}8e873b8104000000000000000000`, { real: '018e873b810400000000000000', isUpper: true }],
  [`00fb210001${UUID}a13e168508000000000000000000`, { real: '01a13e16850800000000000000', isUpper: false }],
  // As `trusted.overlay.origin` of an ext4.
  [`00fb1d0001${UUID}0c00000001020304`, { real: '010c00000001020304', isUpper: false }],
  ['', null],
  [`00fb210401${UUID}`, null],
  [`00fb150001${UUID}`, null],
  [`00aa210401${UUID}8e873b810400000000000000`, null],
])('%s', (hex, expected) => {
  expect(parseOverlayHandle(bytes(hex))).toEqual(expected);
});

test('one that is cut is none', () => {
  const whole = bytes(`00fb210401${UUID}8e873b810400000000000000`);
  for (let length = 0; length < whole.length; length++) expect(parseOverlayHandle(whole.slice(0, length))).toBeNull();
});
