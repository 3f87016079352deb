/**
 * CPU time. A quota throttles the whole subtree (kernel/sched/fair.c, throttle_cfs_rq), so that the least share of time from
 * the task's own cgroup up binds; weights share among siblings.
 */
import type { CgroupFacts } from '../../schema/cgroups.ts';
import { nameText } from '../../text/bytes.ts';
import { formatCount, formatPercent } from '../../text/units.ts';
import type { Cpus } from './cpuset.ts';
import { linkOf, minimumOf } from './minimum.ts';
import type { Reach, Reaches } from './reach.ts';
import { MAX, NO_USAGE, valueOf } from './types.ts';
import type { ChainLink, Effective, Limit, OutsideLimit, ResourceLimitOf } from './types.ts';
import { amountIn, entryOf, fileOf, limitOf, numberOf, unreadable } from './values.ts';

const USEC_PER_SECOND = 1_000_000n;

/**
 * Quotas are compared as shares of their periods, which have at most seven digits (max_cfs_quota_period is 1 s): at this
 * scale two different shares never come out equal.
 */
const SCALE = 10n ** 14n;

/** CPU time in µs per second of wall time, more than 1,000,000 being several CPUs, and the weight. `set`: `cpu.set`, which also bounds the time. */
export function cpuLimits(reaches: Reaches, set: ResourceLimitOf<Cpus> | undefined): ResourceLimitOf<bigint>[] {
  const reach = reaches.of('cpu');
  return [...timeLimits(reach, set), ...weight(reach, reaches.everyCgroup)];
}

function timeLimits(reach: Reach, set: ResourceLimitOf<Cpus> | undefined): ResourceLimitOf<bigint>[] {
  const file = reach.kind === 'chain' && reach.hierarchy.version === 1 ? V1_QUOTA : V2_QUOTA;
  const limitIn = file === V1_QUOTA ? quotaV1 : quotaV2;
  const found = minimumOf(reach, {
    resource: 'cpu.time',
    unit: 'usec/s',
    file,
    limitIn,
    outside: wholeCpus(set),
    notes: reach.kind === 'chain' ? throttled(reach.cgroups) : [],
  });
  return found.map((one) => ({
    ...one,
    effective: unscaled(one.effective),
    chain: one.chain.map((link): ChainLink => ({ ...link, limit: unscaled(link.limit) })),
    outside: one.outside.map(({ by, limit }) => ({ by, limit: unscaled(limit) })),
  }));
}

const V1_QUOTA = 'cpu.cfs_quota_us';
const V1_PERIOD = 'cpu.cfs_period_us';
const V2_QUOTA = 'cpu.max';

function quotaV1(cgroup: CgroupFacts): Limit | null {
  const quota = amountIn(cgroup, V1_QUOTA);
  if (quota?.kind !== 'value') return quota;
  const period = amountIn(cgroup, V1_PERIOD);
  if (period?.kind === 'unknown') return period;
  return (
    shareOf(quota.value, period?.kind === 'value' ? period.value : 0n) ?? unreadable(cgroup, V1_PERIOD, 'malformed')
  );
}

function quotaV2(cgroup: CgroupFacts): Limit | null {
  const file = fileOf(cgroup, V2_QUOTA);
  if (file === undefined) return null;
  if (file.kind === 'unknown') return unreadable(cgroup, V2_QUOTA, file.outcome);
  const quota = file.kind === 'pair' ? limitOf(file.first) : null;
  if (quota?.kind === 'max') return MAX;
  const period = file.kind === 'pair' ? (numberOf(file.second) ?? 0n) : 0n;
  const share = quota?.kind === 'value' ? shareOf(quota.value, period) : null;
  return share ?? unreadable(cgroup, V2_QUOTA, 'malformed');
}

function shareOf(quota: bigint, period: bigint): Limit | null {
  return period <= 0n ? null : valueOf((quota * USEC_PER_SECOND * SCALE) / period);
}

function unscaled<L extends Limit | Effective>(limit: L): L {
  return limit.kind === 'value' ? { ...limit, value: limit.value / SCALE } : limit;
}

/** Nobody gets more time than the CPUs have that it may run on. */
function wholeCpus(set: ResourceLimitOf<Cpus> | undefined): OutsideLimit[] {
  if (set?.effective.kind !== 'value' || set.imposedBy === null) return [];
  return [{ by: set.imposedBy, limit: valueOf(BigInt(set.effective.value.length) * USEC_PER_SECOND * SCALE) }];
}

/** How often the quota was used up (`cpu.stat`), in the cgroups that have one. */
function throttled(cgroups: readonly CgroupFacts[]): string[] {
  return cgroups.flatMap((cgroup) => {
    const [periods, stopped] = [entryOf(cgroup, 'cpu.stat', 'nr_periods'), entryOf(cgroup, 'cpu.stat', 'nr_throttled')];
    if (periods === null || stopped === null || stopped <= 0n) return [];
    return [`${nameText(cgroup.path)} was throttled in ${formatCount(stopped)} of ${formatCount(periods)} periods`];
  });
}

/** The weight among siblings: that of the task's own cgroup, whatever the ancestors', which weigh at their own levels. */
function weight(reach: Reach, every: readonly CgroupFacts[] | null): ResourceLimitOf<bigint>[] {
  if (reach.kind === 'foreign') return [];
  const isV1 = reach.kind === 'chain' && reach.hierarchy.version === 1;
  const file = isV1 ? 'cpu.shares' : 'cpu.weight';
  const found =
    reach.kind !== 'chain'
      ? []
      : reach.cgroups.flatMap((cgroup) => {
          const limit = amountIn(cgroup, file);
          return limit === null ? [] : [{ cgroup, link: linkOf(reach.hierarchy, cgroup, file, limit) }];
        });
  const [own] = found;
  const limit: Effective = reach.kind === 'unknown' ? reach : (own?.link.limit ?? MAX);
  const notes = reach.kind === 'none' ? [reach.why] : own === undefined ? [] : weightNotes(own.cgroup, file, every);
  return [
    {
      resource: 'cpu.weight',
      unit: isV1 ? 'shares' : 'weight',
      effective: limit,
      imposedBy:
        own !== undefined && limit.kind === 'value'
          ? { kind: 'cgroup', key: own.link.key, path: own.link.path, file }
          : null,
      chain: found.map(({ link }) => link),
      outside: [],
      usage: NO_USAGE,
      headRoom: null,
      notes,
    },
  ];
}

function weightNotes(own: CgroupFacts, file: string, every: readonly CgroupFacts[] | null): string[] {
  const idle = amountIn(own, 'cpu.idle');
  if (idle?.kind === 'value' && idle.value > 0n) return ['idle (cpu.idle): it runs only when no sibling wants to'];
  if (every === null || own.parent === null) return [];
  const siblings = every.filter(({ hierarchy, parent }) => hierarchy === own.hierarchy && parent === own.parent);
  const weights = siblings.map((sibling) => amountIn(sibling, file));
  if (weights.some((one) => one?.kind !== 'value')) return [];
  const sum = weights.reduce((total, one) => total + (one?.kind === 'value' ? one.value : 0n), 0n);
  const mine = amountIn(own, file);
  if (mine?.kind !== 'value' || sum <= 0n || siblings.length < 2) return [];
  const share = formatPercent(Number(mine.value) / Number(sum));
  return [`${share} of the time of its parent while all ${String(siblings.length)} children of that are busy`];
}
