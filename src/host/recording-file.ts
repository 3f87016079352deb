/** Recordings as text files that can be read, compared and edited: one JSON object a line. */
import { RECORDING_SCHEMA } from '../schema/recording.ts';
import type { Question, Recording, RecordingEntry, RecordingHead, Subject } from '../schema/recording.ts';
import { NsinspectError } from '../text/error.ts';
import { toJson } from '../text/json.ts';

/**
 * The text of a recording. An entry's first member is the question with its subject, then `is` or `failed` and `errno`:
 * `{"readlink":"/proc/1/ns/net","is":"net:[4026531840]"}`.
 */
export function encodeRecording({ head, entries }: Recording): string {
  const lines = entries.map(({ ask, of, times, answer }) => ({
    [ask]: of,
    ...(times !== undefined && { times }),
    ...(isObject(answer) && 'failed' in answer ? answer : { is: answer }),
  }));
  return [head, ...lines].map((line) => `${toJson(line)}\n`).join('');
}

/** The recording in a text. `name` is for the message: a NsinspectError says which line is not of the form. */
export function decodeRecording(text: string, name: string): Recording {
  const [first, ...rest] = text.split('\n').filter((line) => line !== '');
  const head = objectIn(first ?? '', name, 1);
  if (head['schema'] !== RECORDING_SCHEMA) throw badRecording(`${name} is no recording of schema ${RECORDING_SCHEMA}`);
  const entries = rest.map((line, i) => entryOf(objectIn(line, name, i + 2), name, i + 2));
  return { head: head as unknown as RecordingHead, entries };
}

function entryOf(line: Record<string, unknown>, name: string, number: number): RecordingEntry {
  const { times, is, failed, errno, ...question } = line;
  const [asked, ...more] = Object.entries(question);
  if (asked === undefined || more.length > 0 || (is === undefined) === (failed === undefined)) {
    throw badRecording(`${name}, line ${number}: not one question with one answer`);
  }
  return {
    ask: asked[0] as Question,
    of: asked[1] as Subject,
    ...(typeof times === 'number' && { times }),
    answer: failed === undefined ? is : { failed, errno },
  };
}

function objectIn(line: string, name: string, number: number): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch (cause) {
    throw badRecording(`${name}, line ${number}: not JSON`, cause);
  }
  throw badRecording(`${name}, line ${number}: not an object`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badRecording(message: string, cause?: unknown): NsinspectError {
  return new NsinspectError(message, { code: 'bad-recording', cause });
}
