/** Whose limits are asked for: the cgroups and processes that a target stands for. */
import type { CgroupsFacet } from '../../schema/cgroups.ts';
import type { Name } from '../../schema/name.ts';
import type { CgroupLine, ProcessFacts, TasksFacet } from '../../schema/tasks.ts';
import { nameKey, nameText, sameName } from '../../text/bytes.ts';
import { NsinspectError } from '../../text/error.ts';
import { formatPlural } from '../../text/units.ts';
import { cgroupKey } from '../cgroup-key.ts';
import { describeTarget } from '../targets.ts';
import type { Target } from '../targets.ts';
import { processesByPid } from './by-pid.ts';
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
 * The subject of a target. `tid`: of which thread, where it is not the leader. Throws a NsinspectError for what has no limits of
 * its own, a namespace or a mount.
 */
export function subjectOf(target: Target, tasks: TasksFacet, tid?: number): Subject {
  const text = describeTarget(target);
  switch (target.kind) {
    case 'process':
      return ofProcess(target.process, tasks, text, tid);
    case 'container': {
      const members = target.container.pids.filter((pid) => pid !== target.container.leader);
      const pids = [target.container.leader, ...members];
      return { ...ofLeader(pids, tasks), kind: 'container', text };
    }
    case 'cgroup':
      return cgroupSubject(text, linesAt(target.path, tasks));
    case 'namespace':
    case 'mount':
      throw noLimits(text);
  }
}

/** The refusal to tell the limits of what has none. */
export function noLimits(text: string): NsinspectError {
  return new NsinspectError(`${text} has no limits of its own`, {
    code: 'no-limits',
    hint: 'Name a process, a container or a cgroup.',
  });
}

/** A cgroup of one hierarchy. */
export interface CgroupPlace {
  readonly hierarchy: number;
  readonly path: Name;
}

/** The subject that these cgroups are: one, or that of the same name in several hierarchies. */
export function cgroupSubject(text: string, places: readonly CgroupPlace[]): Subject {
  const paths = new Map(places.map(({ hierarchy, path }) => [hierarchy, path]));
  return { kind: 'cgroup', text, pids: [], membership: { paths, only: true }, notes: [] };
}

/** The cgroups that must be looked at for a subject; their ancestors go without saying. */
export function placesOf({ membership }: Subject): CgroupPlace[] {
  if (typeof membership.paths === 'string') return [];
  return [...membership.paths].map(([hierarchy, path]) => ({ hierarchy, path }));
}

/**
 * Where a cgroup may be that a text names: by its key (`memory:812`), by its path below the root of a hierarchy, or by that
 * below a mount of one. Whether it is there shows when one looks.
 */
export function placesNamed(text: string, { hierarchies, cgroups }: CgroupsFacet): CgroupPlace[] {
  const keyed = cgroups.filter((cgroup) => {
    const hierarchy = hierarchies.find(({ id }) => id === cgroup.hierarchy);
    return hierarchy !== undefined && cgroupKey(hierarchy, cgroup) === text;
  });
  if (keyed.length > 0) return keyed.map(({ hierarchy, path }) => ({ hierarchy, path }));
  if (!text.startsWith('/')) return [];
  const path = text === '/' ? text : text.replace(/\/+$/, '');
  const below = hierarchies.flatMap(({ id, mounts }) =>
    mounts.flatMap((mount) => {
      const point = nameText(mount.path);
      if (path !== point && !path.startsWith(`${point}/`)) return [];
      const root = nameText(mount.root).replace(/\/$/, '');
      return [{ hierarchy: id, path: `${root}${path.slice(point.length)}` || '/', depth: point.length }];
    }),
  );
  // Of mounts within mounts the innermost: hierarchies are mounted below a tmpfs, and v2 below that of v1.
  const deepest = below.reduce((most, { depth }) => Math.max(most, depth), 0);
  const places = below
    .filter(({ depth }) => depth === deepest)
    .map(({ hierarchy, path: at }) => ({ hierarchy, path: at }));
  const [place] = places;
  if (place !== undefined) return [place];
  return hierarchies.map(({ id }) => ({ hierarchy: id, path }));
}

/** Those of these places that are there. */
export function placesThere(places: readonly CgroupPlace[], { cgroups }: CgroupsFacet): CgroupPlace[] {
  return places.filter((place) =>
    cgroups.some(({ hierarchy, path }) => hierarchy === place.hierarchy && sameName(path, place.path)),
  );
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
  const byPid = processesByPid(tasks);
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

/** The cgroups at that path that some task is in, or in one below. */
function linesAt(path: string, { cgroups }: TasksFacet): CgroupPlace[] {
  const found = new Map<number, CgroupPlace>();
  for (const { hierarchy, path: its } of cgroups.flat()) {
    const text = nameText(its);
    if (text === path || text.startsWith(`${path}/`)) found.set(hierarchy, { hierarchy, path });
  }
  return [...found.values()].sort((a, b) => a.hierarchy - b.hierarchy);
}
