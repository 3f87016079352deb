/** What changed between two captures, as a document. */
import type { Capture } from '../src/schema/capture.ts';
import { DIFF_SCHEMA } from '../src/schema/diff-document.ts';
import type { Diff, DiffChange, DiffDocument, DiffSide, FactsPatch } from '../src/schema/diff-document.ts';
import type { SnapshotInfo } from '../src/schema/history.ts';
import { hostIdOf } from './head.ts';

/** A side of a comparison as the document names it. */
export function diffSide(name: string, capture: Capture, snapshot: SnapshotInfo['id'] | null): DiffSide {
  const { takenAt, host, redacted } = capture;
  return { name, takenAt, host: hostIdOf(host), snapshot, redacted };
}

/** The changes that are shown, and how many are not. */
export interface ShownChanges {
  readonly shown: readonly DiffChange[];
  readonly ignored: number;
  readonly noise: number;
}

/** The document of `diff`. */
export function diffDocument(
  tool: DiffDocument['tool'],
  [from, to]: readonly [DiffSide, DiffSide],
  { sameBoot, notCompared }: Diff,
  { shown, ignored, noise }: ShownChanges,
  facts: FactsPatch | null,
): DiffDocument {
  return {
    schema: DIFF_SCHEMA,
    tool,
    from,
    to,
    sameBoot,
    notCompared,
    count: shown.length,
    ignored,
    noise,
    changes: shown,
    ...(facts !== null && { facts }),
  };
}
