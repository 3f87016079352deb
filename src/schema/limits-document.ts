/** The document of `limits`; its JSON Schema is docs/schema/limits-1.json. */
import type { DocumentHead } from './documents.ts';
import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/** What can be bounded. The first group is in every answer about a process or container, the others where they are set. */
export const RESOURCES = [
  'cpu.time',
  'cpu.set',
  'cpu.weight',
  'memory',
  'memory.high',
  'memory.swap',
  'memory.kernel',
  'memory.tcp',
  'pids',
  'io.rbps',
  'io.wbps',
  'io.riops',
  'io.wiops',
  'hugetlb',
  'rdma',
  'misc',
  'nofile',
  'nproc',
  'memory.min',
  'memory.low',
  'io.weight',
  'hugetlb.reserved',
  'as',
  'memlock',
] as const;

/** One of {@link RESOURCES}. */
export type Resource = (typeof RESOURCES)[number];

/** What the numbers of a resource count. */
export type LimitUnit =
  | 'usec/s'
  | 'cpus'
  | 'shares'
  | 'weight'
  | 'bytes'
  | 'tasks'
  | 'bytes/s'
  | 'operations/s'
  | 'objects'
  | 'units'
  | 'files';

/** An amount as a decimal string, or the numbers of a set of CPUs. */
export type LimitValue = string | readonly number[];

/** The limit that one file states. */
export type StatedLimit =
  | { readonly kind: 'max' }
  | { readonly kind: 'value'; readonly value: LimitValue }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The limit that binds. */
export type EffectiveLimit =
  | { readonly kind: 'max' }
  | {
      readonly kind: 'value';
      readonly value: LimitValue;
      /** Why it may be less than that: something could not be read. Absent: it is exactly that. */
      readonly atMost?: string;
    }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Who imposes a limit. */
export interface ImposedBy {
  readonly kind: 'cgroup' | 'rlimit' | 'affinity' | 'host';
  /** The cgroup; null where it is none, or one that the reader cannot see. */
  readonly key: string | null;
  readonly path: Name | null;
  /** The file that states it: by its name alone where it is one of the cgroup. */
  readonly file: string | null;
}

/** What one cgroup states. */
export interface ChainEntry {
  readonly key: string;
  readonly path: Name;
  readonly file: string;
  readonly limit: StatedLimit;
}

/** What bounds one resource. */
export interface LimitReport {
  readonly resource: Resource;
  /** `major:minor` of a disk, or the name of an RDMA device. Absent: whatever device. */
  readonly device?: string;
  /** Size of the huge pages, as the kernel writes it (`2MB`). */
  readonly pageSize?: string;
  /** What is counted: of `rdma` and `misc`. */
  readonly name?: string;
  readonly unit: LimitUnit;
  readonly effective: EffectiveLimit;
  readonly imposedBy: ImposedBy | null;
  /** From the target's own cgroup up; without the cgroups that have no such file. */
  readonly chain: readonly ChainEntry[];
  /** Limits outside cgroups on the same resource, whether they bind or not. */
  readonly outside: readonly (ImposedBy & { readonly limit: StatedLimit })[];
  /** What is used of the effective limit: counted by the cgroup that imposes it, else by the target's own. Null: no such count. */
  readonly usage?: string | null;
  /** How much more is possible before any cgroup of the chain is full; null: no limit or no count. */
  readonly headRoom: string | null;
  /** What must be known to read the numbers right. */
  readonly notes: readonly string[];
  readonly unknown?: { readonly usage: Outcome };
}

/** Answer of `limits`. */
export interface LimitsDocument extends DocumentHead {
  readonly schema: 'nsinspect/limits/1';
  readonly target: {
    readonly kind: 'process' | 'container' | 'cgroup';
    readonly text: string;
    /** The process whose cgroups and rlimits these are; null for a cgroup. */
    readonly pid: number | null;
  };
  readonly resources: readonly LimitReport[];
  /** What holds for the whole target, such as processes that are elsewhere. */
  readonly notes: readonly string[];
}
