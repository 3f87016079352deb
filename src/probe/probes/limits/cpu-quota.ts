/**
 * A CPU quota, at several periods. The kernel refills `quota` once a period and counts the periods (kernel/sched/fair.c,
 * `do_sched_cfs_period_timer`); what a group may use between two reads of the counters is thus exactly known, whatever the
 * clock and the load of the machine.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import type { Probe } from '../../launch/launcher.ts';
import { usageOf, type UsageSource } from '../counters.ts';
import {
  atGate,
  invariant,
  settingsOf,
  THRESHOLDS,
  type ProbeContext,
  type ProbeDefinition,
  type Trial,
} from '../probe.ts';
import {
  bandwidthOf,
  busyScript,
  cpuControllers,
  cpuNeeds,
  precedence,
  quotaSettings,
  usageSource,
} from './cpu-files.ts';

/** What one CPU takes out of the group's pool at a time (sched-bwc.rst, sched_cfs_bandwidth_slice_us), microseconds. */
const SLICE = 5000;

/** Milliseconds for which a group that has quota left would not stand still. */
const GAP = 10;

interface Variant {
  readonly name: string;
  readonly title: string;
  /** Microseconds. */
  readonly quota: number;
  readonly period: number;
  readonly loops: number;
  readonly seconds: number;
  readonly quickSeconds: number;
  /**
   * `whole`: from the gate to the end. `steady`: between two moments at which the quota was used up, where using it up takes a
   * good part of the period, so that the end would fall into it at times.
   */
  readonly measured: 'whole' | 'steady';
}

const VARIANTS: readonly Variant[] = [
  {
    name: '10-of-100ms',
    title: '10 % of a CPU',
    quota: 10_000,
    period: 100_000,
    loops: 1,
    seconds: 1,
    quickSeconds: 0.7,
    measured: 'whole',
  },
  {
    name: '50-of-100ms',
    title: '50 % of a CPU, two tasks',
    quota: 50_000,
    period: 100_000,
    loops: 2,
    seconds: 1,
    quickSeconds: 0.7,
    measured: 'steady',
  },
  {
    name: '5-of-10ms',
    title: '50 % of a CPU in short periods',
    quota: 5_000,
    period: 10_000,
    loops: 1,
    seconds: 1,
    quickSeconds: 0.5,
    measured: 'whole',
  },
  {
    name: '1-of-100ms',
    title: '1 % of a CPU, the least there is',
    quota: 1_000,
    period: 100_000,
    loops: 1,
    seconds: 2,
    quickSeconds: 1.5,
    measured: 'whole',
  },
];

async function run(
  context: ProbeContext,
  { name, quota, period, loops, seconds, quickSeconds, measured }: Variant,
): Promise<Trial> {
  const { world, quick } = context;
  const source = usageSource(world);
  const duration = quick ? quickSeconds : seconds;
  const spec = {
    name: `quota-${name}`,
    script: busyScript(duration, loops),
    settings: [...quotaSettings(world, quota, period), precedence(world)],
    controllers: cpuControllers(world),
  };
  return await atGate(context, spec, async (probe) => {
    const before = { usage: usageOf(probe, source), ...bandwidthOf(probe, false) };
    probe.go();
    const wholePeriods = Math.floor((duration * 1e6) / period) - 3;
    const [steady] = await Promise.all([
      measured === 'steady' ? steadyUse(probe, source, wholePeriods) : null,
      probe.wait(),
    ]);
    const after = { usage: usageOf(probe, source), ...bandwidthOf(probe, false) };
    const usage = after.usage - before.usage;
    const periods = after.periods - before.periods;
    const throttled = after.throttled - before.throttled;
    // The pool is full when the first period begins, and each CPU may hold a slice from before or run on until its next tick.
    const slack = quota + SLICE * Math.min(loops, world.cpus.length);
    const most = periods * quota + slack;
    const within = invariant(
      'usage-within-quota',
      'usage <= nr_periods x quota + slack',
      usage <= most,
      `${ms(usage)} ms used; ${periods} periods x ${ms(quota)} ms + ${ms(slack)} ms = ${ms(most)} ms`,
    );
    return {
      set: settingsOf(spec),
      invariants: [within],
      measures: [
        {
          name: 'use of quota',
          unit: 'ratio',
          better: 'target',
          target: 1,
          threshold: THRESHOLDS.limit,
          value: (steady ?? usage / Math.max(1, periods)) / quota,
        },
      ],
      ...(throttled === 0
        ? { verdict: 'inconclusive', why: 'the payload never used up its quota: nr_throttled is 0' }
        : {}),
    };
  });
}

/**
 * CPU time a period, between two moments at which the group had used up its quota. Null where it ended before there were two.
 */
async function steadyUse(probe: Probe, source: UsageSource, wanted: number): Promise<number | null> {
  const from = await usedUp(probe, source, bandwidthOf(probe, false).periods + 1);
  const to = from === null ? null : await usedUp(probe, source, from.periods + wanted);
  return from === null || to === null ? null : (to.usage - from.usage) / (to.periods - from.periods);
}

/** Waits until so many periods have been, and the group then stands still; null where it ends before. */
async function usedUp(
  probe: Probe,
  source: UsageSource,
  periods: number,
): Promise<{ usage: number; periods: number } | null> {
  const payload = { ended: false };
  const end = () => (payload.ended = true);
  // A failure to end is told by whoever waits for the payload itself.
  void probe.wait().then(end, end);
  const read = () => ({ usage: usageOf(probe, source), periods: bandwidthOf(probe, false).periods });
  let last = read();
  for (;;) {
    await sleep(GAP);
    const now = read();
    if (payload.ended) return null;
    // Both: when a period begins its number is there before the usage is, which a CPU adds with its next tick.
    if (now.periods >= periods && now.periods === last.periods && now.usage === last.usage) return now;
    last = now;
  }
}

const ms = (usec: number): string => (usec / 1000).toFixed(1);

/** One probe a variant. */
export const CPU_QUOTA: readonly ProbeDefinition[] = VARIANTS.map((variant) => ({
  id: `limits/cpu-quota/${variant.name}`,
  suite: 'limits',
  title: `CPU quota: ${variant.title}`,
  subject: 'cpu',
  needs: cpuNeeds(),
  rounds: 'every',
  quick: true,
  run: (context) => run(context, variant),
}));
