/** What `bench startup` measures: rows of one table, in groups that are measured in one go. */
import type { Invariant, ProbeRuntime } from '../../../schema/bench.ts';
import { THRESHOLDS, type Measure } from '../probe.ts';

/** One row. */
export interface Row {
  /** `startup/<what>[/<variant>]`. */
  readonly id: string;
  /** Says what start and tear-down include. */
  readonly title: string;
  /** Controller or namespace type. */
  readonly subject: string | null;
  readonly runtime: ProbeRuntime;
  /** Kept out of ratios and gates. */
  readonly informative: boolean;
  /** Said beside a result that is fine; null: nothing. */
  readonly note: string | null;
}

/** One start and tear-down of what a row is about; text: why there is none, which ends the row. */
export interface Observation {
  readonly measures: readonly Measure[];
  readonly invariants: readonly Invariant[];
}

/** A row that cannot be measured here, and why. */
export interface Lack extends Row {
  readonly why: string;
}

/** Rows that are measured together, one after the other. */
export interface Group {
  readonly rows: readonly Row[];
  readonly lacks: readonly Lack[];
  /** It takes part in every so many rounds: what takes a thousand times as long need not be repeated as often. */
  readonly stride: number;
  /** One start and tear-down of each row, in the order given. */
  once(order: readonly string[]): Promise<ReadonlyMap<string, Observation | string>>;
  /** What takes more than one instance to measure, asked after the rounds; once for each number of a sample. */
  afterwards?(): Promise<ReadonlyMap<string, readonly Measure[]>>;
  /** Removes what it made. May be called again. */
  close(): void;
}

/** A time; nanoseconds become the microseconds that all rows have. */
export function micros(name: string, nanoseconds: number): Measure {
  return { name, unit: 'us', better: 'lower', target: null, threshold: THRESHOLDS.cost, value: nanoseconds / 1000 };
}

/** A size. */
export function bytes(name: 'memory' | 'disk', value: number): Measure {
  return { name, unit: 'bytes', better: 'lower', target: null, threshold: THRESHOLDS.cost, value };
}
