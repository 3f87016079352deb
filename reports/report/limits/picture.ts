/** The picture of limits: a row for each container, a bar for each resource; what has no limit has no end. */
import type { LimitReport, Resource } from '../../../src/schema/limits-document.ts';
import { formatCount, formatPercent, formatPlural } from '../../../src/text/units.ts';
import { itemHref } from '../items.ts';
import { fitted, textWidth } from '../picture.ts';
import type { Canvas } from '../picture.ts';
import type { Picture } from '../section.ts';
import type { Bounded } from './bounded.ts';
import { gaugeName, gaugesOf, gaugeText, NEAR } from './gauges.ts';
import type { Gauge } from './gauges.ts';

/** Rows for containers, and for cgroups of the host. */
const CONTAINERS = 30;
const CGROUPS = 12;

/** Pixels. */
const MARGIN = 12;
const NAME = 176;
const GAP = 22;
const ROW = 42;
const HEAD = 34;
const HEADING = 30;
const BAR = 8;
const PRESSURE = 70;

type Svg = Canvas['svg'];

interface Column {
  readonly resource: Resource;
  readonly title: string;
  readonly below: string;
  readonly width: number;
}

/** In every picture, whether limited or not. */
const ALWAYS: readonly Column[] = [
  { resource: 'cpu.time', title: 'cpu', below: 'bar: periods in which it was stopped', width: 200 },
  { resource: 'memory', title: 'memory', below: 'bar: used of the limit', width: 200 },
  { resource: 'pids', title: 'pids', below: 'bar: tasks of the limit', width: 156 },
];

/** Where anything is limited by it. */
const SOMETIMES: readonly Column[] = [
  { resource: 'memory.high', title: 'memory.high', below: 'bar: used of the limit', width: 160 },
  { resource: 'memory.swap', title: 'swap', below: 'bar: used of the limit', width: 160 },
  { resource: 'io.rbps', title: 'read', below: 'bytes a second', width: 150 },
  { resource: 'io.wbps', title: 'write', below: 'bytes a second', width: 150 },
  { resource: 'io.riops', title: 'read', below: 'operations a second', width: 150 },
  { resource: 'io.wiops', title: 'write', below: 'operations a second', width: 130 },
  { resource: 'hugetlb', title: 'hugetlb', below: 'bar: used of the limit', width: 150 },
];

const STALLS = ['cpu', 'memory', 'io'] as const;

/** What stands in a row: something bounded, a heading, or how many more there are. */
type Row =
  | { readonly kind: 'bounded'; readonly bounded: Bounded; readonly y: number }
  | { readonly kind: 'heading' | 'more'; readonly text: string; readonly y: number };

/** The picture. */
export function limitsPicture(all: readonly Bounded[]): Picture {
  const containers = all.filter(({ kind }) => kind === 'container');
  const cgroups = all.filter(({ kind }) => kind === 'cgroup');
  const drawn = [chosen(containers, CONTAINERS), chosen(cgroups, CGROUPS)] as const;
  const columns = [...ALWAYS, ...SOMETIMES.filter(({ resource }) => isLimited(drawn.flat(), resource))];
  const rows: Row[] = [];
  let y = MARGIN + HEAD;
  const add = (
    height: number,
    row: Omit<Extract<Row, { kind: 'bounded' }>, 'y'> | Omit<Extract<Row, { kind: 'more' | 'heading' }>, 'y'>,
  ): void => {
    rows.push({ ...row, y });
    y += height;
  };
  for (const bounded of drawn[0]) add(ROW, { kind: 'bounded', bounded });
  if (drawn[0].length < containers.length) {
    add(HEADING, { kind: 'more', text: restText(containers, drawn[0], 'container') });
  }
  if (drawn[1].length > 0) add(HEADING, { kind: 'heading', text: 'cgroups of the host that set a limit' });
  for (const bounded of drawn[1]) add(ROW, { kind: 'bounded', bounded });
  if (drawn[1].length < cgroups.length) add(HEADING, { kind: 'more', text: restText(cgroups, drawn[1], 'cgroup') });
  const x = new Map<Column, number>();
  let right = MARGIN + NAME + GAP;
  for (const column of columns) {
    x.set(column, right);
    right += column.width + GAP;
  }
  return {
    kind: 'picture',
    name: 'limits',
    title: 'What each container uses of its limits',
    description: described(drawn.flat(), columns),
    width: right + PRESSURE * STALLS.length + MARGIN,
    height: y + MARGIN,
    draw: ({ svg }) => {
      head(svg, columns, x, right);
      const tokens = tokensOf(drawn.flat());
      for (const row of rows) {
        if (row.kind === 'bounded')
          drawBounded(svg, row.bounded, row.y, { columns, x, pressure: right, way: tokens.get(row.bounded) ?? [] });
        else
          svg
            .append('text')
            .attr('class', row.kind === 'heading' ? 'b' : 'f-quiet')
            .attr('x', MARGIN)
            .attr('y', row.y + 20)
            .text(row.text);
      }
    },
  };
}

function isLimited(all: readonly Bounded[], resource: Resource): boolean {
  return all.some((bounded) => gaugesOf(bounded, resource).some(({ kind }) => kind === 'limited'));
}

/** Those that need to be seen, then as many as there is room for; all by name. */
function chosen(all: readonly Bounded[], most: number): readonly Bounded[] {
  const urgent = all.filter(isMarked).slice(0, most);
  const rest = all.filter((one) => !urgent.includes(one)).slice(0, most - urgent.length);
  return all.filter((one) => urgent.includes(one) || rest.includes(one));
}

function isMarked(bounded: Bounded): boolean {
  return ALWAYS.some(({ resource }) =>
    gaugesOf(bounded, resource).some(({ mark }) => mark === 'near' || mark === 'over'),
  );
}

function restText(all: readonly Bounded[], drawn: readonly Bounded[], noun: string): string {
  const rest = all.filter((one) => !drawn.includes(one));
  const marked = rest.filter(isMarked).length;
  const urgent = marked === 0 ? 'none of them near a limit' : `${formatCount(marked)} of them near a limit`;
  return `and ${formatPlural(rest.length, `more ${noun}`)}, ${urgent}: in the table`;
}

/** A row, those that it limits, and those that limit it. */
function tokensOf(drawn: readonly Bounded[]): Map<Bounded, string[]> {
  const tokens = new Map(drawn.map((bounded, i) => [bounded, [`r${String(i)}`]]));
  const byKey = new Map(drawn.flatMap((bounded) => bounded.nodes.map(({ key }) => [key, bounded] as const)));
  for (const bounded of drawn) {
    for (const { imposedBy } of bounded.limits) {
      const other = byKey.get(imposedBy?.key ?? '');
      if (other === undefined || other === bounded) continue;
      tokens.get(bounded)?.push(tokens.get(other)?.[0] ?? '');
      tokens.get(other)?.push(tokens.get(bounded)?.[0] ?? '');
    }
  }
  return new Map([...tokens].map(([bounded, own]) => [bounded, [...new Set(own)]]));
}

function head(svg: Svg, columns: readonly Column[], at: ReadonlyMap<Column, number>, pressure: number): void {
  const title = (x: number, text: string, below: string): void => {
    svg
      .append('text')
      .attr('class', 'b')
      .attr('x', x)
      .attr('y', MARGIN + 10)
      .text(text);
    svg
      .append('text')
      .attr('class', 'q f-quiet')
      .attr('x', x)
      .attr('y', MARGIN + 24)
      .text(below);
  };
  title(MARGIN, 'container', '');
  for (const column of columns) title(at.get(column) ?? 0, column.title, column.below);
  title(pressure, 'pressure', 'some stalled, of the last 10 s');
}

interface Frame {
  readonly columns: readonly Column[];
  readonly x: ReadonlyMap<Column, number>;
  readonly pressure: number;
  readonly way: readonly string[];
}

function drawBounded(svg: Svg, bounded: Bounded, y: number, { columns, x, pressure, way }: Frame): void {
  const row: Svg = svg
    .append('g')
    .attr('data-way', way.join(' '))
    .attr('tabindex', 0)
    .attr('aria-label', rowText(bounded, columns));
  row
    .append('line')
    .attr('class', 's-line')
    .attr('x1', MARGIN)
    .attr('x2', pressure + PRESSURE * STALLS.length)
    .attr('y1', y)
    .attr('y2', y);
  const name: Svg = row.append('a').attr('href', itemHref(bounded.item));
  name.append('title').text(bounded.label);
  name
    .append('text')
    .attr('class', bounded.kind === 'cgroup' ? 'm q' : null)
    .attr('x', MARGIN)
    .attr('y', y + 24)
    .text(fitted(bounded.label, NAME));
  for (const column of columns) {
    const gauges = gaugesOf(bounded, column.resource);
    const [first, second] = gauges;
    if (first === undefined) continue;
    drawGauge(row, first, {
      x: x.get(column) ?? 0,
      y,
      width: column.width,
      more: second === undefined ? 0 : gauges.length - 1,
    });
  }
  for (const [i, resource] of STALLS.entries()) {
    const stall = bounded.pressure[resource];
    const left = pressure + i * PRESSURE;
    const text = stall === undefined ? '-' : `${stall.some.toFixed(stall.some >= 10 || stall.some === 0 ? 0 : 1)}%`;
    row
      .append('text')
      .attr('class', stall === undefined ? 'q f-quiet' : 'q')
      .attr('x', left)
      .attr('y', y + 17)
      .text(`${SHORT[resource]} ${text}`);
    if (stall === undefined) continue;
    bar(
      row,
      { x: left, y: y + 24, width: PRESSURE - 12 },
      stall.some / 100,
      stall.some >= STALLED ? 'near' : 'quiet',
      false,
    );
  }
}

const SHORT = { cpu: 'cpu', memory: 'mem', io: 'io' } as const;

/** Percent of the time from which on a stall is pointed out. */
const STALLED = 10;

interface Place {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function drawGauge(row: Svg, gauge: Gauge, { x, y, width, more }: Place & { readonly more: number }): void {
  const { kind, ratio, mark, ancestor } = gauge;
  const cell = row.append('g');
  cell.append('title').text(cellText(gauge));
  const sign = signOf(gauge);
  const others = more === 0 ? '' : ` and ${String(more)} more`;
  const above = ancestor === null ? '' : ` by ${ancestor.path}`;
  const room = width - (sign === '' ? 0 : textWidth(sign) + 8);
  cell
    .append('text')
    .attr('class', kind === 'limited' ? 'q' : 'q f-quiet')
    .attr('x', x)
    .attr('y', y + 17)
    .text(fitted(shortText(gauge) + others + above, room * SMALLER));
  if (sign !== '') {
    cell
      .append('text')
      .attr('class', `q b f-${mark === 'over' ? 'over' : 'near'}`)
      .attr('text-anchor', 'end')
      .attr('x', x + width)
      .attr('y', y + 17)
      .text(sign);
  }
  const at = { x, y: y + 24, width };
  if (kind !== 'limited') openEnded(cell, at, kind);
  else bar(cell, at, ratio, mark === 'over' ? 'over' : mark === 'near' ? 'near' : 'own');
}

/** Text of 11 pixels beside what is measured as of 12. */
const SMALLER = 12 / 11;

function shortText({ kind, usageText, limitText, limit }: Gauge): string {
  const device = limit.device === undefined ? '' : `${limit.device} `;
  if (kind === 'unknown') return 'not known';
  if (kind === 'none') return usageText === '' ? 'no limit' : `${usageText}, no limit`;
  return device + (usageText === '' ? limitText : `${usageText} of ${limitText}`);
}

/** What stands beside the amounts where the limit is near or was met. */
function signOf({ mark, ratio, event, limit }: Gauge): string {
  const percent = ratio === null ? '' : formatPercent(Math.floor(ratio * 100) / 100);
  if (mark === 'near') return `▲ ${percent}`;
  if (mark !== 'over') return '';
  if (limit.resource === 'cpu.time') return `✖ stopped ${percent}`;
  return `✖ ${event === '' ? percent : event}`;
}

function bar(
  cell: Svg,
  { x, y, width }: Place,
  ratio: number | null,
  colour: 'own' | 'near' | 'over' | 'quiet',
  isLimit = true,
): void {
  cell.append('rect').attr('class', 'f-raised').attr('x', x).attr('y', y).attr('width', width).attr('height', BAR);
  cell
    .append('line')
    .attr('class', 's-quiet')
    .attr('x1', x)
    .attr('x2', x + width)
    .attr('y1', y + BAR)
    .attr('y2', y + BAR);
  if (ratio !== null && ratio > 0) {
    // Anything used shows.
    const filled = Math.max(2, Math.round(Math.min(1, ratio) * width));
    cell
      .append('rect')
      .attr('class', `f-${colour}`)
      .attr('x', x)
      .attr('y', y)
      .attr('width', filled)
      .attr('height', BAR);
  }
  if (!isLimit) return;
  cell
    .append('line')
    .attr('class', 's-text')
    .attr('stroke-width', 2)
    .attr('x1', x + width)
    .attr('x2', x + width)
    .attr('y1', y - 3)
    .attr('y2', y + BAR + 3);
}

/** A track that does not end: nothing stops it there. */
function openEnded(cell: Svg, { x, y, width }: Place, kind: 'none' | 'unknown'): void {
  const middle = y + BAR / 2;
  const end = x + width;
  cell
    .append('line')
    .attr('class', 's-quiet')
    .attr('stroke-dasharray', kind === 'none' ? '6 4' : '1 4')
    .attr('x1', x)
    .attr('x2', end - 6)
    .attr('y1', middle)
    .attr('y2', middle);
  if (kind === 'unknown')
    cell
      .append('text')
      .attr('class', 'b f-unknown')
      .attr('text-anchor', 'end')
      .attr('x', end)
      .attr('y', middle + 4)
      .text('?');
  else
    cell
      .append('path')
      .attr('class', 's-quiet')
      .attr('d', `M${end - 6} ${middle - 4}L${end} ${middle}L${end - 6} ${middle + 4}`);
}

function cellText(gauge: Gauge): string {
  const { limit, event, ancestor } = gauge;
  const parts = [`${gaugeName(gauge)}: ${gaugeText(gauge)}`];
  if (ancestor !== null) parts.push(`imposed by ${ancestor.path}`);
  if (event !== '') parts.push(event);
  return [...parts, ...reasonOf(limit)].join('; ');
}

function reasonOf({ effective }: LimitReport): string[] {
  return effective.kind === 'unknown' ? [effective.reason] : [];
}

function rowText(bounded: Bounded, columns: readonly Column[]): string {
  const cells = columns.flatMap(({ resource }) => gaugesOf(bounded, resource).map(cellText));
  const stalls = STALLS.flatMap((one) => {
    const stall = bounded.pressure[one];
    return stall === undefined ? [] : [`${one} ${stall.some.toFixed(1)}%`];
  });
  return `${bounded.label}: ${[...cells, ...(stalls.length === 0 ? [] : [`pressure: ${stalls.join(', ')}`])].join('. ')}`;
}

/** Rows that are told in words. */
const TOLD = 20;

function described(drawn: readonly Bounded[], columns: readonly Column[]): string {
  const near = `A bar is near its limit from ${formatPercent(NEAR)} on.`;
  return [near, ...drawn.slice(0, TOLD).map((bounded) => rowText(bounded, columns))].join(' ');
}
