/** Cgroups that came and went, and how they are set up. What they limit is the business of `limits`. */
import { cgroupFileInfo } from '../model/cgroup-files.ts';
import type { Container } from '../model/containers.ts';
import type { FileValue } from '../schema/cgroups.ts';
import type { DiffSubject } from '../schema/diff-document.ts';
import { bytesOf, nameKey, sameName } from '../text/bytes.ts';
import { formatPlural } from '../text/units.ts';
import { setDifference } from './changes.ts';
import { unlessFolded } from './context.ts';
import type { Context } from './context.ts';
import { isSame } from '../text/same.ts';
import type { KeyedCgroup, Side } from './side.ts';

/** Changes of cgroups within one boot. */
export function compareCgroups(context: Context): void {
  const { a, b } = context;
  const created: KeyedCgroup[] = [];
  const ended = new Map<string, KeyedCgroup>();
  for (const cgroup of a.cgroups.values()) {
    const now = b.cgroups.get(cgroup.key);
    if (now === undefined || !isOne(cgroup, now)) ended.set(cgroup.key, cgroup);
  }
  for (const cgroup of b.cgroups.values()) {
    const before = a.cgroups.get(cgroup.key);
    if (before === undefined || ended.has(cgroup.key)) created.push(cgroup);
    else if (before.facts !== cgroup.facts) compareCgroup(context, before, cgroup);
  }
  // A part of a hierarchy says nothing of what else there is.
  if (isPart(a) || isPart(b)) return;
  report(context, [...ended.values()], created);
}

function isPart({ capture }: Side): boolean {
  return (capture.cgroups?.collected.only ?? null) !== null;
}

/** Only v1 lets a cgroup be renamed, and only within the directory it is in (cgroup1_rename, kernel/cgroup/cgroup-v1.c). */
function isOne(a: KeyedCgroup, b: KeyedCgroup): boolean {
  if (a.facts === b.facts || sameName(a.facts.path, b.facts.path)) return true;
  return a.version === 1 && a.parent?.key === b.parent?.key;
}

/** The cgroups at one path in several hierarchies are one line, and what lies below them goes with them. */
function report(context: Context, ended: readonly KeyedCgroup[], created: readonly KeyedCgroup[]): void {
  const { a, b, pairs } = context;
  const went = groupsOf(ended, a);
  const came = groupsOf(created, b);
  for (const [path, group] of went) {
    if (came.has(path)) continue;
    add(context, group, 'ended', pairs.isOld(group.container));
  }
  for (const [path, group] of came) {
    const before = went.get(path);
    if (before === undefined) add(context, group, 'created', pairs.isNew(group.container));
    else both(context, before, group);
  }
}

interface Group {
  readonly cgroups: readonly KeyedCgroup[];
  readonly container: Container | null;
  /** How many lie below. */
  readonly below: number;
  /** It lies below one that is in the list itself. */
  readonly isBelow: boolean;
}

function groupsOf(list: readonly KeyedCgroup[], side: Side): Map<string, Group> {
  const among = new Set(list);
  const inside = new Map<KeyedCgroup, KeyedCgroup[]>();
  const below = new Map<string, number>();
  const groups = new Map<string, KeyedCgroup[]>();
  for (const cgroup of list) {
    if (cgroup.parent !== null) {
      const siblings = inside.get(cgroup.parent);
      if (siblings === undefined) inside.set(cgroup.parent, [cgroup]);
      else siblings.push(cgroup);
    }
    let top: KeyedCgroup | null = cgroup.parent;
    while (top !== null && among.has(top) && top.parent !== null && among.has(top.parent)) top = top.parent;
    if (top !== null && among.has(top)) below.set(keyOf(top), (below.get(keyOf(top)) ?? 0) + 1);
    const group = groups.get(keyOf(cgroup));
    if (group === undefined) groups.set(keyOf(cgroup), [cgroup]);
    else group.push(cgroup);
  }
  return new Map(
    [...groups].map(([key, cgroups]) => {
      const owners = cgroups.map((one) => side.ownerOf(one) ?? ownerBelow(inside.get(one), side));
      const container = owners.find((owner) => owner !== null) ?? null;
      const isBelow = cgroups.every(({ parent }) => parent !== null && among.has(parent));
      return [key, { cgroups, container, below: below.get(key) ?? 0, isBelow }];
    }),
  );
}

/** A cgroup that was made for the container below it. */
function ownerBelow(inside: readonly KeyedCgroup[] | undefined, side: Side): Container | null {
  const owners = (inside ?? []).map((one) => side.ownerOf(one));
  const [first = null] = owners;
  return owners.every((owner) => owner === first) ? first : null;
}

function keyOf({ facts }: KeyedCgroup): string {
  return nameKey(facts.path);
}

function add({ changes }: Context, group: Group, kind: 'created' | 'ended', isFolded: boolean): void {
  const { cgroups, container, below, isBelow } = group;
  const [first] = cgroups;
  if (first === undefined) return;
  changes.add({
    aspect: 'cgroups',
    kind,
    importance: unlessFolded(isFolded || isBelow, 'normal'),
    subject: subjectOf(first),
    container,
    note: [`in ${hierarchiesText(cgroups)}`, ...(below === 0 ? [] : [`with ${formatPlural(below, 'more')} below`])]
      .join(', ')
      .replace(/(\d) mores? below/, '$1 below'),
    count: cgroups.length,
  });
}

/** Hierarchies in which one of that path is another one now; the rest came or went alone. */
function both(context: Context, before: Group, after: Group): void {
  const { changes, pairs } = context;
  const was = new Set(before.cgroups.map(({ hierarchy }) => hierarchy));
  const is = new Set(after.cgroups.map(({ hierarchy }) => hierarchy));
  const again = after.cgroups.filter(({ hierarchy }) => was.has(hierarchy));
  const [first] = again;
  if (first !== undefined) {
    changes.add({
      aspect: 'cgroups',
      kind: 'recreated',
      importance: unlessFolded(pairs.isNew(after.container) || after.isBelow, 'normal'),
      subject: subjectOf(first),
      container: after.container,
      note: `in ${hierarchiesText(again)}`,
      count: again.length,
    });
  }
  const gone = before.cgroups.filter(({ hierarchy }) => !is.has(hierarchy));
  const fresh = after.cgroups.filter(({ hierarchy }) => !was.has(hierarchy));
  if (gone.length > 0) add(context, { ...before, cgroups: gone }, 'ended', pairs.isOld(before.container));
  if (fresh.length > 0) add(context, { ...after, cgroups: fresh }, 'created', pairs.isNew(after.container));
}

function hierarchiesText(cgroups: readonly KeyedCgroup[]): string {
  return cgroups.map(({ hierarchy }) => hierarchy).join(' ');
}

/** A cgroup as a subject. */
export function subjectOf({ key, facts }: KeyedCgroup): DiffSubject {
  return { type: 'cgroup', key, name: facts.path };
}

/** Counts and echoes of what is told elsewhere. */
const ECHOES: ReadonlySet<string> = new Set([
  'cgroup.events',
  'cgroup.stat',
  'freezer.self_freezing',
  'freezer.parent_freezing',
]);

/** How a cgroup is set up: files that are neither limits nor counts, and its owner. */
function compareCgroup(context: Context, was: KeyedCgroup, is: KeyedCgroup): void {
  const { b, changes } = context;
  const container = (): Container | null => b.ownerOf(is);
  if (!sameName(was.facts.path, is.facts.path)) {
    const [from, to] = [was.facts.path, is.facts.path];
    // What is below it has another path, too, and was not renamed itself.
    const isBelow = was.parent !== null && is.parent !== null && !sameName(was.parent.facts.path, is.parent.facts.path);
    const importance = isBelow ? 'noise' : 'normal';
    changes.add({
      aspect: 'cgroups',
      kind: 'renamed',
      importance,
      subject: subjectOf(is),
      container: container(),
      field: 'path',
      from,
      to,
    });
  }
  if (was.facts.uid !== undefined && is.facts.uid !== undefined && was.facts.uid !== is.facts.uid) {
    const [from, to] = [String(was.facts.uid), String(is.facts.uid)];
    changes.add({
      aspect: 'cgroups',
      kind: 'changed',
      importance: 'normal',
      subject: subjectOf(is),
      container: container(),
      field: 'owner',
      from,
      to,
    });
  }
  if (was.facts.files === is.facts.files) return;
  for (const [name, value] of Object.entries(is.facts.files)) {
    const before = was.facts.files[name];
    if (before === undefined || before === value || ECHOES.has(name)) continue;
    const info = cgroupFileInfo(name, is.version);
    if (info?.role !== 'structure' && info?.role !== 'setting') continue;
    if (before.kind === 'unknown' || value.kind === 'unknown' || isSame(before, value)) continue;
    const sets =
      before.kind === 'words' && value.kind === 'words' && name !== 'cgroup.type'
        ? setDifference(before.words, value.words)
        : {};
    changes.add({
      aspect: 'cgroups',
      // Run by the kernel as root, outside of every namespace, when a cgroup empties (cgroup1_release_agent).
      kind: 'changed',
      importance: name === 'release_agent' ? 'high' : 'normal',
      subject: subjectOf(is),
      container: container(),
      field: name,
      from: fileText(before),
      to: fileText(value),
      ...sets,
    });
  }
}

/** The content of a file in a line. */
export function fileText(value: FileValue): string {
  switch (value.kind) {
    case 'number':
      return value.value;
    case 'max':
      return 'max';
    case 'pair':
      return `${value.first} ${value.second}`;
    case 'words':
      return value.words.join(' ');
    case 'list':
      return value.list;
    case 'keyed':
      return value.entries.map((entry) => entry.join(' ')).join(', ');
    case 'nested':
      return value.entries
        .map(({ key, values }) => [key, ...Object.entries(values).map((pair) => pair.join('='))].join(' '))
        .join(', ');
    case 'lines':
      return value.lines.map((line) => line.join(' ')).join(', ');
    case 'text':
      return typeof value.text === 'string' ? value.text : bytesOf(value.text);
    case 'unknown':
      return value.outcome;
  }
}
