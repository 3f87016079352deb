import type { Name } from './name.ts';
import type { Outcome, Unknown } from './outcome.ts';

/**
 * Content of one file of a cgroup, by the formats of Documentation/admin-guide/cgroup-v2.rst ("Interface Files"), which fit
 * the files of v1 as well. Numbers are decimal strings exactly as the kernel printed them, sentinels such as -1 included:
 * what they mean is for the model to say.
 */
export type FileValue =
  /** One number, such as `memory.current`. */
  | { readonly kind: 'number'; readonly value: string }
  /** The word `max` where a number could stand. */
  | { readonly kind: 'max' }
  /** Two numbers on a line, the first of which may be `max`: `cpu.max`. */
  | { readonly kind: 'pair'; readonly first: string; readonly second: string }
  /** Words separated by spaces, such as `cgroup.controllers`; also a single word (`cgroup.type`). */
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** A list of CPU or node numbers as the kernel writes it: `0-3,8`. Empty: none is set. */
  | { readonly kind: 'list'; readonly list: string }
  /** A key and a number or word a line: `memory.stat`, `pids.events`. In order. */
  | { readonly kind: 'keyed'; readonly entries: readonly (readonly [key: string, value: string])[] }
  /** A key and `name=value` pairs a line: `io.max`, `memory.pressure`. In order. */
  | {
      readonly kind: 'nested';
      readonly entries: readonly { readonly key: string; readonly values: Readonly<Record<string, string>> }[];
    }
  /** A device and one number or several words a line: `blkio.throttle.read_bps_device`, `devices.list`. */
  | { readonly kind: 'lines'; readonly lines: readonly (readonly string[])[] }
  /** A file of a format that is not known, or not what its format says. */
  | { readonly kind: 'text'; readonly text: Name; readonly malformed: boolean }
  /** It is there and could not be read. */
  | { readonly kind: 'unknown'; readonly outcome: Outcome };

/** Where a hierarchy, or a part of it, is mounted. */
export interface HierarchyMount {
  /** Inode number of the mount namespace. */
  readonly mntns: number;
  readonly path: Name;
  /** The cgroup that is mounted: `/` for the whole hierarchy; `/..` and the like as the reader's cgroup namespace shows it. */
  readonly root: Name;
}

/** One hierarchy of cgroups. */
export interface HierarchyFacts {
  /** Number in this boot, as `/proc/PID/cgroup` has it; 0 is v2. */
  readonly id: number;
  readonly version: 1 | 2;
  /** v1: those that are attached. v2: those that it has at its root (`cgroup.controllers`). */
  readonly controllers: readonly string[];
  /** Of a named v1 hierarchy (`name=systemd`), without `name=`. */
  readonly name: string | null;
  /** Mounted with `noprefix`: files are called `shares`, not `cpu.shares`. Here they always have their prefix. */
  readonly noprefix: boolean;
  readonly mounts: readonly HierarchyMount[];
  /** Whether its cgroups could be walked from the root; if not, why. `absent`: mounted nowhere. */
  readonly walked: true | Outcome;
}

/** One cgroup that was met in a walk. */
export interface CgroupFacts {
  /** Number of its hierarchy. */
  readonly hierarchy: number;
  /** kernfs inode number: with the hierarchy it names the cgroup while it lives. */
  readonly inode: number;
  /** From the root of the hierarchy, `/` for the root itself; as the reader's cgroup namespace sees it. */
  readonly path: Name;
  /** Index of the parent in {@link CgroupsFacet.cgroups}; null for the root of a walk. */
  readonly parent: number | null;
  /** Threads directly in it, ascending (v1 `tasks`, v2 `cgroup.threads`), as many as the reader's pid namespace shows. */
  readonly tids?: readonly number[];
  /** How many members the file showed as 0: tasks of pid namespaces that the reader does not see. */
  readonly foreign?: number;
  /** Owner of the directory: whoever it is delegated to. */
  readonly uid?: number;
  /** The files that were asked for, by their full names. A file that does not exist is not here. */
  readonly files: Readonly<Record<string, FileValue>>;
  readonly unknown?: Unknown<'tids' | 'files' | 'children' | 'uid'>;
}

/** A line of `/proc/cgroups`. */
export interface SubsystemFacts {
  readonly name: string;
  /** 0: not attached to a v1 hierarchy (on v2, or unused). */
  readonly hierarchy: number;
  /** Cgroups of its hierarchy that have its css, dying ones included. */
  readonly cgroups: number;
  readonly enabled: boolean;
}

/**
 * What a second look found where two accounts of the kernel did not agree. Both were read again and again, each time at once:
 * `agrees`: now they do. `moving`: the first of them changed while the other was read. `gone`: the thread or the cgroup has
 * ended. `differs`: they still do not.
 */
export type SecondLook = 'agrees' | 'moving' | 'gone' | 'differs';

/** What was looked at once more, so that a race can be told from a fault. */
export interface RereadFacts {
  /** Threads that `/proc` put into a cgroup and its list of members did not, or the other way round. */
  readonly members: readonly { readonly cgroup: number; readonly tid: number; readonly look: SecondLook }[];
  /** Cgroups whose `populated` was not what follows from the tasks. `cgroup`: an index, as in `members`. */
  readonly populated: readonly { readonly cgroup: number; readonly look: SecondLook }[];
  /** Hierarchies in which cgroups were made or removed while they were walked: their counts are of another moment. */
  readonly changing: readonly number[];
}

/** Which files of each cgroup were read. */
export interface CgroupsCollected {
  /** Members of each cgroup (`tasks`, `cgroup.threads`). */
  readonly tids: boolean;
  /** `structure`: cgroup.* alone; `limits`: what bounds, its usage, pressure and events; `all`: everything that can be read, statistics too. */
  readonly files: 'structure' | 'limits' | 'all';
  /** Only these cgroups and their ancestors (paths by hierarchy number); null: all. */
  readonly only: readonly { readonly hierarchy: number; readonly path: Name }[] | null;
}

/** Every hierarchy and its cgroups. */
export interface CgroupsFacet {
  readonly version: 1;
  readonly hierarchies: readonly HierarchyFacts[];
  /** Parents before their children, hierarchy by hierarchy. */
  readonly cgroups: readonly CgroupFacts[];
  /** Null where `/proc/cgroups` is not readable or gone (it is for v1). */
  readonly subsystems: readonly SubsystemFacts[] | null;
  readonly collected: CgroupsCollected;
  /** Null where tasks were not compared. */
  readonly reread: RereadFacts | null;
  readonly coverage: {
    readonly cgroups: number;
    /** Removed while they were walked. */
    readonly vanished: number;
    readonly denied: number;
  };
}

/** Limits of a host outside cgroups. */
export interface HostLimits {
  /** Bytes of RAM and swap (`/proc/meminfo`), decimal; null where not readable. */
  readonly memory: string | null;
  readonly swap: string | null;
  /** CPUs that are online, as a list (`/sys/devices/system/cpu/online`). */
  readonly cpus: string | null;
  /** `/proc/sys/kernel/pid_max`, `/proc/sys/kernel/threads-max`. */
  readonly pidMax: number | null;
  readonly threadsMax: number | null;
}

/** Limits of one process outside cgroups. */
export interface ProcessLimits {
  readonly pid: number;
  /** `/proc/PID/limits`, by the kernel's names (`Max open files` …): soft and hard, `unlimited` or decimal, and the unit. */
  readonly rlimits: Readonly<Record<string, { readonly soft: string; readonly hard: string; readonly unit: string }>>;
  /** CPUs that its leader may run on (`Cpus_allowed_list` of `/proc/PID/status`). */
  readonly affinity: string | null;
  /** Open files, where its table could be read. */
  readonly openFiles: number | null;
  readonly unknown?: Unknown<'rlimits' | 'affinity' | 'openFiles'>;
}

/** What bounds tasks outside cgroups; collected for the processes that were asked for. */
export interface LimitsFacet {
  readonly version: 1;
  readonly host: HostLimits;
  readonly processes: readonly ProcessLimits[];
}
