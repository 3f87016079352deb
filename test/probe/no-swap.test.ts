/** Limits of memory on machines that have swap. */
import { describe, expect, it, onTestFinished, vi } from 'vitest';

import type { Probe } from '../../src/probe/launch/launcher.ts';
import { MEMORY_PROTECTION } from '../../src/probe/probes/limits/memory-protection.ts';
import { MEMORY } from '../../src/probe/probes/limits/memory.ts';
import { noSwap } from '../../src/probe/probes/limits/no-swap.ts';
import * as ownMachine from '../../src/probe/probes/limits/own-machine.ts';
import { verdictOf, type ProbeContext } from '../../src/probe/probes/probe.ts';

const worldOf = (version: 1 | 2, ...files: string[]) => ({
  version: () => version,
  has: (_: string, file: string) => files.includes(file),
});
const MEMSW = 'memory.memsw.limit_in_bytes';
const set = (file: string, value: string, group?: string) => ({
  controller: 'memory',
  file,
  value,
  ...(group === undefined ? {} : { group }),
});

describe('a limit of memory without a way around it', () => {
  it.each([
    ['v1 with memsw', worldOf(1, MEMSW, 'memory.swappiness'), 1, [set(MEMSW, '32')]],
    ['v1 without memsw', worldOf(1, 'memory.swappiness'), 1, [set('memory.swappiness', '0')]],
    ['v1 without memsw and swap', worldOf(1, 'memory.swappiness'), 0, []],
    ['v2', worldOf(2, 'memory.swap.max'), 1, [set('memory.swap.max', '0')]],
    ['v2 without swap.max and swap', worldOf(2), 0, []],
  ])('%s', (_, world, swap, settings) => {
    expect(noSwap(world, { bytes: 32 }, swap)).toEqual({ settings });
  });

  it('is on the group that has the limit; swappiness on those whose pages are looked at, too', () => {
    const limit = { bytes: 32, group: 'outer' };
    expect(noSwap(worldOf(2, 'memory.swap.max'), limit, 1)).toEqual({
      settings: [set('memory.swap.max', '0', 'outer')],
    });
    expect(noSwap(worldOf(1, 'memory.swappiness'), limit, 1)).toEqual({
      settings: [set('memory.swappiness', '0', 'outer'), set('memory.swappiness', '0')],
    });
  });

  it.each([
    ['v1', worldOf(1), MEMSW],
    ['v2', worldOf(2, 'memory.swappiness'), 'memory.swap.max'],
  ])('cannot be had on %s with swap and without its limit', (_, world, file) => {
    expect(noSwap(world, { bytes: 32 }, 4096)).toEqual({
      lack: `there is swap (4096 bytes), and without ${file} nothing keeps a payload out of it`,
    });
  });
});

/** A container whose files show what was written to them. */
function contextOf(): ProbeContext {
  let written = '';
  const probe = {
    group: 'g',
    read: () => `${written}\n`,
    scope: { set: ({ value }: { value: string }) => (written = value) },
    remove: () => undefined,
  } as unknown as Probe;
  return {
    launcher: { launch: () => Promise.resolve(probe) } as unknown as ProbeContext['launcher'],
    world: { ...worldOf(2), lack: () => '', cpus: [0], disk: { dev: '8:0' } },
    quick: true,
    ownMachine: false,
  };
}

describe('the probes that it would make fail', () => {
  it.each(['memory-max', 'memory-nested', 'memory-oom-group', 'memory-min', 'memory-low'])('%s', async (name) => {
    const total = vi.spyOn(ownMachine, 'totalSwap').mockReturnValue(4096);
    onTestFinished(() => total.mockRestore());
    const probe = [...MEMORY, ...MEMORY_PROTECTION].find(({ id }) => id === `limits/${name}`)!;
    const trial = await probe.run(contextOf());
    expect(verdictOf(trial)).toBe('read-back');
    expect(trial.why).toMatch(/^there is swap \(4096 bytes\), and without memory\.swap\.max /);
  });
});
