/** A comparison for a person: what broke, then a row a metric with the interval of its change drawn to one scale. */
import type { Change, Comparison, MetricComparison } from '../src/schema/bench-compare.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { formatMeasured, formatP, formatRatio, formatShare } from './bench-numbers.ts';
import { truncateMiddle } from '../src/text/width.ts';
import type { Style } from './style.ts';
import { tableLines, type Column } from './table.ts';
import { wrap } from './wrap.ts';

const RANK: Readonly<Record<Change, number>> = { regression: 0, inconclusive: 1, improvement: 2, same: 3 };

/** What the name of a probe may take where there is little room. */
const NARROW_PROBE = 24;

/** From so many columns on all figures have room. */
const WIDE = 140;

/** The lines of the answer: failures first, then metrics, the worst first. */
export function comparisonLines(comparison: Comparison, style: Style): string[] {
  const { base, next, differences, failed, unjudged, metrics, notes } = comparison;
  const rows = [...metrics].sort((a, b) => RANK[a.change] - RANK[b.change]);
  const scale = scaleOf(rows);
  const isOneSuite = new Set(rows.map(({ id }) => id.split('/', 1)[0])).size === 1;
  const [header = '', ...cells] = tableLines(rows, columnsFor(scale, isOneSuite, style), style);
  const said = (text: string, indent: string): string[] =>
    wrap(terminalSafe(text), (style.columns ?? Infinity) - indent.length, style).map((line) => indent + line);
  return [
    ...said(`base  ${baseText(base)}`, ''),
    ...said(`new   ${runText(next)}`, ''),
    ...differences.flatMap((one) =>
      said(`differs: ${one.what} ${one.base ?? 'unknown'} -> ${one.next ?? 'unknown'}`, '  ').map(style.yellow),
    ),
    ...notes.flatMap((note) => said(note, '  ')),
    '',
    ...failed.flatMap(({ id, runtime, why, broken }) => [
      ...said(`FAILED ${id} (${runtime})${why === null ? '' : `: ${why}`}`, '').map(style.red),
      ...broken.flatMap(({ text, observed }) => said(`${text}; ${observed}`, '       ')),
    ]),
    ...unjudged.flatMap(({ id, runtime, base: was, next: is, why }) =>
      said(
        `not judged ${id} (${runtime}): ${is ?? 'missing'}, base ${was ?? 'without it'}${why === null ? '' : `: ${why}`}`,
        '',
      ).map(style.yellow),
    ),
    ...(failed.length + unjudged.length > 0 && rows.length > 0 ? [''] : []),
    ...(rows.length === 0 ? ['no metric that both runs have'] : [header]),
    ...rows.flatMap((row, at) => [
      painted(cells[at] ?? '', row.change, style),
      ...(row.why === null ? [] : said(row.why, '    ').map(style.dim)),
    ]),
    '',
    ...said(verdictText(comparison), '').map((line) => verdictPainted(line, comparison, style)),
  ];
}

/** What the new run is held against. */
export function baseText(base: Comparison['base']): string {
  const { runs } = base;
  const [first, last] = [runs?.[0], runs?.at(-1)];
  if (runs === undefined) return runText(base);
  if (first === undefined) return 'no earlier run to judge by in the history';
  if (runs.length === 1) return `run ${first} of the history, ${runText(base)}`;
  return `${runs.length} runs of the history, ${first} to ${last ?? first}, the newest of ${runText(base)}`;
}

function runText({ takenAt, version, hostname, kernel, quick }: Comparison['base']): string {
  return `${takenAt}  ${hostname ?? 'unknown host'}, ${kernel}, nsinspect ${version}${quick ? ', quick' : ''}`;
}

function columnsFor(scale: number, isOneSuite: boolean, style: Style): Column<MetricComparison>[] {
  const isWide = style.columns === null || style.columns >= WIDE;
  const column = (
    name: string,
    header: string,
    help: string,
    text: (row: MetricComparison) => string,
    more: Partial<Column<MetricComparison>> = {},
  ): Column<MetricComparison> => ({ name, header, help, text, value: text, ...more });
  const width = isWide ? 31 : 11;
  const isUnicode = style.ellipsis.length === 1;
  const limit = `${isUnicode ? '±' : '+-'}${formatShare(scale)}`;
  const barHeader = `${' '.repeat((width - 1) >> 1)}0 ${limit}`;
  // Variants of a probe differ at the end of its name.
  const probe = ({ id, runtime }: MetricComparison): string => {
    const text = (name: string): string => terminalSafe(runtime === 'native' ? name : `${name} (${runtime})`);
    if (isWide) return text(id);
    return truncateMiddle(text(isOneSuite ? id.slice(id.indexOf('/') + 1) : id), NARROW_PROBE, style.ellipsis);
  };
  const right = { align: 'right' } as const;
  return [
    column('change', isWide ? 'VERDICT' : '', 'what became of it', (row) =>
      isWide ? row.change : shortOf(row.change),
    ),
    column('probe', 'PROBE', 'the probe', probe, { shrink: true }),
    column('metric', 'METRIC', 'what was measured', ({ metric }) => metric, { shrink: true }),
    ...(isWide
      ? [
          column('base', 'BASE', 'its median', (row) => formatMeasured(row.base.median, row.unit), right),
          column('next', 'NEW', 'its median', (row) => formatMeasured(row.next.median, row.unit), right),
        ]
      : []),
    column('ratio', isWide ? 'CHANGE OF MEDIAN' : 'CHANGE', 'change of the median and its interval', ({ ratio }) =>
      formatRatio(ratio, !isWide),
    ),
    column('bar', barHeader, 'the interval', (row) => barText(row, scale, width, isUnicode)),
    ...(isWide
      ? [
          column('p', 'P', 'corrected', ({ adjustedP }) => formatP(adjustedP), right),
          column('delta', 'DELTA', "Cliff's delta", ({ delta }) => delta?.toFixed(2) ?? '-', right),
          column('mde', 'MDE', 'minimum detectable effect', (row) => formatShare(row.minimumDetectableEffect), right),
        ]
      : [column('mde', 'MDE', 'minimum detectable effect', (row) => formatShare(row.minimumDetectableEffect), right)]),
  ];
}

const SHORT: Readonly<Record<Change, string>> = {
  regression: 'WORSE',
  improvement: 'better',
  same: 'same',
  inconclusive: 'unsure',
};

function shortOf(change: Change): string {
  return SHORT[change];
}

const SCALES = [0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1] as const;

/**
 * One scale for all, so that lengths may be compared: the smallest that holds the intervals and thresholds of all that could be judged. What is
 * too noisy for that would press the others together.
 */
function scaleOf(rows: readonly MetricComparison[]): number {
  const decided = rows.filter(({ change }) => change !== 'inconclusive');
  const widest = (decided.length > 0 ? decided : rows).reduce((most, { ratio, threshold }) => {
    const bounds = (ratio?.interval ?? []).map((bound) => Math.abs((bound ?? Infinity) - 1));
    return Math.max(most, threshold, ...bounds);
  }, 0);
  return SCALES.find((scale) => scale >= widest) ?? 1;
}

/** The interval as a line, the estimate as a dot on it, the thresholds as ticks, what is off the scale as an arrow. */
function barText({ ratio, threshold }: MetricComparison, scale: number, width: number, isUnicode: boolean): string {
  if (ratio === null) return '';
  const half = (width - 1) / 2;
  const place = (change: number): number => Math.round(Math.max(-1, Math.min(1, change / scale)) * half) + half;
  const [low, high] = ratio.interval.map((bound) => (bound ?? Infinity) - 1) as [number, number];
  const sign = isUnicode
    ? { zero: '│', tick: '┊', line: '─', dot: '●', left: '◂', right: '▸' }
    : { zero: '|', tick: ':', line: '-', dot: 'o', left: '<', right: '>' };
  const cells = new Array<string>(width).fill(' ');
  for (const tick of [-threshold, threshold]) cells[place(tick)] = sign.tick;
  cells[half] = sign.zero;
  for (let at = place(low); at <= place(high); at++) cells[at] = sign.line;
  cells[place((ratio.estimate ?? Infinity) - 1)] = sign.dot;
  if (low < -scale) cells[0] = sign.left;
  if (high > scale) cells[width - 1] = sign.right;
  return cells.join('');
}

function painted(line: string, change: Change, style: Style): string {
  switch (change) {
    case 'regression':
      return style.red(line);
    case 'improvement':
      return style.green(line);
    case 'inconclusive':
      return style.yellow(line);
    case 'same':
      return line;
  }
}

/** The whole in one line: `regression: 1 worse, 3 same`. */
export function verdictText({ verdict, failed, unjudged, metrics }: Comparison): string {
  const count = (change: Change): number => metrics.filter((row) => row.change === change).length;
  const parts = [
    [failed.length, formatPlural(failed.length, 'probe failed', 'probes failed')],
    [unjudged.length, formatPlural(unjudged.length, 'probe not judged', 'probes not judged')],
    [count('regression'), `${count('regression')} worse`],
    [count('improvement'), `${count('improvement')} better`],
    [count('inconclusive'), `${count('inconclusive')} inconclusive`],
    [count('same'), `${count('same')} same`],
  ] as const;
  const said = parts.filter(([number]) => number > 0).map(([, text]) => text);
  return `${verdict}: ${said.length === 0 ? 'nothing to compare' : said.join(', ')}`;
}

function verdictPainted(line: string, { verdict }: Comparison, style: Style): string {
  if (verdict === 'fine') return style.green(line);
  return verdict === 'inconclusive' ? style.yellow(line) : style.red(line);
}
