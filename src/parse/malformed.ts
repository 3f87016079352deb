import type { ByteString } from '../text/bytes.ts';

/** Longer pieces tell a reader nothing more, and some of these files are many kilobytes long. */
const KEPT = 200;

/**
 * What a parser returns for a text that is not what the documented format says: the outcome `malformed`, never a guess.
 * Parsers do not throw; tell it apart with {@link isMalformed}.
 */
export class Malformed {
  /** What was expected and where, such as `/proc/PID/stat: state`. */
  readonly what: string;
  /** The beginning of the line or text that did not fit, at most 200 bytes of it. Hostile: not for a terminal as it is. */
  readonly text: ByteString;

  constructor(what: string, text: ByteString) {
    this.what = what;
    this.text = text.slice(0, KEPT);
  }
}

/** Whether a parser found its text malformed. */
export function isMalformed(value: unknown): value is Malformed {
  return value instanceof Malformed;
}
