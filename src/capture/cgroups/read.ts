/** One cgroup, read through its open directory. */
import { Failure } from '../../host/port.ts';
import type { Dir, DirEntry } from '../../host/port.ts';
import { parseCgroupFile } from '../../parse/cgroup-files.ts';
import { parseCgroupMembers } from '../../parse/cgroup-members.ts';
import { isMalformed } from '../../parse/malformed.ts';
import type { CgroupFacts, FileValue } from '../../schema/cgroups.ts';
import type { Outcome } from '../../schema/outcome.ts';
import type { FilePlan } from './plan.ts';

/** What of a cgroup does not depend on where it is. */
export type ReadFacts = Omit<CgroupFacts, 'hierarchy' | 'path' | 'parent' | 'inode'> & {
  readonly inode: number | null;
};

/** The facts, and its children's entries in the order of their names. */
export interface ReadCgroup {
  readonly facts: ReadFacts;
  readonly children: readonly DirEntry[];
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** How to read the cgroups of a hierarchy. */
export interface Reading {
  readonly version: 1 | 2;
  readonly plan: FilePlan;
  /** Whether to read members; `uncountable`: their numbers would not be those of the procfs that is read. */
  readonly tids: boolean | 'uncountable';
}

/** Reads one cgroup. Null: it was removed before or meanwhile. */
export function readCgroup(dir: Dir, reading: Reading): ReadCgroup | null {
  const entries = dir.entries('.');
  // A directory that was removed has not even the files that every cgroup has.
  if (entries instanceof Failure ? isGone(entries) : entries.length === 0) return null;

  const unknown: Record<string, Outcome> = {};
  const stat = dir.stat('.');
  const facts: Writable<ReadFacts> = { inode: stat instanceof Failure ? null : stat.inode, files: {} };
  if (stat instanceof Failure) unknown['uid'] = stat.asOutcome;
  else facts.uid = stat.uid;

  let isSuspect = false;
  if (reading.tids === true) {
    const members = readMembers(dir, reading.version);
    if (members instanceof Failure) {
      isSuspect ||= isGone(members);
      unknown['tids'] = members.asOutcome;
    } else {
      facts.tids = members.ids;
      if (members.foreign > 0) facts.foreign = members.foreign;
    }
  } else if (reading.tids === 'uncountable') unknown['tids'] = 'not collected';

  const children: DirEntry[] = [];
  if (entries instanceof Failure) unknown['files'] = unknown['children'] = entries.asOutcome;
  else {
    const files: [string, FileValue][] = [];
    for (const entry of entries) {
      if (entry.kind === 'directory') {
        children.push(entry);
        continue;
      }
      const planned = reading.plan.of(entry.name);
      if (planned === null || (!planned.isKnown && !isReadable(dir, entry.name))) continue;
      const text = dir.read(entry.name);
      if (!(text instanceof Failure)) files.push([planned.name, parseCgroupFile(planned.name, text, reading.version)]);
      else if (isGone(text)) isSuspect = true;
      else files.push([planned.name, { kind: 'unknown', outcome: text.asOutcome }]);
    }
    // The kernel's order is by a hash of the name.
    files.sort(([a], [b]) => (a < b ? -1 : 1));
    facts.files = Object.fromEntries(files);
    children.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
  // A controller that was disabled takes its files with it; a cgroup that was removed all of them.
  if (isSuspect && wasRemoved(dir)) return null;
  if (Object.keys(unknown).length > 0) facts.unknown = unknown;
  return { facts, children };
}

/** ENODEV is what kernfs answers for what is being removed (kernfs_fop_open, kernfs_seq_start). */
export function isGone({ outcome, errno }: Failure): boolean {
  return outcome === 'vanished' || outcome === 'absent' || errno === 'ENODEV';
}

/** The list of a cgroup's members, as the reader's pid namespace numbers them. */
export function readMembers(dir: Dir, version: 1 | 2) {
  const text = dir.read(version === 1 ? 'tasks' : 'cgroup.threads');
  if (text instanceof Failure) return text;
  const members = parseCgroupMembers(text);
  return isMalformed(members) ? new Failure('malformed', members.what) : members;
}

/** Nobody's permissions allow to read what only acts, though root can open it. */
function isReadable(dir: Dir, name: string): boolean {
  const stat = dir.stat(name);
  return !(stat instanceof Failure) && (stat.mode & 0o444) !== 0;
}

function wasRemoved(dir: Dir): boolean {
  const entries = dir.list('.');
  return entries instanceof Failure || entries.length === 0;
}
