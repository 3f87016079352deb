/** Runs over time for a person: the runs, what does not hold and since when, and each metric as a line of its medians. */
import type {
  BenchHistoryDocument,
  HistoryRun,
  MetricChange,
  MetricHistory,
  MetricState,
  ProbeFailures,
  RunReference,
  SetupChange,
} from '../src/schema/bench-history.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatLocalTime } from '../src/text/time.ts';
import { formatPlural } from '../src/text/units.ts';
import { truncate } from '../src/text/width.ts';
import { column, fullNameOf } from './bench-metrics-text.ts';
import { formatMeasured, formatRatio } from './bench-numbers.ts';
import { sparkline } from './sparkline.ts';
import type { Style } from './style.ts';
import { tableLines, type Column } from './table.ts';
import { wrap } from './wrap.ts';

/** The lines of the answer. */
export function benchHistoryLines(document: BenchHistoryDocument, style: Style): string[] {
  const { count, runs, failures, metrics } = document;
  if (count === 0) return ['no run yet: nsinspect bench run --store keeps one, nsinspect bench import takes files'];
  if (runs.length === 0) return [`none of the ${formatPlural(count, 'run')} is asked for`];
  return [
    ...runLines(runs, style),
    ...(runs.length === count
      ? []
      : [style.dim(`${formatPlural(count - runs.length, 'other run')}: --limit, --since`)]),
    '',
    ...failures.flatMap((failure) => failureLines(failure, style)),
    ...(failures.length === 0 ? [] : ['']),
    ...metricLines(metrics, runs, style),
    sumText(failures, metrics),
  ];
}

function said(text: string, indent: string, style: Style): string[] {
  return wrap(terminalSafe(text), (style.columns ?? Infinity) - indent.length, style).map((line) => indent + line);
}

const RIGHT = { align: 'right' } as const;

/** A row a run, and below it what was new in it. */
function runLines(runs: readonly HistoryRun[], style: Style): string[] {
  const hosts = new Set(runs.map(({ environment }) => environment.hostname));
  const others = ({ verdicts }: HistoryRun): number =>
    Object.entries(verdicts).reduce((sum, [verdict, n]) => sum + (verdict === 'pass' || verdict === 'fail' ? 0 : n), 0);
  const columns: Column<HistoryRun>[] = [
    column('run', 'its number', ({ id }) => String(id), RIGHT),
    column('taken', 'when it began', ({ takenAt }) => formatLocalTime(takenAt)),
    ...(hosts.size > 1
      ? [
          column<HistoryRun>('host', 'of which host', ({ environment }) => environment.hostname ?? '?', {
            shrink: true,
          }),
        ]
      : []),
    column('suites', 'what ran', ({ suites, quick }) => `${suites.join(',')}${quick ? ' (quick)' : ''}`, {
      shrink: true,
    }),
    column('pass', 'probes that passed', ({ verdicts }) => String(verdicts.pass ?? 0), RIGHT),
    column('fail', 'probes that failed', ({ verdicts }) => String(verdicts.fail ?? 0), RIGHT),
    column('other', 'probes that say nothing of their limit', (run) => String(others(run)), RIGHT),
    column('metrics', 'what was measured', ({ metrics }) => String(metrics), RIGHT),
    ...(runs.some(({ label }) => label !== null)
      ? [column<HistoryRun>('label', 'what it is called', ({ label }) => label ?? '', { shrink: true })]
      : []),
  ];
  const [header = '', ...cells] = tableLines(runs, columns, style);
  return [
    header,
    ...runs.flatMap((run, at) => [
      ...(run.changes.length === 0 ? [] : said(changesText(run.changes), '     ', style).map(style.cyan)),
      (run.verdicts.fail ?? 0) > 0 ? style.red(cells[at] ?? '') : (cells[at] ?? ''),
    ]),
  ];
}

/** More of a list of controllers than this says nothing more. */
const LONGEST = 60;

function changesText(changes: readonly SetupChange[]): string {
  return changes
    .map(({ what, before, after }) => {
      const [from = '', to = ''] = [before, after].map((value) => (value ?? 'unknown').slice(0, LONGEST));
      return `${what} ${from} -> ${to}`;
    })
    .join('; ');
}

function runText({ run, takenAt }: RunReference): string {
  return `run ${run} (${formatLocalTime(takenAt)})`;
}

function failureLines(failure: ProbeFailures, style: Style): string[] {
  const { id, runtime, since, lastPass, lastFailure, judged, failed, changes, invariants } = failure;
  const name = `${id} (${runtime})`;
  const count = `${failed} of ${formatPlural(judged, 'run')}`;
  if (since === null) {
    const line = `passes again ${name}: failed in ${count}, last in ${runText(lastFailure)}`;
    return said(line, '', style).map(style.yellow);
  }
  const before = lastPass === null ? 'in none of these runs it passed' : `passed last in ${runText(lastPass)}`;
  const news = changes.length === 0 ? '' : `; with it came ${changesText(changes)}`;
  return [
    ...said(`FAILS ${name} since ${runText(since)}; ${before}${news}`, '', style).map(style.red),
    ...invariants
      .filter((invariant) => invariant.since !== null)
      .flatMap(({ text, observed }) => said(`does not hold: ${text}; ${observed}`, '    ', style)),
  ];
}

const RANK: Readonly<Record<MetricState, number>> = { worse: 0, better: 1, steady: 2, unjudged: 3 };

/** From so many columns on there is room for whole names. */
const WIDE = 120;

/** What names may take where there is little room. */
const NARROW_PROBE = 20;

/** Columns of a line of medians. */
const LINE = { narrow: 16, wide: 40 } as const;

function metricLines(metrics: readonly MetricHistory[], runs: readonly HistoryRun[], style: Style): string[] {
  if (metrics.length === 0) return [];
  const rows = [...metrics].sort((a, b) => RANK[a.state] - RANK[b.state]);
  const isWide = style.columns === null || style.columns >= WIDE;
  const isOneSuite = new Set(metrics.map(({ id }) => id.split('/', 1)[0])).size === 1;
  const columns: Column<MetricHistory>[] = [
    column('state', 'what became of it', ({ state }) => (state === 'worse' ? 'WORSE' : state), { header: '' }),
    column(
      'probe',
      'the probe',
      (row) => {
        const text = fullNameOf(row, { isOneSuite, isOneRuntime: false });
        // Variants differ in their beginnings: 10-of-100ms, 50-of-100ms.
        return isWide ? text : truncate(text, NARROW_PROBE, style.ellipsis);
      },
      { shrink: 'last' },
    ),
    column('metric', 'what was measured', ({ metric }) => metric, { shrink: true }),
    column('medians', 'its median in each of the runs', (row) => lineOf(row, runs, isWide, style)),
    ...(isWide ? [column<MetricHistory>('first', 'in the oldest run', (row) => medianAt(row, 0), RIGHT)] : []),
    column('last', 'in the newest run', (row) => medianAt(row, -1), RIGHT),
  ];
  const [header = '', ...cells] = tableLines(rows, columns, style);
  return [
    header,
    ...rows.flatMap((row, at) => [
      painted(cells[at] ?? '', row.state, style),
      ...row.changes.flatMap((change) => said(changeText(row, change), '    ', style).map(style.dim)),
    ]),
    '',
  ];
}

function medianAt({ points, unit }: MetricHistory, at: number): string {
  const median = points.at(at)?.median;
  return median === undefined ? '' : formatMeasured(median, unit);
}

/** Heights span the threshold at least, up and down: noise is to look like noise. */
function lineOf(
  { points, threshold }: MetricHistory,
  runs: readonly HistoryRun[],
  isWide: boolean,
  style: Style,
): string {
  const byRun = new Map(points.map(({ run, median }) => [run, median]));
  const medians = [...byRun.values()].sort((a, b) => a - b);
  const middle = medians[medians.length >> 1] ?? 0;
  const reach = Math.abs(middle) * threshold * 2;
  const width = isWide ? LINE.wide : LINE.narrow;
  const parts = isMarked(runs, width) ? partsOf(runs) : [runs];
  const known = { low: Math.min(middle - reach, ...medians), high: Math.max(middle + reach, ...medians) };
  return parts
    .map((part) =>
      sparkline(
        part.map(({ id }) => byRun.get(id) ?? null),
        width,
        style,
        [known.low, known.high],
      ),
    )
    .join(style.trunk.trim());
}

/** Whether there is room for a mark where the machine was another. */
function isMarked(runs: readonly HistoryRun[], width: number): boolean {
  return runs.length + partsOf(runs).length - 1 <= width;
}

/** The runs, parted where something of the machine changed. */
function partsOf(runs: readonly HistoryRun[]): HistoryRun[][] {
  const parts: HistoryRun[][] = [];
  for (const run of runs) {
    const last = parts.at(-1);
    if (last === undefined || run.changes.length > 0) parts.push([run]);
    else last.push(run);
  }
  return parts;
}

function changeText({ unit }: MetricHistory, change: MetricChange): string {
  const { before, after, ratio, base, changes } = change;
  const word = change.change === 'regression' ? 'worse' : 'better';
  const values = `${formatMeasured(before, unit)} -> ${formatMeasured(after, unit)}, ${formatRatio(ratio)}`;
  const news = changes.length === 0 ? '' : `; with ${changesText(changes)}`;
  return `${word} since ${runText(change)}: ${values}, by ${formatPlural(base.length, 'run')} before${news}`;
}

function painted(line: string, state: MetricState, style: Style): string {
  if (state === 'worse') return style.red(line);
  return state === 'better' ? style.green(line) : line;
}

function sumText(failures: readonly ProbeFailures[], metrics: readonly MetricHistory[]): string {
  const failing = failures.filter(({ since }) => since !== null).length;
  const counts = Map.groupBy(metrics, ({ state }) => state);
  const states = (['worse', 'better', 'steady', 'unjudged'] as const).flatMap((state) => {
    const number = counts.get(state)?.length ?? 0;
    return number === 0 ? [] : [`${number} ${state}`];
  });
  const probes =
    failing === 0 ? 'no failing probe' : `${formatPlural(failing, 'probe')} ${failing === 1 ? 'fails' : 'fail'}`;
  return `${probes}; ${formatPlural(metrics.length, 'metric')}${states.length === 0 ? '' : `: ${states.join(', ')}`}`;
}
