/**
 * Memory. Every page is charged to the task's own cgroup and to all of its ancestors (mm/page_counter.c,
 * page_counter_try_charge): the least limit binds. v1 and v2 differ in what they limit beside `memory` itself.
 */
import type { CgroupFacts, HostLimits } from '../../schema/cgroups.ts';
import type { Resource } from '../../schema/limits-document.ts';
import { formatBytes } from '../../text/units.ts';
import { ramOf, swapOf } from './host.ts';
import { minimumOf } from './minimum.ts';
import type { Reach, Reaches } from './reach.ts';
import type { OutsideLimit, ResourceLimitOf } from './types.ts';
import { MAX, valueOf } from './types.ts';
import { amountIn, entryOf, fileOf, usageIn } from './values.ts';

type Chain = Extract<Reach, { kind: 'chain' }>;

/**
 * v1 shows "no limit" as PAGE_COUNTER_MAX pages in bytes: 2^63 less at most one page, whose size differs by machine
 * (include/linux/page_counter.h); before Linux 3.19 as 2^63 - 1. No machine has so much memory.
 */
export function isUnlimited(bytes: bigint): boolean {
  return bytes < 0n || bytes >= (1n << 63n) - (1n << 20n);
}

/** What bounds memory of all kinds. */
export function memoryLimits(reaches: Reaches, host: HostLimits): ResourceLimitOf<bigint>[] {
  const reach = reaches.of('memory');
  if (reach.kind === 'foreign') return [];
  if (reach.kind === 'chain' && reach.hierarchy.version === 1) return legacy(accounted(reach), host);
  const none: Reach = reach.kind === 'chain' ? { kind: 'none', why: 'cgroup v2 counts it as memory' } : reach;
  return [
    ...amount(reach, 'memory', 'memory.max', 'memory.current', ramOf(host)),
    ...amount(reach, 'memory.high', 'memory.high', 'memory.current'),
    ...amount(reach, 'memory.swap', 'memory.swap.max', 'memory.swap.current', swapOf(host)),
    ...amount(none, 'memory.kernel', '', ''),
    ...amount(none, 'memory.tcp', '', ''),
    ...(reach.kind === 'chain' ? [...protection(reach, 'memory.min'), ...protection(reach, 'memory.low')] : []),
  ];
}

function legacy(reach: Chain, host: HostLimits): ResourceLimitOf<bigint>[] {
  const none: Reach = { kind: 'none', why: 'cgroup v1 has no such limit (its soft limit stops nobody)' };
  const [memory] = amount(reach, 'memory', 'memory.limit_in_bytes', 'memory.usage_in_bytes', ramOf(host));
  // The counter holds what is in memory and what was swapped out: so much may be in swap at most.
  const [swap] = amount(
    reach,
    'memory.swap',
    'memory.memsw.limit_in_bytes',
    'memory.memsw.usage_in_bytes',
    swapOf(host),
    ['cgroup v1 limits and counts memory and swap together'],
  );
  return [
    ...checked(memory, reach, 'hierarchical_memory_limit'),
    ...amount(none, 'memory.high', '', ''),
    ...checked(swap, reach, 'hierarchical_memsw_limit').map((found) => withSwapAlone(found, reach)),
    ...amount(reach, 'memory.kernel', 'memory.kmem.limit_in_bytes', 'memory.kmem.usage_in_bytes'),
    ...amount(reach, 'memory.tcp', 'memory.kmem.tcp.limit_in_bytes', 'memory.kmem.tcp.usage_in_bytes'),
  ];
}

/** Where no cgroup imposes it, what is in memory does not count against it. */
function withSwapAlone(found: ResourceLimitOf<bigint>, { cgroups: [own] }: Chain): ResourceLimitOf<bigint> {
  if (found.imposedBy?.kind !== 'host') return found;
  const swapped = own === undefined ? null : entryOf(own, 'memory.stat', 'total_swap');
  return { ...found, usage: swapped === null ? { kind: 'unknown', outcome: 'not collected' } : valueOf(swapped) };
}

function amount(
  reach: Reach,
  resource: Resource,
  file: string,
  usage: string,
  outside: readonly OutsideLimit[] = [],
  notes: readonly string[] = [],
): ResourceLimitOf<bigint>[] {
  return minimumOf(reach, {
    resource,
    unit: 'bytes',
    file,
    limitIn: (cgroup) => amountIn(cgroup, file, isUnlimited),
    usageIn: (cgroup) => usageIn(cgroup, usage),
    outside,
    notes,
  });
}

/**
 * Before Linux 5.11 a v1 cgroup could leave its children's charges to themselves (mm/memcontrol.c, mem_cgroup_css_alloc: the
 * counter has a parent only where the parent cgroup had `memory.use_hierarchy`).
 */
function accounted(reach: Chain): Chain {
  const end = reach.cgroups.findIndex((cgroup, i) => i > 0 && amountIs(cgroup, 'memory.use_hierarchy', 0n));
  return end < 0 ? reach : { ...reach, cgroups: reach.cgroups.slice(0, end), hidden: null };
}

function amountIs(cgroup: CgroupFacts, name: string, value: bigint): boolean {
  const file = fileOf(cgroup, name);
  return file?.kind === 'number' && file.value === String(value);
}

/**
 * v1's `memory.stat` says what the kernel itself takes for the least limit up to the real root
 * (mm/memcontrol-v1.c, memcg1_stat_format), also where the ancestors cannot be seen.
 */
function checked(found: ResourceLimitOf<bigint> | undefined, reach: Chain, key: string): ResourceLimitOf<bigint>[] {
  if (found === undefined) return [];
  const own = reach.cgroups[0];
  const said = own === undefined ? null : entryOf(own, 'memory.stat', key);
  if (said === null) return [found];
  const limits = found.chain.flatMap(({ limit }) => (limit.kind === 'value' ? [limit.value] : []));
  const least = limits.reduce<bigint | null>((min, value) => (min === null || value < min ? value : min), null);
  const isMax = isUnlimited(said);
  if (isMax ? least === null : least === said) return [exactly(found)];
  const isPartial = found.effective.kind === 'unknown' || 'atMost' in found.effective;
  if (!isPartial) {
    const kernel = isMax ? 'no limit' : formatBytes(said);
    return [{ ...found, notes: [...found.notes, `memory.stat says ${kernel} (${key}): changed while it was read`] }];
  }
  // What is hidden is tighter than all that was seen.
  const imposedBy = { kind: 'cgroup', key: null, path: null, file: 'memory.stat' } as const;
  const note = `an ancestor that cannot be seen imposes it (${key})`;
  const hidden = [{ by: imposedBy, limit: valueOf(said) }, ...found.outside];
  const tightest = hidden.reduce((a, b) =>
    b.limit.kind === 'value' && a.limit.kind === 'value' && b.limit.value < a.limit.value ? b : a,
  );
  return [
    {
      ...found,
      effective: tightest.limit,
      imposedBy: tightest.by,
      headRoom: null,
      notes: tightest.by === imposedBy ? [...found.notes, note] : found.notes,
    },
  ];
}

/** The kernel's own number agrees: what could not be read is no tighter. */
function exactly(found: ResourceLimitOf<bigint>): ResourceLimitOf<bigint> {
  const { effective } = found;
  if (effective.kind === 'value') return { ...found, effective: valueOf(effective.value) };
  if (effective.kind === 'max') return found;
  const outside = found.outside.find(({ limit }) => limit.kind === 'value');
  return { ...found, effective: outside?.limit ?? MAX, imposedBy: outside?.by ?? null };
}

/**
 * Protection is no limit: so much stays when memory is reclaimed, at most, as an ancestor hands down no more than it has
 * itself and siblings share it (mm/page_counter.c, page_counter_calculate_protection). Only where one is set.
 */
function protection(reach: Chain, resource: 'memory.min' | 'memory.low'): ResourceLimitOf<bigint>[] {
  const [own] = reach.cgroups;
  const limit = own === undefined ? null : amountIn(own, resource);
  if (limit === null || (limit.kind === 'value' && limit.value === 0n)) return [];
  return amount(
    reach,
    resource,
    resource,
    'memory.current',
    [],
    ['protection, not a limit: so much is kept at most, less where siblings claim their share'],
  ).map((found) => ({ ...found, headRoom: null }));
}
