/** The place of a probe that cannot be made whole. */
import { existsSync, readdirSync } from 'node:fs';

import { expect, test, vi } from 'vitest';

import { CgroupScope } from '../../../src/probe/cgroupfs.ts';
import { Place } from '../../../src/probe/launch/container.ts';
import { MARK_PREFIX, newMark } from '../../../src/probe/mark.ts';
import * as state from '../../../src/probe/state.ts';

test('leaves no directory where the second cannot be made', () => {
  const make = vi.spyOn(state, 'scratchRoot').mockReturnValue('/proc/nowhere');
  try {
    // Without any hierarchy: nothing but directories is made.
    const scope = new CgroupScope(newMark(), []);
    expect(() => new Place({ name: 'test', script: '', scope, scratch: true })).toThrow('/proc/nowhere');
  } finally {
    make.mockRestore();
  }
  const own = (name: string) => name.startsWith(`${MARK_PREFIX}${process.pid}-`);
  expect(existsSync(state.stateRoot()) ? readdirSync(state.stateRoot()).filter(own) : []).toEqual([]);
});
