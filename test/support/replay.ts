/** Hosts that are not there: recordings of test/fixtures, and changes to them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

import { capture, EVERYTHING, type CaptureWants } from '../../src/capture/capture.ts';
import { decodeRecording } from '../../src/host/recording-file.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { Question, Recording, RecordingEntry, Subject } from '../../src/schema/recording.ts';
import { ROOT } from './cli.ts';

/** What tests call the program that made a capture. */
export const TOOL = { name: 'nsinspect', version: '0.0.0-test' } as const;

/** A recording of `test/fixtures`, by its name without `.rec`. */
export function fixture(name: string): Recording {
  const file = path.join(ROOT, `test/fixtures/${name}.rec`);
  return decodeRecording(readFileSync(file, 'utf8'), file);
}

/** The capture that a recording gives. */
export function captureOf(recording: Recording, wants: CaptureWants = EVERYTHING): Promise<Capture> {
  return capture(replayHost(recording), wants, TOOL);
}

/** The recording with other answers to these questions; one that was never asked is added. */
export function answering(
  recording: Recording,
  ...changes: readonly { readonly ask: Question; readonly of: Subject; readonly answer: unknown }[]
): Recording {
  const key = ({ ask, of }: Pick<RecordingEntry, 'ask' | 'of'>) => JSON.stringify([ask, of]);
  const changed = new Set(changes.map(key));
  return { ...recording, entries: [...recording.entries.filter((entry) => !changed.has(key(entry))), ...changes] };
}

/** Without what differs from one look to the next: when it was taken, how long it took, and where it came from. */
export function timeless(taken: Capture): Omit<Capture, 'takenAt' | 'durationMs' | 'source'> {
  const { takenAt: _takenAt, durationMs: _durationMs, source: _source, ...rest } = taken;
  return rest;
}
