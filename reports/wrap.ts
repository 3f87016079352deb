import { displayWidth, truncate } from '../src/text/width.ts';
import type { Style } from './style.ts';

/** Text in lines of at most `room` columns, broken at single spaces; a word that is longer than a line is cut. */
export function wrap(text: string, room: number, style: Style): string[] {
  if (displayWidth(text) <= room) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => truncate(one, room, style.ellipsis));
}
