/** The one search: filters every table, tree and finding of the page. */
import { formatCount } from '../../../src/text/units.ts';
import { choose } from './choice.ts';
import { element } from './data.ts';
import { highlight, holds } from './view.ts';
import type { View } from './view.ts';

/** Search and what it hides. */
export class Search {
  readonly #input = element('find') as HTMLInputElement;
  readonly #views: readonly View[];
  readonly #sections: readonly HTMLElement[];
  readonly #findings: readonly { readonly item: HTMLElement; readonly hay: string }[];
  #query = '';
  #isPlanned = false;

  constructor(views: readonly View[]) {
    this.#views = views;
    this.#sections = [...document.querySelectorAll<HTMLElement>('main > .section')];
    this.#findings = [...document.querySelectorAll<HTMLElement>('.finding')].map((item) => ({
      item,
      hay: item.textContent.toLowerCase(),
    }));
  }

  /** Listens to the box, and to `/` and Escape wherever they are pressed. */
  start(): void {
    this.#input.parentElement?.removeAttribute('hidden');
    this.#input.addEventListener('input', () => this.#plan());
    document.addEventListener('keydown', (event) => {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        this.#input.focus();
        this.#input.select();
      } else if (event.key === 'Escape' && (isTyping || this.#query !== '')) {
        event.preventDefault();
        if (this.#query === '' && this.#input.value === '') this.#input.blur();
        else this.clear();
      }
    });
    // While the reader looks at the first screen, what a search looks through is made ready, a view at a time.
    const rest = [...this.#views];
    const prepare = (): void => {
      rest.pop()?.prepare();
      if (rest.length > 0) setTimeout(prepare);
    };
    setTimeout(prepare);
    // What was typed while the facts were unpacked, and what the browser kept over a reload.
    if (this.#input.value !== '') this.#plan();
  }

  /** Shows everything again. */
  clear(): void {
    this.#input.value = '';
    this.#apply();
  }

  /** Once a frame is often enough. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    requestAnimationFrame(() => {
      this.#isPlanned = false;
      this.#apply();
    });
  }

  #apply(): void {
    const query = this.#input.value.trim().toLowerCase();
    if (query === this.#query) return;
    this.#query = query;
    const words = query === '' ? [] : query.split(/\s+/);
    const isSearch = words.length > 0;
    document.documentElement.classList.toggle('searching', isSearch);
    const counts = new Map<Element, number>();
    for (const view of this.#views) {
      const count = view.filter(words);
      view.root.hidden = isSearch && count === 0;
      for (let at = view.root.parentElement; at !== null; at = at.parentElement) {
        if (at.classList.contains('panel') || at.classList.contains('section')) {
          counts.set(at, (counts.get(at) ?? 0) + count);
        }
      }
    }
    let found = this.#filterFindings(words);
    for (const section of this.#sections) {
      const count = counts.get(section) ?? 0;
      found += isSearch ? count : 0;
      section.hidden = isSearch && count === 0;
      const place = document.querySelector(`nav a[data-section="${CSS.escape(section.id)}"]`);
      place?.classList.toggle('none', isSearch && count === 0);
      const badge = place?.querySelector('.count');
      if (badge) badge.textContent = isSearch ? formatCount(count) : '';
      for (const choice of section.querySelectorAll<HTMLElement>('.choice'))
        this.#choosePanel(choice, isSearch, counts);
    }
    const places = this.#sections.filter((section) => !section.hidden).length;
    element('found').textContent = !isSearch
      ? ''
      : found === 0
        ? 'no match'
        : `${formatCount(found)} ${found === 1 ? 'match' : 'matches'}${places > 0 ? ` in ${places} of ${this.#sections.length} sections` : ''}`;
    highlight(words, [element('findings'), ...this.#views.filter(({ root }) => !root.hidden).map(({ root }) => root)]);
  }

  #filterFindings(words: readonly string[]): number {
    let found = 0;
    for (const { item, hay } of this.#findings) {
      const matches = holds(hay, words);
      item.hidden = !matches;
      if (matches && words.length > 0) found++;
    }
    element('findings').hidden = words.length > 0 && found === 0;
    const more = document.querySelector<HTMLDetailsElement>('.more-findings');
    if (more !== null && words.length > 0) {
      more.hidden = more.querySelector('.finding:not([hidden])') === null;
      more.open = !more.hidden;
    } else if (more !== null) more.hidden = more.open = false;
    return found;
  }

  /** A panel that holds a match comes before one that holds none. */
  #choosePanel(choice: HTMLElement, isSearch: boolean, counts: ReadonlyMap<Element, number>): void {
    const panels = [...choice.querySelectorAll<HTMLElement>(':scope > .panel')];
    const has = (panel: HTMLElement): boolean => (counts.get(panel) ?? 0) > 0;
    const first = panels.find(has);
    if (isSearch && first !== undefined && !panels.some((one) => one.classList.contains('chosen') && has(one))) {
      choose(first);
    }
  }
}
