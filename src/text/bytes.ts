import type { Name } from '../schema/name.ts';

/**
 * Bytes of the kernel held in a JavaScript string, one character a byte (Latin-1). Nothing is lost on the way, string
 * methods work, and text that is ASCII (nearly all) needs no decoding. Turn it into a {@link Name} before anybody sees it.
 */
export type ByteString = string;
