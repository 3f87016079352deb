/** The probe of freezers, held against one that does not work. */
import { expect, test } from 'vitest';

import type { Probe } from '../../src/probe/launch/launcher.ts';
import { FREEZER } from '../../src/probe/probes/limits/freezer.ts';
import { verdictOf, type ProbeContext } from '../../src/probe/probes/probe.ts';
import type { World } from '../../src/probe/probes/world.ts';

/** A container of v2 that uses CPU time as long as `runs` says so, told what was written to `cgroup.freeze`. */
function contextOf(isFrozen: (written: string) => boolean, runs: (written: string) => boolean): ProbeContext {
  let written = '';
  let usage = 0;
  const read = (_: string, file: string): string => {
    if (file === 'cgroup.events') return `populated 1\nfrozen ${isFrozen(written) ? 1 : 0}\n`;
    if (runs(written)) usage += 20_000;
    return `usage_usec ${usage}\n`;
  };
  const probe = {
    group: 'g',
    read,
    scope: { set: ({ value }: { value: string }) => (written = value), version: () => 2 },
    go: () => undefined,
    remove: () => undefined,
  } as unknown as Probe;
  return {
    launcher: { launch: () => Promise.resolve(probe) } as unknown as ProbeContext['launcher'],
    world: { version: () => 2, has: () => true } as unknown as World,
    quick: true,
    ownMachine: false,
  };
}

test.each([
  ['works', (text: string) => text === '1', (text: string) => text !== '1', [], 'pass'],
  ['freezes nothing', () => false, () => true, ['freezes', 'no-usage'], 'fail'],
  ['says so alone', (text: string) => text === '1', () => true, ['no-usage'], 'fail'],
  ['does not thaw', (text: string) => text !== '', (text: string) => text === '', ['thaws'], 'fail'],
] as const)('one that %s', async (_, isFrozen, runs, broken, verdict) => {
  const probe = FREEZER.find(({ id }) => id === 'limits/freezer/v2')!;
  const trial = await probe.run(contextOf(isFrozen, runs));
  expect(trial.invariants.filter(({ holds }) => !holds).map(({ id }) => id)).toEqual(broken);
  expect(verdictOf(trial)).toBe(verdict);
});

test('a payload that does not run says nothing of the freezer', async () => {
  const probe = FREEZER.find(({ id }) => id === 'limits/freezer/v2')!;
  await expect(
    probe.run(
      contextOf(
        () => true,
        () => false,
      ),
    ),
  ).rejects.toThrow('the payload runs: not within 5000 ms');
});
