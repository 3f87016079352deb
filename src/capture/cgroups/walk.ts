/** The walk of one hierarchy: its directories only, each opened from its parent's, so that no name can lead elsewhere. */
import { Failure } from '../../host/port.ts';
import type { Dir, DirEntry } from '../../host/port.ts';
import type { CgroupFacts } from '../../schema/cgroups.ts';
import type { Outcome } from '../../schema/outcome.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { Naming } from './paths.ts';
import { isGone, readCgroup } from './read.ts';
import type { Reading, ReadCgroup } from './read.ts';
import type { Wanted } from './wanted.ts';

/** The cgroups of all walks together, and what was missed. */
export interface Walked {
  readonly cgroups: CgroupFacts[];
  /** The names that lead to each of them from where its walk began. */
  readonly names: (readonly ByteString[])[];
  vanished: number;
  denied: number;
}

/** One walk. */
export interface Walk {
  readonly hierarchy: number;
  readonly reading: Reading;
  readonly naming: Naming;
  readonly wanted: Wanted;
}

/** So many directories are held open: one that still has children to come, at each level. */
const MOST_OPEN = 512;

/** More cgroups than this no kernel holds; somebody makes them faster than they can be read. */
const MOST_CGROUPS = 1_000_000;

/** A cgroup some of whose children are still to be read. */
interface Level {
  readonly dir: Dir;
  readonly index: number;
  readonly names: readonly ByteString[];
  readonly wanted: Wanted;
  /** The next one last. */
  readonly children: DirEntry[];
}

/** Reads the cgroup `top` and those below it, parents first, siblings by name; adds them to `walked`. */
export function walk(top: Dir, how: Walk, walked: Walked): void {
  const levels: Level[] = [];

  const enter = (
    dir: Dir,
    names: readonly ByteString[],
    inode: number,
    parent: number | null,
    wanted: Wanted,
  ): void => {
    const read = readCgroup(dir, how.reading);
    if (read === null) walked.vanished++;
    else {
      const children = read.children.filter(({ name }) => wanted?.children.has(name) ?? true).reverse();
      const isTooMuch = children.length > 0 && (levels.length >= MOST_OPEN || walked.cgroups.length >= MOST_CGROUPS);
      const index = walked.cgroups.push(factsOf(read, names, inode, parent, isTooMuch)) - 1;
      walked.names.push(names);
      if (children.length > 0 && !isTooMuch) {
        levels.push({ dir, index, names, wanted, children });
        return;
      }
    }
    closeBelow(dir);
  };

  // It is for the caller to close where the walk began.
  const closeBelow = (dir: Dir): void => {
    if (dir !== top) dir.close();
  };

  const factsOf = (
    { facts }: ReadCgroup,
    names: readonly ByteString[],
    inode: number,
    parent: number | null,
    isTooMuch: boolean,
  ): CgroupFacts => ({
    hierarchy: how.hierarchy,
    path: nameOf(how.naming.shown(names)),
    parent,
    ...facts,
    inode: facts.inode ?? inode,
    ...(isTooMuch && { unknown: { ...facts.unknown, children: 'not collected' } }),
  });

  enter(top, [], 0, null, how.wanted);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const child = level.children.pop();
    const dir = child === undefined ? null : level.dir.openChild(child.name);
    if (level.children.length === 0) {
      closeBelow(level.dir);
      levels.pop();
    }
    if (child === undefined || dir === null) continue;
    const names = [...level.names, child.name];
    if (!(dir instanceof Failure))
      enter(dir, names, child.inode, level.index, level.wanted?.children.get(child.name) ?? null);
    else if (isGone(dir)) walked.vanished++;
    else {
      if (dir.outcome === 'denied') walked.denied++;
      walked.names.push(names);
      walked.cgroups.push({
        hierarchy: how.hierarchy,
        inode: child.inode,
        path: nameOf(how.naming.shown(names)),
        parent: level.index,
        files: {},
        unknown: unreachable(dir),
      });
    }
  }
}

function unreachable(failure: Failure): NonNullable<CgroupFacts['unknown']> {
  // EXDEV: something is mounted over it. It is there, and what it has cannot be seen from here.
  const outcome: Outcome = failure.errno === 'EXDEV' ? 'denied' : failure.asOutcome;
  return { tids: outcome, files: outcome, children: outcome, uid: outcome };
}
