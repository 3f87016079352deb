/** What search and links ask of a table or tree. */
import { terminalSafe } from '../../../src/text/safe.ts';
import { MARK_LOOKS } from '../marks.ts';
import type { PackedCell, PackedNode, PackedRow } from '../packed.ts';

/** A table or tree that can be searched. */
export interface View {
  /** The element around it. */
  readonly root: HTMLElement;
  /** Shows only what holds all of these words, everything where there are none; how many that are. */
  filter(words: readonly string[]): number;
  /** Makes ready what a search looks through. */
  prepare(): void;
  /** The element of the row or node of that number, made if it was not there. */
  show(number: number): HTMLElement | null;
}

/** The text that is searched: what is seen of the cells of a row or node, which begin at `first`, in lower case. */
export function hayOf(packed: PackedRow | PackedNode, first: 2 | 4): string {
  let hay = '';
  for (let at = first; at < packed.length; at++) {
    const cell = packed[at] as PackedCell;
    if (typeof cell === 'string') hay += `${cell}\n`;
    else {
      const [text, , , mark, note] = cell;
      hay += `${text}\n${mark === undefined || mark === 0 ? '' : MARK_LOOKS[mark].word}\n${note === undefined || note === 0 ? '' : note}\n`;
    }
  }
  return (UNUSUAL.test(hay) ? terminalSafe(hay).replaceAll('\\n', '\n') : hay).toLowerCase();
}

/** What may be shown in another way; nearly nothing is. */
const UNUSUAL = /[^\n -[\]-~]/;

/** Whether all words are in it. */
export function holds(hay: string, words: readonly string[]): boolean {
  return words.every((word) => hay.includes(word));
}

/** The marks of search in what is shown, without a change to the document (CSS Custom Highlight API). */
export function highlight(words: readonly string[], roots: readonly HTMLElement[]): void {
  if (typeof Highlight === 'undefined') return;
  const ranges: Range[] = [];
  for (const root of words.length === 0 ? [] : roots) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = (node.textContent ?? '').toLowerCase();
      for (const word of words) {
        const at = text.indexOf(word);
        if (at < 0 || at + word.length > (node.textContent ?? '').length) continue;
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + word.length);
        ranges.push(range);
      }
    }
  }
  CSS.highlights.set('found', new Highlight(...ranges));
}
