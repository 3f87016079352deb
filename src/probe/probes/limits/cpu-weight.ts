/**
 * Two groups on one CPU: shares (v1) or weight (v2) two to one, and a normal group beside an idle one. Both are pinned by
 * cpuset, since on two CPUs both would have all they want.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { CgroupSetting, Probe, Scope } from '../../launch/launcher.ts';
import { usageOf } from '../counters.ts';
import { invariant, THRESHOLDS, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import { busyScript, cpuControllers, cpuNeeds, precedence, usageSource } from './cpu-files.ts';

/** Milliseconds until both are at it. */
const WARM_UP = 100;

interface Pair {
  /** CPU time of both while both ran, microseconds. */
  readonly first: number;
  readonly second: number;
  /** Why it says nothing of how they share; null: it does. */
  readonly lack: string | null;
}

async function measure(
  context: ProbeContext,
  settings: readonly [CgroupSetting, CgroupSetting],
  tampered: 0 | 1,
): Promise<Pair> {
  const { launcher, world, quick } = context;
  const milliseconds = quick ? 500 : 1000;
  const source = usageSource(world);
  const controllers = ['cpuset', ...cpuControllers(world)];
  const scope = launcher.scope({}, controllers);
  const probes: Probe[] = [];
  try {
    scope.set({ ...precedence(world), group: '' });
    for (const [index, setting] of settings.entries()) probes.push(await launchOne(context, scope, index, setting));
    const [first, second] = probes as [Probe, Probe];
    context.tamper?.(tampered === 0 ? first : second);
    first.go();
    second.go();
    await sleep(WARM_UP);
    const read = () => ({ first: usageOf(first, source), second: usageOf(second, source) });
    const before = read();
    await sleep(milliseconds);
    const after = read();
    const used = { first: after.first - before.first, second: after.second - before.second };
    const both = (used.first + used.second) / 1000;
    // Slices are some milliseconds long: of a few of them there is no ratio.
    const enough = both >= milliseconds / 4;
    return {
      ...used,
      lack: enough ? null : `they had ${Math.round(both)} of ${milliseconds} ms: other work took the CPU`,
    };
  } finally {
    for (const probe of probes) probe.remove();
    scope.remove();
  }
}

function launchOne(
  { launcher, world, quick }: ProbeContext,
  scope: Scope,
  index: number,
  setting: CgroupSetting,
): Promise<Probe> {
  const cpu = String(world.cpus.at(-1) ?? 0);
  return launcher.launch({
    name: `weight-${index}`,
    // Longer than it is measured: how it ends does not matter.
    script: busyScript(quick ? 3 : 4),
    scope,
    group: index === 0 ? 'first' : 'second',
    settings: [{ controller: 'cpuset', file: 'cpuset.cpus', value: cpu }, setting],
    controllers: ['cpuset', ...cpuControllers(world)],
  });
}

function shareSetting({ world }: ProbeContext, times: number): CgroupSetting {
  return world.version('cpu') === 1
    ? { controller: 'cpu', file: 'cpu.shares', value: String(1024 * times) }
    : { controller: 'cpu', file: 'cpu.weight', value: String(100 * times) };
}

const shown = (settings: readonly CgroupSetting[]) =>
  settings.map(({ file, value }, index) => ({ name: `${index === 0 ? 'first' : 'second'}: ${file}`, value }));

const inconclusive = (settings: readonly CgroupSetting[], why: string): Trial => ({
  set: shown(settings),
  invariants: [],
  measures: [],
  verdict: 'inconclusive',
  why,
});

async function runWeight(context: ProbeContext): Promise<Trial> {
  const settings = [shareSetting(context, 2), shareSetting(context, 1)] as const;
  const { first, second, lack } = await measure(context, settings, 0);
  if (lack !== null) return inconclusive(settings, lack);
  const ratio = first / second;
  return {
    set: shown(settings),
    invariants: [
      invariant(
        'two-to-one',
        '1.8 <= usage of the first / usage of the second <= 2.2',
        ratio >= 1.8 && ratio <= 2.2,
        `${Math.round(first / 1000)} ms and ${Math.round(second / 1000)} ms: ${ratio.toFixed(3)}`,
      ),
    ],
    measures: [
      { name: 'ratio', unit: 'ratio', better: 'target', target: 2, threshold: THRESHOLDS.limit, value: ratio },
    ],
  };
}

async function runIdle(context: ProbeContext): Promise<Trial> {
  const idle: CgroupSetting = { controller: 'cpu', file: 'cpu.idle', value: '1' };
  const settings = [shareSetting(context, 1), idle] as const;
  const { first, second, lack } = await measure(context, settings, 1);
  if (lack !== null) return inconclusive(settings, lack);
  const share = second / (first + second);
  return {
    set: shown(settings),
    invariants: [
      invariant(
        'idle-yields',
        'the idle group has at most 5 % of the CPU time of both',
        share <= 0.05,
        `${Math.round(first / 1000)} ms and ${(second / 1000).toFixed(1)} ms: ${(100 * share).toFixed(2)} %`,
      ),
    ],
    measures: [
      { name: 'share of the idle group', unit: 'ratio', better: 'lower', target: null, threshold: 0.2, value: share },
    ],
  };
}

const PINNED = [{ controller: 'cpuset' }];

/** The probes. */
export const CPU_WEIGHT: readonly ProbeDefinition[] = [
  {
    id: 'limits/cpu-weight',
    suite: 'limits',
    title: 'CPU shares or weight, two to one on one CPU',
    subject: 'cpu',
    needs: cpuNeeds(PINNED),
    rounds: 'every',
    quick: true,
    run: runWeight,
  },
  {
    id: 'limits/cpu-idle',
    suite: 'limits',
    title: 'An idle group beside a normal one on one CPU',
    subject: 'cpu',
    needs: cpuNeeds(PINNED, { v1: 'cpu.idle', v2: 'cpu.idle' }),
    rounds: 'first',
    quick: true,
    run: runIdle,
  },
];
