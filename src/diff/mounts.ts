/** Mounts that came, went, were moved or mounted with other options, and which of them lead out of a container. */
import type { Container } from '../model/containers.ts';
import { isPseudo } from '../model/mounts/origin.ts';
import { propagationOf, propagationText } from '../model/mounts/propagation.ts';
import type { DiffChange, DiffKind, DiffSubject, Importance, NotCompared } from '../schema/diff-document.ts';
import type { MountFacts, MountTable } from '../schema/mounts.ts';
import type { Name } from '../schema/name.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import { nameKey, nameText, sameName } from '../text/bytes.ts';
import { isSame } from '../text/same.ts';
import { formatPlural } from '../text/units.ts';
import { containerSubject, setDifference } from './changes.ts';
import type { Draft } from './changes.ts';
import { unlessFolded } from './context.ts';
import type { Context } from './context.ts';
import { hostMntns, mountsOf, originsIn } from './mount-origin.ts';
import { wayOut } from '../model/mounts/way-out.ts';
import type { WayOut } from '../model/mounts/way-out.ts';
import type { Pair } from './pairs.ts';
import type { Side } from './side.ts';

/** Changes of mounts. `notCompared` is told which namespaces were not seen alike. */
export function compareMounts(context: Context, notCompared: NotCompared[]): void {
  const { a, b, sameBoot, identity, pairs } = context;
  const found = new Found(context);
  if (sameBoot) {
    const before = new Map(a.capture.mounts?.tables.map((table) => [table.mntns, table]));
    for (const table of b.capture.mounts?.tables ?? []) {
      const was = before.get(table.mntns);
      if (was === undefined || was === table || !identity.verdict({ type: 'mnt', inum: table.mntns }).same) continue;
      // What of the host one that was started anew shows is told below, whatever its namespace.
      if (pairs.isNew(found.owners.b.get(table.mntns))) continue;
      if (sameName(was.root, table.root)) compareTables(found, was, table);
      else notCompared.push({ facet: 'mounts', why: `mnt:[${String(table.mntns)}] was seen from another root` });
    }
  }
  found.report();
  for (const pair of pairs.pairs) if (pair.relation !== 'same') comparePair(context, pair);
}

/** A change in one mount namespace. */
interface Event {
  readonly kind: DiffKind;
  readonly field: string | null;
  readonly facts: MountFacts;
  readonly from: Name | null;
  readonly to: Name | null;
  readonly added: DiffChange['added'];
  readonly removed: DiffChange['removed'];
  readonly certain: boolean;
}

/** Gathers what happened in all namespaces: one mount spreads to many, and is one change. */
class Found {
  readonly #context: Context;
  readonly #groups = new Map<
    string,
    {
      readonly event: Event;
      readonly mntns: number[];
      readonly table: MountTable;
      readonly container: Container | null;
    }
  >();
  readonly owners: { readonly a: ReadonlyMap<number, Container>; readonly b: ReadonlyMap<number, Container> };

  constructor(context: Context) {
    this.#context = context;
    this.owners = { a: ownersOf(context.a), b: ownersOf(context.b) };
  }

  add(event: Event, table: MountTable): void {
    const { kind, field, facts, from, to, added, removed } = event;
    const container = this.owners[kind === 'ended' ? 'a' : 'b'].get(table.mntns) ?? null;
    const parts = [
      kind,
      field,
      container?.key,
      facts.dev,
      nameKey(facts.root),
      field === 'superblock' ? '' : nameKey(facts.path),
    ];
    const rest = [from, to, ...added, '', ...removed].map((name) => (name === null ? '' : nameKey(name)));
    const key = [...parts, ...rest].join('\n');
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, { event, mntns: [table.mntns], table, container });
    else if (!group.mntns.includes(table.mntns)) group.mntns.push(table.mntns);
  }

  report(): void {
    const { a, b, changes } = this.#context;
    const host = hostMntns(b);
    for (const { event, mntns, table, container } of this.#groups.values()) {
      const side = event.kind === 'ended' ? a : b;
      const inHost = mntns.includes(host ?? -1) ? host : null;
      const first = inHost ?? mntns[0] ?? table.mntns;
      const maker = container ?? this.#makerOf(event, side);
      const isFolded = container === null && maker !== null && this.#isFolded(event.kind, maker);
      const way = container === null ? null : this.#wayOut(event, side, table);
      const importance = importanceOf(event, container, way);
      const seen = inHost !== null || mntns.length > 1 || container !== null ? null : `in mnt:[${String(first)}]`;
      const spread = mntns.length > 1 ? `in ${formatPlural(mntns.length, 'mount namespace')}` : null;
      const notes = [way?.text ?? originText(event.facts), spread ?? seen].filter((note) => note !== null);
      const { kind, field, from, to, added, removed, certain } = event;
      changes.add({
        aspect: 'mounts',
        kind,
        importance: unlessFolded(isFolded, importance),
        subject: subjectOf(first, event.facts),
        container: maker,
        field,
        from,
        to,
        added,
        removed,
        note: notes.length === 0 ? null : notes.join(', '),
        certain,
        count: mntns.length,
      });
    }
  }

  #isFolded(kind: DiffKind, container: Container): boolean {
    const { pairs } = this.#context;
    return kind === 'ended' ? pairs.isOld(container) : pairs.isNew(container);
  }

  /** A mount of the host that an engine made for a container: its root file system, its namespaces, its files. */
  #makerOf({ facts }: Event, side: Side): Container | null {
    const [path, root] = [nameText(facts.path), nameText(facts.root)];
    for (const container of side.containers) {
      if (container.id.length >= 12 && (path.includes(container.id) || root.includes(container.id))) return container;
      const leader = side.leaderOf(container);
      if (leader === undefined) continue;
      const at = NS_TYPES.findIndex((type) => root.startsWith(`${type}:[`));
      if (at >= 0 && facts.fsType === 'nsfs' && root === `${NS_TYPES[at] ?? ''}:[${String(leader.ns[at])}]`)
        return container;
      if (facts.fsType === 'overlay' && rootDeviceOf(side, leader.ns[MNT] ?? null) === facts.dev) return container;
    }
    return null;
  }

  #wayOut({ facts }: Event, side: Side, table: MountTable): WayOut | null {
    const its = originsIn(side, table).find((one) => one.facts === facts);
    return its === undefined ? null : wayOut(facts, its.origin);
  }
}

const MNT = NS_TYPES.indexOf('mnt');

function rootDeviceOf({ capture }: Side, mntns: number | null): string | null {
  const table = capture.mounts?.tables.find((one) => one.mntns === mntns);
  return table?.mounts.find(({ path }) => path === '/')?.dev ?? null;
}

/** The container whose mount namespace it is; the host's own is nobody's. */
function ownersOf(side: Side): Map<number, Container> {
  const host = hostMntns(side);
  const owners = new Map<number, Container>();
  for (const container of side.containers) {
    const mntns = side.leaderOf(container)?.ns[MNT] ?? null;
    if (mntns !== null && mntns !== host && !owners.has(mntns)) owners.set(mntns, container);
  }
  return owners;
}

function subjectOf(mntns: number, { path }: MountFacts): DiffSubject {
  return { type: 'mount', key: `${String(mntns)}:${nameKey(path)}`, name: path };
}

function originText({ fsType, source, root }: MountFacts): string {
  const of = root === '/' ? nameText(source) : nameText(root);
  return `${nameText(fsType)} ${of}`;
}

/** Options of a mount that forbid something (mount(8)); all others set how it works. */
const FORBID: ReadonlySet<string> = new Set(['ro', 'nosuid', 'nodev', 'noexec', 'nosymfollow']);

function importanceOf({ kind, field }: Event, container: Container | null, way: WayOut | null): Importance {
  if (container === null) return 'normal';
  if (kind === 'loosened') return 'high';
  return way !== null && (kind === 'created' || kind === 'recreated' || field === 'root') ? 'high' : 'normal';
}

const NOTHING = { field: null, from: null, to: null, added: [], removed: [], certain: true } as const;

function compareTables(found: Found, was: MountTable, is: MountTable): void {
  const before = new Map(was.mounts.map((facts) => [identityOf(facts), facts]));
  const created: MountFacts[] = [];
  for (const facts of is.mounts) {
    const key = identityOf(facts);
    const one = before.get(key);
    if (one === undefined) created.push(facts);
    else {
      before.delete(key);
      if (one !== facts) compareMount(found, one, facts, is);
    }
  }
  const gone = new Map<string, MountFacts[]>();
  for (const facts of before.values()) put(gone, sameThing(facts), facts);
  const left: MountFacts[] = [];
  for (const facts of created) {
    const former = gone.get(sameThing(facts))?.shift();
    if (former === undefined) left.push(facts);
    else found.add({ ...NOTHING, kind: 'recreated', facts, certain: facts.uniqueId !== undefined }, is);
  }
  // Without an id of its own a mount that was moved is known by the number that it kept.
  const numbered = new Map(
    [...gone.values()].flat().map((facts) => [`${String(facts.id)} ${facts.dev} ${nameKey(facts.root)}`, facts]),
  );
  const moved = new Set<MountFacts>();
  for (const facts of left) {
    const former = numbered.get(`${String(facts.id)} ${facts.dev} ${nameKey(facts.root)}`);
    if (former === undefined || facts.uniqueId !== undefined) found.add({ ...NOTHING, kind: 'created', facts }, is);
    else {
      moved.add(former);
      found.add(
        { ...NOTHING, kind: 'moved', field: 'path', facts, from: former.path, to: facts.path, certain: false },
        is,
      );
    }
  }
  for (const facts of [...gone.values()].flat()) {
    if (!moved.has(facts)) found.add({ ...NOTHING, kind: 'ended', facts }, was);
  }
}

function put<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}

/** What is never another mount's; without the kernel's id its number, which is given again, with all that stays. */
function identityOf({ uniqueId, id, parent, path, dev }: MountFacts): string {
  return uniqueId ?? [id, parent, dev, nameKey(path)].join(' ');
}

function sameThing({ path, dev, root, fsType }: MountFacts): string {
  return [dev, nameKey(fsType), nameKey(root), nameKey(path)].join('\n');
}

function compareMount(found: Found, was: MountFacts, is: MountFacts, table: MountTable): void {
  if (!sameName(was.path, is.path)) {
    found.add({ ...NOTHING, kind: 'moved', field: 'path', facts: is, from: was.path, to: is.path }, table);
  }
  compareOptions(found, is, table, 'options', was.options, is.options);
  compareOptions(found, is, table, 'superblock', was.superOptions, is.superOptions);
  for (const field of ['source', 'root'] as const) {
    if (!sameName(was[field], is[field])) {
      found.add({ ...NOTHING, kind: 'changed', field, facts: is, from: was[field], to: is[field] }, table);
    }
  }
  const [from, to] = [propagationText(propagationOf(was)), propagationText(propagationOf(is))];
  if (from !== to) found.add({ ...NOTHING, kind: 'changed', field: 'propagation', facts: is, from, to }, table);
}

function compareOptions(
  found: Found,
  facts: MountFacts,
  table: MountTable,
  field: 'options' | 'superblock',
  before: MountFacts['options'],
  after: MountFacts['options'],
): void {
  if (isSame(before, after)) return;
  const { added, removed } = setDifference(before, after);
  const of = (names: readonly Name[], which: (name: string) => boolean): Name[] =>
    names.filter((name) => which(nameText(name)));
  const forbids = (name: string): boolean => FORBID.has(name);
  const allows = (name: string): boolean => name === 'rw';
  const plain = (name: string): boolean => !forbids(name) && !allows(name);
  for (const [kind, joined, left] of [
    ['loosened', of(added, allows), of(removed, forbids)],
    ['tightened', of(added, forbids), of(removed, allows)],
    ['changed', of(added, plain), of(removed, plain)],
  ] as const) {
    if (joined.length + left.length > 0)
      found.add({ ...NOTHING, kind, field, facts, added: joined, removed: left }, table);
  }
}

/** A container that was started anew has other mounts; what counts is what of the host they show, and whether it can be written. */
function comparePair({ a, b, changes }: Context, pair: Pair): void {
  const [was, is] = [shownTo(a, pair.a), shownTo(b, pair.b)];
  if (was === null || is === null) return;
  const base = { aspect: 'mounts', container: pair.b } as const;
  const add = (path: string, draft: Omit<Draft, 'aspect' | 'subject'>): void => {
    changes.add({
      ...base,
      subject: { type: 'mount', key: `${containerSubject(pair.b).key}:${path}`, name: path },
      ...draft,
    });
  };
  for (const [path, now] of is) {
    const before = was.get(path);
    if (before === undefined) {
      add(path, {
        kind: 'created',
        importance: now.way === null ? 'normal' : 'high',
        note: now.way?.text ?? originText(now.facts),
      });
      continue;
    }
    if (before.isWritable !== now.isWritable) {
      const [from, to] = before.isWritable ? (['rw', 'ro'] as const) : (['ro', 'rw'] as const);
      const kind = now.isWritable ? 'loosened' : 'tightened';
      add(path, {
        kind,
        importance: now.isWritable ? 'high' : 'normal',
        field: 'options',
        added: [to],
        removed: [from],
        note: now.way?.text ?? null,
      });
    }
    if (before.host !== now.host) {
      add(path, { kind: 'changed', importance: 'high', field: 'root', from: before.host, to: now.host });
    }
  }
  for (const [path, before] of was) {
    if (!is.has(path))
      add(path, { kind: 'ended', importance: 'normal', note: before.way?.text ?? originText(before.facts) });
  }
}

interface Shown {
  readonly facts: MountFacts;
  readonly way: WayOut | null;
  readonly isWritable: boolean;
  /** Path of the host; null: it is not the host's. */
  readonly host: string | null;
}

/** What a container has mounted besides what every container has; null: not read. */
function shownTo(side: Side, container: Container): Map<string, Shown> | null {
  const leader = side.leaderOf(container);
  const mounts = leader === undefined ? [] : mountsOf(side, leader);
  if (mounts.length === 0) return null;
  const shown = new Map<string, Shown>();
  for (const { facts, origin } of mounts) {
    const { kind, host } = origin;
    if (kind !== 'bind' && kind !== 'volume' && (kind !== 'filesystem' || isPseudo(facts))) continue;
    const isReadOnly = facts.options.includes('ro') || facts.superOptions.includes('ro');
    const path = host === null || host === undefined ? null : nameText(host.path).replaceAll(container.id, 'ID');
    shown.set(nameText(facts.path), { facts, way: wayOut(facts, origin), isWritable: !isReadOnly, host: path });
  }
  return shown;
}
