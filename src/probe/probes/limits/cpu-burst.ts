/** Burst: quota that was not used is kept, up to a bound, and may be used on top later (sched-bwc.rst, "Burst feature"). */
import { usageOf } from '../counters.ts';
import { atGate, invariant, settingsOf, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import {
  bandwidthOf,
  busyScript,
  cpuControllers,
  cpuNeeds,
  precedence,
  quotaSettings,
  usageSource,
} from './cpu-files.ts';

const QUOTA = 20_000;
const PERIOD = 100_000;
const BURST = 20_000;
const FILES = { v1: 'cpu.cfs_burst_us', v2: 'cpu.max.burst' };

async function run(context: ProbeContext): Promise<Trial> {
  const { world } = context;
  const source = usageSource(world);
  const file = world.version('cpu') === 1 ? FILES.v1 : FILES.v2;
  const settings = [
    ...quotaSettings(world, QUOTA, PERIOD),
    { controller: 'cpu', file, value: String(BURST) },
    precedence(world),
  ];
  // Awake in several periods and busy in none of them, so that quota is left over; then all that is to be had.
  const script = `for n in 1 2 3; do sleep 0.1; done; ${busyScript(0.5)}`;
  const spec = { name: 'burst', script, settings, controllers: cpuControllers(world) };
  return await atGate(context, spec, async (probe) => {
    const before = { usage: usageOf(probe, source), ...bandwidthOf(probe, true) };
    probe.go();
    await probe.wait();
    const after = { usage: usageOf(probe, source), ...bandwidthOf(probe, true) };
    const usage = after.usage - before.usage;
    const periods = after.periods - before.periods;
    const bursts = (after.bursts ?? 0) - (before.bursts ?? 0);
    const burstTime = (after.burstTime ?? 0) - (before.burstTime ?? 0);
    const most = (periods + 1) * QUOTA + BURST + 5000;
    return {
      set: settingsOf(spec),
      invariants: [
        invariant('bursts', 'nr_bursts rises', bursts >= 1, `nr_bursts +${bursts}`),
        invariant(
          'burst-within-bound',
          'burst time <= nr_bursts x burst',
          burstTime <= bursts * BURST,
          `${burstTime} us in ${bursts} x ${BURST} us`,
        ),
        invariant(
          'usage-within-quota',
          'usage <= nr_periods x quota + burst + slack',
          usage <= most,
          `${Math.round(usage)} us used; at most ${most} us in ${periods} periods`,
        ),
      ],
      measures: [],
    };
  });
}

/** The probe. */
export const CPU_BURST: ProbeDefinition = {
  id: 'limits/cpu-burst',
  suite: 'limits',
  title: 'CPU burst: unused quota is kept, up to its bound',
  subject: 'cpu',
  needs: cpuNeeds([], FILES),
  rounds: 'first',
  quick: true,
  run,
};
