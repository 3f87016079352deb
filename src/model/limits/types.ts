import type { LimitUnit, Resource } from '../../schema/limits-document.ts';
import type { Name } from '../../schema/name.ts';
import type { Outcome } from '../../schema/outcome.ts';

/** What one file says. Never a sentinel: no limit is `max`. */
export type Limit<V = bigint> =
  | { readonly kind: 'max' }
  | { readonly kind: 'value'; readonly value: V }
  | { readonly kind: 'unknown'; readonly reason: string };

/** What binds in the end. */
export type Effective<V = bigint> =
  | { readonly kind: 'max' }
  /** `atMost`: why it may be less. */
  | { readonly kind: 'value'; readonly value: V; readonly atMost?: string }
  | { readonly kind: 'unknown'; readonly reason: string };

/** How much is used; `none`: the kernel counts no such thing. */
export type Usage =
  | { readonly kind: 'none' }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'unknown'; readonly outcome: Outcome };

/** Who imposes a limit: see the document. */
export interface Imposer {
  readonly kind: 'cgroup' | 'rlimit' | 'affinity' | 'host';
  readonly key: string | null;
  readonly path: Name | null;
  readonly file: string | null;
}

/** One cgroup that has the file, from the target's own up. */
export interface ChainLink<V = bigint> {
  readonly key: string;
  readonly path: Name;
  readonly file: string;
  readonly limit: Limit<V>;
}

/** A limit outside cgroups. */
export interface OutsideLimit<V = bigint> {
  readonly by: Imposer;
  readonly limit: Limit<V>;
}

/** What bounds one resource, in the unit of that resource. */
export interface ResourceLimitOf<V> {
  readonly resource: Resource;
  readonly device?: string;
  readonly pageSize?: string;
  readonly name?: string;
  readonly unit: LimitUnit;
  readonly effective: Effective<V>;
  readonly imposedBy: Imposer | null;
  readonly chain: readonly ChainLink<V>[];
  readonly outside: readonly OutsideLimit<V>[];
  readonly usage: Usage;
  readonly headRoom: bigint | null;
  readonly notes: readonly string[];
}

/** An amount, or for `cpu.set` CPU numbers, ascending. */
export type ResourceLimit = ResourceLimitOf<bigint> | ResourceLimitOf<readonly number[]>;

/** No limit. */
export const MAX = { kind: 'max' } as const;

/** A limit with a value. */
export function valueOf<V>(value: V): { readonly kind: 'value'; readonly value: V } {
  return { kind: 'value', value };
}

/** No count. */
export const NO_USAGE: Usage = { kind: 'none' };
