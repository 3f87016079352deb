import { expect, test } from 'vitest';

import { startTimeOf } from '../../src/model/start-time.ts';
import type { HostFacet } from '../../src/schema/host.ts';

const host: HostFacet = {
  version: 1,
  bootTime: 1_700_000_000,
  ticksPerSecond: 100,
  reader: { pid: 1, uid: 0, capEff: null },
};

test('counts from the start of the machine', () => {
  expect(startTimeOf({ start: 12_399 }, host)).toBe('2023-11-14T22:15:23Z');
  expect(startTimeOf({ start: 1 }, undefined)).toBeNull();
});

test.each([1e308, Number.MAX_SAFE_INTEGER, -1e300, NaN])('a start that is no date, %d, is none', (start) => {
  expect(startTimeOf({ start }, host)).toBeNull();
});
