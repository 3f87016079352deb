import type { Name } from './name.ts';
import type { Outcome } from './outcome.ts';

/**
 * What is wrong with a path of a layer. `missing`: the archive has it and the directory has not; `extra`: the other way
 * round; `size` and `content`: of a regular file; `type`: it is something else; `metadata`: permission bits, a link's target or a
 * device's number, none of which the digest covers; `unreadable`: it could not be looked at.
 */
export type LayerFaultKind = 'missing' | 'extra' | 'size' | 'content' | 'type' | 'metadata' | 'unreadable';

/** One fault of a layer. */
export interface LayerFault {
  /** From the root of the layer. */
  readonly path: Name;
  readonly fault: LayerFaultKind;
  /** What was expected and what is there, where a word says it. */
  readonly expected?: Name;
  readonly found?: Name;
}

/** Whether a layer still is what its digest says. */
export interface LayerVerification {
  readonly version: 1;
  /**
   * `verified`: the archive made again has the digest, and the directory has neither more nor less than the archive.
   * `differs`: not so. `unverifiable`: it could not be told, `why` says the reason.
   */
  readonly result: 'verified' | 'differs' | 'unverifiable';
  readonly diffId: string;
  /** The digest of the archive that directory and tar-split give now; null where it could not be made to the end. */
  readonly computed: string | null;
  /** Of that archive, decimal. */
  readonly bytes: string;
  /** Files, directories and links in the archive. */
  readonly entries: number;
  /** The first in the order of the archive, extra ones last; the first of them. */
  readonly faults: readonly LayerFault[];
  readonly faultCount: number;
  readonly why: { readonly outcome: Outcome; readonly text: string } | null;
}
