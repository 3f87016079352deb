/** A table: its order, what of it is searched for, and the part of it that is in the document. */
import { formatCount } from '../../../src/text/units.ts';
import { rowHtml } from '../markup.ts';
import { unpackCell } from '../packed.ts';
import type { PackedTable } from '../packed.ts';
import { button, element } from './data.ts';
import { hayOf, holds } from './view.ts';
import type { View } from './view.ts';

/** Rows that one more press shows. */
const STEP = 200;

/** Rows of each table that a search shows: there are other tables below. */
const FOUND = 10;

/** Rows before one that a link leads to, where it is far down. */
const BEFORE = 10;

type Direction = 'ascending' | 'descending';

/** One table of the page. */
export class TableView implements View {
  readonly root: HTMLElement;
  readonly #table: PackedTable;
  readonly #body: HTMLTableSectionElement;
  readonly #rest: HTMLElement;
  readonly #headers: readonly HTMLTableCellElement[];
  #hays: readonly string[] | undefined;
  #sorted: { readonly column: number; readonly direction: Direction } | null = null;
  /** Numbers of rows in the order in which they are shown, without those that do not match. */
  #order: readonly number[];
  #words: readonly string[] = [];
  #from = 0;
  #to: number;

  constructor(table: PackedTable) {
    this.#table = table;
    this.root = element(table.id);
    const body = this.root.querySelector('tbody');
    if (body === null) throw new Error('a table has a body');
    this.#body = body;
    this.#headers = [...this.root.querySelectorAll<HTMLTableCellElement>('thead th')];
    this.#order = table.rows.map((_, number) => number);
    this.#to = Math.min(table.shown, table.rows.length);
    const rest = this.root.querySelector<HTMLElement>(':scope > .rest') ?? document.createElement('p');
    rest.className = 'rest';
    this.root.append(rest);
    this.#rest = rest;
    if (table.rows.length > 1) for (const [column, header] of this.#headers.entries()) this.#sortable(header, column);
    this.#tellRest();
  }

  filter(words: readonly string[]): number {
    if (words.join(' ') !== this.#words.join(' ')) {
      this.#words = words;
      this.#arrange();
    }
    return this.#order.length;
  }

  prepare(): void {
    this.#hays ??= this.#table.rows.map((row) => hayOf(row, 2));
  }

  show(number: number): HTMLElement | null {
    const at = this.#order.indexOf(number);
    if (at < 0) return null;
    if (at < this.#from || at >= this.#to) {
      if (at >= this.#to && at < this.#to + STEP) this.#to = at + 1;
      else [this.#from, this.#to] = [Math.max(0, at - BEFORE), Math.min(at + STEP, this.#order.length)];
      this.#draw();
    }
    return this.#body.rows[at - this.#from] ?? null;
  }

  /** Sorts and filters, and shows the beginning of what is left. */
  #arrange(): void {
    const { rows, shown } = this.#table;
    const words = this.#words;
    if (words.length > 0) this.prepare();
    const order: number[] = [];
    for (let number = 0; number < rows.length; number++) {
      if (words.length === 0 || holds(this.#hays?.[number] ?? '', words)) order.push(number);
    }
    if (this.#sorted !== null) this.#sort(order, this.#sorted.column, this.#sorted.direction);
    this.#order = order;
    [this.#from, this.#to] = [0, Math.min(words.length > 0 ? FOUND : shown, order.length)];
    this.#draw();
  }

  #sort(order: number[], column: number, direction: Direction): void {
    const { rows, columns } = this.#table;
    const sign = direction === 'ascending' ? 1 : -1;
    const keys = rows.map(([, , ...cells]) => {
      const { text, value } = unpackCell(cells[column] ?? '');
      const number = columns[column]?.unit === null ? NaN : Number(value ?? text.replaceAll(',', ''));
      return { text, number: text === '' && value === undefined ? NaN : number };
    });
    const { compare } = new Intl.Collator('en', { numeric: true });
    order.sort((a, b) => {
      const [left, right] = [keys[a], keys[b]];
      if (left === undefined || right === undefined) return 0;
      // What is no number comes last, whichever way it goes.
      const lacks = Number(Number.isNaN(left.number)) - Number(Number.isNaN(right.number));
      if (lacks !== 0) return lacks;
      const byValue = Number.isNaN(left.number) ? compare(left.text, right.text) : left.number - right.number;
      return sign * byValue || a - b;
    });
  }

  #sortable(header: HTMLTableCellElement, column: number): void {
    const control = button('', () => {
      const { column: last, direction = null } = this.#sorted ?? {};
      const next = last !== column ? 'ascending' : direction === 'ascending' ? 'descending' : null;
      this.#sorted = next === null ? null : { column, direction: next };
      for (const [at, one] of this.#headers.entries()) {
        if (next !== null && at === column) one.setAttribute('aria-sort', next);
        else one.removeAttribute('aria-sort');
      }
      this.#arrange();
    });
    control.className = 'sort';
    control.replaceChildren(...header.childNodes);
    header.replaceChildren(control);
  }

  #draw(): void {
    const { rows, columns } = this.#table;
    const part = this.#order.slice(this.#from, this.#to);
    this.#body.innerHTML = part.map((number) => rowHtml(rows[number] ?? [0, 0], columns)).join('');
    this.#tellRest();
  }

  #tellRest(): void {
    const all = this.#order.length;
    const what = this.#words.length > 0 ? 'matching rows' : 'rows';
    const isWhole = this.#from === 0 && this.#to >= all;
    this.#rest.hidden = isWhole;
    if (isWhole) return;
    const range = `${formatCount(this.#from + 1)}–${formatCount(this.#to)} of ${formatCount(all)} ${what}`;
    const controls: Node[] = [document.createTextNode(`${range} `)];
    if (this.#from > 0) {
      controls.push(
        button('Show from the first', () => {
          this.#from = 0;
          this.#draw();
        }),
      );
    }
    if (this.#to < all) {
      const next = Math.min(STEP, all - this.#to);
      controls.push(button(`Show ${formatCount(next)} more`, () => this.#more(next)));
    }
    this.#rest.replaceChildren(...controls);
  }

  #more(count: number): void {
    const { rows, columns } = this.#table;
    const first = this.#body.rows.length;
    const part = this.#order.slice(this.#to, this.#to + count);
    this.#body.insertAdjacentHTML('beforeend', part.map((number) => rowHtml(rows[number] ?? [0, 0], columns)).join(''));
    this.#to += part.length;
    this.#tellRest();
    // Whoever pressed the button goes on reading where it was.
    const row = this.#body.rows[first];
    row?.setAttribute('tabindex', '-1');
    row?.focus({ preventScroll: true });
  }
}
