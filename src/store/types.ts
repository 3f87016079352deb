/** What goes into the store and comes out of it. */

/** One row of meaning: what a model of some version made of a snapshot. */
export interface DerivedRow {
  readonly kind: 'container' | 'member' | 'limit';
  /** Names it among those of its kind in one snapshot. */
  readonly key: string;
  readonly body: object;
}

/** What a model made of a snapshot, and which version of it. */
export interface Derived {
  readonly model: number;
  readonly rows: readonly DerivedRow[];
}

/** What is stored with a capture. */
export interface PutOptions {
  readonly label?: string;
  readonly derived?: Derived;
}

/** Which snapshots to list. */
export interface ListFilter {
  readonly hostname?: string;
  /** Only so many, the newest ones. */
  readonly newest?: number;
  /** ISO 8601, inclusive: when the facts were collected. */
  readonly from?: string;
  readonly to?: string;
}

/** Numbers of one cgroup by name, such as `memory.current`, `cpu.stat usage_usec` or `cpu.pressure some avg10`. */
export type SampleNumbers = Readonly<Record<string, number | string>>;

/** What the store takes up. */
export interface StoreBytes {
  /** The file, with what is not yet moved into it from the log of changes. */
  readonly file: number;
  /** Of it: pages that hold nothing. */
  readonly free: number;
}

/** What a file is opened for. `write` makes it where there is none; `change` writes only to one that is there. */
export type StoreUse = 'read' | 'write' | 'change';
