import type { NsMount, NsRef } from './namespace.ts';

/** A process by what names it for good within one boot. */
export interface ProcessRef {
  readonly pid: number;
  /** Start time in clock ticks since boot. */
  readonly start: number;
}

/** One way to get hold of a namespace, and the process, if any, that must still be there for it. */
export type Entrance =
  /** A link below `/proc/PID`, such as `ns/net` or `task/812/ns/uts`. */
  | { readonly kind: 'link'; readonly process: ProcessRef; readonly path: string }
  /** An open file. */
  | { readonly kind: 'fd'; readonly process: ProcessRef; readonly tid: number; readonly fd: number }
  /** A socket, which knows the network namespace that it was made in. */
  | { readonly kind: 'socket'; readonly process: ProcessRef; readonly tid: number; readonly fd: number }
  /** A bind mount; `processes` are in its mount namespace, whose id is `mntnsId`. */
  | {
      readonly kind: 'mount';
      readonly mount: NsMount;
      readonly mntnsId: string | null;
      readonly processes: readonly ProcessRef[];
    }
  /** The parent, or the owner, of another namespace, and the ways to that. */
  | { readonly kind: 'parent' | 'owner'; readonly of: NsRef; readonly through: readonly Entrance[] };
