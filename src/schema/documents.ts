/** The documents that commands print under `--json`; their JSON Schemas are in docs/schema. */
import type { Engine } from './engines.ts';
import type { Name } from './name.ts';
import type { HolderKind, NsRef, NsType } from './namespace.ts';
import type { Outcome } from './outcome.ts';

/** Which host a document is about. */
export interface HostId {
  readonly bootId?: string;
  readonly hostname?: Name;
  readonly kernel?: string;
  readonly unknown?: Readonly<Partial<Record<'bootId' | 'hostname' | 'kernel', Outcome>>>;
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
  readonly inum?: number;
  /** `own`: first used here; `host`: made at boot; `inherited`: of the boundary around; `shared`: of another one. */
  readonly relation: 'own' | 'host' | 'inherited' | 'shared' | 'unknown';
  readonly with: (ProcessId & { readonly container: ContainerId | null }) | null;
  readonly unknown?: { readonly inum: Outcome };
}

/** A node of any tree. Which members there are depends on the view; nodes stand after their parents. */
export interface TreeNode {
  /** Index of the parent among the nodes; null for a root. */
  readonly parent: number | null;
  /** For reading. */
  readonly label?: string;
  readonly leader: ProcessId | null;
  readonly argv?: readonly Name[];
  readonly container: ContainerId | null;
  readonly image?: Name | null;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly processes?: number;
  readonly tasks?: number;
  readonly changes?: readonly string[];
  readonly namespaces?: readonly BoundaryNamespace[];
  readonly namespace?: NsRef;
  readonly owned?: readonly NsRef[];
  readonly nspid?: readonly number[];
  /** Path in the hierarchy that says most; null: as around it. */
  readonly cgroup?: Name | null;
  readonly path?: Name;
  readonly uid?: number;
  readonly root?: Name;
  /** Threads of the kernel. */
  readonly kernel?: boolean;
  readonly unknown?: Readonly<Partial<Record<'argv' | 'startedAt' | 'root' | 'uid' | 'nspid' | 'cgroup', Outcome>>>;
}

/** Answer of `tree`. */
export interface TreeDocument extends DocumentHead {
  readonly schema: 'nsinspect/tree/1';
  readonly by: 'boundary' | 'user' | 'pid' | 'cgroup' | 'process';
  readonly nodes: readonly TreeNode[];
  readonly hidden: readonly NamespaceRow[];
}

/** Who a process is and what it may do. */
export interface ProcessReport extends ProcessId {
  readonly ppid: number;
  /** The pid at every level of pid namespaces, outermost first. */
  readonly nspid?: readonly number[];
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly state: string;
  readonly kernel: boolean;
  readonly argv?: readonly Name[];
  readonly exe?: Name;
  /** What its root reads as: a path for a chroot, `/` otherwise. */
  readonly root?: Name;
  /** Real, effective, saved and file-system. */
  readonly uids?: readonly number[];
  readonly gids?: readonly number[];
  readonly groups?: readonly number[];
  readonly capabilities?: {
    readonly inheritable: readonly string[];
    readonly permitted: readonly string[];
    readonly effective: readonly string[];
    readonly bounding: readonly string[];
    readonly ambient: readonly string[];
  };
  readonly noNewPrivs?: boolean;
  /** 0 off, 1 strict, 2 filter. */
  readonly seccomp?: number;
  /** Label of the security module; null: none is active. */
  readonly label?: Name | null;
  readonly threads: number;
  /** Threads that are in other namespaces or cgroups, or have open files of their own. */
  readonly differing: readonly {
    readonly tid: number;
    readonly comm: Name;
    readonly namespaces: readonly NsRef[];
    readonly ownFds: boolean;
  }[];
  readonly namespaces: readonly ProcessNamespace[];
  /** One for each hierarchy. */
  readonly cgroups?: readonly CgroupMembership[];
  /**
   * The css_set that joins it to them, as `cgroup graph` numbers it, and who else is in it. Null: a zombie is in none of its own.
   * Left out where cgroups were not collected.
   */
  readonly cssSet?: { readonly id: number; readonly tasks: number; readonly processes: number } | null;
  /** `status` stands for all that `/proc/PID/status` tells: `nspid`, ids, capabilities. */
  readonly unknown?: Readonly<Partial<Record<ProcessUnknown, Outcome>>>;
}

/** What may not be known of a process. */
export type ProcessUnknown =
  'startedAt' | 'status' | 'argv' | 'exe' | 'root' | 'noNewPrivs' | 'seccomp' | 'label' | 'cgroups' | 'fds' | 'threads';

/** One of the eight namespaces of a process. */
export interface ProcessNamespace {
  readonly type: NsType;
  readonly inum?: number;
  readonly initial?: boolean;
  /** How many processes have a thread in it. */
  readonly processes: number;
  /** Other containers that are in it. */
  readonly sharedWith: readonly ContainerId[];
  readonly unknown?: Readonly<{ inum?: Outcome; initial?: Outcome }>;
}

/** The cgroup of a process in one hierarchy. */
export interface CgroupMembership {
  readonly hierarchy: number;
  /** Empty for v2. */
  readonly controllers: readonly string[];
  readonly path: Name;
}

/** What is known of a container. */
export interface ContainerReport extends ContainerId {
  readonly image: Name | null;
  readonly startedAt: string | null;
  readonly namespace: string | null;
  readonly pod: { readonly namespace: Name; readonly name: Name; readonly container: Name | null } | null;
  /** The container in which it is nested. */
  readonly parent: ContainerId | null;
  /** Count and the first of its processes. */
  readonly processes: { readonly count: number; readonly sample: readonly ProcessId[] };
  /** Why it is held to be this container. */
  readonly evidence: readonly {
    readonly kind: string;
    readonly pid?: number;
    readonly role?: string;
    readonly path?: Name;
    readonly source?: Name;
  }[];
}

/** A mount, and where else its superblock is mounted. */
export interface MountReport {
  readonly mntns: number;
  readonly id: number;
  readonly parent: number;
  readonly dev: string;
  readonly root: Name;
  readonly path: Name;
  readonly options: readonly Name[];
  readonly propagation: readonly string[];
  readonly fsType: Name;
  readonly source: Name;
  readonly superOptions: readonly Name[];
  /** Other mounts of the same superblock: count and the first of them. */
  readonly elsewhere: {
    readonly count: number;
    readonly sample: readonly { readonly mntns: number; readonly path: Name }[];
  };
}

/** Answer of `inspect`: the members that the kind of target has. */
export interface InspectDocument extends DocumentHead {
  readonly schema: 'nsinspect/inspect/1';
  readonly target: { readonly kind: 'process' | 'container' | 'namespace' | 'cgroup' | 'mount'; readonly text: string };
  readonly container?: ContainerReport;
  /** The process, or the first of the container. */
  readonly process?: ProcessReport;
  readonly namespace?: NamespaceRow;
  readonly cgroup?: {
    readonly path: string;
    /** Hierarchies in which a task is at that path. */
    readonly hierarchies: readonly { readonly hierarchy: number; readonly controllers: readonly string[] }[];
    readonly processes: { readonly count: number; readonly sample: readonly ProcessId[] };
    readonly containers: readonly ContainerId[];
  };
  readonly mount?: MountReport;
}
