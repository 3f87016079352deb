/** What it costs to start and to end, for a person: a row for each thing that was started, with percentiles. */
import type { Metric, ProbeResult } from '../src/schema/bench.ts';
import { truncateMiddle } from '../src/text/width.ts';
import { column, fullNameOf, type Names } from './bench-metrics-text.ts';
import { formatDetectable, formatInterval, formatMeasured } from './bench-numbers.ts';
import type { Style } from './style.ts';
import { tableLines, type Column } from './table.ts';

/** From so many columns on all figures have room. */
const WIDE = 150;

/** What a name may take where there is little room. */
const NARROW_NAME = 19;

/** So many digits are what times of this kind are good for. */
const DIGITS = 3;

const SHOWN = ['start', 'join', 'tear-down', 'memory', 'disk'];

/** The result with the metrics that are not shown here. */
export function withoutStartup(result: ProbeResult): ProbeResult {
  return { ...result, metrics: result.metrics.filter((metric) => !isShown(result, metric)) };
}

function isShown({ suite }: ProbeResult, { name }: Metric): boolean {
  return suite === 'startup' && SHOWN.includes(name);
}

/** The table, with an empty line at its end; nothing where nothing was started. */
export function startupLines(results: readonly ProbeResult[], names: Names, style: Style): string[] {
  const rows = results.filter((result) => result.metrics.some((metric) => isShown(result, metric)));
  if (rows.length === 0) return [];
  const { columns } = style;
  const isWide = columns === null || columns >= WIDE;
  const more = `joins, intervals, tails of tear-down: on ${WIDE} columns, --no-trunc, --json`;
  return [
    ...tableLines(rows, isWide ? wideColumns(names) : narrowColumns(names, style.ellipsis), style),
    ...(isWide ? [] : [style.dim(truncateMiddle(more, columns, style.ellipsis))]),
    '',
  ];
}

type Cells = Column<ProbeResult>;

function wideColumns(names: Names): Cells[] {
  return [
    column('probe', 'what was started', (result) => fullNameOf(result, names), { shrink: 'last' }),
    of('n', 'N', 'start', ({ summary }) => String(summary.n)),
    of('start', 'START', 'start', median),
    of('interval', '95%', 'start', ({ summary, unit }) => formatInterval(summary, unit, DIGITS)),
    ...tail('start'),
    of('join', 'JOIN', 'join', median),
    of('joinMde', 'MDE', 'join', formatDetectable),
    of('tearDown', 'TEAR-DOWN', 'tear-down', median),
    ...tail('tear-down'),
    ...sizes(),
  ];
}

function narrowColumns(names: Names, ellipsis: string): Cells[] {
  return [
    column('probe', 'what was started', (result) => truncateMiddle(fullNameOf(result, names), NARROW_NAME, ellipsis), {
      shrink: 'last',
    }),
    of('start', 'START', 'start', median),
    ...tail('start'),
    of('tearDown', 'TEAR-DOWN', 'tear-down', median),
    ...sizes(),
  ];
}

/** How long it can take, and how well that is known. */
function tail(metric: string): Cells[] {
  return [
    of(`${metric}P95`, 'P95', metric, ({ summary, unit }) => formatMeasured(summary.p95, unit, DIGITS)),
    of(`${metric}P99`, 'P99', metric, ({ summary, unit }) => formatMeasured(summary.p99, unit, DIGITS)),
    of(`${metric}Mde`, 'MDE', metric, formatDetectable),
  ];
}

function sizes(): Cells[] {
  return [of('memory', 'MEMORY', 'memory', median), of('disk', 'DISK', 'disk', median)];
}

function median({ summary, unit }: Metric): string {
  return formatMeasured(summary.median, unit, DIGITS);
}

function of(name: string, header: string, metric: string, text: (metric: Metric) => string): Cells {
  const cell = ({ metrics }: ProbeResult): string => {
    const found = metrics.find((one) => one.name === metric);
    return found === undefined ? '' : text(found);
  };
  return column(name, `${header} of ${metric}`, cell, { header, align: 'right' });
}
