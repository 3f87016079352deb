/** Captures as portable files: gzip-compressed JSON whose first member names the schema. */
import { constants } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CAPTURE_SCHEMA } from '../schema/capture.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';
import { toJson } from '../text/json.ts';
import { placeText } from './check-schema.ts';
import { problemOf } from './check.ts';

/** More than this JavaScript cannot hold as one text (512 MiB). It bounds what a forged file can do. */
const MOST_BYTES = constants.MAX_STRING_LENGTH;

const SCHEMA_PREFIX = CAPTURE_SCHEMA.slice(0, CAPTURE_SCHEMA.lastIndexOf('/') + 1);

/** The bytes of a capture file. */
export function encodeCapture(capture: Capture): Buffer {
  return gzipSync(toJson(capture));
}

/** Whether a file that begins so can be a capture: gzip's mark (RFC 1952, 2.3.1). */
export function isCompressed(beginning: Uint8Array): boolean {
  return beginning[0] === 0x1f && beginning[1] === 0x8b;
}

/** The capture in a file's bytes. `name` is for the message: a NsinspectError says in one line what is wrong with the file. */
export function decodeCapture(bytes: Uint8Array, name: string): Capture {
  if (!isCompressed(bytes)) throw badCapture(`${name} is no capture of nsinspect`);
  let text: string;
  try {
    text = gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString('utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'Z_BUF_ERROR') throw badCapture(`${name} is incomplete: it ends in the middle`, cause);
    if (code === 'ERR_BUFFER_TOO_LARGE') throw badCapture(`${name} unpacks to more than 512 MiB: not read`, cause);
    throw badCapture(`${name} is damaged: ${(cause as Error).message}`, cause);
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw badCapture(`${name} is no capture of nsinspect: what it holds is not JSON`, cause);
  }
  return checkCapture(document, name);
}

/** The document as a capture; a NsinspectError says what is wrong with it. */
export function checkCapture(document: unknown, name: string): Capture {
  const schema = isObject(document) ? document['schema'] : undefined;
  if (typeof schema !== 'string' || !schema.startsWith(SCHEMA_PREFIX)) {
    throw badCapture(`${name} is no capture of nsinspect`);
  }
  if (schema !== CAPTURE_SCHEMA) {
    throw new NsinspectError(`${name} is of schema ${schema}; this nsinspect reads ${CAPTURE_SCHEMA}`, {
      code: 'capture-version',
      hint: 'Read it with the version of nsinspect that wrote it, or a newer one.',
    });
  }
  const newer = facetOfOtherVersion(document as Readonly<Record<string, unknown>>);
  if (newer !== null) {
    throw badCapture(`${name} has a facet of a version that this nsinspect does not know: ${newer}`);
  }
  const problem = problemOf(document);
  if (problem !== null) throw badCapture(`${name} is damaged: ${placeText(problem.where)}: ${problem.what}`);
  return document as Capture;
}

/** A facet has its version first of all: of another one nothing else is known. */
function facetOfOtherVersion(document: Readonly<Record<string, unknown>>): string | null {
  for (const [facet, value] of Object.entries(document)) {
    if (isObject(value) && typeof value['version'] === 'number' && value['version'] !== 1) return facet;
  }
  return null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function badCapture(message: string, cause?: unknown): NsinspectError {
  return new NsinspectError(message, { code: 'bad-capture', cause });
}
