/**
 * Finds and removes what probes of dead makers left (SIGKILL, a crash, a lost terminal). Only what bears a mark is looked at,
 * and only where its maker is known to be dead: other software's cgroups, and those of a nsinspect that is at work, stay.
 */
import { accessSync, constants, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

import type { TaskStat } from '../parse/task-stat.ts';
import { NsinspectError } from '../text/error.ts';
import { isRefusal, killBelow, removeTree } from './cgroupfs.ts';
import { liveHierarchies } from './hierarchies.ts';
import { containersOf, removeContainerOf, removeImageOf } from './launch/docker.ts';
import { podmanTasks } from './launch/podman.ts';
import { pause } from './live.ts';
import { lifeOf, MARK_PREFIX, MARK_VARIABLE, parseMark, surroundings, type Surroundings } from './mark.ts';
import { distrust, mountsBelow, removeMarked, scratchRoot, shortcuts, stateRoot } from './state.ts';
import { allPids, killFound, statOf, variableOf, waitForEnd } from './tasks.ts';

/** What was found and removed, and what was not. */
export interface Cleaned {
  /** Directories of cgroups, without those below them. */
  readonly cgroups: readonly string[];
  readonly pids: readonly number[];
  readonly mounts: readonly string[];
  readonly directories: readonly string[];
  /** Containers and images of engines' daemons, by name. */
  readonly containers: readonly string[];
  /** What bears a mark and is still there, each with the reason: its maker lives, cannot be looked up, or the kernel refuses. */
  readonly kept: readonly { readonly what: string; readonly why: string }[];
}

/** How to clean. */
export interface CleanOptions {
  /** Only find: {@link Cleaned} is then what would be removed. */
  readonly dryRun?: boolean;
}

/** How often is looked again while something is found: what was about to start when its maker died is found then. */
const ROUNDS = 5;

/** Removes what dead makers left. Never throws for one thing that cannot be removed: that is in {@link Cleaned.kept}. */
export function clean({ dryRun = false }: CleanOptions = {}): Cleaned {
  if (dryRun) return sweep(true);
  const sweeps: Cleaned[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0) pause(25);
    const found = sweep(false);
    sweeps.push(found);
    if ([...found.cgroups, ...found.pids, ...found.directories].length === 0) break;
  }
  const all = <T>(of: (found: Cleaned) => readonly T[]) => [...new Set(sweeps.flatMap(of))];
  return {
    cgroups: all(({ cgroups }) => cgroups),
    pids: all(({ pids }) => pids),
    mounts: all(({ mounts }) => mounts),
    directories: all(({ directories }) => directories),
    containers: all(({ containers }) => containers),
    kept: sweeps.at(-1)?.kept ?? [],
  };
}

function sweep(dryRun: boolean): Cleaned {
  const around = surroundings();
  const kept: { what: string; why: string }[] = [];
  /** Whether it may go; what may not is noted. */
  const isLeft = (what: string): boolean => {
    const mark = parseMark(path.basename(what));
    if (mark === null) return false;
    const life = lifeOf(mark, around);
    // Once is enough for what is in every hierarchy.
    const isNew = !kept.some((other) => path.basename(other.what) === path.basename(what));
    if (isNew && life === 'elsewhere')
      kept.push({ what, why: 'made in another pid namespace, which alone can judge it' });
    if (isNew && life === 'alive' && mark.pid !== around.pid) {
      kept.push({ what, why: `process ${mark.pid} is using it` });
    }
    return life === 'dead';
  };
  const attempt = (what: string, removal: () => void): boolean => {
    try {
      removal();
      return true;
    } catch (error) {
      if (error instanceof NsinspectError) kept.push({ what, why: error.message });
      else if (isRefusal(error)) kept.push({ what, why: (error as Error).message });
      else throw error;
      return false;
    }
  };

  // First, lest they make more.
  const marked = dryRun ? markedTasks(around) : killFound(() => markedTasks(around));
  const links = shortcuts().filter(({ mark: name }) => {
    const mark = parseMark(name);
    return mark !== null && lifeOf(mark, around) === 'dead';
  });
  const engines = links.flatMap((link) => (dryRun ? podmanTasks(link) : killFound(() => podmanTasks(link))));
  if (!dryRun) waitForEnd(engines);
  const pids = [...new Set([...marked, ...engines].map(({ pid }) => pid))];
  const cgroups = liveHierarchies()
    .flatMap(({ root }) => markedBelow(root))
    .filter(isLeft)
    .filter((at) => isOwn(at, kept));
  const directories = [stateRoot(), scratchRoot()].flatMap((root) => markedIn(root, kept)).filter(isLeft);
  if (dryRun) {
    const [mounts, containers] = [directories.flatMap(mountsBelow), directories.flatMap(containersOf)];
    return { cgroups, pids, mounts, directories, containers, kept };
  }
  // One cgroup of several hierarchies at a time: what ends its tasks is in some of them only.
  for (const group of Map.groupBy(cgroups, (at) => path.basename(at)).values())
    attempt(group[0] ?? '', () => killBelow(group));
  // Their cgroups and mounts are free when they are gone.
  waitForEnd(marked);
  const gone = cgroups.filter((at) => attempt(at, () => removeTree(at)));
  const containers: string[] = [];
  // Where the engine cannot be asked the directory stays, since it tells of the container.
  const without = [removeContainerOf, removeImageOf].reduce(
    (left, removal) => left.filter((at) => attempt(at, () => containers.push(...removal(at)))),
    directories,
  );
  const mounts = without.flatMap(mountsBelow);
  const removed = without.filter((at) => attempt(at, () => removeMarked(at)));
  for (const { at } of links) rmSync(at, { force: true });
  return { cgroups: gone, pids, mounts, directories: removed, containers, kept };
}

/** Whether a cgroup is this user's to remove: who may write to the one above may. What is not is noted, once for all hierarchies. */
function isOwn(at: string, kept: { what: string; why: string }[]): boolean {
  try {
    accessSync(path.dirname(at), constants.W_OK);
    return true;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    // Gone by now: its removal finds nothing to do.
    if (code === 'ENOENT') return true;
    if (!isRefusal(error)) throw error;
    const isNew = !kept.some((other) => path.basename(other.what) === path.basename(at));
    if (isNew) kept.push({ what: at, why: `it is not this user’s to remove: ${code}` });
    return false;
  }
}

/** Marked directories below a cgroup, at any depth: some runtimes make theirs below the one that they were started in. */
function markedBelow(directory: string): string[] {
  return subdirectories(directory).flatMap((name) => {
    const at = path.join(directory, name);
    return name.startsWith(MARK_PREFIX) ? [at] : markedBelow(at);
  });
}

/** Marked directories in one that is this user's alone; in any other nothing is believed. */
function markedIn(root: string, kept: { what: string; why: string }[]): string[] {
  const wrong = distrust(root);
  if (wrong !== null) {
    kept.push({ what: root, why: `it ${wrong}` });
    return [];
  }
  return subdirectories(root).map((name) => path.join(root, name));
}

/** Other software removes its cgroups while they are walked; what may not be looked into is not this user's. */
function subdirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENODEV'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

/** Processes that have a dead maker's mark in their environment: those that were in no cgroup of it, too. */
function markedTasks(around: Surroundings): TaskStat[] {
  return allPids().flatMap((pid) => {
    const task = statOf(pid);
    const mark = task === null ? null : parseMark(variableOf(pid, MARK_VARIABLE) ?? '');
    return task !== null && mark !== null && pid !== around.pid && lifeOf(mark, around) === 'dead' ? [task] : [];
  });
}
