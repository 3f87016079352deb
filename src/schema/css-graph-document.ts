import type { FileValue } from './cgroups.ts';
import type { ContainerId, DocumentHead } from './documents.ts';
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

/** A limit of a document. */
export type DocumentLimit =
  | { readonly kind: 'max' }
  | { readonly kind: 'value'; readonly value: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The cgroups at one path. */
export interface CgroupTreeNode {
  /** Index of the parent; null for the root. */
  readonly parent: number | null;
  readonly path: Name;
  /** Keys of the cgroups at that path, one a hierarchy. */
  readonly cgroups: readonly string[];
  /** Threads directly in them. */
  readonly tasks: number;
  readonly containers: readonly ContainerId[];
  readonly memory: { readonly usageBytes: string | null; readonly limitBytes: DocumentLimit | null };
  readonly pids: { readonly usage: string | null; readonly limit: DocumentLimit | null };
  readonly cpu: { readonly usageUsec: string | null; readonly limitUsecPerSecond: DocumentLimit | null };
  /** Percent of the last ten seconds. */
  readonly pressure: Readonly<
    Partial<Record<'cpu' | 'memory' | 'io', { readonly some: number; readonly full: number | null }>>
  >;
  readonly frozen: boolean | null;
}

/** Answer of `cgroup tree`. */
export interface CgroupTreeDocument extends DocumentHead {
  readonly schema: 'nsinspect/cgroup-tree/1';
  readonly hierarchies: readonly GraphHierarchy[];
  readonly nodes: readonly CgroupTreeNode[];
}

/** One file of a cgroup with what is known of it. */
export interface CgroupFileReport {
  readonly file: string;
  readonly controller: string;
  readonly role: string | null;
  readonly unit: string | null;
  readonly value: FileValue;
}

/** One cgroup in full. */
export interface CgroupReport extends GraphCgroup {
  readonly controllers: readonly string[];
  /** The cgroup whose css works here, by controller; only where it is another. */
  readonly effective: Readonly<Record<string, string>>;
  readonly uid: number | null;
  readonly tasks: number;
  readonly cssSets: readonly number[];
  readonly files: readonly CgroupFileReport[];
}

/** Answer of `cgroup show`. */
export interface CgroupShowDocument extends DocumentHead {
  readonly schema: 'nsinspect/cgroup/1';
  readonly target: string;
  readonly cgroups: readonly CgroupReport[];
}
