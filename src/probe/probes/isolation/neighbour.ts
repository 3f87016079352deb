/**
 * The probes of noisy neighbours: a victim does a small job again and again, alone, beside a hog, and beside a hog that is held
 * by a limit. How much slower it becomes is measured; that the limit holds the hog meanwhile, by the counters of its cgroup, is
 * the invariant.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { NsinspectError } from '../../../text/error.ts';
import type { LaunchSpec, Probe } from '../../launch/launcher.ts';
import {
  invariant,
  launched,
  settingsOf,
  THRESHOLDS,
  type Measure,
  type ProbeContext,
  type ProbeDefinition,
  type Trial,
} from '../probe.ts';
import { isRunning } from '../../tasks.ts';
import { usageOf } from '../counters.ts';
import { usageSource } from '../limits/cpu-files.ts';
import { HOGS, type Hog, type Taken } from './hogs.ts';

const MIB = 1 << 20;

/** Fewer jobs than that tell nothing of a 99th percentile, nor much of a median. */
const FEWEST = 20;

/** Until a hog is at full strength, milliseconds. */
const RAMP_MS = 150;

/** What a victim came to. */
export interface Pace {
  /** Jobs a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Milliseconds of CPU time a job: what the job costs, however long it has to wait for a CPU. Null: not counted here. */
  readonly cpu: number | null;
  readonly jobs: number;
}

/** What a victim printed, and the CPU time that it took. */
export interface Turn {
  readonly output: string;
  /** Microseconds; null: no counter of this machine has it. */
  readonly cpu: number | null;
}

/** Does the job until the time is over, and says the time after each: nanoseconds since 1970. `$1` seconds, `$2` CPU. */
function victimScript(job: string): string {
  return [
    'taskset -pc "$2" $$ > /dev/null',
    'now=$(date +%s%N); echo $now; end=$((now + $1))',
    `while [ $now -lt $end ]; do ${job}; now=$(date +%s%N); echo $now; done`,
  ].join('; ');
}

/** From the times at which jobs ended, in each of several turns. */
export function paceOf(turns: readonly Turn[]): Pace {
  const took = turns.flatMap(({ output }) => {
    const times = [...output.matchAll(/^\d{15,}$/gm)].map(([time]) => BigInt(time));
    return times.slice(1).map((time, index) => Number(time - (times[index] ?? time)) / 1e6);
  });
  const sorted = took.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const all = took.reduce((sum, one) => sum + one, 0);
  const used = turns.reduce<number | null>((sum, { cpu }) => (sum === null || cpu === null ? null : sum + cpu), 0);
  return {
    jobs: took.length,
    rate: all > 0 ? (took.length * 1000) / all : 0,
    p50: at(0.5),
    p99: at(0.99),
    cpu: used === null || took.length === 0 ? null : used / 1000 / took.length,
  };
}

/** CPUs of the two: the last of those allowed, which the first of a machine's interrupts are not on, and another for the hog. */
function places({ world }: ProbeContext, { together }: Hog): { readonly victim: number; readonly hog: number } {
  const victim = world.cpus.at(-1) ?? 0;
  return { victim, hog: together ? victim : (world.cpus.at(-2) ?? victim) };
}

async function victim(context: ProbeContext, hog: Hog, seconds: number): Promise<Turn> {
  const { world } = context;
  const source = usageSource(world);
  const spec: LaunchSpec = {
    name: 'victim',
    script: victimScript(hog.job),
    args: [String(Math.round(seconds * 1e9)), String(places(context, hog).victim)],
    controllers: [...hog.counters(world), ...(source === 'cpuacct' ? [source] : [])],
    scratch: hog.scratch,
    bounds: { seconds: seconds * 4 + 20 },
  };
  return await launched(context, spec, async (probe) => {
    const isCounted = source === 'cpuacct' || probe.read(source, 'cpu.stat') !== null;
    const before = isCounted ? usageOf(probe, source) : null;
    probe.go();
    const { output, status, errors } = await probe.wait();
    if (status === 0) return { output, cpu: before === null ? null : usageOf(probe, source) - before };
    throw new NsinspectError(`the victim failed: ${errors.trim().split('\n').at(-1) ?? ''}`, { code: 'probe-failed' });
  });
}

interface Beside {
  readonly pace: Pace;
  readonly taken: Taken;
}

async function beside(
  context: ProbeContext,
  hog: Hog,
  seconds: number,
  disk: string,
  limited: boolean,
): Promise<Beside> {
  const { world } = context;
  const spec: LaunchSpec = {
    name: 'hog',
    script: `taskset -pc "$1" $$ > /dev/null; ${hog.script}`,
    args: [String(places(context, hog).hog)],
    settings: limited ? hog.limit(world, disk) : [],
    controllers: hog.counters(world),
    scratch: hog.scratch,
    bounds: { memory: 128 * MIB, tasks: 32, seconds: seconds * 4 + 25 },
  };
  return await launched(context, spec, async (probe: Probe) => {
    if (limited) context.tamper?.(probe);
    probe.go();
    await sleep(RAMP_MS);
    const began = performance.now();
    const from = hog.count(probe, world, disk);
    const pace = paceOf([await victim(context, hog, seconds)]);
    const to = hog.count(probe, world, disk);
    if (!isRunning(probe.pid)) {
      throw new NsinspectError('the hog ended before the victim did', { code: 'probe-failed' });
    }
    return { pace, taken: hog.taken(from, to, (performance.now() - began) / 1000) };
  });
}

/**
 * `split`: a hog is on the same CPU. About half of the jobs are then done in one go and the others wait for the hog's slice, so that the
 * median job is of either kind, whichever is a little more: it says how long jobs took, and is no measure of a change.
 */
function measures(when: string, { rate, p50, p99, cpu }: Pace, split: boolean): Measure[] {
  const lower = { better: 'lower', target: null } as const;
  return [
    {
      name: `throughput ${when}`,
      unit: 'jobs/s',
      better: 'higher',
      target: null,
      threshold: THRESHOLDS.cost,
      value: rate,
    },
    { name: `p50 ${when}`, unit: 'ms', ...lower, threshold: THRESHOLDS.cost, informative: split, value: p50 },
    ...(cpu === null
      ? []
      : [{ name: `CPU time ${when}`, unit: 'ms of CPU', ...lower, threshold: THRESHOLDS.cost, value: cpu }]),
    // One slow job in a hundred: of a second's worth that is a handful.
    { name: `p99 ${when}`, unit: 'ms', ...lower, threshold: 0.5, informative: true, value: p99 },
  ];
}

async function run(context: ProbeContext, hog: Hog): Promise<Trial> {
  const { world, quick } = context;
  const { disk } = world;
  if (hog.scratch && typeof disk === 'string') {
    return { set: [], invariants: [], measures: [], verdict: 'unsupported', why: disk };
  }
  const dev = typeof disk === 'string' ? '' : disk.dev;
  const seconds = quick ? 0.5 : 1;
  // In two turns, before and after: a machine that becomes slower or faster meanwhile is not taken for a hog's doing.
  const before = await victim(context, hog, seconds / 2);
  const free = await beside(context, hog, seconds, dev, false);
  const held = await beside(context, hog, seconds, dev, true);
  const alone = paceOf([before, await victim(context, hog, seconds / 2)]);
  const slower = (pace: Pace): number => (pace.rate > 0 ? alone.rate / pace.rate : Infinity);
  const ratio = { unit: 'ratio', better: 'lower', target: null, threshold: THRESHOLDS.cost } as const;
  const trial: Trial = {
    set: settingsOf({ settings: hog.limit(world, dev) }),
    invariants: [
      invariant(
        'hog-held',
        'a hog with a limit stays within it',
        held.taken.amount <= held.taken.allowed,
        `${held.taken.amount} ${held.taken.unit}; allowed ${held.taken.allowed}`,
      ),
    ],
    measures: [
      ...measures('alone', alone, false),
      ...measures('beside', free.pace, hog.together),
      ...measures('beside limited', held.pace, hog.together),
      { name: 'slowdown', ...ratio, value: slower(free.pace) },
      { name: 'slowdown limited', ...ratio, value: slower(held.pace) },
    ],
    why: `${slower(free.pace).toFixed(2)} times slower beside the hog, ${slower(held.pace).toFixed(2)} times beside a limited one`,
  };
  const fewest = Math.min(alone.jobs, free.pace.jobs, held.pace.jobs);
  if (fewest < FEWEST) return { ...trial, verdict: 'inconclusive', why: `only ${fewest} jobs of the victim were done` };
  if (free.taken.amount > free.taken.allowed) return trial;
  const why = `the hog did not take more than its limit would allow: ${free.taken.amount} ${free.taken.unit}`;
  return { ...trial, verdict: 'inconclusive', why };
}

/** One probe a hog. */
export const NEIGHBOURS: readonly ProbeDefinition[] = HOGS.map((hog) => ({
  id: `isolation/neighbour/${hog.id}`,
  suite: 'isolation',
  title: `a job beside ${hog.title}`,
  subject: hog.subject,
  needs: hog.needs,
  rounds: 'every',
  quick: true,
  run: (context) => run(context, hog),
}));
