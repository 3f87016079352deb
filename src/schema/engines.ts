import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/**
 * Makers of containers that nsinspect knows by name. `oci` is a container of the usual shape (a cgroup named by 64
 * hexadecimal digits) whose maker left no other trace.
 */
export const ENGINES = [
  'docker',
  'containerd',
  'cri',
  'cri-o',
  'podman',
  'lxc',
  'nspawn',
  'bwrap',
  'runc',
  'crun',
  'oci',
] as const;

/** One of {@link ENGINES}. */
export type Engine = (typeof ENGINES)[number];

/**
 * A process that makes or minds containers, as its name and command line say. Anybody can write such a command line:
 * whether it is believed, and about which tasks, is for the model to decide.
 */
export interface EngineProcess {
  readonly pid: number;
  /** Start time in clock ticks since boot: with the pid it names the process. */
  readonly start: number;
  /** A daemon minds no container in particular; a shim and a monitor are the parent of what they mind. */
  readonly role: 'daemon' | 'shim' | 'monitor';
  readonly engine: Engine;
  /** What it minds; absent for daemons. */
  readonly containerId?: string;
  readonly containerName?: Name;
  /** containerd's namespace (`moby`, `k8s.io`, `default` …). */
  readonly namespace?: string;
  /**
   * Directories and files that its command line, configuration or working directory name, as it sees them itself:
   * `dataRoot`, `execRoot`, `root`, `state`, `address`, `bundle`, `config` …
   */
  readonly paths: Readonly<Record<string, Name>>;
}

/** What an engine's own files say of one container. One container may have several such records. */
export interface EngineContainer {
  readonly engine: Engine;
  readonly id: string;
  readonly name: Name | null;
  readonly image: Name | null;
  /** ISO 8601, as the engine wrote it. */
  readonly createdAt: string | null;
  readonly startedAt: string | null;
  /** The pid the engine wrote down for the container's first process, in the engine's pid namespace. */
  readonly pid: number | null;
  /** That process's start time in clock ticks since boot, where the engine wrote it down. */
  readonly pidStart?: number;
  /** containerd's namespace. */
  readonly namespace?: string;
  /** `container` is null for the pod's own sandbox. */
  readonly pod?: { readonly namespace: Name; readonly name: Name; readonly container: Name | null };
  readonly labels?: Readonly<Record<string, Name>>;
  /** The cgroup path the engine asked for, where its files say so. */
  readonly cgroupPath?: Name;
  /** systemd's class of a registered machine (`container`, `vm`). */
  readonly machineClass?: string;
  /** The file these facts came from. */
  readonly source: Name;
  /**
   * The engine process with whose eyes the file was read (pid): what it says counts no further than that process is
   * trusted. Null: it lies in a directory of the host itself.
   */
  readonly via: number | null;
  /** The file lies in a directory that belongs to this user (`/run/user/UID`), who may have written anything. */
  readonly ofUser?: number;
}

/** The engines' own records, read without any daemon's help. */
export interface EnginesFacet {
  readonly version: 1;
  readonly processes: readonly EngineProcess[];
  readonly containers: readonly EngineContainer[];
  readonly coverage: {
    /** State that should be there and could not be read. */
    readonly unread: readonly { readonly path: Name; readonly outcome: Outcome }[];
  };
}
