/** Paths of cgroups as a cgroup namespace shows them (cgroup_namespaces(7); `kernfs_path_from_node` in fs/kernfs/dir.c). */
import type { ByteString } from '../../text/bytes.ts';

/** How many levels above the root of the reader's cgroup namespace `path` is: `/` 0, `/../..` 2. Null: it is elsewhere. */
export function levelsAbove(path: ByteString): number | null {
  if (path === '/') return 0;
  return /^(?:\/\.\.)+$/.test(path) ? path.length / 3 : null;
}

/** The names that a path consists of. */
export function componentsOf(path: ByteString): ByteString[] {
  return path.split('/').filter((component) => component !== '');
}

/** Whether `path` is `other` or lies below it. */
export function isWithin(path: ByteString, other: ByteString): boolean {
  return other === '/' || path === other || path.startsWith(`${other}/`);
}

/** How paths are called in a walk that began at a cgroup of this path. */
export interface Naming {
  /** The path of what is these components below the beginning. */
  readonly shown: (components: readonly ByteString[]) => ByteString;
  /** The components of a path below the beginning; null where it is not below it, or that cannot be told. */
  readonly below: (path: ByteString) => readonly ByteString[] | null;
}

/** For a walk that began at `root`, the root of the reader's cgroup namespace or a cgroup outside its line of ancestors. */
export function namingFrom(root: ByteString): Naming {
  return {
    shown: (components) => (components.length === 0 ? root : `${root === '/' ? '' : root}/${components.join('/')}`),
    below: (path) => (isWithin(path, root) ? componentsOf(path.slice(root === '/' ? 0 : root.length)) : null),
  };
}

/**
 * For a walk that began above the root of the reader's cgroup namespace, which is `nsRoot` below the beginning: what is in the
 * namespace is called from there, and what is not by as many `..` as lead to the common ancestor.
 */
export function namingAround(nsRoot: readonly ByteString[]): Naming {
  return {
    shown(components) {
      let common = 0;
      while (common < nsRoot.length && components[common] === nsRoot[common]) common++;
      const path = [...new Array<string>(nsRoot.length - common).fill('..'), ...components.slice(common)];
      return `/${path.join('/')}`;
    },
    below(path) {
      const components = componentsOf(path);
      let up = 0;
      while (components[up] === '..') up++;
      return up > nsRoot.length ? null : [...nsRoot.slice(0, nsRoot.length - up), ...components.slice(up)];
    },
  };
}
