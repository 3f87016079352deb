import type { DocumentHead } from './documents.ts';
import type { Name } from './name.ts';

/** A hierarchy of the graph. */
export interface GraphHierarchy {
  readonly id: number;
  readonly version: 1 | 2;
  readonly controllers: readonly string[];
  readonly name: string | null;
  readonly mounts: readonly { readonly mntns: number; readonly path: Name; readonly root: Name }[];
  /** Whether its cgroups could be walked; else what stood in the way. */
  readonly walked: boolean;
}

/** A cgroup of the graph. */
export interface GraphCgroup {
  readonly key: string;
  readonly hierarchy: number;
  readonly inode: number | null;
  readonly path: Name;
  /** Key of the parent; null for a root, or where it was not walked. */
  readonly parent: string | null;
  /** `domain`, `threaded`, `domain threaded`, `domain invalid` on v2; null on v1 and for the root. */
  readonly type: string | null;
}

/** A css_set. */
export interface GraphCssSet {
  readonly id: number;
  /** Number of threads. */
  readonly tasks: number;
  readonly processes: number;
  readonly tids: readonly number[];
  /** Hierarchy number -> key of its cgroup there. */
  readonly cgroups: Readonly<Record<string, string>>;
}

/** Answer of `cgroup graph`. */
export interface CssGraphDocument extends DocumentHead {
  readonly schema: 'nsinspect/css-graph/1';
  /** `inferred`: rebuilt from /proc. `kernel`: the kernel's own objects. */
  readonly truth: 'inferred' | 'kernel';
  readonly hierarchies: readonly GraphHierarchy[];
  readonly cgroups: readonly GraphCgroup[];
  readonly cssSets: readonly GraphCssSet[];
  readonly links: readonly (readonly [cssSet: number, cgroup: string])[];
  readonly dead: readonly number[];
  readonly checks: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}
