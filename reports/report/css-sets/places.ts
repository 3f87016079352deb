/** Where in the picture of css_sets what is, in pixels. */
import { terminalSafe } from '../../../src/text/safe.ts';
import { fitted, textWidth } from '../picture.ts';
import type { Column, Layout } from './layout.ts';

/** Height of a row, and of what stands in it. */
export const ROW = 28;
/** See {@link ROW}. */
export const BOX = 20;
/** Around the picture. */
export const MARGIN = 12;
/** Width of groups of tasks. */
export const STARTS = 224;
/** Width of the number of a css_set, where it has few digits. */
export const BADGE = 34;
/** Between two lines that go up beside each other. */
export const LANE = 7;
/** Radius of where they turn. */
export const BEND = 6;
/** Height of a line of names above a column. */
export const LINE_OF_NAMES = 15;

/** Between groups and css_sets, where lines cross over. */
const CROSSING = 36;
/** Columns are as wide as they can be within it, but neither narrower nor wider than so. */
const WIDTH = 1080;
const NARROWEST = 120;
const WIDEST = 380;

/** A column with its place. */
export interface PlacedColumn {
  readonly column: Column;
  /** Where lines go up before it, and where its cgroups begin. */
  readonly gutter: number;
  readonly x: number;
  readonly width: number;
  /** Of its hierarchies, in lines. */
  readonly names: readonly string[];
}

/** The places. */
export interface Places {
  readonly width: number;
  readonly height: number;
  /** Middle of the first row. */
  readonly top: number;
  /** Left edge of the numbers of css_sets. */
  readonly badges: number;
  readonly columns: readonly PlacedColumn[];
}

/** The places of a layout; `names`: of hierarchies. */
export function placesOf({ columns, rows }: Layout, names: ReadonlyMap<number, string>): Places {
  const badges = MARGIN + STARTS + CROSSING;
  const from = badges + BADGE + 10;
  const gutters = columns.reduce((sum, column) => sum + gutterOf(column), 0);
  const room = (WIDTH - MARGIN - from - gutters) / Math.max(1, columns.length);
  const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, room)));
  let x = from;
  const placed = columns.map((column): PlacedColumn => {
    const gutter = x;
    const left = gutter + gutterOf(column);
    x = left + width;
    const own = column.hierarchies.map((id) => terminalSafe(names.get(id) ?? String(id)));
    return { column, gutter, x: left, width, names: inLines(own, width) };
  });
  const head = Math.max(1, ...placed.map((one) => one.names.length)) * LINE_OF_NAMES;
  const top = MARGIN + head + 14 + ROW / 2;
  return {
    width: Math.max(x, from + NARROWEST) + MARGIN,
    height: Math.round(top + Math.max(1, rows) * ROW - ROW / 2 + MARGIN),
    top,
    badges,
    columns: placed,
  };
}

function gutterOf({ lanes }: Column): number {
  return 16 + lanes * LANE + (lanes > 0 ? BEND + 4 : 0);
}

/** Names in as many lines as they need. */
function inLines(names: readonly string[], width: number): string[] {
  const lines: string[] = [];
  for (const name of names) {
    const last = lines.at(-1);
    const longer = last === undefined ? name : `${last} · ${name}`;
    if (last !== undefined && textWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(fitted(name, width));
  }
  return lines;
}
