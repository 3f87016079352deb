/** Freezing: no task of the cgroup uses any CPU time until it is thawed. v1 has a controller for it, v2 a file in every cgroup. */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Probe } from '../../launch/launcher.ts';
import { NsinspectError } from '../../../text/error.ts';
import { keyed, usageOf, type UsageSource } from '../counters.ts';
import { invariant, launched, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { busyScript, usageSource } from './cpu-files.ts';

/** Milliseconds that the kernel is given for what it does at once. */
const PATIENCE = 5000;
const WATCHED = 150;

interface Freezer {
  readonly name: 'v1' | 'v2';
  readonly controller: string;
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
  isFrozen(probe: Probe): boolean;
}

const FREEZERS: readonly Freezer[] = [
  {
    name: 'v1',
    controller: 'freezer',
    file: 'freezer.state',
    frozen: 'FROZEN',
    thawed: 'THAWED',
    isFrozen: (probe) => probe.read('freezer', 'freezer.state')?.trim() === 'FROZEN',
  },
  {
    name: 'v2',
    controller: 'cgroup',
    file: 'cgroup.freeze',
    frozen: '1',
    thawed: '0',
    isFrozen: (probe) => keyed(probe.read('v2', 'cgroup.events') ?? '', 'frozen') === '1',
  },
];

/** Waits for something that comes about; milliseconds that it took, null where it did not. */
async function until(holds: () => boolean): Promise<number | null> {
  const began = performance.now();
  while (!holds()) {
    if (performance.now() - began > PATIENCE) return null;
    await sleep(1);
  }
  return performance.now() - began;
}

const within = (ms: number | null) => (ms === null ? `not within ${PATIENCE} ms` : `after ${ms.toFixed(1)} ms`);

async function run(context: ProbeContext, freezer: Freezer): Promise<Trial> {
  const { world } = context;
  const source: UsageSource = usageSource(world);
  const controllers = [...(freezer.name === 'v1' ? ['freezer'] : []), ...(source === 'cpuacct' ? ['cpuacct'] : [])];
  return await launched(context, { name: 'freezer', script: busyScript(8, 2), controllers }, async (probe) => {
    const { controller, file, group } = { ...freezer, group: probe.group };
    const used = () => usageOf(probe, source);
    const atStart = used();
    probe.go();
    if ((await until(() => used() > atStart + 10_000)) === null) {
      throw new NsinspectError(`the payload runs: not within ${PATIENCE} ms`, { code: 'probe-failed' });
    }
    const began = performance.now();
    probe.scope.set({ controller, file, value: freezer.frozen, group });
    const froze = await until(() => freezer.isFrozen(probe));
    const freezeMs = performance.now() - began;
    context.tamper?.(probe);
    const before = used();
    await sleep(WATCHED);
    const whileFrozen = used() - before;
    probe.scope.set({ controller, file, value: freezer.thawed, group });
    const after = used();
    const thawed = await until(() => used() > after + 1000);
    return {
      set: [{ name: file, value: freezer.frozen }],
      invariants: [
        invariant('freezes', `frozen within ${PATIENCE / 1000} s`, froze !== null, within(froze)),
        invariant(
          'no-usage',
          `no CPU time in ${WATCHED} ms while frozen`,
          whileFrozen === 0,
          `${whileFrozen.toFixed(0)} us`,
        ),
        invariant(
          'thaws',
          `CPU time again within ${PATIENCE / 1000} s of the thaw`,
          thawed !== null,
          `${(used() - after).toFixed(0)} us ${within(thawed)}`,
        ),
      ],
      measures:
        froze === null
          ? []
          : [{ name: 'time to freeze', unit: 'ms', better: 'lower', target: null, threshold: 0.2, value: freezeMs }],
    };
  });
}

/** The probes of both freezers. */
export const FREEZER: readonly ProbeDefinition[] = FREEZERS.map((freezer) => ({
  id: `limits/freezer/${freezer.name}`,
  suite: 'limits',
  title: `Freezing with ${freezer.file}`,
  subject: 'freezer',
  // And where CPU time is counted.
  needs:
    freezer.name === 'v1'
      ? [{ controller: 'cpuacct' }, { controller: 'v2', file: 'cpu.stat' }].map((counts) => [
          { controller: 'freezer', version: 1 },
          counts,
        ])
      : [[{ controller: 'v2', file: 'cgroup.freeze' }]],
  rounds: 'first',
  quick: true,
  run: (context) => run(context, freezer),
}));
