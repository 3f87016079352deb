/** Draws a tree: a line each, what is below it indented, columns at the right. */
import { itemHref } from '../items.ts';
import type { Picture } from '../section.ts';
import { drawRule, drawSign, entitle, LEGEND_LINE, legendOf, titleText, write, writeOn } from '../signs.ts';
import type { Drawing, Meaning } from '../signs.ts';
import type { Twig, TwigCell, Twigs } from './twigs.ts';

/** A column. */
export interface TreeColumn {
  readonly title: string;
  readonly width: number;
}

/** What is to be drawn. */
export interface TreeDrawing {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly roots: readonly Twig[];
  readonly twigs: Twigs;
  readonly columns: readonly TreeColumn[];
  readonly legend: readonly Meaning[];
}

const MARGIN = 16;
const WIDTH = 1080;
const LINE = 26;
const HEAD = 34;
const INDENT = 24;
/** Levels that are indented: what is deeper stands below the last of them. */
const MOST_INDENTED = 14;
/** Lines that a picture has at most. */
const MOST_LINES = 70;

/** A line: a twig and where it stands. */
interface Line {
  readonly twig: Twig | null;
  /** In place of a twig: how many siblings are left out. */
  readonly more: number;
  readonly level: number;
  /** Index of the line of its parent; null: a root. */
  readonly parent: number | null;
}

/** The picture of a tree. What does not fit is counted; the tree beside the picture has it. */
export function treePicture(drawing: TreeDrawing): Picture {
  const { name, title, description, columns, roots, twigs } = drawing;
  const lines = linesOf(roots, twigs);
  const legend = legendOf(drawing.legend, MARGIN, WIDTH - MARGIN);
  const bottom = HEAD + lines.length * LINE;
  const below = drawing.legend.length === 0 ? 10 : 24 + legend.lines * LEGEND_LINE;
  const edge = WIDTH - MARGIN - columns.reduce((sum, { width }) => sum + width, 0);
  return {
    ...{ kind: 'picture', name, title, description },
    width: WIDTH,
    height: bottom + below,
    draw: ({ svg }) => {
      drawHead(svg, columns, edge);
      drawBranches(svg, lines);
      for (const [i, line] of lines.entries()) drawLine(svg, line, { lines, index: i, columns, edge });
      if (drawing.legend.length > 0) legend.draw(svg, bottom + 22);
    },
  };
}

/** Lines from the root down; where they are too many, each twig shows fewer of those below it. */
function linesOf(roots: readonly Twig[], twigs: Twigs): Line[] {
  for (const most of [MOST_LINES, 24, 12, 6, 3]) {
    const lines = linesWith(roots, twigs, most);
    if (lines.length <= MOST_LINES) return lines;
  }
  const lines = linesWith(roots, twigs, 3);
  return [...lines.slice(0, MOST_LINES), { twig: null, more: lines.length - MOST_LINES, level: 0, parent: null }];
}

function linesWith(roots: readonly Twig[], twigs: Twigs, most: number): Line[] {
  const lines: Line[] = [];
  const queue = (siblings: readonly Twig[], level: number, parent: number | null): Line[] => {
    const rest = siblings.length - most;
    const shown = rest > 0 ? siblings.slice(0, most) : siblings;
    const all = shown.map((twig): Line => ({ twig, more: 0, level, parent }));
    if (rest > 0) all.push({ twig: null, more: rest, level, parent });
    return all.reverse();
  };
  const stack = queue(roots, 0, null);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const index = lines.push(next) - 1;
    if (next.twig !== null) stack.push(...queue(twigs.drawnBelow(next.twig), next.level + 1, index));
  }
  return lines;
}

function xOf(level: number): number {
  return MARGIN + 6 + Math.min(level, MOST_INDENTED) * INDENT;
}

function yOf(index: number): number {
  return HEAD + (index + 0.5) * LINE;
}

function drawHead(svg: Drawing, columns: readonly TreeColumn[], edge: number): void {
  let x = edge;
  for (const { title, width } of columns) {
    write(svg, x + width / 2, 20, title, 'f-quiet').attr('text-anchor', 'middle');
    x += width;
  }
}

/** From each parent one line down along its children, and to each of them one across. */
function drawBranches(svg: Drawing, lines: readonly Line[]): void {
  const last = new Map<number, number>();
  for (const [i, { parent }] of lines.entries()) if (parent !== null) last.set(parent, i);
  for (const [parent, child] of last) {
    const x = xOf(lines[parent]?.level ?? 0);
    const path = [`M${String(x)} ${String(yOf(parent) + 6)}V${String(yOf(child))}`];
    for (const [i, line] of lines.entries()) {
      if (line.parent === parent) path.push(`M${String(x)} ${String(yOf(i))}H${String(xOf(line.level) - 7)}`);
    }
    svg.append('path').attr('class', 's-line').attr('d', path.join(''));
  }
}

interface Place {
  readonly lines: readonly Line[];
  readonly index: number;
  readonly columns: readonly TreeColumn[];
  readonly edge: number;
}

function drawLine(svg: Drawing, { twig, more, level, parent }: Line, { lines, index, columns, edge }: Place): void {
  const [x, y] = [xOf(level), yOf(index)];
  const room = edge - x - 20;
  if (twig === null) {
    write(svg, x + 12, y + 4, `and ${String(more)} more: the tree has all`, 'f-quiet i', room);
    return;
  }
  const ways = [`b${String(index)}`];
  for (let up = parent; up !== null; up = lines[up]?.parent ?? null) ways.push(`b${String(up)}`);
  const line = svg.append('g').attr('data-way', ways.join(' '));
  drawRule(line, x + 12, WIDTH - MARGIN, y + LINE / 2);
  drawNode(line, twig, x, y);
  drawLabel(line, twig, x + 12, y + 4, room);
  let at = edge;
  for (const [i, { width }] of columns.entries()) {
    const cell = twig.cells[i];
    if (cell !== undefined) drawCell(line, cell, at + width / 2, y);
    at += width;
  }
}

/** A dot for what keeps something apart, a ring for what does not; several for many that are alike. */
function drawNode(line: Drawing, { cells, members }: Twig, x: number, y: number): void {
  const isApart = cells.some((cell) => cell.kind === 'sign' && cell.sign.look === 'own');
  const dot = (dx: number): void => {
    const circle = line
      .append('circle')
      .attr('cx', x + dx)
      .attr('cy', y)
      .attr('r', 4);
    circle.attr('class', isApart ? 'f-own' : 's-quiet');
  };
  if (members.length > 0) dot(-4);
  dot(0);
}

function drawLabel(line: Drawing, { label, link, detail, members }: Twig, x: number, y: number, room: number): void {
  const words = [label, detail].filter((one) => one !== '').join(': ');
  const on = link === null ? line.append('g').attr('tabindex', 0) : line.append('a').attr('href', itemHref(link));
  on.attr('aria-label', titleText(words));
  entitle(on, words);
  const isLong = members.length > 0;
  const share = isLong ? room * 0.4 : room * 0.62;
  const style = link === null ? 'b' : 'f-link b';
  const text = write(on, x, y, '');
  writeOn(text, label, style, share);
  if (detail !== '') writeOn(text, `\u00a0\u00a0${detail}`, 'f-quiet', room - share);
}

function drawCell(line: Drawing, cell: TwigCell, x: number, y: number): void {
  if (cell.kind === 'sign') {
    const group = line.append('g');
    entitle(group, cell.title);
    drawSign(group, cell.sign, x, y);
    return;
  }
  const words = cell.kind === 'text' ? cell.text : cell.count === 0 ? '' : String(cell.count);
  if (words !== '') write(line, x, y + 4, words).attr('text-anchor', 'middle');
}
