import type { Name } from './name.ts';
import type { NsLinks, NsLink } from './namespace.ts';
import type { Unknown } from './outcome.ts';

/** One line of `/proc/PID/cgroup`: `hierarchy-ID:controller-list:path` (cgroups(7)). */
export interface CgroupLine {
  /** Number of the hierarchy in this boot; 0 is the v2 hierarchy. */
  readonly hierarchy: number;
  /** Controllers, or `name=x` for a named hierarchy; empty for v2. */
  readonly controllers: readonly string[];
  /** Path as shown to the reader's cgroup namespace, without the mark ` (deleted)` where that can be told apart. */
  readonly path: Name;
}

/** What is read of every process. Numbers of tasks are those of the procfs mount that was read. */
export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  /** Start time in clock ticks since boot (proc(5), stat field 22): with the pid and the boot it names the process. */
  readonly start: number;
  /** State letter of proc(5): R S D Z T t X I P. That of the leader thread. */
  readonly state: string;
  readonly comm: Name;
  /** A thread of the kernel (PF_KTHREAD in stat field 9). */
  readonly kthread: boolean;
  /** Number of threads, the leader included. */
  readonly threads: number;
  readonly ns: NsLinks;
  readonly unknownNs?: Unknown<NsLink>;
  /** Index into {@link TasksFacet.cgroups}; null where it was not read: `unknown` says why, unless nobody asked. */
  readonly cgroup: number | null;
  /** What `/proc/PID/root` reads as. Present only where it is not `/`. */
  readonly root?: Name;
  readonly unknown?: Unknown<'cgroup' | 'root' | 'fd' | 'task'>;
  /** Thread ids other than the leader, ascending. Absent for a single thread. */
  readonly tids?: readonly number[];
  /** Only those threads whose namespaces or cgroups are not the leader's. */
  readonly differing?: readonly ThreadFacts[];
  readonly detail?: ProcessDetail;
}

/** A thread that differs from its leader. */
export interface ThreadFacts {
  readonly tid: number;
  readonly start: number;
  readonly state: string;
  readonly comm: Name;
  readonly ns: NsLinks;
  readonly unknownNs?: Unknown<NsLink>;
  readonly cgroup: number | null;
  readonly unknown?: Unknown<'cgroup'>;
  /** Has a table of open files of its own (unshare(CLONE_FILES), or clone without it). */
  readonly ownFds?: boolean;
  readonly status?: StatusFacts;
}

/** What `/proc/PID/status` says of rights and identities (proc(5)). */
export interface StatusFacts {
  /** The pid at every level of pid namespaces, outermost (that of the procfs mount) first. */
  readonly nspid: readonly number[];
  /** Real, effective, saved and file-system uid, as the reader's user namespace sees them. */
  readonly uids: readonly [number, number, number, number];
  readonly gids: readonly [number, number, number, number];
  readonly groups: readonly number[];
  /** Capability sets as 16 hexadecimal digits. */
  readonly capInh: string;
  readonly capPrm: string;
  readonly capEff: string;
  readonly capBnd: string;
  readonly capAmb: string;
  /** Null where this kernel does not say. */
  readonly noNewPrivs: boolean | null;
  /** 0 off, 1 strict, 2 filter; null where this kernel does not say. */
  readonly seccomp: number | null;
  readonly seccompFilters: number | null;
}

/** What is read of a process on demand. */
export interface ProcessDetail {
  readonly status?: StatusFacts;
  /** Arguments; empty for kernel threads and zombies. */
  readonly argv?: readonly Name[];
  readonly exe?: Name;
  /** Label of the Linux security module (`attr/current`); null: none is active. */
  readonly label?: Name | null;
  readonly unknown?: Unknown<'status' | 'argv' | 'exe' | 'label'>;
}

/** Every task of the host. */
export interface TasksFacet {
  readonly version: 1;
  readonly processes: readonly ProcessFacts[];
  /** The distinct contents of `/proc/PID/cgroup` that were met. */
  readonly cgroups: readonly (readonly CgroupLine[])[];
  readonly collected: TasksCollected;
  readonly coverage: TasksCoverage;
}

/** Which of the optional parts were asked for. What was not is "not collected", never empty. */
export interface TasksCollected {
  /** `edges`: only for processes whose namespaces, cgroup or root are not their parent's. */
  readonly detail: 'all' | 'edges' | 'none';
  readonly cgroups: boolean;
  readonly root: boolean;
  /** Whether each thread's cgroup was read too. */
  readonly threadCgroups: boolean;
}

/** How many tasks were seen and how many not. */
export interface TasksCoverage {
  readonly processes: number;
  readonly tasks: number;
  /** Ended while they were read; nothing of them is kept. */
  readonly vanished: number;
  /** Processes whose namespaces the reader may not see. */
  readonly denied: number;
  /** Processes and threads of which nothing is kept because their `stat` is not what proc(5) says. */
  readonly malformed: number;
}
