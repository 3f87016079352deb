/** Tables for the terminal and CSV, from one statement of each column. */
import { terminalSafe } from '../src/text/safe.ts';
import { displayWidth, padEnd, padStart, truncate } from '../src/text/width.ts';
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
  /** May be cut where the terminal is too narrow. */
  readonly shrink?: boolean;
  /** The cell for a person. */
  readonly text: (row: Row) => string;
  /** The cell for a program. */
  readonly value: (row: Row) => Name | number | boolean | null;
}

/** No column is cut to less than this. */
const NARROWEST = 8;

const GAP = '  ';

/**
 * The table as lines. Plain columns rather than cli-table3's cells, which take a quarter of a millisecond a row: a host has
 * thousands of namespaces. What comes from the host is made safe here.
 */
export function tableLines<Row>(rows: readonly Row[], columns: readonly Column<Row>[], style: Style): string[] {
  const headers = columns.map((column) => column.header ?? column.name.toUpperCase());
  const cells = rows.map((row) => columns.map((column) => terminalSafe(column.text(row))));
  const widths = headers.map((header, i) =>
    cells.reduce((widest, row) => Math.max(widest, displayWidth(row[i] ?? '')), header.length),
  );
  fit(widths, columns, style.columns);
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => {
        const width = widths[i] ?? 0;
        const cut = truncate(cell, width, style.ellipsis);
        return columns[i]?.align === 'right' ? padStart(cut, width) : padEnd(cut, width);
      })
      .join(GAP)
      .trimEnd();
  return [style.bold(line(headers)), ...cells.map(line)];
}

/** Takes from the widest of the columns that may be cut until all fit. */
function fit(widths: number[], columns: readonly { readonly shrink?: boolean }[], room: number | null): void {
  if (room === null) return;
  let excess = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length) - room;
  while (excess > 0) {
    let widest = -1;
    for (const [i, width] of widths.entries()) {
      if (columns[i]?.shrink === true && width > NARROWEST && width > (widths[widest] ?? 0)) widest = i;
    }
    if (widest < 0) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
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
