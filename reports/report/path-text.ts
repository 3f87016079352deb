/** Paths and other long words in pictures, where there is room for some of them only. */
import { terminalSafe } from '../../src/text/safe.ts';
import { displayWidth, truncate, truncateMiddle } from '../../src/text/width.ts';
import { fitted, textWidth } from './picture.ts';
import type { Group } from './shapes.ts';

/** Width of a character of {@link fitted}'s face, and of a monospaced one of 11 pixels. */
const CHARACTER = textWidth('x');
const MONOSPACED = 6.7;

/** A path in which ids are as short as engines show them, safe to be shown. */
export function shortPath(path: string): string {
  return terminalSafe(path).replaceAll(/(?<![0-9a-f])([0-9a-f]{12})[0-9a-f]{8,}(?![0-9a-f])/g, '$1');
}

/** A path, monospaced and small, without its beginning where it is too long: what differs is its end. */
export function fittedPath(path: string, pixels: number): string {
  const room = (pixels / MONOSPACED) * CHARACTER;
  const last = path.lastIndexOf('/');
  if (textWidth(path) <= room || last <= 0) return fitted(path, room);
  return fitted(`…${path.slice(last)}`, room);
}

/** About how wide such a path is. */
export function pathWidth(path: string): number {
  return displayWidth(path) * MONOSPACED;
}

/** Text without its end where it is too long: of a list, whose beginning says most. */
export function fittedStart(text: string, pixels: number): string {
  return truncate(text, Math.max(1, Math.floor(pixels / CHARACTER)));
}

/** Words of a title: nobody reads more. */
const MOST_TITLE = 400;

/** What is shown when the pointer rests on something, of words that are safe already. */
export function titled(on: Group, words: string): void {
  on.append('title').text(spoken(words));
}

/** As {@link titled}, for an attribute. */
export function spoken(words: string): string {
  return truncateMiddle(words, MOST_TITLE);
}
