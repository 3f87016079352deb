/** Pictures of measurements: a bar from end to end of the interval, a dot for the median, and a small line of the runs before. */
import { formatPlural } from '../../../src/text/units.ts';
import { formatChange, formatMeasured } from '../../bench-numbers.ts';
import { MARK_LOOKS } from '../marks.ts';
import type { Picture } from '../section.ts';
import { bar, drawLegend, LEGEND_LINE, legendLines, write } from '../shapes.ts';
import type { Group, LegendEntry } from '../shapes.ts';
import { VERDICT_MARKS, verdictOf } from './results.ts';
import type { Measured } from './results.ts';

const ROW = 19;
const BETWEEN = 9;
const HEAD = 34;
const NAME = 250;
const RUNTIME = 84;
const PLOT = 430;
const NUMBERS = 210;
const HISTORY = 104;
const LEFT = NAME + RUNTIME;
const RIGHT = LEFT + PLOT + 34;
/** More rows are in the tables alone. */
const MOST_ROWS = 90;

/** How values become places within the plot, 0 to 1. */
interface Scale {
  readonly place: (value: number) => number;
}

/** Rows of one metric of one probe, a row a runtime. */
interface Block {
  readonly title: string;
  readonly more: string;
  /** What was set. */
  readonly set: readonly string[];
  readonly rows: readonly Measured[];
  readonly scale: Scale;
}

/** Metrics with a target, each against it; null: there are none. */
export function targetsPicture(measured: readonly Measured[]): Picture | null {
  const all = measured.filter(hasTarget);
  if (all.length === 0) return null;
  const range = rangeOf(all);
  const scale = (target: number): Scale => ({ place: (value) => 0.5 + (value / target - 1) / range / 2 });
  const blocks = blocksOf(all, ({ metric }) => scale(metric.target ?? 1));
  const off = all.filter(({ metric }) => isOff(metric.summary.interval, metric.target ?? 1, metric.threshold)).length;
  return picture(blocks, all.length, {
    name: 'targets',
    title: `What was set against what was measured: ${formatPlural(all.length, 'measurement')}`,
    description: `The line in the middle is what was set. A bar is the 95 % interval of the median, a dot the median; to the right of the line more came through than was set. ${off} of ${all.length} intervals lie wholly outside of the threshold.`,
    axis: (svg, height) => {
      drawTargetAxis(svg, range, height);
    },
    legend: TARGET_LEGEND,
  });
}

/** All others, each metric on a scale of its own; null: there are none. */
export function costsPicture(measured: readonly Measured[]): Picture | null {
  const all = measured.filter((one) => !hasTarget(one));
  if (all.length === 0) return null;
  const blocks = blocksOf(all, (_, rows) => {
    const most = Math.max(...rows.map(({ metric }) => metric.summary.interval[1]), 0);
    return { place: (value) => (most === 0 ? 0 : value / most) };
  });
  return picture(blocks, all.length, {
    name: 'costs',
    title: `What it costs: ${formatPlural(all.length, 'measurement')}`,
    description:
      'Each metric on a scale of its own from 0, so that runtimes can be compared. A bar is the 95 % interval of the median, a dot the median.',
    axis: (svg, height) => {
      svg
        .append('path')
        .attr('class', 's-line')
        .attr('d', `M${LEFT}.5,${HEAD - 8}V${height}`);
      write(svg, '0', { x: LEFT, y: HEAD - 14, name: 'f-quiet q', anchor: 'middle' });
      write(svg, 'the highest of its rows', { x: LEFT + PLOT, y: HEAD - 14, name: 'f-quiet q', anchor: 'end' });
    },
    legend: [],
  });
}

function hasTarget({ metric }: Measured): boolean {
  return metric.better === 'target' && metric.target !== null && metric.target > 0;
}

/** How far the plot goes to each side of the target, as a share of it. */
function rangeOf(measured: readonly Measured[]): number {
  const away = measured
    .flatMap(({ metric }) => metric.summary.interval.map((end) => Math.abs(end / (metric.target ?? 1) - 1)))
    .sort((a, b) => a - b);
  // One that is far away is not to press all others into the line.
  const most = away[Math.floor((away.length - 1) * 0.9)] ?? 0;
  return [0.02, 0.04, 0.1, 0.2].find((range) => most <= range) ?? 0.4;
}

function isOff([low, high]: readonly [number, number], target: number, threshold: number): boolean {
  return high < target * (1 - threshold) || low > target * (1 + threshold);
}

function blocksOf(
  measured: readonly Measured[],
  scaleOf: (first: Measured, rows: readonly Measured[]) => Scale,
): Block[] {
  const groups = Map.groupBy(measured, ({ result, metric }) => `${result.id}\n${metric.name}\n${metric.unit}`);
  return [...groups.values()].flatMap((rows): Block[] => {
    const [first] = rows;
    if (first === undefined) return [];
    const { result, metric } = first;
    const unit = ['', '1', 'ratio'].includes(metric.unit) ? '' : `, ${metric.unit}`;
    const aim = metric.target === null || metric.target === 1 ? '' : `, set to ${formatMeasured(metric.target, '')}`;
    const more = `${metric.name}${unit}${aim}${metric.informative ? ' (informative)' : ''}`;
    const set = result.set.map(({ name, value }) => `${name}=${value}`);
    return [{ title: result.id, more, set, rows, scale: scaleOf(first, rows) }];
  });
}

interface Words {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly axis: (svg: Group, height: number) => void;
  readonly legend: readonly LegendEntry[];
}

function picture(all: readonly Block[], count: number, words: Words): Picture {
  const blocks: Block[] = [];
  let rows = 0;
  for (const block of all) {
    if (rows + block.rows.length > MOST_ROWS && rows > 0) break;
    blocks.push(block);
    rows += block.rows.length;
  }
  const hasHistory = blocks.some((block) => block.rows.some(({ history }) => history !== null));
  const width = RIGHT + NUMBERS + (hasHistory ? HISTORY + 26 : 0);
  const heights = blocks.map((block) => Math.max(2 + setLines(block).length, block.rows.length) * ROW + BETWEEN);
  const foot = HEAD + heights.reduce((sum, height) => sum + height, 0);
  const entries = [...words.legend, ...legendOf(hasHistory, count - rows)];
  const legend = legendLines(entries, width);
  const { name, title, description } = words;
  return {
    kind: 'picture',
    name,
    title,
    description,
    width,
    height: foot + 8 + legend.length * LEGEND_LINE,
    draw: ({ svg }) => {
      let y = HEAD;
      for (const [at, block] of blocks.entries()) {
        if (at % 2 === 0) bar(svg, 0, y - BETWEEN / 2, width, heights[at] ?? 0, 'f-raised');
        write(svg, block.title, { x: 4, y: y + 14, name: 'b', room: (NAME - 8) * 0.92 });
        write(svg, block.more, { x: 4, y: y + 14 + ROW, name: 'f-quiet', room: NAME - 8 });
        for (const [line, set] of setLines(block).entries()) {
          write(svg, set, { x: 4, y: y + 14 + ROW * (line + 2), name: 'f-quiet q', room: NAME + 10 });
        }
        y += heights[at] ?? 0;
      }
      words.axis(svg, foot - BETWEEN / 2);
      if (hasHistory) write(svg, 'runs before', { x: RIGHT + NUMBERS + 4, y: HEAD - 14, name: 'f-quiet q' });
      write(svg, 'median [95 %]', { x: RIGHT + 4, y: HEAD - 14, name: 'f-quiet q' });
      y = HEAD;
      for (const [at, block] of blocks.entries()) {
        for (const [row, one] of block.rows.entries()) drawRow(svg, one, block.scale, y + row * ROW);
        y += heights[at] ?? 0;
      }
      drawLegend(svg, legend, 4, foot + 8);
    },
  };
}

/** What was set, a line each where there is room for that. */
function setLines({ set, rows }: Block): readonly string[] {
  return set.length === 0 || rows.length >= 2 + set.length ? set : [set.join(' ')];
}

function drawRow(svg: Group, { result, metric, history }: Measured, { place }: Scale, y: number): void {
  const { summary, unit, informative } = metric;
  const { median, interval, n } = summary;
  const verdict = verdictOf(result);
  const mark = MARK_LOOKS[VERDICT_MARKS[verdict]];
  const [low, high] = interval.map((end) => formatMeasured(end, ''));
  const numbers = `${formatMeasured(median, unit)} [${low ?? ''}, ${high ?? ''}]`;
  const group = svg.append('g').attr('tabindex', '0').attr('data-way', result.runtime);
  const words = `${result.id} in ${result.runtime}: ${metric.name} ${numbers}, ${formatPlural(n, 'sample')}, ${verdict}`;
  group.attr('aria-label', words);
  group.append('title').text([words, ...(result.why === null ? [] : [result.why])].join('\n'));
  const middle = y + 10;
  write(group, mark.sign, { x: NAME + 4, y: y + 14, name: `f-${mark.colour} b` });
  write(group, result.runtime, { x: NAME + 20, y: y + 14, room: RUNTIME - 24 });
  const x = (value: number): number => LEFT + Math.min(1, Math.max(0, place(value))) * PLOT;
  const colour = informative ? 'quiet' : verdict === 'pass' ? 'own' : verdict === 'fail' ? 'over' : 'shared';
  const [from, to] = [x(interval[0]), x(interval[1])].map((end) => Math.round(end * 10) / 10);
  const [start, end] = [from ?? 0, to ?? 0];
  if (end - start >= 1) {
    group.append('path').attr('class', `s-${colour}`).attr('stroke-width', '4').attr('d', `M${start},${middle}H${end}`);
  }
  if (place(interval[1]) > 1) write(group, '▸', { x: LEFT + PLOT, y: middle + 4, name: `f-${colour}` });
  if (place(interval[0]) < 0) write(group, '◂', { x: LEFT, y: middle + 4, name: `f-${colour}`, anchor: 'end' });
  const dot = Math.round(x(median) * 10) / 10;
  if (place(median) <= 1 && place(median) >= 0)
    group.append('circle').attr('class', `f-${colour}`).attr('cx', dot).attr('cy', middle).attr('r', 4);
  write(group, numbers, { x: RIGHT + 4, y: y + 14, room: NUMBERS - 8 });
  if (history !== null) drawHistory(group, history, RIGHT + NUMBERS + 4, y);
}

/** The medians of the runs, the newest at the right, and what became of them since. */
function drawHistory(group: Group, history: NonNullable<Measured['history']>, x: number, y: number): void {
  const { points, state, unit } = history;
  if (points.length < 2) {
    write(group, 'the first run', { x, y: y + 14, name: 'f-quiet q' });
    return;
  }
  const medians = points.map(({ median }) => median);
  const [low, high] = [Math.min(...medians), Math.max(...medians)];
  const step = HISTORY / (points.length - 1);
  const at = (median: number): number =>
    Math.round(10 * (y + 15 - (high === low ? 0.5 : (median - low) / (high - low)) * 11)) / 10;
  const d = medians.map((median, i) => `${i === 0 ? 'M' : 'L'}${Math.round(x + i * step)},${at(median)}`).join('');
  const colour = state === 'worse' ? 'over' : state === 'better' ? 'own' : 'quiet';
  const line = group.append('g');
  line.append('title').text(`${medians.map((median) => formatMeasured(median, unit)).join(', ')}: ${state}`);
  line.append('path').attr('class', `s-${colour}`).attr('d', d);
  line
    .append('circle')
    .attr('class', `f-${colour}`)
    .attr('cx', x + HISTORY)
    .attr('cy', at(medians.at(-1) ?? 0))
    .attr('r', 2.5);
  const sign = state === 'worse' ? '✗' : state === 'better' ? '✓' : '';
  if (sign !== '') write(line, sign, { x: x + HISTORY + 8, y: y + 14, name: `f-${colour} b` });
}

function drawTargetAxis(svg: Group, range: number, height: number): void {
  for (const share of [-1, -0.5, 0, 0.5, 1]) {
    const x = LEFT + (0.5 + share / 2) * PLOT;
    const isTarget = share === 0;
    const line = svg
      .append('path')
      .attr('class', isTarget ? 's-text' : 's-line')
      .attr('d', `M${Math.floor(x) + 0.5},${HEAD - 8}V${height}`);
    if (!isTarget) line.attr('stroke-dasharray', '2 3');
    const text = isTarget ? 'as set' : formatChange(share * range);
    write(svg, text, { x, y: HEAD - 14, name: isTarget ? 'b q' : 'f-quiet q', anchor: 'middle' });
  }
}

const TARGET_LEGEND: readonly LegendEntry[] = [
  {
    width: 12,
    text: 'what was set',
    draw: (at, x, y) => {
      at.append('path')
        .attr('class', 's-text')
        .attr('d', `M${Math.floor(x) + 6.5},${y}v16`);
    },
  },
  { width: 0, text: '◂ ▸ goes on beyond', draw: () => undefined },
];

function legendOf(hasHistory: boolean, left: number): LegendEntry[] {
  const entries: LegendEntry[] = [
    {
      width: 30,
      text: 'median with its 95 % interval',
      draw: (at, x, y) => {
        at.append('path')
          .attr('class', 's-own')
          .attr('stroke-width', '4')
          .attr('d', `M${x},${y + 8}h30`);
        at.append('circle')
          .attr('class', 'f-own')
          .attr('cx', x + 15)
          .attr('cy', y + 8)
          .attr('r', 4);
      },
    },
    {
      width: 12,
      text: 'informative: never judged',
      draw: (at, x, y) => {
        at.append('circle')
          .attr('class', 'f-quiet')
          .attr('cx', x + 6)
          .attr('cy', y + 8)
          .attr('r', 4);
      },
    },
  ];
  if (hasHistory)
    entries.push({
      width: 0,
      text: 'small lines: medians run by run, each on a scale of its own',
      draw: () => undefined,
    });
  if (left > 0)
    entries.push({ width: 0, text: `${formatPlural(left, 'more row')} in the table`, draw: () => undefined });
  return entries;
}
