/** A tree: nodes below folded ones come into the document when they are looked at. */
import { holdable } from '../html.ts';
import { CHILDREN, nodesHtml, numbered } from '../markup.ts';
import type { TreeLook } from '../markup.ts';
import type { PackedNode, PackedTree } from '../packed.ts';
import { button, element } from './data.ts';
import { hayOf, holds } from './view.ts';
import type { View } from './view.ts';

/** Matches that are shown at once: who finds more should search for more. */
const MATCHES = 50;

/** One tree of the page. */
export class TreeView implements View {
  readonly root: HTMLElement;
  readonly #roots: readonly PackedNode[];
  readonly #nodes: readonly PackedNode[];
  readonly #parents: readonly number[];
  readonly #list: HTMLUListElement;
  readonly #look: TreeLook;
  /** Numbers of the nodes that are unfolded. */
  readonly #open = new Set<number>();
  /** How many children are shown, where it is not as many as at first. */
  readonly #most = new Map<number, number>();
  #hays: readonly string[] | undefined;
  #words: readonly string[] = [];
  /** Nodes that match and those above them; null: no search. */
  #visible: ReadonlySet<number> | null = null;
  #matches = 0;

  constructor({ id, nodes }: PackedTree) {
    this.root = element(id);
    this.#roots = nodes;
    const tree = numbered(nodes);
    this.#nodes = tree.nodes;
    this.#parents = tree.parents;
    const list = this.root.querySelector<HTMLUListElement>(':scope > .scroll > ul');
    if (list === null) throw new Error('a tree has a list');
    this.#list = list;
    for (const [number, node] of tree.nodes.entries()) if (node[2] === 1) this.#open.add(number);
    this.#look = {
      numberOf: tree.numberOf,
      isOpen: (node) => this.#visible !== null || this.#open.has(tree.numberOf(node)),
      isFilled: (node) => this.#visible !== null || this.#open.has(tree.numberOf(node)),
      shownOf: (some) => (this.#visible === null ? some : some.filter((one) => this.#isVisible(one))),
      mostOf: (node) =>
        this.#visible === null ? (this.#most.get(node === null ? -1 : tree.numberOf(node)) ?? CHILDREN) : MATCHES,
    };
    this.root.querySelector(':scope > .rest')?.remove();
    // toggle does not bubble; it is heard on its way down.
    list.addEventListener('toggle', (event) => this.#toggled(event), true);
    list.addEventListener('click', (event) => {
      this.#more(event);
      foldByLine(event);
    });
    this.#controls();
    this.#buttons(list);
  }

  filter(words: readonly string[]): number {
    if (words.join(' ') === this.#words.join(' ')) return this.#visible === null ? this.#nodes.length : this.#matches;
    this.#words = words;
    if (words.length === 0) {
      this.#visible = null;
      this.#draw();
      return this.#nodes.length;
    }
    this.prepare();
    const visible = new Set<number>();
    this.#matches = 0;
    for (const [number, hay] of (this.#hays ?? []).entries()) {
      if (!holds(hay, words)) continue;
      if (++this.#matches > MATCHES) continue;
      for (let at = number; at >= 0 && !visible.has(at); at = this.#parents[at] ?? -1) visible.add(at);
    }
    this.#visible = visible;
    this.#draw();
    return this.#matches;
  }

  prepare(): void {
    this.#hays ??= this.#nodes.map((node) => hayOf(node, 4));
  }

  show(number: number): HTMLElement | null {
    const node = this.#nodes[number];
    if (node === undefined) return null;
    let isNew = false;
    for (let at = number; at >= 0; at = this.#parents[at] ?? -1) {
      const parent = this.#parents[at] ?? -1;
      const siblings = parent < 0 ? this.#roots : (this.#nodes[parent]?.[3] ?? []);
      const place = siblings.findIndex((one) => this.#look.numberOf(one) === at);
      if (place >= (this.#most.get(parent) ?? CHILDREN)) {
        this.#most.set(parent, place + 1);
        isNew = true;
      }
      if (parent >= 0 && !this.#open.has(parent)) {
        this.#open.add(parent);
        isNew = true;
      }
    }
    if (isNew) this.#draw();
    const [item] = node;
    return item === 0 ? null : document.getElementById(holdable(item));
  }

  #isVisible(node: PackedNode): boolean {
    return this.#visible?.has(this.#look.numberOf(node)) ?? true;
  }

  #draw(): void {
    this.#list.innerHTML = nodesHtml(this.#roots, null, this.#look);
    this.#buttons(this.#list);
    const cut = this.#visible !== null && this.#matches > MATCHES;
    this.root.querySelector(':scope > .rest')?.remove();
    if (!cut) return;
    const note = document.createElement('p');
    note.className = 'rest';
    note.textContent = `The first ${MATCHES} of ${this.#matches} matches.`;
    this.root.append(note);
  }

  #toggled(event: Event): void {
    const details = event.target;
    if (!(details instanceof HTMLDetailsElement) || details.dataset['node'] === undefined) return;
    // During a search everything is unfolded: what the reader folds then is no choice for later.
    if (this.#visible !== null) return;
    const number = Number(details.dataset['node']);
    if (!details.open) {
      this.#open.delete(number);
      return;
    }
    this.#open.add(number);
    if (details.dataset['empty'] !== undefined) this.#fill(number, details);
  }

  #fill(number: number, details: HTMLDetailsElement): void {
    const node = this.#nodes[number];
    const list = details.querySelector<HTMLUListElement>(':scope > ul');
    if (node === undefined || list === null) return;
    delete details.dataset['empty'];
    list.innerHTML = nodesHtml(node[3], node, this.#look);
    this.#buttons(list);
  }

  /** What says that there are more children becomes a button. */
  #buttons(list: HTMLElement): void {
    for (const rest of list.querySelectorAll<HTMLElement>('li.rest[data-rest]')) {
      const made = document.createElement('button');
      made.type = 'button';
      made.textContent = `Show ${rest.textContent}`;
      rest.replaceChildren(made);
    }
  }

  #more(event: MouseEvent): void {
    const rest = event.target instanceof Element ? event.target.closest<HTMLElement>('li.rest[data-rest]') : null;
    if (rest === null || this.#visible !== null) return;
    const number = Number(rest.dataset['rest']);
    const list = rest.parentElement;
    const before = list?.children.length ?? 0;
    this.#most.set(number, (this.#most.get(number) ?? CHILDREN) + CHILDREN);
    const parent = number < 0 ? null : (this.#nodes[number] ?? null);
    if (list === null) return;
    list.innerHTML = nodesHtml(parent === null ? this.#roots : parent[3], parent, this.#look);
    this.#buttons(list);
    const next = list.children[before - 1];
    next?.setAttribute('tabindex', '-1');
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
  }

  #controls(): void {
    const parents = this.#nodes.flatMap((node, number) => (node[3].length === 0 ? [] : [number]));
    if (parents.length === 0) return;
    const box = document.createElement('p');
    box.className = 'controls';
    const all = (isOpen: boolean) => () => {
      this.#open.clear();
      if (isOpen) for (const number of parents) this.#open.add(number);
      this.#draw();
    };
    box.append(button('Unfold all', all(true)), button('Fold all', all(false)));
    this.root.querySelector('.caption')?.after(box);
  }
}

/** The whole line of a node folds it, but for what in it has a use of its own. */
function foldByLine({ target }: MouseEvent): void {
  if (!(target instanceof Element) || target.closest('a, summary, button') !== null) return;
  const line = target.closest('.parent > .line');
  const details = line?.nextElementSibling;
  if (details instanceof HTMLDetailsElement && getSelection()?.isCollapsed !== false) details.open = !details.open;
}
