/** The mounts of one mount namespace as the tree that the kernel keeps, and what of it a path reaches. */
import type { MountFacts, MountTable } from '../../schema/mounts.ts';
import { bytesOf, nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';

/** One mount in its place. */
export interface MountNode {
  readonly facts: MountFacts;
  /** The mount on which it is mounted; null where that is out of sight. */
  readonly parent: MountNode | null;
  /** In the order of the table, which is that of mounting. */
  readonly children: readonly MountNode[];
  /** What its path leads to instead: a mount over it or over a directory above. Null: itself, it can be reached. */
  readonly coveredBy: MountNode | null;
  /** No path leads to it and nothing covers it: its directory was removed, or it has no place in the namespace. */
  readonly unreachable: boolean;
}

/** The mounts of one namespace, by id and by path. */
export interface MountTree {
  readonly mntns: number;
  readonly nodes: readonly MountNode[];
  /** Those whose parent is out of sight: one nearly always; several for a task with a root of its own. */
  readonly roots: readonly MountNode[];
  readonly byId: ReadonlyMap<number, MountNode>;
  /** The mount that an absolute path without symbolic links leads into, as the kernel would walk it; null: out of sight. */
  readonly at: (path: ByteString) => MountNode | null;
}

type Growing = { -readonly [K in keyof MountNode]: MountNode[K] } & { children: MountNode[] };

/**
 * Builds the tree. Visible is what a walk from `/` reaches: at each component the mount on that directory of the mount it has
 * come to, and the mount on that one (`__lookup_mnt` in fs/namespace.c), so that what lies below a covered directory is out of
 * reach, whatever its path says. A task that stands below a mount over `/`, which it mounted itself, would still see
 * what is below: that is not told by its mounts.
 */
export function mountTree({ mntns, mounts }: Pick<MountTable, 'mntns' | 'mounts'>): MountTree {
  const byId = new Map<number, Growing>();
  for (const facts of mounts) {
    byId.set(facts.id, { facts, parent: null, children: [], coveredBy: null, unreachable: false });
  }
  const on = new Map<string, Growing>();
  const roots: Growing[] = [];
  for (const node of byId.values()) {
    const { facts } = node;
    // The first of all is its own parent (mnt_alloc in fs/namespace.c).
    const parent = facts.parent === facts.id ? undefined : byId.get(facts.parent);
    if (parent === undefined) roots.push(node);
    else {
      node.parent = parent;
      parent.children.push(node);
    }
    if (isPlace(facts)) on.set(placeKey(parent ?? null, bytesOf(facts.path)), node);
  }
  cutLoops(byId.values(), roots);
  const at = (path: ByteString): MountNode | null => walk(path, on);
  for (const node of byId.values()) {
    const reached = at(bytesOf(node.facts.path));
    if (reached === node) continue;
    if (isPlace(node.facts) && reached !== null && reached !== node.parent) node.coveredBy = reached;
    else node.unreachable = true;
  }
  return { mntns, nodes: [...byId.values()], roots, byId, at };
}

/** Only a forged table has mounts that are on each other: they would be in no tree. */
function cutLoops(nodes: Iterable<Growing>, roots: Growing[]): void {
  const settled = new Set<MountNode>();
  for (const node of nodes) {
    const way = new Set<MountNode>();
    for (let next: MountNode | null = node; next !== null && !settled.has(next); next = next.parent) {
      if (way.has(next)) {
        const first = next as Growing;
        const parent = first.parent as Growing | null;
        if (parent !== null) parent.children = parent.children.filter((child) => child !== first);
        first.parent = null;
        roots.push(first);
        break;
      }
      way.add(next);
    }
    for (const one of way) settled.add(one);
  }
}

function placeKey(parent: MountNode | null, path: ByteString): string {
  return `${parent === null ? '' : String(parent.facts.id)} ${path}`;
}

function walk(path: ByteString, on: ReadonlyMap<string, MountNode>): MountNode | null {
  let current: MountNode | null = null;
  const climb = (place: ByteString): void => {
    const met = new Set<MountNode>();
    for (;;) {
      const next = on.get(placeKey(current, place));
      if (next === undefined || met.has(next)) return;
      met.add(next);
      current = next;
    }
  };
  climb('/');
  if (path === '/') return current;
  for (let end = path.indexOf('/', 1); ; end = path.indexOf('/', end + 1)) {
    climb(end < 0 ? path : path.slice(0, end));
    if (end < 0) return current;
  }
}

/** Not one whose directory was removed (`//deleted`), nor one outside every tree. */
function isPlace({ path }: MountFacts): boolean {
  const bytes = bytesOf(path);
  return bytes.startsWith('/') && !bytes.endsWith('//deleted');
}

/**
 * The part of a namespace's table that a task sees whose root is `root`, by the paths that it sees: what mountinfo of that task
 * would say (`seq_path_root` leaves out what its root does not lead to).
 */
export function seenFrom(table: MountTable, root: ByteString): MountTable {
  if (root === '/') return table;
  const mounts = table.mounts.flatMap((facts): MountFacts[] => {
    const path = bytesOf(facts.path);
    if (path === root) return [{ ...facts, path: '/' }];
    return path.startsWith(`${root}/`) ? [{ ...facts, path: nameOf(path.slice(root.length)) }] : [];
  });
  return { ...table, root: nameOf(root), mounts };
}
