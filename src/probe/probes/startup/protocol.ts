/** What is said between a run of `bench startup` and the process in which single system calls are timed: JSON, one message a line. */

/** Something of which one at a time is made, timed and removed. */
export type Kind =
  | {
      /** A process with namespaces of its own. */
      readonly flags: number;
    }
  | {
      /** A cgroup: made in this directory, which belongs to a scope, joined by a process, and removed. */
      readonly below: string;
      /** cpuset of v1 takes no task before it has CPUs and memory nodes: files and what to write into them first. */
      readonly first: Readonly<Record<string, string>>;
    };

/** What the process is asked. */
export type Request =
  | { readonly time: readonly Kind[] }
  /** Makes as many and keeps them until `drop`. */
  | { readonly hold: Kind; readonly count: number }
  | { readonly drop: true };

/** One instance, in nanoseconds by the monotonic clock. */
export interface Timing {
  readonly startNs: number;
  readonly tearDownNs: number;
  /** The write to `cgroup.procs` alone, a part of the start; null for processes. */
  readonly joinNs: number | null;
  /** What proves that it was there: links of the process's namespaces by their names in /proc/PID/ns, or its paths in /proc/PID/cgroup. */
  readonly seen: Readonly<Record<string, string>>;
}

/** What it answers. */
export type Answer =
  /** In the order asked; text: why this one could not be made, `EPERM` or so. */
  | { readonly timings: readonly (Timing | string)[]; readonly overheadNs: number }
  | { readonly held: number }
  /** Its first words, and whatever makes it give up. `own`: its own namespaces. */
  | { readonly ready: string; readonly own: Readonly<Record<string, string>> }
  | { readonly failed: string };
