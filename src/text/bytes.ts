import { Buffer, isUtf8 } from 'node:buffer';

import type { Name } from '../schema/name.ts';

/**
 * Bytes of the kernel held in a JavaScript string, one character a byte (Latin-1). Nothing is lost on the way, string
 * methods work, and text that is ASCII (nearly all) needs no decoding. Turn it into a {@link Name} before anybody sees it.
 */
export type ByteString = string;

const NOT_ASCII = /[^\p{ASCII}]/u;

/**
 * The name that these bytes spell: a plain string where they are valid UTF-8 in the strict sense (no overlong form, no
 * encoded surrogate, nothing above U+10FFFF), else the exact bytes with a rendering for reading.
 */
export function nameOf(bytes: ByteString): Name {
  if (!NOT_ASCII.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  if (isUtf8(buffer)) return buffer.toString('utf8');
  return { text: rendering(buffer), base64: buffer.toString('base64') };
}

/** The name for reading. Two different names may read the same: compare with {@link sameName}. */
export function nameText(name: Name): string {
  return typeof name === 'string' ? name : name.text;
}

/** The exact bytes of a name: the inverse of {@link nameOf}, such as for a system call or to sort as the kernel would. */
export function bytesOf(name: Name): ByteString {
  if (typeof name !== 'string') return Buffer.from(name.base64, 'base64').toString('latin1');
  return NOT_ASCII.test(name) ? Buffer.from(name, 'utf8').toString('latin1') : name;
}

/** A string that is equal for equal names and for no others: a key of maps and sets. Not for showing. */
export function nameKey(name: Name): string {
  // No name of the kernel holds a NUL (argv is split at it), so that a plain name cannot begin with one.
  return typeof name === 'string' ? name : `\0${name.base64}`;
}

/** Whether two names are the same bytes. */
export function sameName(a: Name, b: Name): boolean {
  return nameKey(a) === nameKey(b);
}

/**
 * Each byte that is no part of a valid sequence as one U+FFFD. (TextDecoder and Buffer write one for up to three bytes
 * of a sequence that was cut, which hides how long the name is.)
 */
function rendering(buffer: Buffer): string {
  let text = '';
  for (let at = 0; at < buffer.length;) {
    const length = sequenceLength(buffer[at] ?? 0);
    const sequence = buffer.subarray(at, at + length);
    if (sequence.length === length && isUtf8(sequence)) {
      text += sequence.toString('utf8');
      at += length;
    } else {
      text += '\ufffd';
      at++;
    }
  }
  return text;
}

/** How many bytes a sequence has that begins with this one; 1 also for a byte that begins none. */
function sequenceLength(lead: number): number {
  if (lead < 0xc0) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}
