/**
 * Throttling of a disk: bytes or operations a second, by files of a real file system and never by the raw device. dd goes
 * around the page cache (O_DIRECT), so that the kernel counts each operation for the cgroup that asked for it.
 */
import type { CgroupSetting, LaunchSpec, Probe } from '../../launch/launcher.ts';
import { NsinspectError } from '../../../text/error.ts';
import { fileOf } from '../counters.ts';
import {
  atGate,
  invariant,
  settingsOf,
  type Measure,
  THRESHOLDS,
  type ProbeContext,
  type ProbeDefinition,
  type Trial,
} from '../probe.ts';
import type { World } from '../world.ts';

const MIB = 1 << 20;
/**
 * What throttling may hand out ahead: slices are of a tenth of a second, the time that has passed is rounded up to whole ones,
 * and one that was not used up is kept (`tg_within_iops_limit`, `throtl_trim_slice` in block/blk-throttle.c).
 */
const AHEAD_SECONDS = 0.2;
/** Share of the payload after which that is used up. */
const WARM_UP = 0.3;
/** How much more is written through the page cache, which is so much faster. */
const CACHED = 8;

interface Variant {
  readonly name: string;
  readonly title: string;
  readonly direction: 'read' | 'write';
  readonly kind: 'bps' | 'iops';
  /** A second. */
  readonly limit: number;
  /** Bytes of one operation. */
  readonly block: number;
  /** Around the page cache. */
  readonly direct: boolean;
  /** As those of a probe. */
  readonly rounds: ProbeDefinition['rounds'];
}

const VARIANTS: readonly Variant[] = [
  {
    name: 'write-bps',
    title: 'writes, bytes a second',
    direction: 'write',
    kind: 'bps',
    limit: 4 * MIB,
    block: 65_536,
    direct: true,
    rounds: 'every',
  },
  {
    name: 'read-bps',
    title: 'reads, bytes a second',
    direction: 'read',
    kind: 'bps',
    limit: 4 * MIB,
    block: 65_536,
    direct: true,
    rounds: 'every',
  },
  {
    name: 'write-iops',
    title: 'writes, operations a second',
    direction: 'write',
    kind: 'iops',
    limit: 200,
    block: 4096,
    direct: true,
    rounds: 'every',
  },
  {
    name: 'read-iops',
    title: 'reads, operations a second',
    direction: 'read',
    kind: 'iops',
    limit: 200,
    block: 4096,
    direct: true,
    rounds: 'first',
  },
  {
    name: 'buffered-write',
    title: 'writes through the page cache',
    direction: 'write',
    kind: 'bps',
    limit: 4 * MIB,
    block: 65_536,
    direct: false,
    rounds: 'first',
  },
];

/** Throttle of the disk. `limit` null: none. Exported for tests that loosen it. */
export function throttle(
  world: World,
  dev: string,
  { direction, kind, limit }: Pick<Variant, 'direction' | 'kind'> & { readonly limit: number | null },
): CgroupSetting {
  if (world.version('io') === 2) {
    return {
      controller: 'io',
      file: 'io.max',
      value: `${dev} ${direction === 'read' ? 'r' : 'w'}${kind}=${limit ?? 'max'}`,
    };
  }
  return { controller: 'blkio', file: `blkio.throttle.${direction}_${kind}_device`, value: `${dev} ${limit ?? 0}` };
}

interface Counted {
  readonly bytes: number;
  readonly operations: number;
}

/** What the cgroup has moved from or to the disk. */
function counted(probe: Probe, dev: string, direction: 'read' | 'write'): Counted {
  if (probe.scope.version('io') === 2) {
    const line =
      fileOf(probe, 'io', 'io.stat')
        .split('\n')
        .find((candidate) => candidate.startsWith(`${dev} `)) ?? '';
    const value = (key: string) => Number(new RegExp(`\\b${key}=(\\d+)`).exec(line)?.[1] ?? 0);
    const letter = direction === 'read' ? 'r' : 'w';
    return { bytes: value(`${letter}bytes`), operations: value(`${letter}ios`) };
  }
  const word = direction === 'read' ? 'Read' : 'Write';
  const value = (file: string) => {
    const line = fileOf(probe, 'blkio', file)
      .split('\n')
      .find((candidate) => candidate.startsWith(`${dev} ${word} `));
    return Number(line?.split(' ')[2] ?? 0);
  };
  return { bytes: value('blkio.throttle.io_service_bytes'), operations: value('blkio.throttle.io_serviced') };
}

/** Says when it begins, when the slices of the beginning are used up, and when it ends. */
function scriptOf({ direction, block, direct }: Variant, count: number, isV1: boolean): string {
  const dd = (from: string, to: string, blocks: number, more: string) =>
    `dd if=${from} of=${to} bs=${block} count=${blocks} ${more} || exit 1`;
  const file = '/scratch/file';
  const first = Math.ceil(count * WARM_UP);
  const rest = count - first;
  const steps =
    direction === 'read'
      ? [dd(file, '/dev/null', first, 'iflag=direct'), dd(file, '/dev/null', rest, `iflag=direct skip=${first}`)]
      : [first, rest].map((blocks, index) =>
          // fsync(2) writes in the name of who asks, on v1 too; without, kernel threads do it, and nothing waits.
          dd(
            '/dev/zero',
            file,
            blocks,
            `${direct ? 'oflag=direct' : ''} conv=notrunc${direct || isV1 ? '' : ',fsync'} seek=${index * first}`,
          ),
        );
  const prepare = direction === 'read' ? dd('/dev/zero', file, count, 'oflag=direct') : ':';
  return [prepare, 'echo ready; read -r go; date +%s%N', ...steps.flatMap((step) => [step, 'date +%s%N'])].join('\n');
}

async function run(context: ProbeContext, variant: Variant): Promise<Trial> {
  const { world } = context;
  const { disk } = world;
  if (typeof disk === 'string') return { set: [], invariants: [], measures: [], verdict: 'unsupported', why: disk };
  const { kind, limit, block, direction, direct } = variant;
  const isV1 = world.version('io') !== 2;
  const escapes = !direct && isV1;
  // A second of it.
  const count = Math.ceil(kind === 'bps' ? limit / block : limit) * (escapes ? CACHED : 1);
  const settings = [throttle(world, disk.dev, variant)];
  const spec: LaunchSpec = {
    name: `io-${variant.name}`,
    script: scriptOf(variant, count, isV1),
    settings,
    scratch: true,
  };
  return await atGate(context, spec, async (probe) => {
    probe.go();
    await probe.said('ready');
    const before = counted(probe, disk.dev, direction);
    probe.write('go\n');
    const { output, status, errors } = await probe.wait();
    const after = counted(probe, disk.dev, direction);
    const [from, middle, to] = [...output.matchAll(/^\d{15,}$/gm)].map(([nanoseconds]) => Number(nanoseconds) / 1e9);
    if (status !== 0 || from === undefined || middle === undefined || to === undefined) {
      throw new NsinspectError(`dd: ${errors.trim().split('\n').at(-1) ?? ''}`, { code: 'probe-failed' });
    }
    const moved = direct
      ? { bytes: after.bytes - before.bytes, operations: after.operations - before.operations }
      : { bytes: count * block, operations: count };
    return judge({
      variant,
      set: settingsOf(spec),
      moved,
      seconds: to - from,
      steady: (count - Math.ceil(count * WARM_UP)) / (to - middle),
      expected: count * block,
      escapes,
    });
  });
}

interface Run {
  readonly variant: Variant;
  readonly set: Trial['set'];
  readonly moved: Counted;
  readonly seconds: number;
  /** Operations a second once it had begun. */
  readonly steady: number;
  /** Bytes that the payload moved by its own account. */
  readonly expected: number;
  /** Whether this kernel lets such writes go unlimited. */
  readonly escapes: boolean;
}

function judge({ variant: { kind, limit, block }, set, moved, seconds, steady, expected, escapes }: Run): Trial {
  const amount = kind === 'bps' ? moved.bytes : moved.operations;
  const unit = kind === 'bps' ? 'bytes' : 'operations';
  // And the operation that was on its way.
  const most = limit * (seconds + AHEAD_SECONDS) + (kind === 'bps' ? block : 1);
  const rate = (steady * (kind === 'bps' ? block : 1)) / limit;
  const within = invariant(
    'rate-within-limit',
    `${unit} <= limit x seconds + slack`,
    amount <= most,
    `${amount} ${unit} in ${seconds.toFixed(3)} s; at most ${Math.round(most)}`,
  );
  const measure: Measure = {
    name: 'rate',
    unit: 'ratio',
    better: 'target',
    target: 1,
    threshold: THRESHOLDS.limit,
    value: rate,
  };
  if (escapes) {
    // Writeback is done by kernel threads of the root cgroup, which v1 charges (cgroup-v1/blkio-controller.rst).
    const why = `cgroup v1 does not throttle writes through the page cache: ${(amount / seconds / MIB).toFixed(0)} MiB/s under a limit of ${limit / MIB} MiB/s`;
    return within.holds
      ? { set, invariants: [within], measures: [measure] }
      : {
          set,
          invariants: [],
          measures: [{ ...measure, better: 'lower', target: null, threshold: 0.5, informative: true }],
          verdict: 'unsupported',
          why,
        };
  }
  if (moved.bytes < expected) {
    const why = `the disk's counters show ${moved.bytes} of ${expected} bytes: the limit was not driven`;
    return { set, invariants: [within], measures: [], verdict: 'inconclusive', why };
  }
  return { set, invariants: [within], measures: [measure] };
}

/** One probe a variant. */
export const IO: readonly ProbeDefinition[] = VARIANTS.map((variant) => ({
  id: `limits/io/${variant.name}`,
  suite: 'limits',
  title: `Throttling of a disk: ${variant.title}`,
  subject: 'io',
  needs: [[{ controller: 'blkio', version: 1 }], [{ controller: 'io', version: 2 }]],
  rounds: variant.rounds,
  quick: true,
  run: (context) => run(context, variant),
}));
