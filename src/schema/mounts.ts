import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/** One line of `/proc/PID/mountinfo` (proc(5)). */
export interface MountFacts {
  readonly id: number;
  readonly parent: number;
  /** Device number of the superblock, `major:minor`. */
  readonly dev: string;
  /** The directory of the file system that is mounted; `net:[4026532184]` and the like for nsfs. */
  readonly root: Name;
  readonly path: Name;
  readonly options: readonly Name[];
  /** `shared:N`, `master:N`, `propagate_from:N`, `unbindable`. */
  readonly propagation: readonly string[];
  readonly fsType: Name;
  readonly source: Name;
  /** Options of the superblock, in order, repeats kept. */
  readonly superOptions: readonly Name[];
}

/** The mounts of one mount namespace, as one of its tasks sees them. */
export interface MountTable {
  readonly mntns: number;
  /** The task that was read. */
  readonly pid: number;
  /** What that task's `/proc/PID/root` reads as: under a chroot the table is only a part. */
  readonly root: Name;
  readonly mounts: readonly MountFacts[];
}

/** The mounts of every mount namespace that has a task. */
export interface MountsFacet {
  readonly version: 1;
  readonly tables: readonly MountTable[];
  readonly unread: readonly { readonly mntns: number; readonly outcome: Outcome }[];
}
