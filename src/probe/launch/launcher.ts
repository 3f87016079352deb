/**
 * What every launcher offers: a probe container whose payload waits at a gate, already in its cgroups, until it is told to go.
 *
 *     const probe = await launcher.launch({ name: 'quota', script: 'head -c 1G /dev/zero | wc -c', settings });
 *     try {
 *       const before = probe.read('cpu', 'cpu.stat');   // the baseline, with the payload at the gate
 *       probe.go();
 *       const exit = await probe.wait();
 *       const after = probe.read('cpu', 'cpu.stat');
 *     } finally {
 *       probe.remove();
 *     }
 *
 * How it is the same in each runtime: what is started is `sh -c` with a script that says that it is there and then reads a
 * line from its standard input. A task that sleeps in read(2) runs no cycle, so that it can be moved into cgroups, and the
 * counters of these be read, before it is told to go.
 */
import type { ProbeRuntime, RuntimeFacts } from '../../schema/bench.ts';

/** A value that is written into a file of a cgroup before the payload runs. The names are those of the hierarchy's version. */
export interface CgroupSetting {
  /** `cpu`, `memory` …; `cgroup` for the files of v2 that belong to none, such as `cgroup.max.depth`. */
  readonly controller: string;
  /** Name of the file, with its prefix: `cpu.cfs_quota_us` (v1), `cpu.max` (v2). */
  readonly file: string;
  readonly value: string;
  /** The group it is set on, relative to the scope: the payload's own ({@link LaunchSpec.group}) or one above; `''`: the scope. */
  readonly group?: string;
}

/** What a probe may take at most, whatever the limit that it drives does. All have defaults: see {@link DEFAULT_BOUNDS}. */
export interface Bounds {
  /** Bytes; the limit of the scope, that is of everything in it together. */
  readonly memory: number;
  /** Tasks; the limit of the scope. */
  readonly tasks: number;
  /** From the launch on until everything of the probe is killed. */
  readonly seconds: number;
  /** Bytes that a file in the container can grow to (RLIMIT_FSIZE), and that its /tmp can hold. */
  readonly disk: number;
  /** Bytes kept of standard output; also of standard error. More is read and dropped. */
  readonly output: number;
}

/** Bounds of a probe that says nothing of them. */
export const DEFAULT_BOUNDS: Bounds = {
  memory: 256 * 1024 * 1024,
  tasks: 128,
  seconds: 30,
  disk: 64 * 1024 * 1024,
  output: 256 * 1024,
};

/** Namespaces that a container can have of its own, by the kernel's names. */
export type OwnNamespace = 'cgroup' | 'ipc' | 'mnt' | 'net' | 'pid' | 'time' | 'user' | 'uts';

/** A file or directory of the host, seen in the container. */
export interface Bind {
  readonly source: string;
  /** Absolute; made where it is not there. */
  readonly target: string;
  readonly writable: boolean;
}

/** `count` ids from `inside` on are `outside` and following on the host (user_namespaces(7)). */
export interface IdRange {
  readonly inside: number;
  readonly outside: number;
  readonly count: number;
}

/** What to launch. */
export interface LaunchSpec {
  /** Lower-case letters, digits and hyphens: host name in the container, and the word for it in messages. */
  readonly name: string;
  /**
   * What sh runs after the gate. The host's sh and coreutils are there (bound read-only: the same in every runtime, nothing to
   * build or to pull); /tmp is a tmpfs that can be written to, and so is {@link LaunchSpec.scratch}. Its standard input is what
   * {@link Probe.write} writes. It must be bounded by itself (a count, a time).
   */
  readonly script: string;
  /** `$1`, `$2` … of the script. */
  readonly args?: readonly string[];
  readonly settings?: readonly CgroupSetting[];
  /** Controllers whose counters are to be read without anything being set. `memory` and `pids` are always joined where they can be. */
  readonly controllers?: readonly string[];
  /** The payload's cgroup relative to the scope, one or more names; `probe` unless told otherwise. */
  readonly group?: string;
  /** Cgroup around the probe. Made and removed with the probe unless given: give one to have several probes side by side. */
  readonly scope?: Scope;
  /**
   * Namespaces of its own. Those that the runtime makes by default unless told otherwise; `mnt` and `pid` are always among
   * them, and `user` where the caller has no rights. What a runtime cannot do is an error, never left out silently.
   */
  readonly namespaces?: readonly OwnNamespace[];
  /** For `user` among the namespaces, of uids and gids alike. Without it the caller's own is 0 inside, which needs no rights. */
  readonly ids?: IdRange;
  readonly binds?: readonly Bind[];
  /** A directory on a disk, to be found at /scratch: what is written there goes through the block layer. Removed with the probe. */
  readonly scratch?: boolean;
  readonly bounds?: Partial<Bounds>;
}

/** A cgroup that bounds what is in it, of one maker and removed with it: `cgroupfs.ts` makes them. */
export interface Scope {
  /** Unique; the name of its directory in each hierarchy begins with it. */
  readonly mark: string;
  /** Why controllers are not there, by controller: `io: not enabled below / (cgroup.subtree_control)`. */
  readonly lacks: ReadonlyMap<string, string>;
  /** The directory of a group in the hierarchy of a controller; null where that is not joined. `v2` is a name, too: the unified hierarchy. */
  directory(controller: string, group: string): string | null;
  /** 1 or 2: in which the controller is here; null where it is in neither or cannot be used. */
  version(controller: string): 1 | 2 | null;
  /** Makes a group below the scope in the hierarchies of these controllers. Error, with the reason, where one cannot be used. */
  makeGroup(group: string, controllers: readonly string[]): void;
  /** Writes a setting; error with the kernel's errno where that refuses it. */
  set(setting: CgroupSetting & { readonly group: string }): void;
  /** Reads a file of a group; null where there is none. */
  read(controller: string, group: string, file: string): string | null;
  /** Moves a process of the probe with all its threads into the group, in every hierarchy that has it. */
  join(group: string, pid: number): void;
  /** Pids in the group, or in the whole scope, and below, as the caller counts them. */
  pids(group?: string): number[];
  /** Ends every process in the group or in the scope. Returns when none is left; error after some seconds. */
  kill(group?: string): void;
  /** Kills, and removes the group or the scope with all below. May be called again. */
  remove(group?: string): void;
}

/** Who made a setting: the runtime by its own options or configuration, or nsinspect by writing the file. */
export interface AppliedSetting extends CgroupSetting {
  readonly by: 'runtime' | 'nsinspect';
}

/** How a payload ended. */
export interface Exit {
  /** Null: a signal ended it. */
  readonly status: number | null;
  /** Such as `SIGKILL`. Runtimes that hand on 128 + number instead are translated. */
  readonly signal: string | null;
  /** It was killed because {@link Bounds.seconds} were over. */
  readonly timedOut: boolean;
  /** What it printed, without the launcher's own lines. */
  readonly output: string;
  readonly errors: string;
  /** More was printed than {@link Bounds.output}. */
  readonly truncated: boolean;
  /** From {@link Probe.go} on, milliseconds by the monotonic clock; 0 where it never went. */
  readonly durationMs: number;
}

/** A launched container. */
export interface Probe {
  readonly runtime: ProbeRuntime;
  /** Of the payload, as the caller counts pids. It is the same task before and after the gate. */
  readonly pid: number;
  readonly scope: Scope;
  /** The payload's group in the scope. */
  readonly group: string;
  /** Every setting of the spec, and who made it. */
  readonly settings: readonly AppliedSetting[];
  /** From the call of `launch` until the payload waited at the gate, milliseconds by the monotonic clock. */
  readonly startMs: number;
  /** Content of a file of the payload's cgroup, of another group with `group`; null where there is none. */
  read(controller: string, file: string, group?: string): string | null;
  /** Where /scratch is on the host; null without. */
  readonly scratch: string | null;
  /** Opens the gate. Once; error where the payload is gone. */
  go(): void;
  /** Writes to the payload's standard input, after {@link Probe.go}. */
  write(text: string): void;
  /** What it printed so far. */
  output(): string;
  /** Waits until the payload's output contains `text`; error where it ends before. */
  said(text: string): Promise<void>;
  /** Waits until the payload has ended. */
  wait(): Promise<Exit>;
  /** Ends the payload and all that it started. */
  kill(): void;
  /** Kills, and removes all that was made for the probe: cgroups, mounts, directories, the runtime's state. May be called again. */
  remove(): void;
}

/** A container runtime, for probes. */
export interface Launcher {
  readonly runtime: ProbeRuntime;
  /** Finds it, and launches a container that does nothing: why it does not work here is the reason that this one did not start. */
  check(): Promise<RuntimeFacts>;
  /** Resolves when the payload waits at the gate in its cgroups. Whatever fails on the way is removed again before the error is thrown. */
  launch(spec: LaunchSpec): Promise<Probe>;
  /** Makes a scope for several probes of this launcher side by side, bounded together. */
  scope(bounds?: Partial<Bounds>, controllers?: readonly string[]): Scope;
  /** Removes what it keeps between launches (an image, say). May be called again. */
  close(): void;
}
