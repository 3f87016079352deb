/** Captures as portable files: gzip-compressed JSON whose first member names the schema. */
import { constants } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import { CAPTURE_SCHEMA } from '../schema/capture.ts';
import type { Capture, FacetName } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';
import { toJson } from '../text/json.ts';

/** More than this JavaScript cannot hold as one text (512 MiB). It bounds what a forged file can do. */
const MOST_BYTES = constants.MAX_STRING_LENGTH;

/** The facets that there are, and the lists without which there is no reading them. */
const LISTS: Readonly<Record<FacetName, readonly string[]>> = {
  host: [],
  tasks: ['processes', 'cgroups'],
  namespaces: ['namespaces', 'fds', 'sockets', 'mounts'],
  mounts: ['tables', 'unread'],
  engines: ['processes', 'containers'],
  cgroups: ['hierarchies', 'cgroups'],
  limits: ['processes'],
};

const SCHEMA_PREFIX = CAPTURE_SCHEMA.slice(0, CAPTURE_SCHEMA.lastIndexOf('/') + 1);

/** The bytes of a capture file. */
export function encodeCapture(capture: Capture): Buffer {
  return gzipSync(toJson(capture));
}

/** The capture in a file's bytes. `name` is for the message: a NsinspectError says in one line what is wrong with the file. */
export function decodeCapture(bytes: Uint8Array, name: string): Capture {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) throw badCapture(`${name} is no capture of nsinspect`);
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
  return checked(document, name);
}

function checked(document: unknown, name: string): Capture {
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
  const capture = document as Capture;
  if (!isObject(capture.host) || typeof capture.takenAt !== 'string') {
    throw badCapture(`${name} is damaged: it names no host`);
  }
  for (const [facet, lists] of Object.entries(LISTS)) {
    const value: unknown = capture[facet as keyof typeof LISTS];
    if (value === undefined) continue;
    if (!isObject(value)) throw badCapture(`${name} is damaged: its facet ${facet} is none`);
    if (value['version'] !== 1) {
      throw badCapture(`${name} has a facet of a version that this nsinspect does not know: ${facet}`);
    }
    if (!lists.every((list) => Array.isArray(value[list])))
      throw badCapture(`${name} is damaged: in its facet ${facet}`);
  }
  if (!hasEachPidOnce(capture.tasks?.processes ?? [])) {
    throw badCapture(`${name} is damaged: pids of its processes are wrong or not unique`);
  }
  return capture;
}

/** With a pid twice the process tree would be no tree: it could double with every level. */
function hasEachPidOnce(processes: readonly unknown[]): boolean {
  const pids = new Set<number>();
  for (const process of processes) {
    const pid = isObject(process) ? process['pid'] : undefined;
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 0) return false;
    pids.add(pid);
  }
  return pids.size === processes.length;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function badCapture(message: string, cause?: unknown): NsinspectError {
  return new NsinspectError(message, { code: 'bad-capture', cause });
}
