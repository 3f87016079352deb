/**
 * The probes of work that is charged to nobody who caused it: kernel threads that write back, keep a journal or free memory do it
 * in the root cgroup, and a container that is held to a share of a CPU can have far more than that done for it. The factor is
 * that of both together to its own. Nothing here is promised by anyone, so there is no invariant: what is measured is a finding.
 */
import { setTimeout as sleep } from 'node:timers/promises';

import { NsinspectError } from '../../../text/error.ts';
import type { LaunchSpec } from '../../launch/launcher.ts';
import { allPids, statOf } from '../../tasks.ts';
import { usageOf } from '../counters.ts';
import { cpuControllers, cpuNeeds, quotaSettings, usageSource } from '../limits/cpu-files.ts';
import { atGate, settingsOf, type Measure, type ProbeContext, type ProbeDefinition, type Trial } from '../probe.ts';
import type { World } from '../world.ts';
import { writtenBy, writtenByAll } from './disk-bytes.ts';
import { tryProc } from './host-view.ts';

/** Microseconds: a quarter of a CPU, so that kernel threads have a share to exceed. */
const PERIOD = 20_000;
const QUOTA = 5000;

/** How long kernel threads are looked at beforehand, milliseconds: what they do anyhow is not the payload's doing. */
const IDLE_MS = 400;

interface Work {
  readonly id: string;
  readonly title: string;
  /** `$1`: rounds. */
  readonly script: string;
  readonly rounds: number;
}

const WORKS: readonly Work[] = [
  {
    id: 'writeback',
    title: 'work of kernel threads for writes through the page cache',
    script: [
      'n=0; while [ $n -lt $1 ]; do n=$((n + 1))',
      'dd if=/dev/zero of=/scratch/file bs=256k count=64 conv=notrunc 2> /dev/null || exit 1; sync /scratch/file || exit 1',
      'done',
    ].join('; '),
    rounds: 6,
  },
  {
    id: 'small-files',
    title: 'work of kernel threads for many small files',
    script: [
      'n=0; while [ $n -lt $1 ]; do n=$((n + 1)); i=0',
      'while [ $i -lt 200 ]; do i=$((i + 1)); echo $n > /scratch/$i || exit 1; done',
      'sync -f /scratch || exit 1; rm -f /scratch/*',
      'done',
    ].join('; '),
    rounds: 6,
  },
];

/** CPU time of every kernel thread, microseconds: the first number of `/proc/PID/schedstat` (sched-stats.rst), nanoseconds. */
function kernelThreads(): Map<number, number> {
  const times = new Map<number, number>();
  for (const pid of allPids()) {
    if (statOf(pid)?.kthread !== true) continue;
    const [ran] = (tryProc(`${pid}/schedstat`) ?? '').split(' ');
    if (ran !== undefined && ran !== '') times.set(pid, Number(ran) / 1000);
  }
  return times;
}

/** What those ran in between that are there after; one that ended meanwhile is left out. */
function ranBetween(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>): number {
  let all = 0;
  for (const [pid, ran] of after) all += Math.max(0, ran - (before.get(pid) ?? 0));
  return all;
}

async function run(context: ProbeContext, work: Work): Promise<Trial> {
  const { world, quick } = context;
  const { disk } = world;
  if (typeof disk === 'string') return { set: [], invariants: [], measures: [], verdict: 'unsupported', why: disk };
  const first = kernelThreads();
  if (first.size === 0) {
    const why = 'kernel threads are not seen here: not in the first pid namespace, or no schedstat';
    return { set: [], invariants: [], measures: [], verdict: 'unsupported', why };
  }
  const idleFrom = performance.now();
  await sleep(IDLE_MS);
  const idleRate = ranBetween(first, kernelThreads()) / (performance.now() - idleFrom);
  const spec: LaunchSpec = {
    name: `work-${work.id}`,
    script: work.script,
    args: [String(quick ? Math.ceil(work.rounds / 2) : work.rounds)],
    settings: quotaSettings(world, QUOTA, PERIOD),
    controllers: [...cpuControllers(world), ...ioController(world)],
    scratch: true,
  };
  return await atGate(context, spec, async (probe) => {
    const [before, beforeAll] = [kernelThreads(), writtenByAll(disk.dev)];
    const ownBefore = usageOf(probe, usageSource(world));
    const began = performance.now();
    probe.go();
    const { status, errors } = await probe.wait();
    const elapsed = performance.now() - began;
    const own = usageOf(probe, usageSource(world)) - ownBefore;
    const outside = Math.max(0, ranBetween(before, kernelThreads()) - idleRate * elapsed);
    if (status !== 0 || own <= 0) {
      throw new NsinspectError(`the work failed: ${errors.trim().split('\n').at(-1) ?? ''}`, { code: 'probe-failed' });
    }
    const afterAll = writtenByAll(disk.dev);
    const all = beforeAll === null || afterAll === null ? null : afterAll - beforeAll;
    return judge(settingsOf(spec), { own, outside, elapsed, charged: writtenBy(probe, disk.dev), all });
  });
}

interface Effort {
  /** Microseconds of CPU time: charged to the cgroup, and of kernel threads. */
  readonly own: number;
  readonly outside: number;
  /** Milliseconds. */
  readonly elapsed: number;
  /** Bytes written to the disk: charged to the cgroup, and by the whole machine. */
  readonly charged: number;
  readonly all: number | null;
}

function judge(set: Trial['set'], { own, outside, elapsed, charged, all }: Effort): Trial {
  // Other software's kernel work cannot be told from this one's: none of these is fit for a gate.
  const common = { unit: 'ratio', better: 'lower', target: null, threshold: 0.5, informative: true } as const;
  const factor = (own + outside) / own;
  const allowed = (elapsed * 1000 * QUOTA) / PERIOD;
  const escaped = all === null || all <= 0 ? null : Math.max(0, 1 - charged / all);
  const measures: Measure[] = [
    { ...common, name: 'amplification', value: factor },
    { ...common, name: 'CPU time by quota', value: (own + outside) / allowed },
    ...(escaped === null ? [] : [{ ...common, name: 'bytes charged elsewhere', value: escaped }]),
  ];
  const bytes = escaped === null ? '' : `; ${Math.round(escaped * 100)} % of the bytes were charged elsewhere`;
  const why = `${factor.toFixed(2)} times the CPU time that was charged: ${Math.round(outside)} µs by kernel threads, ${Math.round(own)} µs own${bytes}`;
  return { set, invariants: [], measures, why };
}

function ioController(world: World): string[] {
  return ['io', 'blkio'].filter((name) => world.version(name) !== null).slice(0, 1);
}

/** See the head of this file. */
export const ESCAPED_WORK: readonly ProbeDefinition[] = WORKS.map((work) => ({
  id: `isolation/escaped-work/${work.id}`,
  suite: 'isolation',
  title: work.title,
  subject: null,
  needs: cpuNeeds(),
  rounds: 'every',
  quick: false,
  run: (context) => run(context, work),
}));
