import type { ByteString } from '../text/bytes.ts';

/**
 * The lines of a file in which the kernel ends each line with a newline, without it. Null where the last one has none:
 * such a text was cut, and a cut number is still a number.
 */
export function completeLines(text: ByteString): ByteString[] | null {
  if (text === '') return [];
  if (!text.endsWith('\n')) return null;
  return text.slice(0, -1).split('\n');
}
