/** Where a walk of a hierarchy can begin. */
import { Failure } from '../../host/port.ts';
import type { Dir, Host, Read } from '../../host/port.ts';
import type { MountFacts, MountsFacet } from '../../schema/mounts.ts';
import type { Outcome } from '../../schema/outcome.ts';
import { bytesOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { hierarchyOfMount } from './hierarchies.ts';
import type { Hierarchy } from './hierarchies.ts';
import { isWithin, levelsAbove } from './paths.ts';
import type { Self } from './self.ts';

/** An open cgroup from which to walk. */
export interface Entrance {
  readonly dir: Dir;
  /** Which cgroup it is, as the reader's cgroup namespace calls it. */
  readonly root: ByteString;
}

/** Where to begin, and whether that reaches the whole hierarchy as far as the reader's cgroup namespace has it. */
export interface Entrances {
  readonly entrances: readonly Entrance[];
  readonly whole: true | Outcome;
}

/** A mount that may be the way in. */
interface Candidate {
  readonly root: ByteString;
  readonly open: () => Read<Dir>;
}

/** A host with many containers has the same hierarchy mounted as often: if so many mounts cannot be opened no other will. */
const TRIES = 8;

/** The mounts of a hierarchy through which it can be walked, opened: one of the whole, or else of as many parts as there are. */
export function entrancesTo(
  host: Host,
  proc: Dir,
  hierarchy: Hierarchy,
  all: readonly Hierarchy[],
  self: Self,
  mounts: MountsFacet,
): Entrances {
  const isOf = (mount: MountFacts): boolean => hierarchyOfMount(mount, all) === hierarchy;
  const candidates = [
    ...ownCandidates(host, self.mounts.filter(isOf)),
    ...mounts.tables
      .filter(({ mntns }) => mntns !== self.mntns)
      // Where no task has the whole namespace for its root, no path leads in.
      .flatMap(({ pid, mounts: others }) =>
        pid === null ? [] : others.filter(isOf).map((mount) => throughTask(host, proc, pid, mount)),
      ),
  ];
  if (candidates.length === 0) return { entrances: [], whole: 'absent' };

  let failure: Failure | null = null;
  const wholes = candidates.filter(({ root }) => levelsAbove(root) !== null);
  wholes.sort((a, b) => (levelsAbove(b.root) ?? 0) - (levelsAbove(a.root) ?? 0));
  for (const { root, open } of wholes.slice(0, TRIES)) {
    const dir = open();
    if (!(dir instanceof Failure)) return { entrances: [{ dir, root }], whole: true };
    failure ??= dir;
  }

  const entrances: Entrance[] = [];
  const parts = candidates.filter(({ root }) => levelsAbove(root) === null);
  parts.sort((a, b) => a.root.length - b.root.length);
  for (const { root, open } of parts) {
    if (entrances.some((other) => isWithin(root, other.root))) continue;
    const dir = open();
    if (!(dir instanceof Failure)) entrances.push({ dir, root });
  }
  entrances.sort((a, b) => (a.root < b.root ? -1 : 1));
  // What a bind mount of a part leaves out is out of the reader's reach.
  return { entrances, whole: entrances.length > 0 ? 'denied' : (failure?.asOutcome ?? 'denied') };
}

/** The mounts that the reader has itself, below the root that it reads. */
function ownCandidates(host: Host, mounts: readonly MountFacts[]): Candidate[] {
  const prefix = host.root === '/' ? '' : host.root.replace(/\/+$/, '');
  return mounts.flatMap((mount) => {
    const path = bytesOf(mount.path);
    if (!path.startsWith(`${prefix}/`)) return [];
    return [{ root: bytesOf(mount.root), open: () => checked(host.open(path.slice(prefix.length)), mount) }];
  });
}

function throughTask(host: Host, proc: Dir, pid: number, mount: MountFacts): Candidate {
  return {
    root: bytesOf(mount.root),
    open() {
      const task = proc.open(String(pid));
      if (task instanceof Failure) return task;
      const dir = checked(host.openInRoot(task, bytesOf(mount.path)), mount);
      task.close();
      return dir;
    },
  };
}

/** Another file system may be mounted over it, or the task be another's by now: the device tells. */
function checked(dir: Read<Dir>, mount: MountFacts): Read<Dir> {
  if (dir instanceof Failure) return dir;
  const stat = dir.stat('.');
  if (!(stat instanceof Failure) && stat.dev === mount.dev) return dir;
  dir.close();
  return stat instanceof Failure ? stat : new Failure('absent', 'another mount covers it');
}
