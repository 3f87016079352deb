/**
 * The CPUs that tasks may run on: those of their cgroup that are online, less where a task's own affinity is narrower
 * (kernel/cgroup/cpuset.c, cpuset_cpus_allowed; kernel/sched/syscalls.c, sched_setaffinity).
 */
import type { CgroupFacts, HostLimits } from '../../schema/cgroups.ts';
import { parseCpuList } from '../../text/cpu-list.ts';
import { hostImposer, onlineCpus, ONLINE_CPUS } from './host.ts';
import { imposerOf, linkOf } from './minimum.ts';
import type { Reach, Reaches } from './reach.ts';
import { MAX, NO_USAGE, valueOf } from './types.ts';
import type { ChainLink, Effective, Imposer, Limit, OutsideLimit, ResourceLimitOf } from './types.ts';
import { fileOf, unreadable } from './values.ts';

/** CPU numbers, ascending. */
export type Cpus = readonly number[];

const MASK = 'cpuset.cpus';
const EFFECTIVE = ['cpuset.cpus.effective', 'cpuset.effective_cpus'] as const;

/** A cgroup of the chain with what it allows and what is left of that. */
interface Level {
  readonly link: ChainLink<Cpus> | null;
  /** What it asks for; null: nothing, it takes what its parent has. */
  readonly mask: Cpus | null;
  /** What the kernel says is left; null where it does not say. */
  readonly effective: Cpus | null;
  readonly gap: string | null;
}

/** The set of CPUs; `affinity`: what tasks allowed themselves, where it is known. */
export function cpusetLimits(
  reaches: Reaches,
  host: HostLimits,
  affinity: readonly OutsideLimit<Cpus>[],
): ResourceLimitOf<Cpus>[] {
  const reach = reaches.of('cpuset');
  if (reach.kind === 'foreign') return [];
  const online = onlineCpus(host);
  const levels = reach.kind === 'chain' ? reach.cgroups.map((cgroup) => levelOf(reach, cgroup)) : [];
  const byHost: OutsideLimit<Cpus>[] =
    online === null ? [] : [{ by: hostImposer(ONLINE_CPUS), limit: valueOf(online) }];
  const [effective, imposedBy, notes] = narrowed(cgroupSet(reach, levels, online), affinity, online);
  return [
    {
      resource: 'cpu.set',
      unit: 'cpus',
      effective,
      imposedBy,
      chain: levels.flatMap(({ link }) => (link === null ? [] : [link])),
      outside: [...affinity, ...byHost],
      usage: NO_USAGE,
      headRoom: null,
      notes: reach.kind === 'none' ? [reach.why, ...notes] : notes,
    },
  ];
}

type Bound = [Effective<Cpus>, Imposer | null];

function levelOf(reach: Extract<Reach, { kind: 'chain' }>, cgroup: CgroupFacts): Level {
  const limit = maskIn(cgroup);
  const link = limit === null ? null : linkOf(reach.hierarchy, cgroup, MASK, limit);
  const mask = limit?.kind === 'value' ? limit.value : null;
  const gap = limit?.kind === 'unknown' ? limit.reason : null;
  return { link, mask, effective: effectiveIn(cgroup), gap };
}

function maskIn(cgroup: CgroupFacts): Limit<Cpus> | null {
  const file = fileOf(cgroup, MASK);
  if (file === undefined) return null;
  if (file.kind === 'unknown') return unreadable(cgroup, MASK, file.outcome);
  const cpus = listOf(file);
  if (cpus === null) return unreadable(cgroup, MASK, 'malformed');
  return cpus.length === 0 ? MAX : valueOf(cpus);
}

function effectiveIn(cgroup: CgroupFacts): Cpus | null {
  for (const name of EFFECTIVE) {
    const file = cgroup.files[name];
    const cpus = file === undefined ? null : listOf(file);
    if (cpus !== null && cpus.length > 0) return cpus;
  }
  return null;
}

/** A single CPU may have been taken for a number. */
function listOf(file: NonNullable<ReturnType<typeof fileOf>>): Cpus | null {
  if (file.kind === 'list') return parseCpuList(file.list);
  if (file.kind === 'number') return parseCpuList(file.value);
  return null;
}

/** What the cgroups leave, and the one of them whose doing it is. */
function cgroupSet(reach: Exclude<Reach, { kind: 'foreign' }>, levels: readonly Level[], online: Cpus | null): Bound {
  if (reach.kind === 'unknown') return [reach, null];
  const all = online ?? (reach.kind === 'chain' && reach.hidden === null ? (levels.at(-1)?.effective ?? null) : null);
  const isHost = (cpus: Cpus): boolean => all !== null && isWithin(all, cpus);
  const byHost = (cpus: Cpus): Bound => [valueOf(cpus), hostImposer(ONLINE_CPUS)];
  if (reach.kind === 'none') return all === null ? [MAX, null] : byHost(all);
  // On v2 the nearest cgroup for which the controller is enabled; the root has only this file.
  const at = levels.findIndex(({ effective, gap }) => effective !== null || gap !== null);
  const gap = levels[at]?.effective === null ? levels[at].gap : null;
  // What a parent has left is the most that a child can have.
  const said = levels.slice(Math.max(at, 0)).find(({ effective }) => effective !== null)?.effective ?? null;
  const cpus = said ?? computed(reach, levels, all);
  if (cpus === null) return [{ kind: 'unknown', reason: gap ?? reach.hidden ?? `${EFFECTIVE[0]}: absent` }, null];
  if (isHost(cpus)) return gap === null ? byHost(cpus) : [{ kind: 'unknown', reason: gap }, null];
  const link = imposingLevel(levels, cpus, all)?.link ?? null;
  const effective: Effective<Cpus> = gap === null ? valueOf(cpus) : { kind: 'value', value: cpus, atMost: gap };
  // Not one of those that were seen: it is above them.
  return [effective, link === null ? { kind: 'cgroup', key: null, path: null, file: null } : imposerOf(link)];
}

/** The nearest cgroup whose own mask is as narrow as what is left; else the nearest that took something away. */
function imposingLevel(levels: readonly Level[], said: Cpus, all: Cpus | null): Level | undefined {
  const isNarrow = ({ mask }: Level): boolean =>
    mask !== null && isWithin(all === null ? mask : mask.filter((cpu) => all.includes(cpu)), said);
  return (
    levels.find(isNarrow) ??
    levels.find(({ mask, effective }, i) => {
      const above = levels[i + 1]?.effective ?? all;
      return mask !== null && effective !== null && above !== null && !isWithin(above, effective);
    })
  );
}

/** Before v1 had `effective_cpus` (Linux 3.17): from the root down, a mask that leaves nothing being ignored. */
function computed(reach: Extract<Reach, { kind: 'chain' }>, levels: readonly Level[], all: Cpus | null): Cpus | null {
  if (all === null || reach.hidden !== null || levels.some(({ gap }) => gap !== null)) return null;
  return levels.reduceRight<Cpus>((cpus, { mask }) => {
    const left = mask === null ? cpus : cpus.filter((cpu) => mask.includes(cpu));
    return left.length === 0 ? cpus : left;
  }, all);
}

/**
 * What tasks may run on in the end: Cpus_allowed is within what their cgroup leaves (or stale for a moment), and so tells the
 * set, if not whose doing it is, also where the cgroup's files cannot be read.
 */
function narrowed(
  [effective, imposedBy]: Bound,
  [affinity]: readonly OutsideLimit<Cpus>[],
  online: Cpus | null,
): [...Bound, notes: string[]] {
  if (affinity?.limit.kind !== 'value') return [effective, imposedBy, []];
  const { value } = affinity.limit;
  if (effective.kind === 'unknown') {
    if (online !== null && isWithin(online, value)) return [valueOf(value), hostImposer(ONLINE_CPUS), []];
    return [valueOf(value), affinity.by, [`whether a cgroup imposes it: ${effective.reason}`]];
  }
  const cgroups = effective.kind === 'max' ? value : effective.value;
  const left = cgroups.filter((cpu) => value.includes(cpu));
  if (left.length === 0 || left.length === cgroups.length) return [effective, imposedBy, []];
  return [valueOf(left), affinity.by, ['a task may change it itself (sched_setaffinity)']];
}

/** Whether the first set is a part of the second. */
function isWithin(inner: Cpus, outer: Cpus): boolean {
  return inner.every((cpu) => outer.includes(cpu));
}
