/** Markup of rows and nodes, for the page as it is written and for its script, which shows more of them. */
import type { ItemId, Mark, ReportCell } from '../../src/schema/report.ts';
import { escapeHtml, shown } from './html.ts';
import { itemHref } from './items.ts';
import { MARK_LOOKS } from './marks.ts';
import { unpackCell } from './packed.ts';
import type { PackedNode, PackedRow, PackedTable } from './packed.ts';

/** A text that is longer is shown by its beginning, the whole on demand. */
const LONG = 160;
const BEGINNING = 100;

/** Children of a node that are shown at once. */
export const CHILDREN = 100;

/** A text with its mark, as sign and word: `● own`. */
export function marked(text: string, mark: Mark | undefined): string {
  if (mark === undefined) return folded(text);
  const { sign, word, colour } = MARK_LOOKS[mark];
  const said = text === '' ? word : text;
  const also = said.toLowerCase().includes(word) ? '' : `<span class="vh"> (${word})</span>`;
  // A text that begins with the sign has it already.
  const before = said.startsWith(sign) ? '' : `<span class="sign" aria-hidden="true">${sign}</span>\u00a0`;
  return `<span class="c-${colour}" title="${word}">${before}${folded(said)}${also}</span>`;
}

/** A long text folded: what is 4,000 characters long is read by nobody who did not ask for it. */
function folded(text: string): string {
  if (text.length <= LONG) return shown(text);
  const beginning = text.slice(0, BEGINNING).toWellFormed();
  return `<details class="long"><summary>${shown(beginning)}…</summary>${shown(text)}</details>`;
}

function cellContent({ text, item, mark, note }: ReportCell, home: ItemId | null): string {
  const link = item !== undefined && item !== home && text.length <= LONG;
  const inner = marked(text, mark);
  const after = item !== undefined && item !== home && !link ? ` <a href="${hrefOf(item)}">see</a>` : '';
  const more =
    note === undefined
      ? ''
      : ` <details class="note"><summary aria-label="Note on ${shown(text.slice(0, 60).toWellFormed())}">i</summary>${shown(note)}</details>`;
  return `${link ? `<a href="${hrefOf(item)}">${inner}</a>` : inner}${after}${more}`;
}

function hrefOf(item: ItemId): string {
  return escapeHtml(itemHref(item));
}

/** A link to the thing itself, to be copied. */
function anchor(item: ItemId, name: string): string {
  return ` <a class="self" href="${hrefOf(item)}" aria-label="Link to ${shown(name.slice(0, 60).toWellFormed())}">#</a>`;
}

/** Sentences need room, numbers do not. */
function classOf(align: 'left' | 'right' | undefined, length: number): string {
  if (align === 'right') return length > 24 ? ' class="r w"' : ' class="r"';
  return length > 80 ? ' class="ww"' : length > 24 ? ' class="w"' : '';
}

/** A row of a table. */
export function rowHtml([item, mark, ...cells]: PackedRow, columns: PackedTable['columns']): string {
  const home = item === 0 ? null : item;
  const inner = cells.map((packed, at) => {
    const cell = unpackCell(packed);
    const right = classOf(columns[at]?.align, cell.text.length);
    if (at > 0) return `<td${right}>${cellContent(cell, home)}</td>`;
    const rowMark = mark === 0 || cell.mark !== undefined ? {} : { mark };
    const self = home === null ? '' : anchor(home, cell.text);
    return `<th scope="row"${right}>${cellContent({ ...cell, ...rowMark }, home)}${self}</th>`;
  });
  const id = home === null ? '' : ` id="${escapeHtml(home)}" tabindex="-1"`;
  return `<tr${id}${mark === 0 ? '' : ` class="m-${mark}"`}>${inner.join('')}</tr>`;
}

/** How a tree is shown; nodes are numbered as they come, children after their parent. */
export interface TreeLook {
  readonly numberOf: (node: PackedNode) => number;
  readonly isOpen: (node: PackedNode) => boolean;
  /** Whether the children are there, be they folded or not. */
  readonly isFilled: (node: PackedNode) => boolean;
  /** The nodes of these that are shown. */
  readonly shownOf: (nodes: readonly PackedNode[]) => readonly PackedNode[];
  /** How many of the children of a node, or of the roots (null), are shown at most. */
  readonly mostOf: (node: PackedNode | null) => number;
}

/** The nodes below one as items of a list. */
export function nodesHtml(nodes: readonly PackedNode[], parent: PackedNode | null, look: TreeLook): string {
  const candidates = look.shownOf(nodes);
  const most = look.mostOf(parent);
  const items = candidates.slice(0, most).map((node) => nodeHtml(node, look));
  if (candidates.length > most) {
    const number = parent === null ? -1 : look.numberOf(parent);
    items.push(`<li class="rest" data-rest="${number}">${candidates.length - most} more</li>`);
  }
  return items.join('');
}

function nodeHtml(node: PackedNode, look: TreeLook): string {
  const [item, mark, , children, head, ...cells] = node;
  const { text, item: link } = unpackCell(head);
  const label = cellContent(
    { text, ...(link !== undefined && { item: link }), ...(mark !== 0 && { mark }) },
    item === 0 ? null : item,
  );
  const parts = cells.map(unpackCell).filter((cell) => cell.text !== '' || cell.mark !== undefined);
  const rest = parts.map((cell) => `<span class="cell">${cellContent(cell, item === 0 ? null : item)}</span>`).join('');
  const line = `<span class="node">${label}</span>${rest}${item === 0 ? '' : anchor(item, text)}`;
  const id = item === 0 ? '' : ` id="${escapeHtml(item)}" tabindex="-1"`;
  if (children.length === 0) return `<li${id}><div class="line">${line}</div></li>`;
  const isFilled = look.isFilled(node);
  const below = isFilled ? nodesHtml(children, node, look) : `<li class="rest">${children.length} below</li>`;
  // Links are beside what folds, not in it: within a button they could not be reached.
  const fold = `<details data-node="${look.numberOf(node)}"${isFilled ? '' : ' data-empty'}${look.isOpen(node) ? ' open' : ''}><summary aria-label="Below ${shown(text.slice(0, 60).toWellFormed())}"></summary><ul>${below}</ul></details>`;
  return `<li${id} class="parent"><div class="line">${line}</div>${fold}</li>`;
}

/** Numbers of nodes, as {@link TreeLook} has them, and all nodes by their number. */
export function numbered(roots: readonly PackedNode[]): {
  readonly nodes: readonly PackedNode[];
  readonly parents: readonly number[];
  readonly numberOf: (node: PackedNode) => number;
} {
  const nodes: PackedNode[] = [];
  const parents: number[] = [];
  const numbers = new Map<PackedNode, number>();
  const add = (node: PackedNode, parent: number): void => {
    const number = nodes.push(node) - 1;
    parents.push(parent);
    numbers.set(node, number);
    for (const child of node[3]) add(child, number);
  };
  for (const root of roots) add(root, -1);
  return { nodes, parents, numberOf: (node) => numbers.get(node) ?? -1 };
}
