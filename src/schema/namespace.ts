import type { Outcome, Unknown } from './outcome.ts';
import type { Name } from './name.ts';

/** The eight namespace types, by their names under `/proc/PID/ns` (namespaces(7)), in the order every view uses. */
export const NS_TYPES = ['user', 'mnt', 'pid', 'net', 'ipc', 'uts', 'cgroup', 'time'] as const;

/** One of the eight namespace types. */
export type NsType = (typeof NS_TYPES)[number];

/**
 * The ten links of `/proc/PID/ns`, in the order in which {@link NsLinks} holds their numbers: the eight types, then
 * the two that say where future children will live.
 */
export const NS_LINKS = [...NS_TYPES, 'pid_for_children', 'time_for_children'] as const;

/** One of the ten link names. */
export type NsLink = (typeof NS_LINKS)[number];

/** Inode numbers in the order of {@link NS_LINKS}; null where the link could not be read. */
export type NsLinks = readonly (number | null)[];

/** What names a namespace while it lives. Inode numbers are reused by the kernel as soon as it is gone. */
export interface NsRef {
  readonly type: NsType;
  readonly inum: number;
}

/** What the kernel said about one namespace through its nsfs file (ioctl_ns(2), include/uapi/linux/nsfs.h). */
export interface NamespaceFacts extends NsRef {
  /** The kernel's never reused 64-bit id (NS_GET_ID, or NS_GET_MNTNS_ID for mount namespaces), decimal. Null: this kernel gives none. */
  readonly id?: string | null;
  /** Inode number of the parent; user and pid namespaces only. Null: it has none. */
  readonly parent?: number | null;
  /** Inode number of the owning user namespace. Null: it has none (the initial user namespace). */
  readonly owner?: number | null;
  /** The uid that owns a user namespace, as the reader's user namespace sees it. */
  readonly ownerUid?: number;
  /** Whether it is one of the kernel's own, made at boot. */
  readonly initial?: boolean;
  readonly unknown?: Unknown<'id' | 'parent' | 'owner' | 'ownerUid' | 'initial'>;
}

/** An open file of a task that refers to a namespace (holder kind `fd`). */
export interface NsFd extends NsRef {
  readonly pid: number;
  /** The thread whose file table holds it; the pid itself where the threads share one. */
  readonly tid: number;
  readonly fd: number;
}

/** A socket whose network namespace is not that of the task that has it open (holder kind `socket`). */
export interface ForeignSocket {
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
  /** The socket's network namespace. */
  readonly inum: number;
}

/** A bind mount of an nsfs file (holder kind `mount`). */
export interface NsMount extends NsRef {
  /** Inode number of the mount namespace in which it is mounted. */
  readonly mntns: number;
  readonly path: Name;
}

/** Every namespace that was found, and the holders that no task's `ns/` links show. */
export interface NamespacesFacet {
  readonly version: 1;
  readonly namespaces: readonly NamespaceFacts[];
  readonly fds: readonly NsFd[];
  readonly sockets: readonly ForeignSocket[];
  readonly mounts: readonly NsMount[];
  readonly coverage: NamespacesCoverage;
}

/** How completely each kind of holder could be searched. */
export interface NamespacesCoverage {
  /** Holder kinds that were not searched at all, and why. */
  readonly notSearched: readonly { readonly kind: HolderKind; readonly outcome: Outcome; readonly why: string }[];
  readonly socketsExamined: number;
  readonly socketsDenied: number;
  /** Tables of open files that the reader may not see. */
  readonly fdTablesDenied: number;
  /** Open files that may be namespaces and could not be told, as what the kernel says of them is malformed. */
  readonly fdInfosMalformed: number;
  readonly mountNamespacesSearched: number;
  /** Mount namespaces that could not be searched, by why. */
  readonly mountNamespacesNotSearched: Readonly<Partial<Record<Outcome, number>>>;
  /** Mount namespaces without any task; seen only where the kernel lists them (NS_MNT_GET_NEXT). */
  readonly mountNamespacesWithoutTask: number;
}

/** The ways in which a namespace can be kept alive; `unseen` stays free for what none of them explains. */
export const HOLDER_KINDS = [
  'process',
  'thread',
  'for-children',
  'fd',
  'socket',
  'mount',
  'child',
  'owned',
  'unseen',
] as const;

/** One of the holder kinds. */
export type HolderKind = (typeof HOLDER_KINDS)[number];
