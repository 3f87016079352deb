/** The result of `bench …`: what was set, what was measured, and the verdict; its JSON Schema is docs/schema/bench-1.json. */
import type { Outcome } from './outcome.ts';

/** Schema of the document. */
export const BENCH_SCHEMA = 'nsinspect/bench/1';

/** The suites of probes. */
export const SUITES = ['limits', 'isolation', 'startup', 'density'] as const;

/** One of {@link SUITES}. */
export type Suite = (typeof SUITES)[number];

/** What can launch a probe container. */
export const RUNTIMES = ['native', 'runc', 'crun', 'docker', 'podman', 'lxc', 'bwrap'] as const;

/** One of {@link RUNTIMES}. */
export type ProbeRuntime = (typeof RUNTIMES)[number];

/**
 * What a probe came to. `read-back`: the kernel took the setting and shows it, enforcement was not driven here. `unsupported`:
 * this kernel or machine has no such thing. `refused`: it would endanger the host. `inconclusive`: too noisy to judge. `error`:
 * the probe itself failed, which says nothing of the limit.
 */
export const VERDICTS = ['pass', 'fail', 'inconclusive', 'read-back', 'unsupported', 'refused', 'error'] as const;

/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number];

/** One thing that was set before the payload ran: a file of a cgroup, or an option of the runtime. */
export interface Setting {
  readonly name: string;
  readonly value: string;
}

/** A statement that must hold exactly, from the kernel's own counters. */
export interface Invariant {
  /** Short and stable, such as `usage-within-quota`. */
  readonly id: string;
  /** As a person would say it: `usage <= nr_periods x quota + slack`. */
  readonly text: string;
  readonly holds: boolean;
  /** With numbers in it: what was seen and what it was held against. */
  readonly observed: string;
}

/** One measurement, with the state of the machine while it ran. */
export interface Sample {
  readonly value: number;
  /** Which round of the interleaved rounds. */
  readonly round: number;
  /** Share of CPU time stolen by the hypervisor meanwhile, 0 to 1 (`/proc/stat`); null: not known. */
  readonly steal: number | null;
  /** Share of the time in which some task waited (`/proc/pressure/*`, total of `some`), 0 to 1; null: no PSI. */
  readonly pressure: { readonly cpu: number | null; readonly memory: number | null; readonly io: number | null };
}

/** What the samples of one metric come to. */
export interface Summary {
  readonly n: number;
  readonly median: number;
  readonly mean: number;
  /** Coefficient of variation: standard deviation by mean; null where the mean is 0. */
  readonly cv: number | null;
  readonly p5: number;
  readonly p95: number;
  readonly p99: number;
  /** 95 % bootstrap interval of the median. */
  readonly interval: readonly [number, number];
  /** Smallest relative change that a comparison with as many samples would find with 95 % power; null: too few samples. */
  readonly minimumDetectableEffect: number | null;
}

/** What is better: a comparison goes by it. `target`: the nearer to `target` the better, such as a share of a CPU. */
export type Better = 'lower' | 'higher' | 'target';

/** One measured quantity. */
export interface Metric {
  /** Stable within its probe, such as `ratio` or `p99 latency`. */
  readonly name: string;
  readonly unit: string;
  readonly better: Better;
  readonly target: number | null;
  /** A relative change below it is of no practical interest, such as 0.02. */
  readonly threshold: number;
  /** Kept out of ratios and gates, such as a virtual machine without KVM. */
  readonly informative: boolean;
  readonly samples: readonly Sample[];
  readonly summary: Summary;
}

/** One probe in one runtime. */
export interface ProbeResult {
  /** `<suite>/<probe>[/<variant>]`, stable over versions. */
  readonly id: string;
  readonly suite: Suite;
  readonly runtime: ProbeRuntime;
  readonly title: string;
  /** Controller or namespace type that it is about; null: neither. */
  readonly subject: string | null;
  readonly set: readonly Setting[];
  readonly verdict: Verdict;
  /** Why, in one line, wherever the verdict is not `pass`; also what a passing probe found worth saying. */
  readonly why: string | null;
  readonly invariants: readonly Invariant[];
  readonly metrics: readonly Metric[];
  readonly durationMs: number;
}

/** A runtime as it is on this machine. */
export interface RuntimeFacts {
  readonly runtime: ProbeRuntime;
  readonly version: string | null;
  readonly usable: boolean;
  /** Why it is not usable; null: it is. */
  readonly why: string | null;
}

/** On what it was measured. Results of different environments are not compared. */
export interface BenchEnvironment {
  readonly bootId: string | null;
  readonly hostname: string | null;
  readonly kernel: string;
  readonly arch: string;
  readonly cgroupMode: 'v1' | 'hybrid' | 'v2';
  /** Each controller and the version of its hierarchy. */
  readonly controllers: readonly { readonly name: string; readonly version: 1 | 2 }[];
  readonly cpuModel: string | null;
  readonly cpus: number;
  /** Bytes, decimal. */
  readonly memory: string | null;
  readonly kvm: boolean;
  readonly uid: number;
  readonly runtimes: readonly RuntimeFacts[];
  readonly unknown?: Readonly<Partial<Record<'bootId' | 'hostname' | 'cpuModel' | 'memory', Outcome>>>;
}

/** A whole run. */
export interface BenchDocument {
  readonly schema: typeof BENCH_SCHEMA;
  readonly tool: { readonly name: 'nsinspect'; readonly version: string };
  readonly takenAt: string;
  readonly durationMs: number;
  readonly suites: readonly Suite[];
  readonly quick: boolean;
  readonly environment: BenchEnvironment;
  readonly results: readonly ProbeResult[];
}
