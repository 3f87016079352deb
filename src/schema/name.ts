/**
 * A name as the kernel keeps it: bytes. Valid UTF-8 is a plain string; anything else carries the exact bytes and a
 * readable rendering, so that two different names never become one.
 */
export type Name = string | InvalidUtf8Name;

/** A name whose bytes are not valid UTF-8. */
export interface InvalidUtf8Name {
  /** For reading: each invalid byte is written as U+FFFD. Not unique. */
  readonly text: string;
  /** The exact bytes. */
  readonly base64: string;
}
