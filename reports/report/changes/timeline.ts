/** The picture of a host's history: what changed from snapshot to snapshot, and how many containers and processes there were. */
import { formatCount, formatDuration, formatPlural } from '../../../src/text/units.ts';
import type { Picture } from '../section.ts';
import { bar, drawLegend, LEGEND_LINE, legendLines, write } from '../shapes.ts';
import type { Group, LegendEntry } from '../shapes.ts';
import type { TimelinePoint, World } from '../world.ts';
import { LOOKS, momentText } from './words.ts';

const WIDTH = 1060;
const LEFT = 124;
const RIGHT = 76;
const CHANGES = 110;
const LINE = 52;
const SPACE = 26;
/** Width of a time. */
const TIME = 180;
const TOP = 40;

/** A snapshot in its place. */
interface Placed {
  readonly point: TimelinePoint;
  readonly x: number;
}

/** Draws it. The distance between snapshots is the same, however long the time between them: that is written where it stands out. */
export function timelinePicture({ facts }: World): Picture {
  const { timeline, side, before } = facts;
  const step = (WIDTH - LEFT - RIGHT) / Math.max(1, timeline.length - 1);
  const placed = timeline.map((point, at): Placed => ({ point, x: Math.round(LEFT + at * step) }));
  const [first, last] = [timeline[0], timeline.at(-1)];
  const sum = (of: (point: TimelinePoint) => number | null): number =>
    timeline.reduce((all, point) => all + (of(point) ?? 0), 0);
  const [changes, loosened] = [sum((point) => point.changes), sum((point) => point.loosened)];
  const floor = TOP + CHANGES;
  const containers = floor + SPACE + LINE;
  const processes = containers + SPACE + LINE;
  const spans = longSpans(placed, step);
  const legend = legendLines(spans.length === 0 ? LEGEND : [...LEGEND, LONGER], WIDTH - LEFT);
  return {
    kind: 'picture',
    name: 'timeline',
    title: `${formatPlural(timeline.length, 'snapshot')} of this host: ${formatPlural(changes, 'change')}, ${loosened} loosened`,
    description: `From ${momentText(first?.takenAt ?? '')} to ${momentText(last?.takenAt ?? '')}: bars for the changes since the snapshot before, the lowest part of a bar for those that loosened something; below them the number of containers and of processes.`,
    width: WIDTH,
    height: processes + 46 + legend.length * LEGEND_LINE,
    draw: (canvas) => {
      const { svg } = canvas;
      const marked = new Map([
        [before?.snapshot, 'before'],
        [side.snapshot, 'this report'],
      ]);
      for (const { point, x } of placed) {
        const word = marked.get(point.snapshot);
        if (word === undefined) continue;
        svg
          .append('path')
          .attr('class', 's-link')
          .attr('stroke-dasharray', '2 3')
          .attr('d', `M${Math.floor(x) + 0.5},${floor}V${processes}`);
        write(svg, x > WIDTH / 2 ? `${word} ▾` : `▾ ${word}`, {
          x: x + (x > WIDTH / 2 ? 5 : -5),
          y: 12,
          name: 'f-link',
          anchor: x > WIDTH / 2 ? 'end' : 'start',
        });
      }
      drawChanges(svg, placed, floor, Math.min(26, step * 0.7));
      drawLine(svg, placed, containers, 'containers', (point) => point.containers);
      drawLine(svg, placed, processes, 'processes', (point) => point.processes);
      drawTimes(svg, placed, processes + 20, step);
      for (const { x, seconds } of spans) {
        write(svg, `⋯ ${formatDuration(seconds)}`, { x, y: TOP + CHANGES + 14, name: 'f-quiet q', anchor: 'middle' });
      }
      drawLegend(svg, legend, LEFT, processes + 38);
    },
  };
}

function drawChanges(svg: Group, placed: readonly Placed[], floor: number, width: number): void {
  const most = Math.max(1, ...placed.map(({ point }) => point.changes ?? 0));
  const scale = (count: number): number => Math.round((count / most) * CHANGES);
  write(svg, 'changes', { x: LEFT - 26, y: floor - 6, name: 'b', anchor: 'end' });
  write(svg, `up to ${most}`, { x: LEFT - 26, y: floor + 10, name: 'f-quiet', anchor: 'end' });
  svg
    .append('path')
    .attr('class', 's-line')
    .attr('d', `M${LEFT - 14},${floor + 0.5}H${WIDTH - RIGHT + 14}`);
  for (const [at, { point, x }] of placed.entries()) {
    const { changes, loosened, snapshot, takenAt, label } = point;
    const words = [
      `snapshot ${snapshot}${label === null ? '' : ` ${label}`}, ${momentText(takenAt)}`,
      changes === null
        ? at === 0
          ? 'the first one'
          : 'not compared'
        : `${formatPlural(changes, 'change')} since the one before, ${loosened ?? 0} loosened`,
    ];
    const group = svg
      .append('g')
      .attr('tabindex', '0')
      .attr('data-way', `s${snapshot}`)
      .attr('aria-label', words.join(', '));
    group.append('title').text(words.join('\n'));
    if (changes === null) {
      write(group, at === 0 ? '' : '?', { x, y: floor - 4, name: 'f-unknown', anchor: 'middle' });
      continue;
    }
    const all = scale(changes);
    const loose = Math.min(all, Math.max(loosened === null || loosened === 0 ? 0 : 4, scale(loosened ?? 0)));
    const left = x - width / 2;
    if (changes === 0) write(group, '·', { x, y: floor - 3, name: 'f-quiet', anchor: 'middle' });
    if (all > loose) bar(group, left, floor - all, width, all - loose, 'f-altered');
    if (loose > 0) {
      bar(group, left, floor - loose, width, loose, 'f-over');
      write(group, `${LOOKS.loosened.sign}${loosened ?? 0}`, {
        x,
        y: floor - all - 4,
        name: 'f-over b',
        anchor: 'middle',
      });
    } else if (changes > 0 && width >= 12) {
      write(group, String(changes), { x, y: floor - all - 4, name: 'f-quiet q', anchor: 'middle' });
    }
  }
}

function drawLine(
  svg: Group,
  placed: readonly Placed[],
  floor: number,
  name: string,
  of: (point: TimelinePoint) => number | null,
): void {
  const known = placed.flatMap(({ point, x }) => {
    const value = of(point);
    return value === null ? [] : [{ x, value }];
  });
  write(svg, name, { x: LEFT - 26, y: floor - LINE / 2, name: 'b', anchor: 'end' });
  const [first] = known;
  const last = known.at(-1);
  if (first === undefined || last === undefined) {
    write(svg, 'not collected', { x: LEFT, y: floor - LINE / 2, name: 'f-quiet' });
    return;
  }
  const values = known.map(({ value }) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const range = low === high ? formatCount(low) : `${formatCount(low)} to ${formatCount(high)}`;
  write(svg, range, { x: LEFT - 26, y: floor - LINE / 2 + 15, name: 'f-quiet', anchor: 'end' });
  const y = (value: number): number =>
    Math.round(floor - (high === low ? LINE / 2 : 6 + ((value - low) / (high - low)) * (LINE - 12)));
  svg
    .append('path')
    .attr('class', 's-line')
    .attr('d', `M${LEFT - 14},${floor + 0.5}H${WIDTH - RIGHT + 14}`);
  // A count holds until the next snapshot.
  const d = known.map(({ x, value }, at) => (at === 0 ? `M${x},${y(value)}` : `H${x}V${y(value)}`)).join('');
  svg.append('path').attr('class', 's-own').attr('stroke-width', '2').attr('d', d);
  for (const { x, value } of known) {
    svg
      .append('circle')
      .attr('class', 'f-own')
      .attr('cx', x)
      .attr('cy', y(value))
      .attr('r', known.length > 40 ? 2 : 3);
  }
  write(svg, formatCount(last.value), { x: last.x + 9, y: y(last.value) + 4, name: 'f-own b' });
}

/** Times, as many as there is room for, and the spans between snapshots that stand out. */
function drawTimes(svg: Group, placed: readonly Placed[], y: number, step: number): void {
  const every = Math.max(1, Math.ceil(TIME / step));
  let day = '';
  for (const [at, { point, x }] of placed.entries()) {
    svg
      .append('path')
      .attr('class', 's-line')
      .attr('d', `M${Math.floor(x) + 0.5},${y - 19}v4`);
    const isShown = at === placed.length - 1 || (at % every === 0 && (placed.length - 1 - at) * step >= TIME);
    if (!isShown) continue;
    const whole = momentText(point.takenAt);
    const text = whole.startsWith(day) && day !== '' ? whole.slice(day.length + 1) : whole;
    day = whole.slice(0, 10);
    write(svg, text, { x: at === 0 ? x - 14 : x, y, name: 'f-quiet q', anchor: at === 0 ? 'start' : 'middle' });
  }
}

interface Span {
  readonly x: number;
  readonly seconds: number;
}

/** Times between snapshots that are much longer than most. */
function longSpans(placed: readonly Placed[], step: number): Span[] {
  const spans = placed.slice(1).map(({ point, x }, at): Span => {
    const from = placed[at]?.point.takenAt ?? '';
    return { x: x - step / 2, seconds: (Date.parse(point.takenAt) - Date.parse(from)) / 1000 };
  });
  const sorted = spans.map(({ seconds }) => seconds).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return spans.filter(({ seconds }) => seconds >= 60 && seconds > usual * 4);
}

const LEGEND: readonly LegendEntry[] = [
  {
    width: 14,
    text: 'loosened: less is forbidden than was',
    draw: (at, x, y) => {
      bar(at, x, y + 2, 14, 12, 'f-over');
    },
  },
  {
    width: 14,
    text: 'other changes, without what every living host does all the time',
    draw: (at, x, y) => {
      bar(at, x, y + 2, 14, 12, 'f-altered');
    },
  },
];

const LONGER: LegendEntry = { width: 0, text: '⋯ a much longer time between two snapshots', draw: () => undefined };
