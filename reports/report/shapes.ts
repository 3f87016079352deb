/** Shapes that several pictures have. */
import { fitted, textWidth } from './picture.ts';
import type { Canvas } from './picture.ts';

/** What is drawn into. */
export type Group = Canvas['svg'];

/** A filled rectangle. `name`: its class, such as `f-own`. */
export function bar(at: Group, x: number, y: number, width: number, height: number, name: string): void {
  at.append('rect').attr('class', name).attr('x', x).attr('y', y).attr('width', width).attr('height', height);
}

/** The edge of a rectangle, within it. `dashes`: as in `stroke-dasharray`. */
export function edge(
  at: Group,
  x: number,
  y: number,
  width: number,
  height: number,
  name: string,
  dashes?: string,
): void {
  const line = at.append('rect').attr('class', name);
  line
    .attr('x', x + 0.5)
    .attr('y', y + 0.5)
    .attr('width', Math.max(0, width - 1))
    .attr('height', Math.max(0, height - 1));
  if (dashes !== undefined) line.attr('stroke-dasharray', dashes);
}

/** A rectangle that stands out from the ground. */
export function panel(at: Group, x: number, y: number, width: number, height: number): void {
  bar(at, x, y, width, height, 'f-raised');
  edge(at, x, y, width, height, 's-line');
}

/** A rectangle of slanted lines: what is not known. */
export function hatched(at: Group, x: number, y: number, width: number, height: number, name = 's-unknown'): void {
  at.append('path')
    .attr('class', name)
    .attr('d', hatch(x, y, width, height));
}

function hatch(x: number, y: number, width: number, height: number, step = 6): string {
  const lines: string[] = [];
  // Each rises to the right; it enters at the left or the lower edge, and leaves at the upper or the right one.
  for (let at = step; at < width + height; at += step) {
    const [x1, y1] = at <= height ? [x, y + at] : [x + at - height, y + height];
    const [x2, y2] = at <= width ? [x + at, y] : [x + width, y + at - width];
    lines.push(`M${x1},${y1}L${x2},${y2}`);
  }
  return lines.join('');
}

/** Where a text stands, and how. */
export interface Label {
  readonly x: number;
  readonly y: number;
  /** Classes; the colour of text without one. */
  readonly name?: string;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** It is cut in its middle where it is wider. */
  readonly room?: number;
}

/** Writes text. */
export function write(at: Group, text: string, { x, y, name, anchor, room }: Label): void {
  const node = at.append('text').attr('x', x).attr('y', y);
  if (name !== undefined) node.attr('class', name);
  if (anchor !== undefined && anchor !== 'start') node.attr('text-anchor', anchor);
  node.text(room === undefined ? text : fitted(text, room));
}

/** An entry of a legend: `draw` draws a sign of this width, whose upper left corner is given. */
export interface LegendEntry {
  readonly width: number;
  readonly text: string;
  readonly draw: (at: Group, x: number, y: number) => void;
}

/** Height of a line of a legend; signs are 16 high. */
export const LEGEND_LINE = 24;

/** Entries of a legend in lines that fit into this width. */
export function legendLines(entries: readonly LegendEntry[], width: number): LegendEntry[][] {
  const lines: LegendEntry[][] = [[]];
  let used = 0;
  for (const entry of entries) {
    const own = spanOf(entry);
    if (used > 0 && used + own > width) {
      lines.push([]);
      used = 0;
    }
    lines.at(-1)?.push(entry);
    used += own;
  }
  return lines;
}

/** Draws a legend. */
export function drawLegend(at: Group, lines: readonly (readonly LegendEntry[])[], left: number, top: number): void {
  for (const [row, line] of lines.entries()) {
    let x = left;
    const y = top + row * LEGEND_LINE;
    for (const entry of line) {
      entry.draw(at, x, y);
      write(at, entry.text, { x: x + entry.width + (entry.width > 0 ? 6 : 0), y: y + 12, name: 'f-quiet' });
      x += spanOf(entry);
    }
  }
}

function spanOf({ width, text }: LegendEntry): number {
  return Math.ceil(width + 6 + textWidth(text) * 0.95 + 16);
}
