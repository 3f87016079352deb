import type { DocumentHead } from './documents.ts';
import type { NsType } from './namespace.ts';

/** Interfaces of the kernel that not every kernel has, or not for everybody; each is tested by using it on the reader itself. */
export const INTERFACES = [
  'NS_GET_USERNS',
  'NS_GET_OWNER_UID',
  'NS_GET_ID',
  'NS_GET_MNTNS_ID',
  'NS_MNT_GET_NEXT',
  'listmount',
  'statmount',
  'setns',
  'openat2',
  'pidfd_open',
  'pidfd_getfd',
  'SIOCGSKNS',
  'PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE',
  'kcmp',
] as const;

/** One of {@link INTERFACES}. */
export type Interface = (typeof INTERFACES)[number];

/** What the reader may do and where it stands, as the kernel says; null where it does not say. */
export interface DoctorFacts {
  /** Each interface with the kernel's answer: null where it worked, else the name of the error. */
  readonly interfaces: Readonly<Record<Interface, string | null>>;
  /** Types of namespaces that this kernel has, by the links below `/proc/self/ns`. */
  readonly types: readonly NsType[];
  readonly uid: number;
  /** Effective capabilities, 16 hexadecimal digits (capabilities(7)). */
  readonly capEff: string | null;
  /** `Seccomp` of `/proc/self/status`: 0 none, 1 strict, 2 filter. */
  readonly seccomp: number | null;
  /** `/proc/sys/kernel/yama/ptrace_scope`; null: this kernel has no Yama. */
  readonly ptraceScope: number | null;
  /** The directory of `--host-root`; null for the live host. */
  readonly hostRoot: string | null;
  /** Whether the pids of that /proc are those that system calls of the reader take. */
  readonly ownPids: boolean;
  /** Options of the procfs that is read, such as `hidepid=invisible`; null where its mount is not listed. */
  readonly procOptions: readonly string[] | null;
  /** Whether the reader is in the kernel's initial namespace of that type; null where nothing tells. */
  readonly inInitial: Readonly<Record<'user' | 'pid' | 'cgroup', boolean | null>>;
  /** Other programs that a command runs, and where they are; null: not installed. */
  readonly tools: Readonly<Record<'nsenter', string | null>>;
}

/** One thing that nsinspect can use. */
export interface Check {
  readonly area: 'kernel' | 'rights' | 'surroundings' | 'tools';
  readonly name: string;
  /** `unknown`: nothing that the reader may see tells. */
  readonly state: 'present' | 'absent' | 'denied' | 'unknown';
  /** What was seen: an error of the kernel, an option, a path. */
  readonly detail: string | null;
  /** What it is used for. */
  readonly use: string;
  /** What the answers lack without it; null where it is present. */
  readonly lost: string | null;
  /** What to do about it; null where it is present or nothing can be done. */
  readonly remedy: string | null;
}

/** Answer of `doctor`. Its coverage is that of the same pass over the host as `ls` makes. */
export interface DoctorDocument extends DocumentHead {
  readonly schema: 'nsinspect/doctor/1';
  readonly checks: readonly Check[];
  /** How complete `ls` is here and now. */
  readonly ls: { readonly complete: boolean; readonly summary: string };
}
