import { describe, expect, it } from 'vitest';

import { LIMIT_PROBES } from '../../src/probe/probes/limits/index.ts';
import { invariant, settingsOf, verdictOf } from '../../src/probe/probes/probe.ts';
import { CONTROLLERS, lackOf, type World } from '../../src/probe/probes/world.ts';

/** A machine with these controllers. */
function worldOf(versions: Readonly<Record<string, 1 | 2>>, files: readonly string[] = []): World {
  return {
    version: (controller) => versions[controller] ?? null,
    lack: () => 'not there',
    has: (_, file) => files.includes(file),
    cpus: [0, 1],
    disk: { dev: '8:0' },
  };
}

describe('lackOf', () => {
  it.each([
    [[], null],
    [[{ controller: 'cpu' }], null],
    [[{ controller: 'cpu', version: 1 }], null],
    [[{ controller: 'cpu', version: 2 }], 'cpu is in a hierarchy of cgroup v1'],
    [[{ controller: 'io' }], 'io: not there'],
    [[{ controller: 'cpu', file: 'cpu.idle' }], null],
    [[{ controller: 'cpu', file: 'cpu.cfs_burst_us' }], 'this kernel has no cpu.cfs_burst_us'],
    [[{ controller: 'cpu' }, { controller: 'io' }], 'io: not there'],
  ] as const)('of %j', (needs, lack) => {
    expect(lackOf(worldOf({ cpu: 1 }, ['cpu.idle']), needs)).toBe(lack);
  });
});

describe('the probes of limits', () => {
  it('have ids of their own, within the suite', () => {
    const ids = LIMIT_PROBES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^limits\/[a-z0-9-]+(?:\/[a-z0-9-]+)?$/);
  });

  it('leave out no controller', () => {
    const needed = new Set(LIMIT_PROBES.flatMap(({ needs }) => needs.flat().map(({ controller }) => controller)));
    const named = new Set(LIMIT_PROBES.map(({ subject }) => subject));
    expect(CONTROLLERS.filter((controller) => !needed.has(controller) && !named.has(controller))).toEqual([]);
  });
});

describe('verdictOf', () => {
  const holds = invariant('a', 'a', true, '');
  const broken = invariant('b', 'b', false, '');

  it.each([
    [{ invariants: [] }, 'pass'],
    [{ invariants: [holds], verdict: 'inconclusive' }, 'inconclusive'],
    [{ invariants: [holds, broken] }, 'fail'],
    [{ invariants: [broken], verdict: 'inconclusive' }, 'fail'],
  ] as const)('of %j is %s', (trial, verdict) => {
    expect(verdictOf(trial)).toBe(verdict);
  });
});

describe('settingsOf', () => {
  it('names the group that a setting is on, unless it is the payload’s', () => {
    const set = { controller: 'cpu', value: '1' };
    expect(
      settingsOf({
        settings: [
          { ...set, file: 'a' },
          { ...set, file: 'b', group: 'up' },
          { ...set, file: 'c', group: '' },
        ],
      }),
    ).toEqual([
      { name: 'a', value: '1' },
      { name: 'up: b', value: '1' },
      { name: 'scope: c', value: '1' },
    ]);
    expect(settingsOf({})).toEqual([]);
  });
});
