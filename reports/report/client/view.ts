/** What search and links ask of a table or tree. */
import { terminalSafe } from '../../../src/text/safe.ts';
import { unpackCell } from '../packed.ts';
import type { PackedCell } from '../packed.ts';

/** A table or tree that can be searched. */
export interface View {
  /** The element around it. */
  readonly root: HTMLElement;
  /** Shows only what holds all of these words, everything where there are none; how many that are. */
  filter(words: readonly string[]): number;
  /** The element of the row or node of that number, made if it was not there. */
  show(number: number): HTMLElement | null;
}

/** The text that is searched: what is seen, in lower case. */
export function hayOf(cells: readonly PackedCell[]): string {
  let hay = '';
  for (const packed of cells) {
    if (typeof packed === 'string') hay += `${packed}\n`;
    else {
      const { text, mark = '', note = '' } = unpackCell(packed);
      hay += `${text}\n${mark}\n${note}\n`;
    }
  }
  return terminalSafe(hay).replaceAll('\\n', '\n').toLowerCase();
}

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
