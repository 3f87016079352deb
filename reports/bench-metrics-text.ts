/** What a run measured, for a person: a row a metric with its interval and noise. */
import type { Metric, ProbeResult } from '../src/schema/bench.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { truncateMiddle } from '../src/text/width.ts';
import { formatDetectable, formatInterval, formatMeasured, formatShare } from './bench-numbers.ts';
import type { Style } from './style.ts';
import { tableLines, type Column } from './table.ts';

/** What all rows have in common is said once, above them. */
export interface Names {
  readonly isOneSuite: boolean;
  readonly isOneRuntime: boolean;
}

/** The id of a probe as its command takes it. */
export function nameOf(id: string, { isOneSuite }: Names): string {
  return isOneSuite ? id.slice(id.indexOf('/') + 1) : id;
}

/** The same with its runtime, where that does not go without saying. */
export function fullNameOf({ id, runtime }: Pick<ProbeResult, 'id' | 'runtime'>, names: Names): string {
  const name = nameOf(id, names);
  return terminalSafe(names.isOneRuntime || runtime === 'native' ? name : `${name} (${runtime})`);
}

/** A column whose value for a program is its text. */
export function column<R>(
  name: string,
  help: string,
  text: (row: R) => string,
  more: Partial<Pick<Column<R>, 'header' | 'align' | 'shrink'>> = {},
): Column<R> {
  return { name, help, text, value: text, ...more };
}

/** From so many columns on all figures have room. */
const WIDE = 120;

/** What the names of a probe and its metric may take together where there is little room. */
const NARROW_NAME = 36;

/** A row of the table; one without a metric is the heading of those below it. */
interface Row {
  readonly name: string;
  readonly metric: Metric | null;
}

/** The table, with an empty line at its end; nothing where nothing was measured. */
export function metricLines(results: readonly ProbeResult[], names: Names, style: Style): string[] {
  const isNarrow = style.columns !== null && style.columns < WIDE;
  const shown = results.map((result) => ({ ...result, metrics: result.metrics.filter((metric) => !isAnswer(metric)) }));
  const answers = count(results) - count(shown);
  const rows = shown.flatMap((result) => (isNarrow ? narrowRows(result, names, style) : wideRows(result, names)));
  return [
    ...(rows.length === 0 ? [] : tableLines(rows, columnsOf(isNarrow), style)),
    ...(answers === 0 ? [] : [style.dim(`${formatPlural(answers, 'answer')} of yes or no: --json`)]),
    ...(rows.length + answers === 0 ? [] : ['']),
  ];
}

/** What of the host shows, say: the probe itself tells in words which do. */
function isAnswer({ unit }: Metric): boolean {
  return unit === '0 or 1';
}

function count(results: readonly ProbeResult[]): number {
  return results.reduce((sum, { metrics }) => sum + metrics.length, 0);
}

function wideRows(result: ProbeResult, names: Names): Row[] {
  return result.metrics.map((metric) => ({ name: fullNameOf(result, names), metric }));
}

/** Names of probe and metric one after the other, or the one above the others where there are several. */
function narrowRows(result: ProbeResult, names: Names, { ellipsis }: Style): Row[] {
  const name = fullNameOf(result, names);
  const fitted = (text: string): string => truncateMiddle(terminalSafe(text), NARROW_NAME, ellipsis);
  const [only, ...others] = result.metrics;
  if (only === undefined) return [];
  if (others.length === 0) return [{ name: fitted(`${name} ${only.name}`), metric: only }];
  return [
    { name: fitted(name), metric: null },
    ...result.metrics.map((metric) => ({ name: fitted(`  ${metric.name}`), metric })),
  ];
}

function columnsOf(isNarrow: boolean): Column<Row>[] {
  const of =
    (text: (metric: Metric) => string) =>
    ({ metric }: Row): string =>
      metric === null ? '' : text(metric);
  const right = { align: 'right' } as const;
  return [
    column('probe', 'the probe', ({ name }) => name, { shrink: 'last' }),
    ...(isNarrow
      ? []
      : [
          column(
            'metric',
            'what was measured',
            of(({ name }) => name),
          ),
        ]),
    column(
      'median',
      'its median',
      of(({ summary, unit }) => formatMeasured(summary.median, unit)),
      right,
    ),
    column(
      'interval',
      '95 % interval of the median',
      // Of one sample there is none.
      of(({ summary, unit }) => (summary.n === 1 ? '' : formatInterval(summary, unit, isNarrow ? 3 : 4))),
      { header: '95%' },
    ),
    column(
      'n',
      'samples',
      of(({ summary }) => String(summary.n)),
      right,
    ),
    ...(isNarrow
      ? []
      : [
          column(
            'cv',
            'coefficient of variation',
            of(({ summary }) => cvText(summary)),
            right,
          ),
        ]),
    column('mde', 'minimum detectable effect', of(formatDetectable), right),
  ];
}

function cvText({ n, cv }: Metric['summary']): string {
  return n === 1 ? '' : formatShare(cv);
}
