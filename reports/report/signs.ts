/** Signs that pictures of namespaces have in common, and text in them. */
import { terminalSafe } from '../../src/text/safe.ts';
import { truncateMiddle } from '../../src/text/width.ts';
import { fitted } from './picture.ts';
import type { Canvas } from './picture.ts';

/** Where something is drawn. */
export type Drawing = ReturnType<Canvas['svg']['append']>;

/**
 * How a namespace is shown: `own` a dot; `host` and `shared` a filled box with a word; `outside` a box as the host's, with a
 * letter; `usual` an outlined box; `around` a faint dot: that of what is around it; `unknown` a dashed box.
 */
export type Look = 'own' | 'host' | 'shared' | 'outside' | 'usual' | 'around' | 'unknown';

/** A sign and its word. */
export interface Sign {
  readonly look: Look;
  readonly text: string;
  /** Small, at its upper right. */
  readonly extra: string;
}

/** Words of a title: nobody reads more. */
const MOST_TITLE = 400;

/** Writes a text; where a width is given, no wider. */
export function write(on: Drawing, x: number, y: number, words: string, style = '', width = Infinity): Drawing {
  const element = on.append('text').attr('x', x).attr('y', y);
  if (style !== '') element.attr('class', style);
  return element.text(cut(words, width));
}

/** A part of a text that is written already, a little after what stands there. */
export function writeOn(text: Drawing, words: string, style: string, width: number): void {
  const part = text.append('tspan').attr('class', style);
  part.text(cut(words, width));
}

function cut(words: string, width: number): string {
  const safe = terminalSafe(words);
  return width === Infinity ? safe : fitted(safe, width);
}

/** What is shown when the pointer rests on something. */
export function entitle(on: Drawing, words: string): void {
  on.append('title').text(titleText(words));
}

/** The words of a title or a label that nobody sees. */
export function titleText(words: string): string {
  return truncateMiddle(terminalSafe(words), MOST_TITLE);
}

/** Half of a box's height. */
const HALF = 9;

/** Draws a sign with its middle there. */
export function drawSign(on: Drawing, { look, text: words, extra }: Sign, x: number, y: number): void {
  if (look === 'own' || look === 'around') {
    const dot = on.append('circle').attr('cx', x).attr('cy', y);
    if (look === 'own') dot.attr('class', 'f-own').attr('r', 5);
    else dot.attr('class', 'f-line').attr('r', 2);
  } else {
    const half = halfWidth(words);
    const isFilled = look === 'host' || look === 'shared' || look === 'outside';
    const box = on
      .append('rect')
      .attr('x', x - half)
      .attr('y', y - HALF);
    box
      .attr('width', 2 * half)
      .attr('height', 2 * HALF)
      .attr('rx', 4);
    if (isFilled) box.attr('class', look === 'shared' ? 'f-shared' : 'f-host');
    else box.attr('class', look === 'usual' ? 's-line' : 's-unknown');
    if (look === 'unknown') box.attr('stroke-dasharray', '3 2');
    write(on, x, y + 4, words, isFilled ? 'f-ground b' : 'f-quiet').attr('text-anchor', 'middle');
  }
  if (extra !== '') write(on, x + (look === 'own' ? 7 : halfWidth(words) + 2), y - 3, extra, 'f-shared b q');
}

function halfWidth(words: string): number {
  return Math.max(17, words.length * 4 + 5);
}

/** A sign and what it means. */
export type Meaning = readonly [Sign, string];

/** Height of a line of a legend. */
export const LEGEND_LINE = 24;

/** A legend that is to be drawn. */
export interface Legend {
  readonly lines: number;
  /** Draws it with the middle of its first line there. */
  readonly draw: (on: Drawing, y: number) => void;
}

/** Signs with what they mean, side by side in as many lines as it takes. */
export function legendOf(entries: readonly Meaning[], left: number, right: number): Legend {
  let [at, line] = [left, 0];
  const places = entries.map(([sign, meaning]) => {
    const half = sign.look === 'own' || sign.look === 'around' ? 6 : halfWidth(sign.text);
    const toWords = 2 * half + (sign.extra === '' ? 8 : 20);
    const width = Math.round(toWords + meaning.length * 6.2);
    if (at > left && at + width > right) [at, line] = [left, line + 1];
    const place = { sign, meaning, x: at + half, words: at + toWords, line };
    at += width + 20;
    return place;
  });
  return {
    lines: line + 1,
    draw: (on, y) => {
      for (const { sign, meaning, x, words, line: below } of places) {
        drawSign(on.append('g'), sign, x, y + below * LEGEND_LINE);
        write(on, words, y + below * LEGEND_LINE + 4, meaning, 'f-quiet');
      }
    },
  };
}

/** A thin line across. */
export function drawRule(on: Drawing, from: number, to: number, y: number): void {
  on.append('path')
    .attr('class', 's-line')
    .attr('d', `M${String(from)} ${String(y - 0.5)}H${String(to)}`);
}
