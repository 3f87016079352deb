import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/** One mount, as a line of `/proc/PID/mountinfo` has it (proc(5)), whichever interface told it. */
export interface MountFacts {
  readonly id: number;
  /** The kernel's never reused 64-bit id, decimal: only of tables that statmount(2) told. */
  readonly uniqueId?: string;
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

/** The mounts of one mount namespace, as one of its tasks sees them or as the kernel lists them. */
export interface MountTable {
  readonly mntns: number;
  /** The task that was read. Null: listmount(2) and statmount(2) told it, paths being from the root of the namespace. */
  readonly pid: number | null;
  /** What that task's `/proc/PID/root` reads as: under a chroot the table is only a part. `/` where no task was read. */
  readonly root: Name;
  readonly mounts: readonly MountFacts[];
}

/** The mounts of every mount namespace that has a task, and of the others where the kernel lists them (since 6.12). */
export interface MountsFacet {
  readonly version: 1;
  readonly tables: readonly MountTable[];
  readonly unread: readonly { readonly mntns: number; readonly outcome: Outcome }[];
}
