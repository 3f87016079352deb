import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { parseCgroupFile } from '../parse/cgroup-files.ts';
import { parseCgroups } from '../parse/cgroups.ts';
import { isMalformed } from '../parse/malformed.ts';
import type {
  CgroupFacts,
  CgroupsCollected,
  CgroupsFacet,
  HierarchyFacts,
  RereadFacts,
  SubsystemFacts,
} from '../schema/cgroups.ts';
import type { MountsFacet } from '../schema/mounts.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { bytesOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { entrancesTo } from './cgroups/entrance.ts';
import type { Entrance } from './cgroups/entrance.ts';
import { hierarchiesOf, mountsOf } from './cgroups/hierarchies.ts';
import type { Hierarchy } from './cgroups/hierarchies.ts';
import { namespaceRootBelow } from './cgroups/ns-root.ts';
import { levelsAbove, namingAround, namingFrom } from './cgroups/paths.ts';
import type { Naming } from './cgroups/paths.ts';
import { FilePlan } from './cgroups/plan.ts';
import type { Reading } from './cgroups/read.ts';
import { readSelf } from './cgroups/self.ts';
import { secondLook } from './cgroups/second-look.ts';
import type { Self } from './cgroups/self.ts';
import { threadPlacesOf } from './cgroups/thread-places.ts';
import { walk } from './cgroups/walk.ts';
import type { Walked } from './cgroups/walk.ts';
import { onlyThese } from './cgroups/wanted.ts';
import type { Wanted } from './cgroups/wanted.ts';

/**
 * Every hierarchy and its cgroups. A hierarchy is walked wherever it is mounted: in the reader's mount namespace, else in that
 * of a task. Errors are in the facet: of a hierarchy in `walked`, of a cgroup in its `unknown`, of a file in its value.
 */
export function captureCgroups(
  host: Host,
  tasks: TasksFacet,
  mounts: MountsFacet,
  collected: CgroupsCollected,
): CgroupsFacet {
  const proc = host.open('/proc');
  const walked: Walked = { cgroups: [], names: [], vanished: 0, denied: 0 };
  // Whether lists of members can be held against what /proc says of each thread.
  const places = collected.tids && tasks.collected.threadCgroups ? threadPlacesOf(tasks) : null;
  const reread: Reread | null = places === null ? null : { members: [], populated: [], changing: [] };
  const facet = (hierarchies: HierarchyFacts[], subsystems: readonly SubsystemFacts[] | null): CgroupsFacet => ({
    version: 1,
    hierarchies,
    cgroups: walked.cgroups,
    subsystems,
    collected,
    reread,
    coverage: { cgroups: walked.cgroups.length, vanished: walked.vanished, denied: walked.denied },
  });
  if (proc instanceof Failure) return facet([], null);

  const self = readSelf(proc);
  const subsystems = readSubsystems(proc);
  const all = hierarchiesOf([...self.cgroups, ...tasks.cgroups.flat()], subsystems ?? [], [
    ...self.mounts,
    ...mounts.tables.flatMap((table) => table.mounts),
  ]);
  // A mount namespace that the reader may not look into may have it mounted.
  const isBlind = tasks.coverage.denied > 0 || mounts.unread.some(({ outcome }) => outcome === 'denied');
  const hierarchies = all.map((hierarchy): HierarchyFacts => {
    const { entrances, whole } = entrancesTo(host, proc, hierarchy, all, self, mounts);
    const reading: Reading = {
      version: hierarchy.version,
      plan: new FilePlan(hierarchy, collected.files),
      tids: collected.tids && (self.pidsAgree || 'uncountable'),
    };
    let { controllers } = hierarchy;
    let isGone = false;
    for (const entrance of entrances) {
      if (hierarchy.version === 2) controllers = controllersIn(entrance.dir);
      const naming = namingOf(entrance, hierarchy, self, host.reader().pid);
      const wanted = wantedBelow(naming, hierarchy.id, collected.only);
      if (wanted === undefined) {
        entrance.dir.close();
        continue;
      }
      const before = walked.cgroups.length;
      const vanished = walked.vanished;
      walk(entrance.dir, { hierarchy: hierarchy.id, reading, naming, wanted }, walked);
      isGone ||= walked.cgroups.length === before;
      if (reread !== null && places !== null) {
        const { id, version } = hierarchy;
        const part = { hierarchy: id, version, top: entrance.dir, first: before, ...walked };
        const found = secondLook(proc, part, places);
        reread.members.push(...found.members);
        reread.populated.push(...found.populated);
        if (walked.vanished > vanished || hasOtherCounts(entrance.dir, walked.cgroups[before]))
          reread.changing.push(id);
      }
      entrance.dir.close();
    }
    return {
      ...hierarchy,
      controllers,
      mounts: mountsOf(hierarchy, all, mounts),
      walked: isGone && whole === true ? 'absent' : whole === 'absent' && isBlind ? 'denied' : whole,
    };
  });
  if (reread !== null) reread.changing.push(...otherCounts(subsystems, readSubsystems(proc)));
  proc.close();
  return facet(hierarchies, subsystems);
}

type Reread = { -readonly [K in keyof RereadFacts]: RereadFacts[K][number][] };

/** Whether the counts that a v2 cgroup gives of those below it are others by now. */
function hasOtherCounts(dir: Dir, facts: CgroupFacts | undefined): boolean {
  const before = facts?.files['cgroup.stat'];
  const text = before === undefined ? null : dir.read('cgroup.stat');
  if (text === null || text instanceof Failure) return false;
  return JSON.stringify(parseCgroupFile('cgroup.stat', text, 2)) !== JSON.stringify(before);
}

/** Hierarchies of which `/proc/cgroups` counts another number of cgroups by now. */
function otherCounts(before: readonly SubsystemFacts[] | null, after: readonly SubsystemFacts[] | null): number[] {
  const counts = new Map(after?.map(({ name, cgroups }) => [name, cgroups]));
  const others = (before ?? []).filter(({ name, cgroups }) => counts.get(name) !== cgroups);
  return [...new Set(others.map(({ hierarchy }) => hierarchy))];
}

function readSubsystems(proc: Dir): readonly SubsystemFacts[] | null {
  const text = proc.read('cgroups');
  const parsed = text instanceof Failure ? null : parseCgroups(text);
  return isMalformed(parsed) ? null : parsed;
}

function controllersIn(root: Dir): readonly string[] {
  const text = root.read('cgroup.controllers');
  return text instanceof Failure ? [] : text.split(/\s+/).filter((name) => name !== '');
}

/** How the cgroups are called that a walk from there meets. */
function namingOf({ dir, root }: Entrance, hierarchy: Hierarchy, self: Self, pid: number | null): Naming {
  const levels = levelsAbove(root);
  const own = self.cgroups.find(({ hierarchy: id }) => id === hierarchy.id);
  if (levels === null || levels === 0 || own === undefined || pid === null) return namingFrom(root);
  const membersFile = hierarchy.version === 1 ? 'tasks' : 'cgroup.threads';
  const nsRoot = namespaceRootBelow(dir, levels, bytesOf(own.path), pid, membersFile);
  return nsRoot === null ? namingFrom(root) : namingAround(nsRoot);
}

/** What of a walk is wanted; undefined: nothing of it. */
function wantedBelow(naming: Naming, hierarchy: number, only: CgroupsCollected['only']): Wanted | undefined {
  if (only === null) return null;
  const paths: (readonly ByteString[])[] = [];
  for (const one of only) {
    const below = one.hierarchy === hierarchy ? naming.below(bytesOf(one.path)) : null;
    if (below !== null) paths.push(below);
  }
  return paths.length === 0 ? undefined : onlyThese(paths);
}
