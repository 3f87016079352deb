/** Draws bars of limits. */
import { formatPercent } from '../../../src/text/units.ts';
import { itemHref } from '../items.ts';
import { fittedPath, spoken, titled } from '../path-text.ts';
import { fitted, textWidth } from '../picture.ts';
import { bar, write } from '../shapes.ts';
import type { Group as Svg } from '../shapes.ts';
import type { Bounded } from './bounded.ts';
import { gaugesOf } from './gauges.ts';
import type { Gauge } from './gauges.ts';
import { cellText, rowText, STALLS } from './words.ts';
import type { Column } from './words.ts';

/** Around the picture. */
export const MARGIN = 12;
/** Height of a row. */
export const ROW = 42;
/** Width of names, with what is between columns. */
export const NAME = 160;
/** Between columns. */
export const GAP = 22;
/** Width of one kind of pressure. */
export const PRESSURE = 64;

/** Of a bar. */
const BAR = 8;
/** Below the upper edge of a row: the line of text, and the bar. */
const TEXT_AT = 17;
const BAR_AT = 24;
/** Text of 11 pixels beside what is measured as of 12. */
const SMALLER = 12 / 11;

/** Where columns are. */
export interface Frame {
  readonly columns: readonly (readonly [column: Column, x: number])[];
  /** Left edge of pressures, which come last. */
  readonly pressure: number;
}

/** The names of columns, and what their bars show. */
export function drawHead(svg: Svg, { columns, pressure }: Frame): void {
  const title = (x: number, text: string, below: string): void => {
    write(svg, text, { x, y: MARGIN + 10, name: 'b' });
    write(svg, below, { x, y: MARGIN + 24, name: 'q f-quiet' });
  };
  write(svg, 'container', { x: MARGIN, y: MARGIN + 10, name: 'b' });
  for (const [{ title: text, below }, x] of columns) title(x, text, below);
  title(pressure, 'pressure', 'some stalled, of 10 s');
}

/** One row. `way`: the tokens of what belongs together. */
export function drawBounded(svg: Svg, bounded: Bounded, y: number, frame: Frame, way: readonly string[]): void {
  const { columns, pressure } = frame;
  const row: Svg = svg.append('g').attr('data-way', way.join(' '));
  const end = pressure + PRESSURE * STALLS.length;
  row.append('path').attr('class', 's-line').attr('d', `M${MARGIN} ${y}H${end}`);
  const name: Svg = row.append('a').attr('href', itemHref(bounded.item));
  name.attr(
    'aria-label',
    spoken(
      rowText(
        bounded,
        columns.map(([column]) => column),
      ),
    ),
  );
  titled(name, bounded.label);
  if (bounded.kind === 'cgroup') write(name, fittedPath(bounded.label, NAME), { x: MARGIN, y: y + 24, name: 'm q' });
  else write(name, bounded.label, { x: MARGIN, y: y + 24, room: NAME });
  for (const [{ resource, width }, x] of columns) {
    const gauges = gaugesOf(bounded, resource);
    if (gauges[0] !== undefined) drawGauge(row, gauges[0], { x, y, width }, gauges.length - 1);
  }
  for (const [i, resource] of STALLS.entries())
    drawStall(row, bounded, resource, { x: pressure + i * PRESSURE, y, width: PRESSURE - 10 });
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** `more`: how many others there are of the same resource, of which this is the first. */
function drawGauge(row: Svg, gauge: Gauge, { x, y, width }: Place, more: number): void {
  const { kind, ratio, mark, ancestor } = gauge;
  const cell = row.append('g');
  titled(cell, cellText(gauge));
  const sign = signOf(gauge);
  const room = width * SMALLER - (sign === '' ? 0 : textWidth(sign) + 8);
  const amounts = shortText(gauge) + (more === 0 ? '' : ` and ${String(more)} more`);
  const left = room - textWidth(amounts);
  // Who imposes it stands in the title, too: amounts are what must be whole.
  const above = ancestor === null || left < ABOVE ? '' : fitted(` ↑ ${leafOf(ancestor.path)}`, left);
  const name = kind === 'limited' ? 'q' : 'q f-quiet';
  write(cell, fitted(amounts, room) + above, { x, y: y + TEXT_AT, name });
  const colour = mark === 'over' ? 'over' : mark === 'near' ? 'near' : 'own';
  if (sign !== '') write(cell, sign, { x: x + width, y: y + TEXT_AT, anchor: 'end', name: `q b f-${colour}` });
  const at = { x, y: y + BAR_AT, width };
  if (kind !== 'limited') {
    drawOpen(cell, at, kind);
    return;
  }
  drawBar(cell, at, ratio, colour);
  const end = cell.append('path').attr('class', 's-text').attr('stroke-width', 2);
  end.attr('d', `M${x + width} ${at.y - 3}V${at.y + BAR + 3}`);
}

/** Percent of the time from which on a stall is pointed out. */
const STALLED = 10;

const SHORT = { cpu: 'cpu', memory: 'mem', io: 'io' } as const;

function drawStall(row: Svg, { pressure }: Bounded, resource: (typeof STALLS)[number], { x, y, width }: Place): void {
  const stall = pressure[resource];
  if (stall === undefined) {
    write(row, `${SHORT[resource]} -`, { x, y: y + TEXT_AT, name: 'q f-quiet' });
    return;
  }
  const { some } = stall;
  const isRound = some >= 10 || some === 0;
  write(row, `${SHORT[resource]} ${some.toFixed(isRound ? 0 : 1)}%`, {
    x,
    y: y + TEXT_AT,
    name: some >= STALLED ? 'q b' : 'q',
  });
  drawBar(row, { x, y: y + BAR_AT, width }, some / 100, some >= STALLED ? 'near' : 'quiet');
}

/** Room below which nothing of a name would be left. */
const ABOVE = 40;

function leafOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function shortText({ kind, usageText, limitText, limit }: Gauge): string {
  if (kind === 'unknown') return 'not known';
  if (kind === 'none') return usageText === '' ? 'no limit' : `${usageText} used, no limit`;
  const device = limit.device === undefined ? '' : `${limit.device} `;
  return device + (usageText === '' ? limitText : `${usageText} of ${limitText}`);
}

/** What stands beside the amounts where the limit is near or was met. */
function signOf({ mark, ratio, event, limit }: Gauge): string {
  const percent = ratio === null ? '' : formatPercent(Math.floor(ratio * 100) / 100);
  if (mark === 'near') return `▲ ${percent}`;
  if (mark !== 'over') return '';
  if (limit.resource === 'cpu.time') return `✖ stopped ${percent}`;
  return `✖ ${event === '' ? percent : event.replace(/ forks? /, ' ')}`;
}

function drawBar(
  cell: Svg,
  { x, y, width }: Place,
  ratio: number | null,
  colour: 'own' | 'near' | 'over' | 'quiet',
): void {
  bar(cell, x, y, width, BAR, 'f-raised');
  cell
    .append('path')
    .attr('class', 's-quiet')
    .attr('d', `M${x} ${y + BAR}H${x + width}`);
  // Anything used shows.
  if (ratio !== null && ratio > 0)
    bar(cell, x, y, Math.max(2, Math.round(Math.min(1, ratio) * width)), BAR, `f-${colour}`);
}

/** A track that does not end: nothing stops it there. */
function drawOpen(cell: Svg, { x, y, width }: Place, kind: 'none' | 'unknown'): void {
  const [middle, end] = [y + BAR / 2, x + width];
  const track = cell
    .append('path')
    .attr('class', 's-quiet')
    .attr('d', `M${x} ${middle}H${end - 7}`);
  track.attr('stroke-dasharray', kind === 'none' ? '6 4' : '1 4');
  if (kind === 'unknown') write(cell, '?', { x: end, y: middle + 4, anchor: 'end', name: 'b f-unknown' });
  else
    cell
      .append('path')
      .attr('class', 's-quiet')
      .attr('d', `M${end - 6} ${middle - 4}L${end} ${middle}L${end - 6} ${middle + 4}`);
}
