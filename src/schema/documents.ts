/** The documents that commands print under `--json`; their JSON Schemas are in docs/schema. */
import type { Engine } from './engines.ts';
import type { Name } from './name.ts';
import type { HolderKind, NsRef, NsType } from './namespace.ts';
import type { Outcome } from './outcome.ts';

/** Which host a document is about. */
export interface HostId {
  readonly bootId: string | null;
  readonly hostname: Name;
  readonly kernel: string;
}

/** How complete a document is. */
export interface Coverage {
  readonly processes: number;
  readonly tasks: number;
  readonly vanished: number;
  readonly denied: number;
  /** What was not looked at, and why. */
  readonly notes: readonly string[];
}

/** What every document begins with. */
export interface DocumentHead {
  readonly schema: string;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  /** ISO 8601: when the facts were collected. */
  readonly takenAt: string;
  readonly host: HostId;
  readonly coverage: Coverage;
}

/** A container by name, as it stands beside whatever belongs to it. */
export interface ContainerId {
  readonly engine: Engine;
  readonly id: string;
  readonly name: Name | null;
}

/** A process by number and name. */
export interface ProcessId {
  readonly pid: number;
  readonly comm: Name;
}

/** What names one holder; the kind decides which members there are. */
export interface HolderSample {
  readonly pid?: number;
  readonly tid?: number;
  readonly fd?: number;
  readonly mntns?: number;
  readonly path?: Name;
  readonly type?: NsType;
  readonly inum?: number;
}

/** All holders of one kind. */
export interface HolderGroup {
  readonly kind: HolderKind;
  readonly count: number;
  /** The first of them, at most eight; all of them in the answer to `why`. */
  readonly sample: readonly HolderSample[];
}

/** One namespace. */
export interface NamespaceRow extends NsRef {
  readonly id?: string | null;
  readonly initial?: boolean;
  readonly parent?: number | null;
  readonly owner?: number | null;
  readonly ownerUid?: number | null;
  readonly unknown?: Readonly<Partial<Record<'id' | 'initial' | 'parent' | 'owner' | 'ownerUid', Outcome>>>;
  readonly processes: number;
  readonly tasks: number;
  readonly leader: ProcessId | null;
  readonly container: ContainerId | null;
  readonly holders: readonly HolderGroup[];
}

/** Answer of `ls`. */
export interface NamespacesDocument extends DocumentHead {
  readonly schema: 'nsinspect/namespaces/1';
  readonly namespaces: readonly NamespaceRow[];
}

/** Answer of `why`. */
export interface WhyDocument extends DocumentHead {
  readonly schema: 'nsinspect/why/1';
  /** One for a namespace; those of its own for a container or process. */
  readonly namespaces: readonly NamespaceRow[];
}

/** A namespace of a boundary, and whose it is. */
export interface BoundaryNamespace {
  readonly type: NsType;
  readonly inum: number | null;
  /** `own`: first used here; `host`: made at boot; `inherited`: of the boundary around; `shared`: of another one. */
  readonly relation: 'own' | 'host' | 'inherited' | 'shared' | 'unknown';
  readonly with: (ProcessId & { readonly container: ContainerId | null }) | null;
}

/** A node of any tree. Which members there are depends on the view; nodes stand after their parents. */
export interface TreeNode {
  /** Index of the parent among the nodes; null for a root. */
  readonly parent: number | null;
  readonly label?: string;
  readonly leader: ProcessId | null;
  readonly argv?: readonly Name[];
  readonly container: ContainerId | null;
  readonly image?: Name | null;
  /** ISO 8601. */
  readonly startedAt?: string | null;
  readonly processes?: number;
  readonly tasks?: number;
  readonly changes?: readonly string[];
  readonly namespaces?: readonly BoundaryNamespace[];
  readonly namespace?: NsRef;
  readonly owned?: readonly NsRef[];
  readonly nspid?: readonly number[];
  readonly cgroup?: Name | null;
  readonly path?: string;
  readonly uid?: number | null;
  readonly root?: Name;
  /** Threads of the kernel. */
  readonly kernel?: boolean;
}

/** Answer of `tree`. */
export interface TreeDocument extends DocumentHead {
  readonly schema: 'nsinspect/tree/1';
  readonly by: 'boundary' | 'user' | 'pid' | 'cgroup' | 'process';
  readonly nodes: readonly TreeNode[];
  readonly hidden: readonly NamespaceRow[];
}
