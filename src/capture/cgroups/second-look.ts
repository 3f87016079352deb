/**
 * Tasks and cgroups are read one after the other, and tasks move meanwhile. Where the two do not agree both are looked at again,
 * so closely together that what still differs is a fault and no race.
 */
import { Failure } from '../../host/port.ts';
import type { Dir, Read } from '../../host/port.ts';
import { parseCgroup } from '../../parse/cgroup.ts';
import { parseCgroupFile } from '../../parse/cgroup-files.ts';
import { isMalformed } from '../../parse/malformed.ts';
import { parseTaskStat } from '../../parse/task-stat.ts';
import type { CgroupFacts, FileValue, RereadFacts, SecondLook } from '../../schema/cgroups.ts';
import { nameKey } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { isGone, readMembers } from './read.ts';
import type { ThreadPlaces } from './thread-places.ts';

/** The cgroups of one walk, and the way back to them. */
export interface WalkedPart {
  readonly hierarchy: number;
  readonly version: 1 | 2;
  /** Where the walk began, still open. */
  readonly top: Dir;
  readonly cgroups: readonly CgroupFacts[];
  /** The first of this walk among all cgroups. */
  readonly first: number;
  readonly names: readonly (readonly ByteString[])[];
}

type Found = { -readonly [K in 'members' | 'populated']: RereadFacts[K][number][] };

/** Of a task that is on its way out (include/linux/sched.h): it is in no list of members any more. */
const PF_EXITING = 0x4;

/** Looks at a doubt before it is taken for a fault. A task that moves all the time is caught at it by the second or third. */
const LOOKS = 12;

/** Compares what a walk found with where `/proc` has the threads, and looks again where they differ. */
export function secondLook(proc: Dir, part: WalkedPart, places: ThreadPlaces): Found {
  const mapped = mappedMembers(part, places);
  const found: Found = { members: [], populated: [] };
  for (let cgroup = part.first; cgroup < part.cgroups.length; cgroup++) {
    const facts = part.cgroups[cgroup];
    if (facts?.tids === undefined) continue;
    const doubtful = differences(mapped.get(cgroup) ?? [], facts.tids);
    if (doubtful.length === 0) continue;
    for (const [tid, look] of lookAtMembers(proc, part, cgroup, facts, doubtful)) {
      found.members.push({ cgroup, tid, look });
    }
  }
  for (const [cgroup, facts] of doubtfullyPopulated(part, mapped)) {
    found.populated.push({ cgroup, look: lookAtPopulated(part, cgroup, facts) });
  }
  return found;
}

/** Threads of each cgroup, ascending, by its index. */
function mappedMembers({ hierarchy, cgroups, first }: WalkedPart, places: ThreadPlaces): Map<number, number[]> {
  const byPath = new Map<string, number>();
  for (let i = first; i < cgroups.length; i++) {
    const facts = cgroups[i];
    if (facts !== undefined) byPath.set(nameKey(facts.path), i);
  }
  const cgroupOfText = places.texts.map((lines) => {
    const line = lines.find((one) => one.hierarchy === hierarchy);
    return line === undefined ? undefined : byPath.get(nameKey(line.path));
  });
  const mapped = new Map<number, number[]>();
  for (const { tid, text } of places.threads) {
    const cgroup = cgroupOfText[text];
    if (cgroup === undefined) continue;
    const list = mapped.get(cgroup);
    if (list === undefined) mapped.set(cgroup, [tid]);
    else list.push(tid);
  }
  return mapped;
}

/** What is in one of two ascending lists alone. */
function differences(a: readonly number[], b: readonly number[]): number[] {
  const result: number[] = [];
  for (let i = 0, j = 0; i < a.length || j < b.length;) {
    const [left = Infinity, right = Infinity] = [a[i], b[j]];
    if (left !== right) result.push(Math.min(left, right));
    if (left <= right) i++;
    if (right <= left) j++;
  }
  return result;
}

function lookAtMembers(
  proc: Dir,
  part: WalkedPart,
  cgroup: number,
  { path, inode }: CgroupFacts,
  doubtful: readonly number[],
): Map<number, SecondLook> {
  const looks = new Map<number, SecondLook>(doubtful.map((tid) => [tid, 'differs']));
  const isIn = (tid: number): boolean | null => isNowIn(proc, tid, part.hierarchy, nameKey(path));
  for (let look = 0; look < LOOKS; look++) {
    const open = doubtful.filter((tid) => looks.get(tid) === 'differs');
    if (open.length === 0) break;
    const before = open.map(isIn);
    const members = inCgroup(part, cgroup, inode, (dir) => readMembers(dir, part.version));
    const listed = members instanceof Failure ? null : new Set(members.ids);
    const isRemoved = members instanceof Failure && isGone(members);
    for (const [i, tid] of open.entries()) {
      // Who moves a thread waits for the same lock as who reads its file, and so may keep step: each look takes another number.
      const after = Array.from({ length: look + 1 }, () => isIn(tid));
      if (after.includes(null) || isRemoved) looks.set(tid, 'gone');
      else if (after.some((one) => one !== before[i])) looks.set(tid, 'moving');
      else if (listed?.has(tid) === before[i]) looks.set(tid, 'agrees');
    }
  }
  return looks;
}

/** `/proc/TID` answers for a thread, too, although it is not listed. Null: the thread is gone or going. */
function isNowIn(proc: Dir, tid: number, hierarchy: number, path: string): boolean | null {
  const stat = proc.read(`${String(tid)}/stat`);
  const parsed = stat instanceof Failure ? stat : parseTaskStat(stat);
  if (parsed instanceof Failure || isMalformed(parsed)) return null;
  if (parsed.state === 'Z' || parsed.state === 'X' || (parsed.flags & PF_EXITING) !== 0) return null;
  const text = proc.read(`${String(tid)}/cgroup`);
  const lines = text instanceof Failure ? text : parseCgroup(text);
  if (lines instanceof Failure || isMalformed(lines)) return null;
  return lines.some((line) => line.hierarchy === hierarchy && nameKey(line.path) === path);
}

/** Reads something of a cgroup that was walked, if it is that very one still. */
function inCgroup<T>({ top, names }: WalkedPart, cgroup: number, inode: number, read: (dir: Dir) => Read<T>): Read<T> {
  const components = names[cgroup] ?? [];
  const dir = components.length === 0 ? top : top.open(components.join('/'));
  if (dir instanceof Failure) return dir;
  const stat = dir.stat('.');
  const isSame = !(stat instanceof Failure) && stat.inode === inode;
  const result = isSame ? read(dir) : new Failure('vanished', 'ENOENT');
  if (dir !== top) dir.close();
  return result;
}

function doubtfullyPopulated(
  { version, cgroups, first }: WalkedPart,
  mapped: ReadonlyMap<number, readonly number[]>,
): Map<number, CgroupFacts> {
  const doubtful = new Map<number, CgroupFacts>();
  if (version === 1) return doubtful;
  const populated = new Set<number>();
  // Children stand after their parents: from the back every child is known before.
  for (let i = cgroups.length - 1; i >= first; i--) {
    const facts = cgroups[i];
    if (facts === undefined) continue;
    if (mapped.has(i)) populated.add(i);
    if (populated.has(i) && facts.parent !== null) populated.add(facts.parent);
    const said = populatedIn(facts.files['cgroup.events']);
    if (said !== null && said !== populated.has(i)) doubtful.set(i, facts);
  }
  return doubtful;
}

function populatedIn(events: FileValue | undefined): boolean | null {
  const entry = events?.kind === 'keyed' ? events.entries.find(([key]) => key === 'populated') : undefined;
  return entry === undefined ? null : entry[1] === '1';
}

function lookAtPopulated(part: WalkedPart, cgroup: number, { inode }: CgroupFacts): SecondLook {
  for (let look = 0; look < LOOKS; look++) {
    const found = inCgroup<SecondLook>(part, cgroup, inode, (dir) => {
      const before = readPopulated(dir);
      const hasTask = hasTaskBelow(dir, []);
      const after = Array.from({ length: look + 1 }, () => readPopulated(dir));
      if (before === null || after.includes(null)) return 'gone';
      return after.some((one) => one !== before) ? 'moving' : before === hasTask ? 'agrees' : 'differs';
    });
    if (found instanceof Failure) return isGone(found) ? 'gone' : 'differs';
    if (found !== 'differs') return found;
  }
  return 'differs';
}

function readPopulated(dir: Dir): boolean | null {
  const text = dir.read('cgroup.events');
  return text instanceof Failure ? null : populatedIn(parseCgroupFile('cgroup.events', text, 2));
}

function hasTaskBelow(dir: Dir, names: readonly ByteString[]): boolean {
  const at = (name: string): string => [...names, name].join('/');
  const text = dir.read(at('cgroup.threads'));
  if (!(text instanceof Failure) && text !== '') return true;
  const entries = dir.entries(names.length === 0 ? '.' : names.join('/'));
  if (entries instanceof Failure) return false;
  return entries.some(({ name, kind }) => kind === 'directory' && hasTaskBelow(dir, [...names, name]));
}
