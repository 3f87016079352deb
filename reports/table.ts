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
  /** May be cut where the terminal is too narrow; `last`: when nothing else can be. */
  readonly shrink?: boolean | 'last';
  /** The cell for a person. */
  readonly text: (row: Row) => string;
  /** The cell for a program. */
  readonly value: (row: Row) => Name | number | boolean | null;
}

/** No column is cut to less than this. */
const NARROWEST = 8;

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
  const cells = rows.map((row) => columns.map((column) => cellOf(terminalSafe(column.text(row)))));
  const widest = style.columns === null ? WIDEST : Infinity;
  const widths = headers.map((header, i) =>
    cells.reduce((most, row) => Math.max(most, Math.min(row[i]?.width ?? 0, widest)), header.width),
  );
  fit(widths, columns, style.columns);
  const line = (row: readonly Cell[]): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        const cut =
          cell.width <= width || style.columns === null ? cell : cellOf(truncate(cell.text, width, style.ellipsis));
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
}

function cellOf(text: string): Cell {
  return { text, width: displayWidth(text) };
}

/** Takes from the widest of the columns that may be cut until all fit; from those that name the row only what is still missing then. */
function fit(widths: number[], columns: readonly { readonly shrink?: boolean | 'last' }[], room: number | null): void {
  if (room === null) return;
  let excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - room;
  for (const turn of [true, 'last'] as const) {
    while (excess > 0) {
      let widest = -1;
      for (const [i, width] of widths.entries()) {
        if (columns[i]?.shrink === turn && width > NARROWEST && width > (widths[widest] ?? 0)) widest = i;
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
