/** Draws what was laid out of css_sets. */
import type { ItemId } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { terminalSafe } from '../../../src/text/safe.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { membersText } from '../../css-graph.ts';
import type { ContainerOf } from '../../namespaces.ts';
import { cgroupItem, containerItem, itemHref } from '../items.ts';
import { fittedPath, fittedStart, pathWidth, spoken, titled } from '../path-text.ts';
import { textWidth } from '../picture.ts';
import { bar, write } from '../shapes.ts';
import type { Group as Svg } from '../shapes.ts';
import type { Branch, End, Layout, Line, Start } from './layout.ts';
import { BADGE, BEND, BOX, LANE, LINE_OF_NAMES, MARGIN, ROW, STARTS } from './places.ts';
import type { PlacedColumn, Places } from './places.ts';

/** One drawing. `links`: names lead to where items are at home in the page. */
export class Drawing {
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

  /** Lines first, so that what they lead to is above them. */
  draw(svg: Svg): void {
    const { starts, lines } = this.#layout;
    const { columns, top } = this.#places;
    this.#head(svg);
    for (const start of starts) for (const line of start.lines) this.#crossing(svg, start, line);
    for (const line of lines) this.#line(svg, line);
    for (const at of columns) for (const branch of at.column.branches) this.#branch(svg, branch, at);
    for (const start of starts) this.#start(svg, start);
    for (const line of lines) this.#badge(svg, line);
    for (const at of columns) {
      for (const branch of at.column.branches) this.#again(svg, branch, at);
      for (const end of at.column.ends) this.#end(svg, end, at);
    }
    if (lines.length === 0) write(svg, 'no css_set', { x: MARGIN, y: top + 4, name: 'f-quiet' });
  }

  #y(row: number): number {
    return this.#places.top + row * ROW;
  }

  #head(svg: Svg): void {
    const { badges, columns, width, top } = this.#places;
    const title = (x: number, text: string, line = 0): void => {
      write(svg, text, { x, y: MARGIN + 12 + line * LINE_OF_NAMES, name: 'b' });
    };
    title(MARGIN, 'tasks of');
    title(badges - 4, 'css_set');
    for (const { x, names } of columns) for (const [i, name] of names.entries()) title(x, name, i);
    const y = top - ROW / 2 - 4;
    svg
      .append('path')
      .attr('class', 's-line')
      .attr('d', `M${MARGIN} ${y}H${width - MARGIN}`);
  }

  #crossing(svg: Svg, start: Start, line: Line): void {
    const [x1, x2] = [MARGIN + STARTS, this.#places.badges];
    const [y1, y2] = [this.#y(start.row), this.#y(line.row)];
    const middle = (x1 + x2) / 2;
    const [own = ''] = start.tokens;
    const tokens = [own, ...line.tokens.filter((token) => token !== own)];
    stroke(
      svg,
      y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`,
      tokens,
      line.set === null,
    );
  }

  /** Through all columns up to the last in which it has something. */
  #line(svg: Svg, line: Line): void {
    const { badges, columns } = this.#places;
    const last = columns.findLast(
      ({ column: { ends, branches } }) =>
        ends.some(({ row }) => row === line.row) || branches.some((one) => one.line === line),
    );
    if (last === undefined) return;
    stroke(svg, `M${badges + BADGE} ${this.#y(line.row)}H${last.x + 4}`, line.tokens, line.set === null);
  }

  /** From the line up in its lane, and into the cgroup that stands above. */
  #branch(svg: Svg, { line, end, lane, tokens }: Branch, { gutter, x }: PlacedColumn): void {
    const at = gutter + 14 + lane * LANE;
    const [from, to] = [this.#y(line.row), this.#y(end.row)];
    const turns = [`M${at - BEND} ${from}Q${at} ${from} ${at} ${from - BEND}`, `V${to + BEND}`];
    stroke(svg, `${turns.join('')}Q${at} ${to} ${at + BEND} ${to}H${x}`, tokens, line.set === null);
  }

  #start(svg: Svg, { row, group, label, tasks, tokens }: Start): void {
    const y = this.#y(row);
    const container = group?.containers.length === 1 ? group.containers[0] : undefined;
    const count = formatPlural(tasks, 'task');
    const node = this.#node(svg, tokens, `${label}: ${count}`, container && containerItem(container));
    const colour = group?.kind === 'container' ? 's-own' : group?.kind === 'apart' ? 's-altered' : 's-quiet';
    box(node, { x: MARGIN, y, width: STARTS, round: 4 }, colour, group === null);
    write(node, fittedStart(label, STARTS - 22 - textWidth(count)), {
      x: MARGIN + 8,
      y: y + 4,
      ...(group?.kind === 'apart' && { name: 'f-altered' }),
    });
    write(node, count, { x: MARGIN + STARTS - 8, y: y + 4, anchor: 'end', name: 'f-quiet' });
  }

  #badge(svg: Svg, { row, set, sets, label, tokens }: Line): void {
    const { badges } = this.#places;
    const y = this.#y(row);
    const tasks = sets.reduce((sum, { tids }) => sum + tids.length, 0);
    const who = set === null ? formatPlural(sets.length, 'more css_set') : `css_set ${label}`;
    const members = set === null ? '' : `: ${terminalSafe(membersText(set, this.#containerOf))}`;
    const node = this.#node(svg, tokens, `${who}, ${formatPlural(tasks, 'task')}${members}`);
    const width = Math.max(BADGE, textWidth(label) + 14);
    const x = badges + (BADGE - width) / 2;
    box(node, { x, y, width, round: BOX / 2 }, 's-link', set === null);
    write(node, label, { x: x + width / 2, y: y + 4, anchor: 'middle', name: 'b f-link' });
  }

  #end(svg: Svg, { row, nodes, isRest, label, tokens }: End, { x, width }: PlacedColumn): void {
    const [first] = nodes;
    if (first === undefined) return;
    const y = this.#y(row);
    const keys = nodes.map(({ key }) => terminalSafe(key)).join(' ');
    const about = isRest ? label : `${terminalSafe(nameText(first.path))} (${keys})`;
    const node = this.#node(svg, tokens, about, isRest ? undefined : cgroupItem(first.key));
    box(node, { x, y, width, round: 4 }, 's-quiet', isRest);
    const text = isRest ? label : fittedPath(label, width - 14);
    write(node, text, { x: x + 7, y: y + 4, name: isRest ? 'f-quiet' : 'q m' });
  }

  /** The name of a cgroup once more, in the row of a css_set that shares it. */
  #again(svg: Svg, { line, end, tokens }: Branch, { x, width }: PlacedColumn): void {
    if (line.set === null) return;
    const y = this.#y(line.row);
    const label = `${UP}${fittedPath(end.label, width - 14 - pathWidth(UP))}`;
    const node = svg.append('g').attr('data-way', tokens.join(' '));
    bar(node, x + 3, y - 8, Math.min(width, pathWidth(label) + 8), 16, 'f-ground');
    write(node, label, { x: x + 7, y: y + 4, name: 'q m f-quiet' });
  }

  /** Something to hover over or to get to by keys; a link where its item is at home elsewhere. */
  #node(svg: Svg, tokens: readonly string[], about: string, item?: ItemId): Svg {
    const isLink = this.#links && item !== undefined;
    const node: Svg = svg.append(isLink ? 'a' : 'g');
    if (isLink) node.attr('href', itemHref(item));
    else node.attr('tabindex', 0);
    node.attr('data-way', tokens.join(' ')).attr('aria-label', spoken(about));
    titled(node, about);
    return node;
  }
}

const UP = '↑ ';

/** Of what stands for many. */
const DASHES = '4 3';

function stroke(svg: Svg, d: string, tokens: readonly string[], isRest: boolean): void {
  const path = svg.append('path').attr('class', 's-quiet').attr('data-way', tokens.join(' ')).attr('d', d);
  if (isRest) path.attr('stroke-dasharray', DASHES);
}

interface Place {
  readonly x: number;
  /** Its middle. */
  readonly y: number;
  readonly width: number;
  readonly round: number;
}

function box(node: Svg, { x, y, width, round }: Place, colour: string, isRest: boolean): void {
  for (const name of ['f-raised', colour]) {
    const rect = node.append('rect').attr('class', name).attr('x', x).attr('width', width);
    rect
      .attr('y', y - BOX / 2)
      .attr('height', BOX)
      .attr('rx', round);
    if (isRest && name === colour) rect.attr('stroke-dasharray', DASHES);
  }
}
