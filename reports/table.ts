/** Tables for the terminal and CSV, from one statement of each column. */
import { terminalSafe } from '../src/text/safe.ts';
import { displayWidth, truncate } from '../src/text/width.ts';
import type { Name } from '../src/schema/name.ts';
import type { Style } from './style.ts';

/** One column: where its values come from, and how it is called everywhere. */
export interface Column<Row> {
  /** What `-o` and CSV call it: the JSON member it shows. */
  readonly name: string;
  /** Heading where it is not the name in capitals. */
  readonly header?: string;
  readonly help: string;
  readonly align?: 'right';
  /** What of the cell leads to the name in it, such as the lines of a tree: it is cut before the name is. */
  readonly prefix?: (row: Row) => string;
  /** May be cut where the terminal is too narrow; `last`: when nothing else can be. */
  readonly shrink?: boolean | 'last';
  /** The cell for a person. */
  readonly text: (row: Row) => string;
  /** The cell for a program. */
  readonly value: (row: Row) => Name | number | boolean | null;
}

/** No column is cut to less than this, nor the name behind a prefix, nor the two of them. */
const NARROWEST = 8;
const NARROWEST_NAME = 12;
const NARROWEST_WITH_PREFIX = 18;

/** More of a text than this is in no cell, however wide: its width need not be taken. Longer than any path or command line in sight. */
const MOST_TEXT = 8192;

/**
 * Where nothing is cut, the columns after a cell wider than this are out of line in its row alone: with all rows as wide as the
 * widest, a process tree 800 deep took 13 MB of blanks.
 */
const WIDEST = 160;

const GAP = '  ';

/**
 * The table as lines. Plain columns rather than cli-table3's cells, which take a quarter of a millisecond a row: a host has
 * thousands of namespaces. What comes from the host is made safe here.
 */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: Style): string[] {
  const headers = columns.map((column) => cellOf(column.header ?? column.name.toUpperCase()));
  const cells = rows.map((row) =>
    columns.map((column) => cellOf(terminalSafe(clipped(column.text(row), style)), column.prefix?.(row).length)),
  );
  const widest = style.columns === null ? WIDEST : Infinity;
  const widths = headers.map((header, i) =>
    cells.reduce((most, row) => Math.max(most, Math.min(row[i]?.width ?? 0, widest)), header.width),
  );
  fit(widths, columns, style.columns);
  const line = (row: readonly Cell[]): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        const cut = cell.width <= width || style.columns === null ? cell : cutTo(cell, width, style);
        const blank = ' '.repeat(Math.max(0, width - cut.width));
        return columns[i]?.align === 'right' ? blank + cut.text : cut.text + blank;
      })
      .join(GAP)
      .trimEnd();
  return [style.bold(line(headers)), ...cells.map(line)];
}

/** A text whose width is taken once: that takes longer than all the rest of drawing it. */
interface Cell {
  readonly text: string;
  readonly width: number;
  /** Length of its prefix. */
  readonly prefix: number;
}

function cellOf(text: string, prefix = 0): Cell {
  return { text, width: displayWidth(text), prefix };
}

function clipped(text: string, { ellipsis }: Style): string {
  if (text.length <= MOST_TEXT) return text;
  // Not between the halves of a character.
  return text.slice(0, MOST_TEXT).replace(/[\ud800-\udbff]$/, '') + ellipsis;
}

/** Of a prefix the end stays, which leads to the name. */
function cutTo({ text, prefix: length }: Cell, width: number, { ellipsis }: Style): Cell {
  if (length === 0) return cellOf(truncate(text, width, ellipsis));
  const prefix = text.slice(0, length);
  const name = text.slice(length);
  const room = width - Math.min(displayWidth(name), Math.max(NARROWEST_NAME, width >> 1));
  const kept = length <= room ? prefix : ellipsis + prefix.slice(length - Math.max(0, room - ellipsis.length));
  return cellOf(kept + truncate(name, width - kept.length, ellipsis));
}

type Shrinking = Pick<Column<never>, 'shrink' | 'prefix'>;

/** Takes from the widest of the columns that may be cut until all fit; from those that name the row only what is still missing then. */
function fit(widths: number[], columns: readonly Shrinking[], room: number | null): void {
  if (room === null) return;
  let excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - room;
  for (const turn of [true, 'last'] as const) {
    while (excess > 0) {
      let widest = -1;
      for (const [i, width] of widths.entries()) {
        const least = columns[i]?.prefix === undefined ? NARROWEST : NARROWEST_WITH_PREFIX;
        if (columns[i]?.shrink === turn && width > least && width > (widths[widest] ?? 0)) widest = i;
      }
      if (widest < 0) break;
      widths[widest] = (widths[widest] ?? 0) - 1;
      excess--;
    }
  }
}

/**
 * The table as CSV (RFC 4180): lines end with CR LF, what needs it is quoted, null is an empty field. Control characters are
 * escaped as on the terminal, where CSV is shown as well; exact names are in JSON.
 */
export function csv<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = rows.map((row) => columns.map((column) => csvField(column.value(row))).join());
  return [columns.map((column) => column.name).join(), ...lines].map((line) => `${line}\r\n`).join('');
}

function csvField(value: Name | number | boolean | null): string {
  if (value === null) return '';
  const text = terminalSafe(typeof value === 'object' ? value.text : String(value));
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
