/** The picture of two sides: each container before and after, and between them what became of it by aspect. */
import type { Container } from '../../../src/model/containers.ts';
import { ASPECTS } from '../../../src/schema/diff-document.ts';
import type { Aspect } from '../../../src/schema/diff-document.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { changeText } from '../../diff-words.ts';
import { containerItem, itemHref } from '../items.ts';
import type { Picture } from '../section.ts';
import { bar, drawLegend, edge, hatched, LEGEND_LINE, legendLines, panel, write } from '../shapes.ts';
import type { Group, LegendEntry } from '../shapes.ts';
import type { World, WorldSide } from '../world.ts';
import { blindAspects, countsOf, effectOf, EFFECTS, titleOf } from './groups.ts';
import type { ChangedGroup, Comparison, Effect } from './groups.ts';
import { LOOKS, momentText, sideName } from './words.ts';

const BOX = 184;
const CELL = 69;
const GAP = 10;
const ROW = 46;
const HEAD = 56;
const WIDTH = BOX * 2 + GAP * 2 + CELL * ASPECTS.length;
/** More containers are in the tables alone. */
const MOST_ROWS = 40;

/** Draws it. */
export function sidesPicture(world: World, comparison: Comparison, before: WorldSide): Picture {
  const { groups, unchanged, changes, diff } = comparison;
  const rows = shownGroups(groups);
  const left = groups.length - rows.length;
  const legend = legendLines(legendOf(comparison, left), WIDTH);
  const more = (unchanged.length > 0 ? 1 : 0) + (left > 0 ? 1 : 0);
  const foot = HEAD + rows.length * ROW + more * 30;
  const loosened = changes.filter((change) => effectOf(change) === 'loosened').length;
  return {
    kind: 'picture',
    name: 'changes',
    title: `Before and after: ${formatPlural(changes.length, 'change')}`,
    description: `A row for each of ${formatPlural(groups.length, 'container or host', 'containers and host')} of which something changed: at the left as it was, at the right as it is, in between how many changes there are by aspect. ${loosened} of them loosened something.`,
    width: WIDTH,
    height: foot + 10 + legend.length * LEGEND_LINE,
    draw: ({ svg }) => {
      drawHead(svg, before, world.facts.side, comparison);
      const blind = blindAspects(diff);
      for (const [aspect, why] of blind) drawBlind(svg, aspect, why, rows.length);
      for (const [at, group] of rows.entries()) drawRow(svg, group, HEAD + at * ROW, `g${at}`);
      let y = HEAD + rows.length * ROW;
      if (left > 0) {
        write(svg, `and ${formatPlural(left, 'more container')} with changes: in the table`, {
          x: 4,
          y: y + 20,
          name: 'f-quiet',
        });
        y += 30;
      }
      if (unchanged.length > 0) drawUnchanged(svg, unchanged, y);
      drawLegend(svg, legend, 0, foot + 10);
    },
  };
}

/** Where something was loosened or matters, first; shown by name all the same. */
function shownGroups(groups: readonly ChangedGroup[]): readonly ChangedGroup[] {
  if (groups.length <= MOST_ROWS) return groups;
  const weightOf = ({ changes }: ChangedGroup): number =>
    changes.some((change) => effectOf(change) === 'loosened')
      ? 0
      : changes.some(({ importance }) => importance === 'high')
        ? 1
        : 2;
  const kept = new Set(
    groups
      .map((group, at) => ({ group, at, weight: weightOf(group) }))
      .sort((a, b) => a.weight - b.weight || a.at - b.at)
      .slice(0, MOST_ROWS)
      .map(({ group }) => group),
  );
  return groups.filter((group) => kept.has(group));
}

function cellX(aspect: Aspect): number {
  return BOX + GAP + ASPECTS.indexOf(aspect) * CELL;
}

function drawHead(svg: Group, before: WorldSide, after: WorldSide, { changes }: Comparison): void {
  const right = WIDTH - BOX;
  for (const [x, word, side] of [
    [0, 'Before', before],
    [right, 'After', after],
  ] as const) {
    write(svg, `${word}: ${sideName(side)}`, { x: x + 4, y: 14, name: 'b', room: BOX - 12 });
    write(svg, momentText(side.capture.takenAt), { x: x + 4, y: 31, name: 'f-quiet', room: BOX - 8 });
  }
  for (const aspect of ASPECTS) {
    const middle = cellX(aspect) + CELL / 2;
    const count = changes.filter((change) => change.aspect === aspect).length;
    write(svg, aspect, { x: middle, y: 14, name: count === 0 ? 'f-quiet q' : 'b q', anchor: 'middle' });
    write(svg, count === 0 ? '·' : String(count), { x: middle, y: 31, name: 'f-quiet', anchor: 'middle' });
  }
  svg
    .append('path')
    .attr('class', 's-line')
    .attr('d', `M0,${HEAD - 12.5}h${WIDTH}`);
}

function drawBlind(svg: Group, aspect: Aspect, why: string, rows: number): void {
  const group = svg.append('g').attr('tabindex', '0').attr('aria-label', `${aspect} not compared: ${why}`);
  group.append('title').text(`${aspect} not compared: ${why}`);
  hatched(group, cellX(aspect) + 3, HEAD - 6, CELL - 6, Math.max(1, rows) * ROW - 2, 's-line');
}

function drawRow(svg: Group, { id, title, before, after, changes }: ChangedGroup, y: number, token: string): void {
  const row = svg.append('g').attr('data-way', token);
  const right = WIDTH - BOX;
  const height = ROW - 8;
  if (id === null) {
    drawBox(row, { x: 0, y, height }, title, 'what is in no container', 's-line');
    drawBox(row, { x: right, y, height }, title, 'what is in no container', 's-line');
  } else {
    drawContainer(row, { x: 0, y, height }, before, 'not there', after === null ? '−' : null);
    drawContainer(row, { x: right, y, height }, after, 'gone', before === null ? '+' : null);
  }
  svg
    .append('path')
    .attr('class', 's-line')
    .attr('d', `M${BOX},${y + height / 2 + 0.5}h${GAP}M${right - GAP},${y + height / 2 + 0.5}h${GAP}`);
  for (const aspect of ASPECTS) {
    const its = changes.filter((change) => change.aspect === aspect);
    if (its.length > 0) drawCell(row, its, aspect, { y, height }, title, token);
    else write(row, '·', { x: cellX(aspect) + CELL / 2, y: y + height / 2 + 4, name: 'f-line', anchor: 'middle' });
  }
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

function drawContainer(row: Group, place: Place, container: Container | null, none: string, sign: string | null): void {
  const { x, y, height } = place;
  if (container === null) {
    edge(row, x, y, BOX, height, 's-line', '4 3');
    write(row, none, { x: x + BOX / 2, y: y + height / 2 + 4, name: 'f-quiet', anchor: 'middle' });
    return;
  }
  const link = row.append('a').attr('href', itemHref(containerItem(container)));
  const image = container.image === null ? container.engine : nameText(container.image);
  const tasks = formatPlural(container.pids.length, 'process', 'processes');
  link.append('title').text(`${titleOf(container)}\n${container.engine} ${container.id}\n${image}, ${tasks}`);
  const colour = sign === '+' ? 's-added' : sign === '−' ? 's-removed' : 's-line';
  drawBox(
    link,
    place,
    sign === null ? titleOf(container) : `${sign} ${titleOf(container)}`,
    `${image}, ${container.pids.length} pr.`,
    colour,
  );
}

function drawBox(at: Group, { x, y, height }: Place, title: string, text: string, colour: string): void {
  bar(at, x, y, BOX, height, 'f-raised');
  edge(at, x, y, BOX, height, colour);
  write(at, title, { x: x + 8, y: y + 16, name: 'b', room: (BOX - 16) * 0.93 });
  write(at, text, { x: x + 8, y: y + 31, name: 'f-quiet', room: BOX - 14 });
}

function drawCell(
  row: Group,
  changes: ChangedGroup['changes'],
  aspect: Aspect,
  { y, height }: Omit<Place, 'x'>,
  title: string,
  token: string,
): void {
  const x = cellX(aspect);
  const counts = [...countsOf(changes, aspect)];
  const cell = row.append('g').attr('tabindex', '0').attr('data-way', token);
  const words = counts.map(([effect, count]) => `${count} ${effect}`).join(', ');
  cell.attr('aria-label', `${title}, ${aspect}: ${words}`);
  const lines = changes.slice(0, 12).map((change) => `${LOOKS[effectOf(change)].sign} ${changeText(change)}`);
  cell
    .append('title')
    .text([`${title}, ${aspect}: ${words}`, ...lines, ...(changes.length > 12 ? ['…'] : [])].join('\n'));
  const isLoosened = counts.some(([effect]) => effect === 'loosened');
  bar(cell, x + 3, y, CELL - 6, height, 'f-raised');
  if (isLoosened) edge(cell, x + 3, y, CELL - 6, height, 's-over');
  const isOne = counts.length === 1;
  for (const [at, [effect, count]] of counts.slice(0, 4).entries()) {
    const { sign, colour } = LOOKS[effect];
    const column = counts.length <= 2 ? 0.5 : at % 2 === 0 ? 0.27 : 0.73;
    const line = isOne ? 0 : counts.length === 2 ? at : Math.floor(at / 2);
    const place = { x: x + 3 + (CELL - 6) * column, y: y + (isOne ? height / 2 + 5 : 15 + line * 17) };
    write(cell, `${sign}${count}`, { ...place, anchor: 'middle', name: `f-${colour} b` });
  }
}

function drawUnchanged(svg: Group, unchanged: readonly Container[], y: number): void {
  const names = unchanged.map(titleOf).sort(byText);
  const group = svg.append('g');
  group.append('title').text(names.slice(0, 100).join('\n'));
  panel(group, 0, y, WIDTH, 24);
  const text = `= unchanged: ${names.length === 1 ? '' : `${names.length}, `}${names.slice(0, 30).join(', ')}`;
  write(group, text, { x: 8, y: y + 16, name: 'f-quiet', room: WIDTH - 16 });
}

function legendOf({ changes, diff }: Comparison, left: number): LegendEntry[] {
  const met = new Set<Effect>(changes.map(effectOf));
  const words: Readonly<Record<Effect, string>> = {
    loosened: 'loosened: less is forbidden than was',
    tightened: 'tightened',
    added: 'added',
    removed: 'removed',
    altered: 'altered',
  };
  const entries = EFFECTS.filter((effect) => met.has(effect)).map((effect): LegendEntry => ({
    width: 12,
    text: words[effect],
    draw: (at, x, y) => {
      write(at, LOOKS[effect].sign, { x: x + 6, y: y + 12, name: `f-${LOOKS[effect].colour} b`, anchor: 'middle' });
    },
  }));
  if (blindAspects(diff).size > 0) {
    entries.push({
      width: 22,
      text: 'not compared',
      draw: (at, x, y) => {
        hatched(at, x, y, 22, 16, 's-line');
      },
    });
  }
  if (left > 0)
    entries.push({ width: 0, text: 'those with something loosened are drawn first', draw: () => undefined });
  return entries;
}
