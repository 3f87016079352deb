/** Links to items: also to those that are not in the document yet. */
import type { PackedData } from '../packed.ts';
import { holdable } from '../html.ts';
import { numbered } from '../markup.ts';
import { choose } from './choice.ts';
import type { View } from './view.ts';

/** Where an item has its home: number of a row or node of a view. */
type Home = readonly [view: View, number: number];

/** Follows links. */
export class Links {
  readonly #homes = new Map<string, Home>();
  readonly #clearSearch: () => void;

  /** `views`: those of the tables, then those of the trees. */
  constructor({ tables, trees }: PackedData, views: readonly View[], clearSearch: () => void) {
    this.#clearSearch = clearSearch;
    for (const [at, { rows }] of tables.entries()) {
      for (const [number, [item]] of rows.entries()) this.#add(item, views[at], number);
    }
    for (const [at, { nodes }] of trees.entries()) {
      for (const [number, [item]] of numbered(nodes).nodes.entries()) {
        this.#add(item, views[tables.length + at], number);
      }
    }
  }

  /** Follows the fragment of the page's address now and whenever it changes. */
  start(): void {
    window.addEventListener('hashchange', () => this.#follow());
    // The second press on a link changes no address.
    document.addEventListener('click', (event) => {
      const link = event.target instanceof Element ? event.target.closest('a[href^="#"]') : null;
      if (link?.getAttribute('href') === location.hash) this.#follow();
    });
    if (location.hash.length > 1) this.#follow();
  }

  #add(item: string | 0, view: View | undefined, number: number): void {
    if (item !== 0 && view !== undefined && !this.#homes.has(item)) this.#homes.set(item, [view, number]);
  }

  #follow(): void {
    for (const last of document.querySelectorAll('.target')) last.classList.remove('target');
    const name = decoded(location.hash.slice(1));
    if (name === '') return;
    const home = this.#homes.get(name);
    const found = home === undefined ? document.getElementById(holdable(name)) : this.#shown(home);
    if (found === null) return;
    if (found.closest('[hidden]') !== null) this.#clearSearch();
    for (let at: HTMLElement | null = found; at !== null; at = at.parentElement) {
      if (at instanceof HTMLDetailsElement) at.open = true;
      if (at.classList.contains('panel')) choose(at);
    }
    const isItem = home !== undefined;
    if (isItem) found.classList.add('target');
    found.scrollIntoView({ block: isItem ? 'center' : 'start' });
    found.focus({ preventScroll: true });
  }

  #shown([view, number]: Home): HTMLElement | null {
    const found = view.show(number);
    if (found !== null) return found;
    // What is searched for hides it.
    this.#clearSearch();
    return view.show(number);
  }
}

/** The fragment as text; one that is no valid encoding stands for itself. */
function decoded(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return fragment;
  }
}
