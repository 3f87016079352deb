import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/** Makers of containers that nsinspect knows by name. */
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
] as const;

/** One of {@link ENGINES}. */
export type Engine = (typeof ENGINES)[number];

/** A process that makes or minds containers, as its command line says (a shim, a monitor, a daemon). */
export interface EngineProcess {
  readonly pid: number;
  readonly role: 'daemon' | 'shim' | 'monitor';
  readonly engine: Engine;
  /** What it minds; absent for daemons. */
  readonly containerId?: string;
  readonly containerName?: Name;
  /** containerd's namespace (`moby`, `k8s.io`, `default` …). */
  readonly namespace?: string;
  /** Directories that its command line, working directory or open files name: data root, state, bundle … */
  readonly paths: Readonly<Record<string, Name>>;
}

/** What an engine's own files say of one container. */
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
  /** containerd's namespace. */
  readonly namespace?: string;
  readonly pod?: { readonly namespace: Name; readonly name: Name; readonly container: Name | null };
  readonly labels?: Readonly<Record<string, Name>>;
  /** The cgroup path the engine asked for, where its files say so. */
  readonly cgroupPath?: Name;
  /** The file these facts came from. */
  readonly source: Name;
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
