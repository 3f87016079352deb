import { stripVTControlCharacters } from 'node:util';

import { eastAsianWidth } from 'get-east-asian-width';

/** What {@link truncate} and {@link truncateMiddle} put where they cut, unless told otherwise (`...` for `--ascii`). */
export const ELLIPSIS = '…';

const NOT_PRINTABLE_ASCII = /[^ -~]/u;

/** Anything but printable ASCII and what our own tables and trees are drawn with, all of it one column wide. */
const MAYBE_NOT_ONE_WIDE = /[^ -~·×…─-╿]/u;

/**
 * What a terminal draws over the character before it: marks, format characters, the vowels and final consonants of a
 * Hangul syllable in letters, and skin tones, which only follow the emoji they colour.
 */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cc}\p{Cf}\p{Emoji_Modifier}\u1160-\u11ff\ud7b0-\ud7fb]/u;

/** Made on the first cut that needs it: nearly all text is ASCII, and this loads tables of ICU (6 ms). */
let segmenter: Intl.Segmenter | undefined;

/**
 * How many columns of a terminal the text takes, character by character as wcwidth(3) counts. Colours (ANSI escapes)
 * take none. Meant for text from {@link terminalSafe}, where nothing joins several emoji into one.
 */
export function displayWidth(text: string): number {
  if (!MAYBE_NOT_ONE_WIDE.test(text)) return text.length;
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (!NO_WIDTH.test(character)) width += eastAsianWidth(character.codePointAt(0) ?? 0);
  }
  return width;
}

/** The text, or as much of its beginning as fits into `width` columns with the ellipsis at its end. Plain text only. */
export function truncate(text: string, width: number, ellipsis: string = ELLIPSIS): string {
  const most = mostFor(width);
  if (text.length <= most && displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  return room < 0 ? head(ellipsis, width) : head(text.slice(0, most), room) + ellipsis;
}

/**
 * The text, or as much of its beginning and its end as fits into `width` columns with the ellipsis between: for paths,
 * which differ at the end, and ids, which people know by their beginning. Plain text only.
 */
export function truncateMiddle(text: string, width: number, ellipsis: string = ELLIPSIS): string {
  const most = mostFor(width);
  if (text.length <= most && displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  if (room < 0) return head(ellipsis, width);
  const start = head(text.slice(0, most), Math.ceil(room / 2));
  // What a wide character at the end of the start left over goes to the end.
  return start + ellipsis + tail(text.slice(-most), room - displayWidth(start));
}

/**
 * A text that is longer does not fit, unless it is full of what takes no width, which nobody needs to see: the rest of a
 * hundred million characters is not looked at.
 */
function mostFor(width: number): number {
  return 1024 + 16 * Math.max(0, width);
}

/** The longest beginning that takes at most `width` columns. */
function head(text: string, width: number): string {
  if (!NOT_PRINTABLE_ASCII.test(text)) return text.slice(0, Math.max(0, width));
  let taken = '';
  let left = width;
  for (const grapheme of graphemes(text)) {
    left -= displayWidth(grapheme);
    if (left < 0) break;
    taken += grapheme;
  }
  return taken;
}

/** The longest end that takes at most `width` columns. */
function tail(text: string, width: number): string {
  if (!NOT_PRINTABLE_ASCII.test(text)) return text.slice(Math.max(0, text.length - Math.max(0, width)));
  let taken = '';
  let left = width;
  for (const grapheme of graphemes(text).reverse()) {
    left -= displayWidth(grapheme);
    if (left < 0) break;
    taken = grapheme + taken;
  }
  return taken;
}

/** What a reader takes for single characters; a cut between them splits no surrogate pair and no accent from its letter. */
function graphemes(text: string): string[] {
  // The locale does not change where graphemes end; naming one keeps the result the same on every machine.
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
