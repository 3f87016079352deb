/** Draws the isolation matrix. */
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { itemHref } from '../items.ts';
import type { Picture } from '../section.ts';
import { drawRule, drawSign, entitle, LEGEND_LINE, legendOf, titleText, write } from '../signs.ts';
import type { Drawing, Meaning } from '../signs.ts';
import { GLANCED } from './glance.ts';
import { RIGHTS } from './lines.ts';
import type { Line, LineCell, LineLimit, LineRight } from './lines.ts';
import type { Group, Matrix } from './rows.ts';

/** Where things are, in pixels. */
const MARGIN = 16;
const NAME = 200;
const CELL = 46;
const LIMIT = 94;
const GAP = 18;
const HEAD = 52;
/** Groups that are spelled out below the matrix. */
const MOST_GROUPS = 8;

/** Left edges of the columns of limits and rights. */
interface Edges {
  readonly limits: number;
  /** As many as there are rights, and the right edge of the last. */
  readonly rights: readonly number[];
  readonly width: number;
}

function edgesOf(hasLimits: boolean): Edges {
  const limits = MARGIN + NAME + NS_TYPES.length * CELL + GAP;
  let at = limits + (hasLimits ? GLANCED.length * LIMIT + GAP - 8 : 0);
  const rights = [at, ...RIGHTS.map(({ width }) => (at += width))];
  return { limits, rights, width: at + MARGIN };
}

/** The picture of these lines. */
export function matrixPicture(matrix: Matrix, lines: readonly Line[], description: string): Picture {
  const height = lines.some(({ below }) => below !== '') ? 40 : 30;
  const hasLimits = lines.some(({ limits }) => limits !== null);
  const edges = edgesOf(hasLimits);
  const isWhole = lines.length === matrix.rows.length;
  const groups = isWhole ? matrix.groups.slice(0, MOST_GROUPS) : [];
  const more = isWhole ? matrix.groups.length - groups.length : 0;
  const bottom = HEAD + (lines.length + 1) * height;
  const legend = legendOf(LEGEND, MARGIN, edges.width - MARGIN);
  const below = bottom + 24 + legend.lines * LEGEND_LINE;
  return {
    kind: 'picture',
    name: 'matrix',
    title: 'Isolation matrix: containers by namespace types',
    description,
    width: edges.width,
    height: below + (groups.length + Math.min(more, 1)) * LEGEND_LINE,
    draw: ({ svg }) => {
      drawHead(svg, edges, hasLimits);
      drawHost(svg, matrix, edges.width, height);
      for (const [i, line] of lines.entries()) {
        drawLine(svg, line, `r${String(i)}`, { top: HEAD + (i + 1) * height, height, edges });
      }
      legend.draw(svg, bottom + 24);
      for (const [i, group] of groups.entries()) drawGroup(svg, group, below + i * LEGEND_LINE);
      if (more > 0) {
        const at = below + groups.length * LEGEND_LINE + 8;
        write(svg, MARGIN, at, `and ${formatPlural(more, 'group')} more: the table has all`, 'f-quiet');
      }
    },
  };
}

const LEGEND: readonly Meaning[] = [
  [{ look: 'own', text: '', extra: '' }, 'its own'],
  [{ look: 'own', text: '', extra: '+1' }, 'with visitors'],
  [{ look: 'shared', text: 'A', extra: '' }, 'shared, each by its letter'],
  [{ look: 'outside', text: 'A', extra: '' }, 'shared with the outside'],
  [{ look: 'host', text: 'host', extra: '' }, "the host's"],
  [{ look: 'usual', text: 'host', extra: '' }, "the host's, as usual"],
  [{ look: 'unknown', text: '?', extra: '' }, 'not known'],
];

function columnAt(index: number): number {
  return MARGIN + NAME + (index + 0.5) * CELL;
}

function drawHead(svg: Drawing, { limits, rights }: Edges, hasLimits: boolean): void {
  write(svg, MARGIN, 40, 'Container', 'f-quiet b');
  write(svg, columnAt(0) - 17, 18, 'Namespaces', 'f-quiet b');
  for (const [i, type] of NS_TYPES.entries()) write(svg, columnAt(i), 40, type).attr('text-anchor', 'middle');
  if (hasLimits) {
    write(svg, limits, 18, 'Limits, and how much is used', 'f-quiet b');
    for (const [i, { title }] of GLANCED.entries()) write(svg, limits + i * LIMIT, 40, title);
  }
  write(svg, rights[0] ?? 0, 18, 'Rights', 'f-quiet b');
  for (const [i, { title }] of RIGHTS.entries()) write(svg, rights[i] ?? 0, 40, title);
}

function drawHost(svg: Drawing, matrix: Matrix, width: number, height: number): void {
  const ground = svg
    .append('rect')
    .attr('class', 'f-raised')
    .attr('x', MARGIN - 8)
    .attr('y', HEAD);
  ground
    .attr('width', width - 2 * MARGIN + 16)
    .attr('height', height)
    .attr('rx', 4);
  const middle = HEAD + height / 2;
  write(svg, MARGIN, middle + 4, 'the host', 'b');
  for (const [i, inum] of matrix.host.entries()) {
    const type = NS_TYPES[i] ?? '';
    const cell = svg.append('g');
    entitle(cell, inum === null ? `${type}: it is not known which is the host's` : `${type}:[${String(inum)}]`);
    const sign = inum === null ? ({ look: 'unknown', text: '?' } as const) : ({ look: 'usual', text: 'host' } as const);
    drawSign(cell, { ...sign, extra: '' }, columnAt(i), middle);
  }
}

interface Place {
  readonly top: number;
  readonly height: number;
  readonly edges: Edges;
}

function drawLine(svg: Drawing, line: Line, way: string, { top, height, edges }: Place): void {
  const middle = top + height / 2;
  drawRule(svg, MARGIN, edges.width - MARGIN, top + height);
  const letters = [...new Set(line.cells.flatMap(({ letter }) => (letter === null ? [] : [`g${letter}`])))];
  const name = line.item === null ? svg.append('g') : svg.append('a').attr('href', itemHref(line.item));
  const words = [line.label, line.below].filter((one) => one !== '').join(': ');
  name.attr('data-way', [way, ...letters].join(' ')).attr('aria-label', titleText(words));
  if (line.item === null) name.attr('tabindex', 0);
  entitle(name, words);
  const isTall = line.below !== '';
  write(name, MARGIN, middle + (isTall ? -3 : 4), line.label, line.item === null ? 'b' : 'f-link', NAME - 12);
  if (isTall) write(name, MARGIN, middle + 12, line.below, 'f-quiet q', NAME + 10);
  for (const [i, cell] of line.cells.entries()) drawCell(svg, cell, columnAt(i), middle, way);
  for (const [i, limit] of (line.limits ?? []).entries())
    drawLimit(svg, limit, edges.limits + i * LIMIT, middle, isTall, way);
  for (const [i, right] of line.rights.entries()) {
    const [at = 0, next = 0] = edges.rights.slice(i, i + 2);
    drawRight(svg, right, at, next - at - 6, middle, way);
  }
}

function drawCell(svg: Drawing, cell: LineCell, x: number, y: number, way: string): void {
  const ways = [...(cell.letter === null ? [] : [`g${cell.letter}`]), way].join(' ');
  const mark = svg.append('g').attr('data-way', ways);
  entitle(mark, cell.title);
  drawSign(mark, cell, x, y);
}

function drawLimit(svg: Drawing, limit: LineLimit, x: number, y: number, isTall: boolean, way: string): void {
  const { text: words, used, ratio, look, title } = limit;
  const room = LIMIT - 12;
  const cell = svg.append('g').attr('data-way', way);
  if (title !== '') entitle(cell, title);
  const isQuiet = look === 'none' || look === 'unknown' ? 'f-quiet i' : '';
  if (ratio === null) {
    write(cell, x, y + 4, words, isQuiet, room);
    return;
  }
  const isNear = look === 'near' || look === 'over';
  // Of many, what is used most stands beside its bar: the words are longer.
  write(cell, x, isTall ? y - 3 : y, words, isQuiet, isTall ? room : room - 32);
  const share = write(
    cell,
    x + room,
    isTall ? y + 13 : y,
    isNear ? `! ${used}` : used,
    isNear ? `f-${look} b q` : 'f-quiet q',
  );
  share.attr('text-anchor', 'end');
  const length = isTall ? room - 44 : room;
  const bar = (colour: string, width: number): void => {
    const rect = cell
      .append('rect')
      .attr('class', `f-${colour}`)
      .attr('x', x)
      .attr('y', y + (isTall ? 7 : 6));
    rect.attr('width', width).attr('height', 4).attr('rx', 2);
  };
  bar('line', length);
  const width = Math.round(Math.min(1, Math.max(0, ratio)) * length * 10) / 10;
  if (width > 0) bar(isNear ? look : 'own', Math.max(3, width));
}

function drawRight(svg: Drawing, right: LineRight, x: number, room: number, y: number, way: string): void {
  const { text: words, isLoud, title } = right;
  const cell = svg.append('g').attr('data-way', way);
  entitle(cell, title);
  write(cell, x, y + 4, isLoud ? `! ${words}` : words, isLoud ? 'f-host b' : words === '?' ? 'f-quiet' : '', room);
}

function drawGroup(svg: Drawing, { letter, text: who, namespaces, isOutside }: Group, y: number): void {
  const group = svg.append('g').attr('data-way', `g${letter}`).attr('tabindex', 0);
  const types = NS_TYPES.filter((type) => namespaces.some((one) => one.type === type)).join(', ');
  const words = `${types}: ${who}`;
  group.attr('aria-label', titleText(`group ${letter}: ${words}`));
  entitle(group, words);
  drawSign(group, { look: isOutside ? 'outside' : 'shared', text: letter, extra: '' }, MARGIN + 17, y + 4);
  write(group, MARGIN + 44, y + 8, words, '', 900);
}
