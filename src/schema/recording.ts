import type { Name } from './name.ts';
import type { ReaderFacts } from './host.ts';
import type { Outcome } from './outcome.ts';

/** Schema of a recording; what replays one refuses any other version. */
export const RECORDING_SCHEMA = 'nsinspect/recording/1';

/**
 * Every answer that a host gave while it was read, failures too: what a test replays where there is no such host. The
 * file (`*.rec`) has one JSON object a line, the head first, then the entries.
 */
export interface Recording {
  readonly head: RecordingHead;
  readonly entries: readonly RecordingEntry[];
}

/** First line of a recording. */
export interface RecordingHead {
  readonly schema: typeof RECORDING_SCHEMA;
  /** What was recorded. */
  readonly of: 'live' | 'host-root' | 'recording';
  readonly reader: ReaderFacts;
  /** Whether questions that take a pid could be asked at all. */
  readonly asksTasks: boolean;
  /** Command lines, the engines' files and what names the machine were left out or replaced. */
  readonly redacted: boolean;
}

/** What can be asked: reads of files, then the typed questions to the kernel (src/host/port.ts). */
export type Question =
  | 'open'
  | 'read'
  | 'readlink'
  | 'list'
  | 'entries'
  | 'stat'
  | 'openInRoot'
  | 'placeInRoot'
  | 'readInRoot'
  | 'namespace'
  | 'mountNamespaces'
  | 'nsfsMounts'
  | 'mounts'
  | 'namespaceAt'
  | 'sharesFds'
  | 'socketNamespace'
  | 'pidForChildren'
  | 'treeFacts'
  | 'treeXattrs'
  | 'treeHandle'
  | 'treeBehind'
  | 'treeMount'
  | 'treeDirectory'
  | 'treeFile'
  | 'treeBytes';

/** What was asked about: nearly always a path, else what tells one question from another. */
export type Subject = Name | readonly (Name | number | null)[];

/** Why there was no answer. */
export interface RecordedFailure {
  readonly failed: Outcome | 'vanished';
  readonly errno: string;
}

/**
 * One question and its answer. A question that was asked again and answered otherwise has several entries, in that order.
 */
export interface RecordingEntry {
  readonly ask: Question;
  readonly of: Subject;
  /** How often in a row it was answered so, where another answer followed. */
  readonly times?: number;
  readonly answer: unknown;
}
