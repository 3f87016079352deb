/**
 * Noisy neighbours: payloads that take all they can of one thing, the limit that is made against them, and the small job by which
 * a victim notices. Each takes at most a CPU, 128 MiB and a few seconds, whether limited or not.
 */
import type { CgroupSetting, Probe } from '../../launch/launcher.ts';
import { numberOf, usageOf } from '../counters.ts';
import { cpuControllers, cpuNeeds, quotaSettings, usageSource } from '../limits/cpu-files.ts';
import { throttle } from '../limits/io.ts';
import type { Need } from '../probe.ts';
import type { World } from '../world.ts';
import { writtenBy } from './disk-bytes.ts';

const MIB = 1 << 20;

/** What one takes, by the counters of its cgroup, and what its limit allows. */
export interface Taken {
  readonly amount: number;
  readonly allowed: number;
  readonly unit: string;
}

/** See the head of this file. */
export interface Hog {
  readonly id: string;
  readonly title: string;
  readonly subject: string;
  readonly needs: readonly (readonly Need[])[];
  /** Endless: it is killed. */
  readonly script: string;
  /** One job of the victim. */
  readonly job: string;
  /** Whether the two are on one CPU; on two where there are two otherwise. */
  readonly together: boolean;
  readonly scratch: boolean;
  readonly limit: (world: World, disk: string) => readonly CgroupSetting[];
  /** Controllers that count, joined in any case. */
  readonly counters: (world: World) => readonly string[];
  /** A counter that grows, or the highest value so far. */
  readonly count: (probe: Probe, world: World, disk: string) => number;
  /** What it took within some seconds, from two counts. */
  readonly taken: (from: number, to: number, seconds: number) => Taken;
}

const PERIOD = 20_000;
const QUOTA = 2000;

/** Bandwidth is handed to CPUs in slices of 5 ms (sched_cfs_bandwidth_slice_us), which a period can use up late. */
const SLICES = 2 * 5000;

const cpu = {
  subject: 'cpu',
  needs: cpuNeeds(),
  scratch: false,
  limit: (world: World) => quotaSettings(world, QUOTA, PERIOD),
  counters: cpuControllers,
  count: (probe: Probe, world: World) => usageOf(probe, usageSource(world)),
  taken: (from: number, to: number, seconds: number): Taken => ({
    amount: Math.round(to - from),
    // A period more at each end.
    allowed: Math.round(((seconds * 1e6) / PERIOD + 2) * QUOTA) + SLICES,
    unit: 'µs of CPU time',
  }),
} satisfies Partial<Hog>;

/** Bytes a second. */
const DISK_LIMIT = 4 * MIB;

const MEMORY_LIMIT = 16 * MIB;

const TASKS_LIMIT = 6;

/** Each has a child most of the time. */
const FORKERS = 8;

/** All of them. */
export const HOGS: readonly Hog[] = [
  {
    ...cpu,
    id: 'cpu',
    title: 'busy loops on the same CPU',
    script: 'for n in 1 2 3; do while :; do :; done & done; while :; do :; done',
    job: 'i=0; while [ $i -lt 1000 ]; do i=$((i + 1)); done',
    together: true,
  },
  {
    ...cpu,
    id: 'memory-bandwidth',
    title: 'zeroing memory, on another CPU',
    script: 'while :; do dd if=/dev/zero of=/dev/null bs=32M count=16 2> /dev/null; done',
    job: 'dd if=/dev/zero of=/dev/null bs=4M count=1 2> /dev/null',
    together: false,
  },
  {
    id: 'io',
    title: 'writes to the same disk, around the page cache',
    subject: 'io',
    needs: [[{ controller: 'blkio', version: 1 }], [{ controller: 'io', version: 2 }]],
    script:
      'while :; do dd if=/dev/zero of=/scratch/hog bs=256k count=128 oflag=direct conv=notrunc 2> /dev/null; done',
    job: 'dd if=/dev/zero of=/scratch/victim bs=4k count=1 oflag=direct conv=notrunc 2> /dev/null',
    together: false,
    scratch: true,
    limit: (world, disk) => [throttle(world, disk, { direction: 'write', kind: 'bps', limit: DISK_LIMIT })],
    counters: (world) => [world.version('io') === 2 ? 'io' : 'blkio'],
    count: (probe, _, disk) => writtenBy(probe, disk),
    taken: (from, to, seconds) => ({
      amount: to - from,
      // What throttling hands out ahead (block/blk-throttle.c), and the operation that is on its way at each end.
      allowed: Math.round(DISK_LIMIT * (seconds + 0.2)) + MIB / 2,
      unit: 'bytes written',
    }),
  },
  {
    id: 'fork',
    title: 'forks on the same CPU',
    subject: 'pids',
    needs: [[{ controller: 'pids' }]],
    // A shell that cannot fork gives up: the first one forks once and waits, and under the limit some of the others are left.
    script: `(n=0; while [ $n -lt ${FORKERS} ]; do (while :; do (:); done) & n=$((n + 1)); done; wait) 2> /dev/null & wait; exec sleep 60`,
    job: 'env true',
    together: true,
    scratch: false,
    limit: () => [{ controller: 'pids', file: 'pids.max', value: String(TASKS_LIMIT) }],
    counters: () => ['pids'],
    count: (probe) => numberOf(probe, 'pids', 'pids.current'),
    taken: (from, to) => ({ amount: Math.max(from, to), allowed: TASKS_LIMIT, unit: 'tasks at once' }),
  },
  {
    id: 'page-cache',
    title: 'writes through the page cache, beside a job that waits for the disk',
    subject: 'memory',
    needs: [
      [{ controller: 'memory', version: 1, file: 'memory.max_usage_in_bytes' }],
      [{ controller: 'memory', version: 2, file: 'memory.peak' }],
    ],
    script: 'while :; do dd if=/dev/zero of=/scratch/hog bs=256k count=192 2> /dev/null; done',
    job: 'dd if=/dev/zero of=/scratch/victim bs=4k count=1 conv=notrunc,fsync 2> /dev/null',
    together: false,
    scratch: true,
    limit: (world) => [
      {
        controller: 'memory',
        file: world.version('memory') === 2 ? 'memory.max' : 'memory.limit_in_bytes',
        value: String(MEMORY_LIMIT),
      },
    ],
    counters: () => ['memory'],
    count: (probe, world) =>
      numberOf(probe, 'memory', world.version('memory') === 2 ? 'memory.peak' : 'memory.max_usage_in_bytes'),
    taken: (_, to) => ({ amount: to, allowed: MEMORY_LIMIT, unit: 'bytes at most' }),
  },
];
