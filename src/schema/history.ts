/** What the store tells of its snapshots; the documents of `snapshot …` and `log`. */
import type { CaptureSource, FacetName } from './capture.ts';
import type { HostId } from './documents.ts';

/** One stored capture. */
export interface SnapshotInfo {
  /** Its number in this file, never used again. */
  readonly id: number;
  /** ISO 8601: when the facts were collected. */
  readonly takenAt: string;
  /** ISO 8601: when they were stored. */
  readonly storedAt: string;
  readonly host: HostId;
  readonly source: CaptureSource;
  readonly redacted: boolean;
  readonly label: string | null;
  readonly facets: readonly FacetName[];
  readonly processes: number | null;
  readonly tasks: number | null;
  /** Facts that began with it, and that had ended when it was taken. */
  readonly begun: number;
  readonly ended: number;
  /** What storing it wrote: bytes of facts and of samples. */
  readonly factBytes: number;
  readonly sampleBytes: number;
  /** Whether what moves all the time (usage, pressure, task states) is still kept. */
  readonly samples: boolean;
}
