/** What a container takes of a disk for itself: files that no other container shares with it. */
import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';

import { liveHost } from '../../../host/live.ts';
import { Failure } from '../../../host/port.ts';
import { isMalformed } from '../../../parse/malformed.ts';
import { parseMountinfo } from '../../../parse/mountinfo.ts';
import type { MountFacts } from '../../../schema/mounts.ts';
import { nameText } from '../../../text/bytes.ts';
import { MARK_PREFIX } from '../../mark.ts';

/** An idle container has a few dozen; more than that is somebody else's tree. */
const MOST_FILES = 10_000;

/** Bytes (blocks taken) of its own directories; null: its root is no overlay, or this user does not see it. */
export function ownBytes(pid: number): number | null {
  const proc = liveHost().open('/proc');
  const text = proc instanceof Failure ? proc : proc.read(`${pid}/mountinfo`);
  if (!(proc instanceof Failure)) proc.close();
  const mounts = text instanceof Failure ? text : parseMountinfo(text);
  if (mounts instanceof Failure || isMalformed(mounts)) return null;
  const directories = ownDirectories(mounts);
  if (directories === null) return null;
  try {
    return directories.reduce((sum, directory) => sum + bytesBelow(directory), 0);
  } catch (error) {
    // The work directory is the kernel's own, closed to users without rights; other directories are seen from the container alone.
    if (['EACCES', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return null;
    throw error;
  }
}

/** Upper and work directory of the overlay that is the root, and lower ones that were made for a probe alone. */
export function ownDirectories(
  mounts: readonly Pick<MountFacts, 'path' | 'fsType' | 'superOptions'>[],
): string[] | null {
  const root = mounts.findLast((mount) => nameText(mount.path) === '/' && mount.fsType === 'overlay');
  if (root === undefined) return null;
  const options = root.superOptions.map((option) => nameText(option).split('='));
  const named = (name: string) => options.filter(([key]) => key === name).map(([, ...value]) => value.join('='));
  const lower = named('lowerdir').flatMap((list) => list.split(':'));
  const own = [...named('upperdir'), ...named('workdir'), ...lower.filter((at) => at.includes(MARK_PREFIX))];
  return own.every((at) => path.isAbsolute(at)) ? own : null;
}

function bytesBelow(directory: string): number {
  let sum = 0;
  let seen = 0;
  const queue = [directory];
  for (let at = queue.pop(); at !== undefined && seen < MOST_FILES; at = queue.pop()) {
    seen++;
    const facts = lstatSync(at);
    // In units of 512 bytes, whatever the file system's own (stat(2)).
    sum += facts.blocks * 512;
    if (facts.isDirectory()) queue.push(...readdirSync(at).map((name) => path.join(at, name)));
  }
  return sum;
}
