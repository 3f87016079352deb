/** The picture of css_sets: groups of tasks, css_sets, and a column of cgroups for each hierarchy or several that agree. */
import type { CssGraph } from '../../../src/model/css-sets.ts';
import type { CgroupsFacet } from '../../../src/schema/cgroups.ts';
import type { ItemId } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { terminalSafe } from '../../../src/text/safe.ts';
import { formatCount, formatPlural } from '../../../src/text/units.ts';
import { hierarchyNames, membersText } from '../../css-graph.ts';
import type { ContainerOf } from '../../namespaces.ts';
import { cgroupItem, containerItem, itemHref } from '../items.ts';
import { fitted, textWidth } from '../picture.ts';
import type { Canvas } from '../picture.ts';
import type { Picture } from '../section.ts';
import type { Group } from './groups.ts';
import { layoutOf } from './layout.ts';
import type { Branch, Column, End, Layout, Line, Start } from './layout.ts';

/** How it is to be drawn. */
export interface CssPictureWishes {
  /** Css_sets that are drawn one by one; the rest is one more. */
  readonly most: number;
  /** Whether names lead to where items are at home, in a page that has them. */
  readonly links: boolean;
}

/** Pixels. */
const ROW = 28;
const BOX = 20;
const MARGIN = 12;
const STARTS = 224;
/** Between groups and css_sets, where lines cross over. */
const CROSSING = 36;
const BADGE = 34;
const LANE = 7;
const BEND = 6;
/** A column is so wide, where the picture's width allows it. */
const WIDTH = 1080;
const NARROWEST = 120;
const WIDEST = 380;
const LINE_OF_NAMES = 15;

type Svg = Canvas['svg'];

/** The picture. */
export function cssPicture(
  graph: CssGraph,
  groups: readonly Group[],
  { facet, containerOf }: { readonly facet: CgroupsFacet; readonly containerOf: ContainerOf },
  { most, links }: CssPictureWishes,
): Picture {
  const layout = layoutOf(graph, groups, most);
  const places = placesOf(layout, hierarchyNames(facet));
  return {
    kind: 'picture',
    name: 'graph',
    title: 'Which css_set joins which tasks to which cgroups',
    description: `${sumText(graph, layout)} ${waysText(layout, containerOf, hierarchyNames(facet))}`,
    width: places.width,
    height: places.height,
    draw: ({ svg }) => {
      new Drawing(layout, places, links, containerOf).draw(svg);
    },
  };
}

function sumText({ cssSets, setOfTid }: CssGraph, { columns, lines }: Layout): string {
  const hierarchies = columns.reduce((sum, column) => sum + column.hierarchies.length, 0);
  const rest = lines.find(({ set }) => set === null);
  const drawn = rest === undefined ? '' : ` ${formatCount(rest.sets.length)} of the css_sets are drawn as one.`;
  return `${formatPlural(cssSets.length, 'css_set')} over ${formatPlural(hierarchies, 'hierarchy', 'hierarchies')}, ${formatPlural(setOfTid.size, 'task')}.${drawn}`;
}

/** Css_sets whose ways are told in words in the description. */
const TOLD = 40;

function waysText({ lines, columns }: Layout, containerOf: ContainerOf, names: ReadonlyMap<number, string>): string {
  const ways = lines.flatMap(({ set }) => {
    if (set === null) return [];
    const places = columns.flatMap(({ hierarchies }) => {
      const node = set.cgroups.get(hierarchies[0] ?? 0);
      return node === undefined ? [] : [`${nameList(hierarchies, names)} ${terminalSafe(nameText(node.path))}`];
    });
    return [
      `css_set ${String(set.id)}, ${formatPlural(set.tids.length, 'task')} (${terminalSafe(membersText(set, containerOf))}): ${places.join(', ')}.`,
    ];
  });
  return ways.slice(0, TOLD).join(' ');
}

function nameList(hierarchies: readonly number[], names: ReadonlyMap<number, string>): string {
  return hierarchies.map((id) => terminalSafe(names.get(id) ?? String(id))).join(' ');
}

/** Where what is. */
interface Places {
  readonly width: number;
  readonly height: number;
  /** Of the first row's middle. */
  readonly top: number;
  readonly badges: number;
  readonly columns: readonly {
    readonly column: Column;
    readonly gutter: number;
    readonly x: number;
    readonly width: number;
    readonly names: readonly string[];
  }[];
}

function placesOf({ columns, rows }: Layout, names: ReadonlyMap<number, string>): Places {
  const badges = MARGIN + STARTS + CROSSING;
  const from = badges + BADGE + 10;
  const gutterOf = ({ lanes }: Column): number => 16 + lanes * LANE + (lanes > 0 ? BEND + 4 : 0);
  const room = WIDTH - MARGIN - from - columns.reduce((sum, column) => sum + gutterOf(column), 0);
  const width = Math.round(Math.min(WIDEST, Math.max(NARROWEST, room / Math.max(1, columns.length))));
  let x = from;
  const placed = columns.map((column) => {
    const gutter = x;
    const left = gutter + gutterOf(column);
    x = left + width;
    const wrapped = inLines(
      column.hierarchies.map((id) => terminalSafe(names.get(id) ?? String(id))),
      width,
    );
    return { column, gutter, x: left, width, names: wrapped };
  });
  const head = Math.max(1, ...placed.map((one) => one.names.length)) * LINE_OF_NAMES;
  const top = MARGIN + head + 14 + ROW / 2;
  return {
    width: Math.max(x, from + 120) + MARGIN,
    height: Math.round(top + Math.max(1, rows) * ROW - ROW / 2 + MARGIN),
    top,
    badges,
    columns: placed,
  };
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

/** One drawing of it. */
class Drawing {
  readonly #layout: Layout;
  readonly #places: Places;
  readonly #links: boolean;
  readonly #containerOf: ContainerOf;

  constructor(layout: Layout, places: Places, links: boolean, containerOf: ContainerOf) {
    this.#layout = layout;
    this.#places = places;
    this.#links = links;
    this.#containerOf = containerOf;
  }

  draw(svg: Svg): void {
    const { starts, lines } = this.#layout;
    const { columns } = this.#places;
    this.#head(svg);
    for (const start of starts) for (const line of start.lines) this.#crossing(svg, start, line);
    for (const line of lines) this.#line(svg, line);
    for (const { column, gutter, x } of columns)
      for (const branch of column.branches) this.#branch(svg, branch, gutter, x);
    for (const start of starts) this.#start(svg, start);
    for (const line of lines) this.#badge(svg, line);
    for (const { column, x, width } of columns) {
      for (const branch of column.branches) this.#again(svg, branch, x, width);
      for (const end of column.ends) this.#end(svg, end, x, width);
    }
    if (lines.length === 0)
      svg
        .append('text')
        .attr('class', 'f-quiet')
        .attr('x', MARGIN)
        .attr('y', this.#places.top + 4)
        .text('no css_set');
  }

  #y(row: number): number {
    return this.#places.top + row * ROW;
  }

  #head(svg: Svg): void {
    const { badges, columns, width, top } = this.#places;
    const title = (x: number, text: string, line: number): void => {
      svg
        .append('text')
        .attr('class', 'b')
        .attr('x', x)
        .attr('y', MARGIN + 12 + line * LINE_OF_NAMES)
        .text(text);
    };
    title(MARGIN, 'tasks of', 0);
    title(badges - 4, 'css_set', 0);
    for (const { x, names } of columns) for (const [i, name] of names.entries()) title(x, name, i);
    const y = top - ROW / 2 - 4;
    svg
      .append('line')
      .attr('class', 's-line')
      .attr('x1', MARGIN)
      .attr('x2', width - MARGIN)
      .attr('y1', y)
      .attr('y2', y);
  }

  #crossing(svg: Svg, start: Start, line: Line): void {
    const [x1, x2] = [MARGIN + STARTS, this.#places.badges];
    const [y1, y2] = [this.#y(start.row), this.#y(line.row)];
    const middle = (x1 + x2) / 2;
    const d = y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
    const [own = ''] = start.tokens;
    const tokens = [own, ...line.tokens.filter((token) => token !== own)];
    stroke(svg, d, tokens, line.set === null);
  }

  /** Through all columns up to the last in which it has something. */
  #line(svg: Svg, line: Line): void {
    const { badges, columns } = this.#places;
    const last = columns.findLast(
      ({ column }) =>
        column.ends.some(({ row }) => row === line.row) || column.branches.some((one) => one.line === line),
    );
    if (last === undefined) return;
    stroke(svg, `M${badges + BADGE} ${this.#y(line.row)}H${last.x + 4}`, line.tokens, line.set === null);
  }

  /** From the line up in its lane, and into the cgroup that stands above. */
  #branch(svg: Svg, { line, end, lane, tokens }: Branch, gutter: number, x: number): void {
    const at = gutter + 14 + lane * LANE;
    const [from, to] = [this.#y(line.row), this.#y(end.row)];
    const d = `M${at - BEND} ${from}Q${at} ${from} ${at} ${from - BEND}V${to + BEND}Q${at} ${to} ${at + BEND} ${to}H${x}`;
    stroke(svg, d, tokens, line.set === null);
  }

  #start(svg: Svg, { row, group, label, tasks, tokens }: Start): void {
    const [y, container] = [this.#y(row), group?.containers.length === 1 ? group.containers[0] : undefined];
    const count = formatPlural(tasks, 'task');
    const node = this.#node(
      svg,
      tokens,
      `${label}: ${count}`,
      container === undefined ? null : containerItem(container),
    );
    box(node, MARGIN, y, STARTS, group?.kind === 'container' ? 's-own' : 's-quiet', group === null);
    const room = STARTS - 20 - textWidth(count);
    node
      .append('text')
      .attr('class', group?.kind === 'apart' ? 'f-altered' : null)
      .attr('x', MARGIN + 8)
      .attr('y', y + 4)
      .text(fitted(label, room));
    node
      .append('text')
      .attr('class', 'f-quiet')
      .attr('text-anchor', 'end')
      .attr('x', MARGIN + STARTS - 8)
      .attr('y', y + 4)
      .text(count);
  }

  #badge(svg: Svg, { row, set, sets, label, tokens }: Line): void {
    const { badges } = this.#places;
    const y = this.#y(row);
    const tasks = sets.reduce((sum, { tids }) => sum + tids.length, 0);
    const who = set === null ? formatPlural(sets.length, 'more css_set') : `css_set ${label}`;
    const members = set === null ? '' : `: ${terminalSafe(membersText(set, this.#containerOf))}`;
    const node = this.#node(svg, tokens, `${who}, ${formatPlural(tasks, 'task')}${members}`, null);
    const width = Math.max(BADGE, textWidth(label) + 12);
    node
      .append('rect')
      .attr('class', 'f-raised')
      .attr('x', badges)
      .attr('y', y - BOX / 2)
      .attr('width', width)
      .attr('height', BOX)
      .attr('rx', BOX / 2);
    node
      .append('rect')
      .attr('class', 's-link')
      .attr('stroke-width', 1.5)
      .attr('stroke-dasharray', set === null ? '4 3' : null)
      .attr('x', badges)
      .attr('y', y - BOX / 2)
      .attr('width', width)
      .attr('height', BOX)
      .attr('rx', BOX / 2);
    node
      .append('text')
      .attr('class', 'b f-link')
      .attr('text-anchor', 'middle')
      .attr('x', badges + width / 2)
      .attr('y', y + 4)
      .text(label);
  }

  #end(svg: Svg, { row, nodes, isRest, label, tokens }: End, x: number, width: number): void {
    const [first] = nodes;
    if (first === undefined) return;
    const y = this.#y(row);
    const about = isRest
      ? label
      : `${nodes.map(({ key }) => terminalSafe(key)).join(' ')}: ${terminalSafe(nameText(first.path))}`;
    const node = this.#node(svg, tokens, about, isRest ? null : cgroupItem(first.key));
    box(node, x, y, width, 's-quiet', isRest);
    node
      .append('text')
      .attr('class', isRest ? 'f-quiet' : 'q m')
      .attr('x', x + 7)
      .attr('y', y + 4)
      .text(fittedPath(label, width - 14));
  }

  /** The name of a cgroup once more, in the row of a css_set that shares it. */
  #again(svg: Svg, { line, end, tokens }: Branch, x: number, width: number): void {
    if (line.set === null) return;
    const y = this.#y(line.row);
    const label = fittedPath(`↑ ${end.label}`, width - 14);
    svg
      .append('rect')
      .attr('class', 'f-ground')
      .attr('x', x + 3)
      .attr('y', y - 8)
      .attr('width', Math.min(width, monoWidth(label) + 8))
      .attr('height', 16);
    svg
      .append('text')
      .attr('class', 'q m f-quiet')
      .attr('data-way', tokens.join(' '))
      .attr('x', x + 7)
      .attr('y', y + 4)
      .text(label);
  }

  /** Something to hover over or to get to by keys; a link where its item is at home elsewhere. */
  #node(svg: Svg, tokens: readonly string[], about: string, item: ItemId | null): Svg {
    const isLink = this.#links && item !== null;
    const node: Svg = svg.append(isLink ? 'a' : 'g');
    if (isLink) node.attr('href', itemHref(item));
    else node.attr('tabindex', 0);
    node.attr('data-way', tokens.join(' ')).attr('aria-label', about);
    node.append('title').text(about);
    return node;
  }
}

/** Of monospaced text of 11 pixels. */
const MONO = 6.7;

/** A path that is too long without its beginning: what differs is its end. */
function fittedPath(path: string, pixels: number): string {
  const room = (pixels / MONO) * 6.8;
  const last = path.lastIndexOf('/');
  if (textWidth(path) <= room || last <= 0) return fitted(path, room);
  const leaf = path.slice(last);
  const [, mark = ''] = /^(↑ )?/.exec(path) ?? [];
  return fitted(`${mark}…${leaf}`, room);
}

function monoWidth(text: string): number {
  return (textWidth(text) / 6.8) * MONO;
}

function stroke(svg: Svg, d: string, tokens: readonly string[], isRest: boolean): void {
  svg
    .append('path')
    .attr('class', 's-quiet')
    .attr('stroke-dasharray', isRest ? '4 3' : null)
    .attr('data-way', tokens.join(' '))
    .attr('d', d);
}

function box(node: Svg, x: number, y: number, width: number, colour: string, isRest: boolean): void {
  node
    .append('rect')
    .attr('class', 'f-raised')
    .attr('x', x)
    .attr('y', y - BOX / 2)
    .attr('width', width)
    .attr('height', BOX)
    .attr('rx', 4);
  node
    .append('rect')
    .attr('class', colour)
    .attr('stroke-dasharray', isRest ? '4 3' : null)
    .attr('x', x)
    .attr('y', y - BOX / 2)
    .attr('width', width)
    .attr('height', BOX)
    .attr('rx', 4);
}
