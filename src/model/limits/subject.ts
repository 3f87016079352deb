/** Whose limits are asked for: the cgroups and processes that a target stands for. */
import type { CgroupsFacet } from '../../schema/cgroups.ts';
import type { Name } from '../../schema/name.ts';
import type { CgroupLine, ProcessFacts, TasksFacet } from '../../schema/tasks.ts';
import { bytesOf, nameKey, nameText } from '../../text/bytes.ts';
import { NsinspectError } from '../../text/error.ts';
import { formatPlural } from '../../text/units.ts';
import { describeTarget } from '../targets.ts';
import type { Target } from '../targets.ts';
import type { Membership } from './reach.ts';

/** What the limits are computed for. */
export interface Subject {
  readonly kind: 'process' | 'container' | 'cgroup';
  /** In words that name it without doubt. */
  readonly text: string;
  /** Its processes, the one that speaks for all of them first; none of a cgroup. */
  readonly pids: readonly number[];
  readonly membership: Membership;
  readonly notes: readonly string[];
}

/**
 * The subject of a target. `tid`: of which thread, where it is not the leader. `hierarchies`: which hierarchies a cgroup's path
 * is of, where that is known. Throws a NsinspectError for what has no limits of its own, a namespace or a mount.
 */
export function subjectOf(
  target: Target,
  tasks: TasksFacet,
  { tid, hierarchies }: { readonly tid?: number; readonly hierarchies?: readonly number[] } = {},
): Subject {
  const text = describeTarget(target);
  switch (target.kind) {
    case 'process':
      return ofProcess(target.process, tasks, text, tid);
    case 'container': {
      const members = target.container.pids.filter((pid) => pid !== target.container.leader);
      const pids = [target.container.leader, ...members];
      return { ...ofLeader(pids, tasks), kind: 'container', text };
    }
    case 'cgroup': {
      const among = hierarchies ?? hierarchiesWith(target.path, tasks);
      const paths = new Map<number, Name>(among.map((id) => [id, target.path]));
      return { kind: 'cgroup', text, pids: [], membership: { paths, only: true }, notes: [] };
    }
    case 'namespace':
    case 'mount':
      throw new NsinspectError(`${text} has no limits of its own`, {
        code: 'no-limits',
        hint: 'Name a process, a container or a cgroup.',
      });
  }
}

/** The cgroups that must be looked at for a subject; their ancestors go without saying. Null: not known, so all. */
export function pathsOf({ membership }: Subject): { hierarchy: number; path: Name }[] {
  if (typeof membership.paths === 'string') return [];
  return [...membership.paths].map(([hierarchy, path]) => ({ hierarchy, path }));
}

function ofProcess(process: ProcessFacts, tasks: TasksFacet, text: string, tid: number | undefined): Subject {
  const thread = tid === undefined ? undefined : process.differing?.find((one) => one.tid === tid);
  const cgroup = thread === undefined ? process.cgroup : thread.cgroup;
  const elsewhere = (process.differing ?? []).filter((one) => one.cgroup !== null && one.cgroup !== cgroup).length;
  const notes = [];
  if (elsewhere > 0) notes.push(`${formatPlural(elsewhere, 'thread')} of it in other cgroups`);
  if (thread === undefined && (process.state === 'Z' || process.state === 'X')) {
    notes.push('it has ended: the kernel has put it into the root of every v1 hierarchy');
  }
  return {
    kind: 'process',
    text: tid === undefined || tid === process.pid ? text : `thread ${String(tid)} of ${text}`,
    pids: [process.pid],
    membership: membershipOf(cgroup, process, tasks),
    notes,
  };
}

function ofLeader(pids: readonly number[], tasks: TasksFacet): Pick<Subject, 'pids' | 'membership' | 'notes'> {
  const byPid = new Map(tasks.processes.map((one) => [one.pid, one]));
  const leader = byPid.get(pids[0] ?? 0);
  const cgroup = leader?.cgroup ?? null;
  const elsewhere = pids.filter((pid) => {
    const its = byPid.get(pid)?.cgroup ?? null;
    return its !== null && cgroup !== null && its !== cgroup;
  });
  const where = new Set(elsewhere.flatMap((pid) => differences(byPid.get(pid)?.cgroup ?? null, cgroup, tasks)));
  const notes =
    elsewhere.length === 0
      ? []
      : [
          `${formatPlural(elsewhere.length, 'process', 'processes')} of it in other cgroups than its first process (${[...where].join(', ')})`,
        ];
  return { pids, membership: membershipOf(cgroup, leader, tasks), notes };
}

/** The hierarchies in which two contents of `/proc/PID/cgroup` differ. */
function differences(a: number | null, b: number | null, { cgroups }: TasksFacet): string[] {
  const of = (index: number | null): readonly CgroupLine[] => (index === null ? [] : (cgroups[index] ?? []));
  const other = new Map(of(b).map((line) => [line.hierarchy, nameKey(line.path)]));
  return of(a)
    .filter(({ hierarchy, path }) => other.get(hierarchy) !== nameKey(path))
    .map(({ controllers }) => controllers.join() || 'v2');
}

function membershipOf(cgroup: number | null, process: ProcessFacts | undefined, { cgroups }: TasksFacet): Membership {
  if (cgroup === null) {
    const outcome = process === undefined ? 'absent' : (process.unknown?.cgroup ?? 'not collected');
    return { paths: `/proc/PID/cgroup: ${outcome}`, only: false };
  }
  const lines = cgroups[cgroup] ?? [];
  return { paths: new Map(lines.map(({ hierarchy, path }) => [hierarchy, path])), only: false };
}

/** The hierarchies in which some task is at that path or below it. */
function hierarchiesWith(path: string, { cgroups }: TasksFacet): number[] {
  const found = new Set<number>();
  for (const line of cgroups.flat()) {
    const its = nameText(line.path);
    if (its === path || its.startsWith(`${path}/`)) found.add(line.hierarchy);
  }
  return [...found].sort((a, b) => a - b);
}

/** The hierarchies that have a cgroup at that path. */
export function hierarchiesAt(path: string, { cgroups }: CgroupsFacet): number[] {
  return [...new Set(cgroups.filter((one) => bytesOf(one.path) === bytesOf(path)).map(({ hierarchy }) => hierarchy))];
}
