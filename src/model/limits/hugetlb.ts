/** Huge pages, each size by itself (mm/hugetlb_cgroup.c): charged to the task's own cgroup and to all of its ancestors. */
import type { CgroupFacts } from '../../schema/cgroups.ts';
import { minimumOf } from './minimum.ts';
import type { Reach, Reaches } from './reach.ts';
import type { ResourceLimitOf } from './types.ts';
import { amountIn, usageIn } from './values.ts';

/** v1 calls the limit `limit_in_bytes` and v2 `max`; `rsvd` counts reservations, which mmap(2) makes, instead of faults. */
const LIMIT_FILE = /^hugetlb\.(\d+[KMG]B)\.(rsvd\.)?(?:limit_in_bytes|max)$/;

/** How many bytes of huge pages there can be, a size at a time; reservations only where they are limited. */
export function hugetlbLimits(reaches: Reaches): ResourceLimitOf<bigint>[] {
  const reach = reaches.of('hugetlb');
  const files = reach.kind === 'chain' ? filesOf(reach.cgroups) : [];
  if (files.every(([, isReservation]) => isReservation)) {
    return minimumOf(reach.kind === 'chain' ? unlimited(reach) : reach, {
      resource: 'hugetlb',
      unit: 'bytes',
      file: '',
      limitIn: () => null,
    });
  }
  return files.flatMap(([pageSize, isReservation]) => {
    const isV1 = reach.kind === 'chain' && reach.hierarchy.version === 1;
    const prefix = `hugetlb.${pageSize}.${isReservation ? 'rsvd.' : ''}`;
    const file = prefix + (isV1 ? 'limit_in_bytes' : 'max');
    const found = minimumOf(reach, {
      resource: isReservation ? 'hugetlb.reserved' : 'hugetlb',
      unit: 'bytes',
      pageSize,
      file,
      limitIn: (cgroup) => amountIn(cgroup, file, (bytes) => isUnlimited(bytes, pageSize)),
      usageIn: (cgroup) => usageIn(cgroup, prefix + (isV1 ? 'usage_in_bytes' : 'current')),
    });
    return isReservation ? found.filter(({ effective }) => effective.kind !== 'max') : found;
  });
}

/** A cgroup whose files could not be read at all keeps the answer unknown; one without such files does not. */
function unlimited(reach: Extract<Reach, { kind: 'chain' }>): Reach {
  const unread = reach.cgroups.find(({ unknown }) => unknown?.files !== undefined)?.unknown?.files;
  if (unread !== undefined) return { kind: 'unknown', reason: `the files of hugetlb: ${unread}` };
  return reach.hidden === null
    ? { kind: 'none', why: 'hugetlb is enabled for no cgroup of the chain' }
    : { kind: 'unknown', reason: reach.hidden };
}

function filesOf(cgroups: readonly CgroupFacts[]): [pageSize: string, isReservation: boolean][] {
  const found = new Map<string, [string, boolean]>();
  for (const { files } of cgroups) {
    for (const name of Object.keys(files)) {
      const [, pageSize, rsvd] = LIMIT_FILE.exec(name) ?? [];
      if (pageSize !== undefined) found.set(pageSize + (rsvd ?? ''), [pageSize, rsvd !== undefined]);
    }
  }
  return [...found.values()].sort(([a, x], [b, y]) => bytesOf(a) - bytesOf(b) || Number(x) - Number(y));
}

const UNITS: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

function bytesOf(pageSize: string): number {
  return Number.parseInt(pageSize, 10) * (UNITS[pageSize.at(-2) ?? ''] ?? 1);
}

/** v1 shows "no limit" as the most whole huge pages below 2^63 (hugetlb_cgroup_init, round_down of PAGE_COUNTER_MAX). */
function isUnlimited(bytes: bigint, pageSize: string): boolean {
  const slack = Math.max(bytesOf(pageSize), 2 ** 20);
  return bytes < 0n || bytes >= (1n << 63n) - BigInt(slack);
}
