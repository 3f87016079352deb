/** Reading JSON that anybody may have written, or that is only half there: nothing here throws. */
import { Buffer } from 'node:buffer';

import type { ByteString } from '../text/bytes.ts';

/** A JSON object whose members nobody has looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

const NOT_ASCII = /[^\p{ASCII}]/u;

/** The value that the text holds; undefined where it is no JSON. JSON is UTF-8 (RFC 8259): other bytes read as U+FFFD. */
export function parseJson(text: ByteString): unknown {
  try {
    return JSON.parse(NOT_ASCII.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text) as unknown;
  } catch {
    // The one way in which JSON.parse says no. The caller reports `malformed`.
    return undefined;
  }
}

/** The value as an object; an empty one for anything else, so that a missing member reads as missing all the way down. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

/** Whether the value is an object and no array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as an array; an empty one for anything else. */
export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A string that says something; null for anything else. */
export function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A whole number above zero, such as a pid; null for anything else. */
export function positiveOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** The members that are strings. */
export function stringsOf(value: unknown): Readonly<Record<string, string>> {
  const strings: [string, string][] = [];
  for (const [key, member] of Object.entries(objectOf(value))) {
    if (typeof member === 'string') strings.push([key, member]);
  }
  // fromEntries defines members, so that one called __proto__ is but a member.
  return Object.fromEntries(strings);
}

/** A time as documents may have it (`time` in docs/schema/common.json): each is one to JavaScript, too. */
const TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * A time as engines write it (RFC 3339, up to nanoseconds, any offset), as it stands; null for anything else and for Go's
 * zero time, which stands for "never".
 */
export function timeOf(value: unknown): string | null {
  if (typeof value !== 'string' || !TIME.test(value)) return null;
  return value.startsWith('0001-01-01T') ? null : value;
}
