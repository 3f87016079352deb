/** The facts that `limits` needs, in two looks: first who the target is, then its own cgroups and their ancestors alone. */
import type { Tool } from '../capture/capture.ts';
import { containersOf } from '../model/containers.ts';
import { cgroupSubject, noLimits, placesNamed, placesOf, placesThere, subjectOf } from '../model/limits.ts';
import type { CgroupPlace, Subject } from '../model/limits.ts';
import { resolveTarget } from '../model/targets.ts';
import type { Capture } from '../schema/capture.ts';
import type { CgroupsCollected, CgroupsFacet, LimitsFacet } from '../schema/cgroups.ts';
import { ENGINES } from '../schema/engines.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { isStored, obtain } from './source.ts';
import type { SourceFlagValues } from './source.ts';
import { required } from './view.ts';

/** Everything that the limits of a target are computed from. */
export interface LimitsFacts {
  readonly capture: Capture;
  readonly subject: Subject;
  readonly tasks: TasksFacet;
  readonly cgroups: CgroupsFacet;
  readonly limits: LimitsFacet;
}

/** Looks at cgroups and at limits of processes once the target is known. */
interface Look {
  readonly cgroups: (files: CgroupsCollected['files'], only: readonly CgroupPlace[] | null) => CgroupsFacet;
  readonly limits: (pids: readonly number[]) => LimitsFacet;
}

/** Processes of a container whose own limits are read; of more the rest are as the first in nearly every case. */
const PROCESSES = 256;

/** Gets the facts about the target that `text` names. Throws a NsinspectError where it names nothing that has limits. */
export async function obtainLimits(flags: SourceFlagValues, text: string, tool: Tool): Promise<LimitsFacts> {
  const isPast = isStored(flags);
  const capture = await obtain(
    flags,
    {
      facets: ['tasks', 'mounts', 'engines', ...(isPast ? (['cgroups', 'limits'] as const) : [])],
      // Of all processes, to count those of the target's user.
      tasks: { detail: 'all', cgroups: true, root: false, threadCgroups: true },
    },
    tool,
  );
  const tasks = required(capture.tasks, 'tasks');
  const look = isPast ? lookAtStored(capture) : await lookAtHost(flags, capture, tasks);
  const subject = cgroupNamed(text, look) ?? subjectNamed(text, capture, tasks);
  const cgroups = look.cgroups('all', placesOf(subject));
  const limits = look.limits(subject.pids.slice(0, PROCESSES));
  return { capture: { ...capture, cgroups, limits }, subject, tasks, cgroups, limits };
}

function lookAtStored(capture: Capture): Look {
  const cgroups = required(capture.cgroups, 'cgroups');
  const limits = required(capture.limits, 'limits');
  return { cgroups: () => cgroups, limits: () => limits };
}

async function lookAtHost(flags: SourceFlagValues, capture: Capture, tasks: TasksFacet): Promise<Look> {
  const [{ liveHost }, { captureCgroups }, { captureLimits }] = await Promise.all([
    import('../host/live.ts'),
    import('../capture/cgroups.ts'),
    import('../capture/limits.ts'),
  ]);
  const host = liveHost(flags['host-root']);
  const mounts = required(capture.mounts, 'mounts');
  return {
    cgroups: (files, only) => captureCgroups(host, tasks, mounts, { tids: false, files, only }),
    limits: (pids) => captureLimits(host, pids),
  };
}

/** A cgroup that is there, also one without any task. */
function cgroupNamed(text: string, look: Look): Subject | null {
  const isKey = isCgroupKey(text);
  if (!isKey && !text.startsWith('/')) return null;
  // A key says nothing of where to look.
  const places = placesNamed(text, look.cgroups('structure', isKey ? null : []));
  if (places.length === 0) return null;
  const there = placesThere(places, look.cgroups('structure', places));
  return there.length === 0 ? null : cgroupSubject(`cgroup ${text}`, there);
}

/** `memory:812`, but neither `pid:812`, `docker:812` nor `net:4026532184`. */
function isCgroupKey(text: string): boolean {
  const [, prefix] = /^([^/]+):\d+$/.exec(text) ?? [];
  return prefix !== undefined && ![...ENGINES, ...NS_TYPES, 'pid'].some((other) => other === prefix);
}

function subjectNamed(text: string, capture: Capture, tasks: TasksFacet): Subject {
  // Nobody looked for namespaces, which would take longer than all the rest and have no limits.
  const [, type, rest = ''] = /^([a-z]+):(.*)$/.exec(text) ?? [];
  const isNamespace = NS_TYPES.some((one) => one === type) && /^(?:\[\d+\]|\d+)$/.test(rest);
  if ((isNamespace && (type !== 'pid' || rest.startsWith('['))) || /^\/proc\/\d+\/ns\//.test(text))
    throw noLimits(text);
  const { containers } = containersOf(tasks, capture.engines, capture.host);
  const target = resolveTarget(text, { tasks, containers, ...(capture.mounts && { mounts: capture.mounts }) });
  return subjectOf(target, tasks, /^(?:pid:)?\d+$/.test(text) ? Number(text.replace('pid:', '')) : undefined);
}
