/** The rule of most controllers: a charge counts for a cgroup and all of its ancestors, so that the least limit binds. */
import type { CgroupFacts, HierarchyFacts } from '../../schema/cgroups.ts';
import { cgroupKey } from '../cgroup-key.ts';
import type { Reach } from './reach.ts';
import { MAX, NO_USAGE } from './types.ts';
import type { ChainLink, Effective, Imposer, Limit, OutsideLimit, ResourceLimitOf, Usage } from './types.ts';

/** What is asked of each cgroup. */
export interface AmountQuestion extends Pick<
  ResourceLimitOf<bigint>,
  'resource' | 'unit' | 'device' | 'pageSize' | 'name'
> {
  /** The file that states the limit, for the answer. */
  readonly file: string;
  /** Null: this cgroup has no such file. On v2 that is where the controller is not enabled, whose css is an ancestor's. */
  readonly limitIn: (cgroup: CgroupFacts) => Limit | null;
  readonly usageIn?: (cgroup: CgroupFacts) => Usage;
  readonly outside?: readonly OutsideLimit[];
  readonly notes?: readonly string[];
}

/** The answer where the least limit from the target's own cgroup up binds, or one outside that is tighter still. */
export function minimumOf(reach: Reach, question: AmountQuestion): ResourceLimitOf<bigint>[] {
  if (reach.kind === 'foreign') return [];
  const { resource, unit, device, pageSize, name, outside = [], notes = [] } = question;
  const found = reach.kind === 'chain' ? bindingOf(reach, question) : nothingFound(reach);
  const bound = withOutside(found, outside);
  return [
    {
      resource,
      ...(device !== undefined && { device }),
      ...(pageSize !== undefined && { pageSize }),
      ...(name !== undefined && { name }),
      unit,
      ...bound,
      chain: found.chain,
      outside,
      notes: reach.kind === 'none' ? [reach.why, ...notes] : notes,
    },
  ];
}

type Bound = Pick<ResourceLimitOf<bigint>, 'effective' | 'imposedBy' | 'usage' | 'headRoom'>;

/** What a walk up the cgroups found. */
interface Found extends Bound {
  readonly chain: readonly ChainLink[];
  /** What the nearest cgroup counts, whoever imposes. */
  readonly own: Usage;
}

function nothingFound(reach: Exclude<Reach, { kind: 'chain' | 'foreign' }>): Found {
  const effective: Effective = reach.kind === 'none' ? MAX : reach;
  const usage: Usage = reach.kind === 'none' ? NO_USAGE : { kind: 'unknown', outcome: 'absent' };
  return { effective, imposedBy: null, chain: [], usage, own: usage, headRoom: null };
}

function bindingOf(reach: Extract<Reach, { kind: 'chain' }>, question: AmountQuestion): Found {
  const { usageIn = () => NO_USAGE } = question;
  const chain: ChainLink[] = [];
  let binding: { readonly link: ChainLink; readonly value: bigint; readonly usage: Usage } | null = null;
  let own: Usage | null = null;
  let gap = reach.hidden;
  let headRoom: bigint | null = null;
  for (const cgroup of reach.cgroups) {
    const limit = question.limitIn(cgroup);
    const usage = usageIn(cgroup);
    // The root of v1 counts but states no limit; below it, what has the file has the count.
    own ??= usage.kind === 'none' && limit === null ? null : usage;
    if (limit === null) continue;
    const link = linkOf(reach.hierarchy, cgroup, question.file, limit);
    chain.push(link);
    if (limit.kind === 'unknown') gap = limit.reason;
    if (limit.kind !== 'value') continue;
    // Of equal limits the nearest: the kernel charges from the task's own cgroup up and stops there.
    if (binding === null || limit.value < binding.value) binding = { link, value: limit.value, usage };
    if (usage.kind === 'value') headRoom = least(headRoom, limit.value - usage.value);
  }
  own ??= NO_USAGE;
  if (binding === null) {
    const effective: Effective = gap === null ? MAX : { kind: 'unknown', reason: gap };
    return { effective, imposedBy: null, chain, usage: own, own, headRoom: null };
  }
  const { link, value, usage } = binding;
  const effective: Effective = gap === null ? { kind: 'value', value } : { kind: 'value', value, atMost: gap };
  return { effective, imposedBy: imposerOf(link), chain, usage, own, headRoom };
}

/** A tighter limit outside takes over. What is not known stays unknown: a limit of the host is no answer for a cgroup. */
function withOutside(found: Found, outside: readonly OutsideLimit[]): Bound {
  let { effective, imposedBy, usage, headRoom }: Bound = found;
  for (const { by, limit } of outside) {
    if (limit.kind !== 'value' || effective.kind === 'unknown') continue;
    if (effective.kind === 'value' && effective.value <= limit.value) continue;
    effective = { ...effective, kind: 'value', value: limit.value };
    imposedBy = by;
    usage = found.own;
    // How much of it others use is not counted by any of these cgroups.
    headRoom = null;
  }
  return { effective, imposedBy, usage, headRoom };
}

/** A cgroup's own statement. */
export function linkOf<V>(hierarchy: HierarchyFacts, cgroup: CgroupFacts, file: string, limit: Limit<V>): ChainLink<V> {
  return { key: cgroupKey(hierarchy, cgroup), path: cgroup.path, file, limit };
}

/** A cgroup as the one that imposes. */
export function imposerOf({ key, path, file }: ChainLink<unknown>): Imposer {
  return { kind: 'cgroup', key, path, file };
}

/** What is above the limit already (it was lowered later, or charges that cannot fail) leaves no room, not a negative one. */
function least(a: bigint | null, b: bigint): bigint {
  const room = b < 0n ? 0n : b;
  return a === null || room < a ? room : a;
}
