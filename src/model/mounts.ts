/** The mounts that a target sees: which tree that is, and all that is to be said of each mount in it. */
import type { MountFacts, MountsFacet, MountTable } from '../schema/mounts.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { bytesOf, nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { hostMountNamespace } from './host-mount-namespace.ts';
import { originsOf } from './mounts/origin.ts';
import type { Origin } from './mounts/origin.ts';
import { peerGroupsOf } from './mounts/propagation.ts';
import type { PeerGroups, PlacedMount } from './mounts/propagation.ts';
import { mountTree, seenFrom } from './mounts/tree.ts';
import type { MountNode, MountTree } from './mounts/tree.ts';
import { describeTarget } from './targets.ts';
import type { Target } from './targets.ts';

/** Whose mounts are asked for. */
export interface MountsSubject {
  readonly kind: 'process' | 'container' | 'namespace' | 'mount';
  readonly text: string;
  readonly pid: number | null;
  /** The part of the namespace's mounts that is seen, by the paths that are seen. */
  readonly table: MountTable;
  /** Id of the mount that was asked for with all below it; null: all. */
  readonly from: number | null;
  readonly notes: readonly string[];
}

/** A subject's mounts with what they mean. */
export interface MountsView {
  readonly tree: MountTree;
  /** Those that were asked for, parents before what is on them. */
  readonly nodes: readonly MountNode[];
  readonly origins: ReadonlyMap<MountNode, Origin>;
  readonly groups: PeerGroups;
  /** All mounts of a superblock, in all namespaces that were read. */
  readonly bySuperblock: (dev: string) => readonly PlacedMount[];
}

const MNT = NS_TYPES.indexOf('mnt');

/** The mounts that a target is about. Throws a NsinspectError where it has none, or they could not be read. */
export function mountsSubjectOf(target: Target, mounts: MountsFacet, tasks: TasksFacet): MountsSubject {
  const text = describeTarget(target);
  switch (target.kind) {
    case 'process':
      return ofProcess('process', text, target.process, mounts);
    case 'container': {
      const leader = tasks.processes.find(({ pid }) => pid === target.container.leader);
      if (leader === undefined) throw noMounts(`${text} has no process left`);
      return ofProcess('container', text, leader, mounts);
    }
    case 'namespace': {
      const { type, inum } = target.namespace.facts;
      if (type !== 'mnt') throw noMounts(`${text} is no mount namespace`);
      const table = tableOf(mounts, inum, text);
      return { kind: 'namespace', text, pid: null, table, from: null, notes: partOf(table) };
    }
    case 'mount': {
      const table = tableOf(mounts, target.mntns, text);
      return { kind: 'mount', text, pid: null, table, from: target.mount.id, notes: partOf(table) };
    }
    case 'cgroup':
      throw noMounts(`${text} has no mounts of its own: name one of its processes`);
  }
}

function ofProcess(
  kind: 'process' | 'container',
  text: string,
  process: ProcessFacts,
  mounts: MountsFacet,
): MountsSubject {
  const mntns = process.ns[MNT] ?? null;
  if (mntns === null) {
    const why = process.unknownNs?.mnt;
    throw noMounts(`the mount namespace of ${text} is not known${why === undefined ? '' : `: ${why}`}`);
  }
  const table = tableOf(mounts, mntns, text);
  const root = process.root ?? '/';
  const { pid } = process;
  // The task that was read sees it from the same place.
  if (bytesOf(table.root) === bytesOf(root)) return { kind, text, pid, table, from: null, notes: [] };
  if (table.root === '/') {
    const seen = seenFrom(table, bytesOf(root));
    const notes = [`its root is ${nameText(root)} of its mount namespace: what is mounted outside it does not see`];
    return { kind, text, pid, table: seen, from: null, notes };
  }
  return { kind, text, pid, table, from: null, notes: partOf(table) };
}

function partOf({ root, pid }: MountTable): string[] {
  if (root === '/' || pid === null) return [];
  return [`only what pid ${String(pid)} sees, whose root is ${nameText(root)}: nobody else could be asked`];
}

function tableOf({ tables, unread }: MountsFacet, mntns: number, text: string): MountTable {
  const table = tables.find((one) => one.mntns === mntns);
  if (table !== undefined) return table;
  const outcome = unread.find((one) => one.mntns === mntns)?.outcome ?? 'not collected';
  throw noMounts(`the mounts of ${text} could not be read: ${outcome}`);
}

function noMounts(message: string): NsinspectError {
  return new NsinspectError(message, { code: 'no-mounts' });
}

/** Everything about the subject's mounts. */
export function mountsViewOf(subject: MountsSubject, facet: MountsFacet, tasks: TasksFacet): MountsView {
  const tree = mountTree(subject.table);
  const hostTable = hostTableOf(facet, tasks);
  const bySuperblock = new Map<string, PlacedMount[]>();
  for (const { mntns, mounts } of facet.tables) {
    for (const facts of mounts) {
      const list = bySuperblock.get(facts.dev);
      if (list === undefined) bySuperblock.set(facts.dev, [{ mntns, facts }]);
      else list.push({ mntns, facts });
    }
  }
  const start = subject.from === null ? undefined : tree.byId.get(subject.from);
  return {
    tree,
    nodes: downFrom(start === undefined ? tree.roots : [start]),
    origins: originsOf(tree, hostTable === undefined ? null : mountTree(hostTable)),
    groups: peerGroupsOf(facet),
    bySuperblock: (dev) => bySuperblock.get(dev) ?? [],
  };
}

/** The mounts of the host itself. */
function hostTableOf({ tables }: MountsFacet, tasks: TasksFacet): MountTable | undefined {
  const hostNs = hostMountNamespace(tasks);
  return tables.find(({ mntns, root }) => mntns === hostNs && root === '/');
}

/** Without recursion: mounts can be on mounts by the thousand. */
function downFrom(roots: readonly MountNode[]): MountNode[] {
  const nodes: MountNode[] = [];
  const stack = [...roots].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    nodes.push(next);
    for (const child of [...next.children].reverse()) stack.push(child);
  }
  return nodes;
}

/** The mount that an absolute path of the host leads into, where no mount is at the path itself. */
export function mountAround(path: string, facet: MountsFacet, tasks: TasksFacet): Target | null {
  const table = hostTableOf(facet, tasks);
  if (table === undefined || !path.startsWith('/')) return null;
  const mount: MountFacts | undefined = mountTree(table).at(bytesOf(path))?.facts;
  return mount === undefined ? null : { kind: 'mount', mntns: table.mntns, mount };
}
