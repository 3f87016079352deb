/** A run for a person: a row a probe with its verdict, below it what it measured with its interval and noise. */
import type { BenchDocument, Metric, ProbeResult, Verdict } from '../src/schema/bench.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { formatMeasured, formatShare } from './bench-numbers.ts';
import type { Style } from './style.ts';
import { tableLines, type Column } from './table.ts';
import { wrap } from './wrap.ts';

/** The lines of the answer: probes with their invariants that do not hold, then the metrics, then the sum. */
export function runLines({ results, environment, takenAt }: BenchDocument, style: Style): string[] {
  const { hostname, kernel, cgroupMode, cpuModel, cpus } = environment;
  const said = (text: string, indent: string): string[] =>
    wrap(terminalSafe(text), (style.columns ?? Infinity) - indent.length, style).map((line) => indent + line);
  const machine = `${hostname ?? 'unknown host'}, ${kernel}, cgroups ${cgroupMode}, ${formatPlural(cpus, 'CPU')} ${cpuModel ?? ''}`;
  const [header = '', ...cells] = tableLines(results, PROBES, style);
  const metrics = results.flatMap(({ id, runtime, metrics: own }) => own.map((metric) => ({ id, runtime, metric })));
  return [
    ...said(`${takenAt}  ${machine.trimEnd()}`, ''),
    '',
    ...(results.length === 0 ? ['no probe ran'] : [header]),
    ...results.flatMap((result, at) => [
      painted(cells[at] ?? '', result, style),
      ...(result.why === null ? [] : said(result.why, '    ').map(style.dim)),
      ...result.invariants
        .filter(({ holds }) => !holds)
        .flatMap(({ text, observed }) => said(`does not hold: ${text}; ${observed}`, '    ').map(style.red)),
    ]),
    '',
    ...(metrics.length === 0 ? [] : [...tableLines(metrics, METRICS, style), '']),
    ...said(sumText(results), ''),
  ];
}

interface Row extends Pick<ProbeResult, 'id' | 'runtime'> {
  readonly metric: Metric;
}

function column<R>(
  name: string,
  help: string,
  text: (row: R) => string,
  more: Partial<Pick<Column<R>, 'header' | 'align' | 'shrink'>> = {},
): Column<R> {
  return { name, help, text, value: text, ...more };
}

const PROBES: readonly Column<ProbeResult>[] = [
  column('verdict', 'what it came to', ({ verdict }) => verdict),
  column('probe', 'the probe', ({ id }) => id, { shrink: true }),
  column('runtime', 'in what it ran', ({ runtime }) => runtime),
  column('set', 'what was set', ({ set }) => set.map(({ name, value }) => `${name}=${value}`).join(' '), {
    shrink: true,
  }),
];

const METRICS: readonly Column<Row>[] = [
  column('probe', 'the probe', ({ id, runtime }) => (runtime === 'native' ? id : `${id} (${runtime})`), {
    shrink: true,
  }),
  column('metric', 'what was measured', ({ metric }) => metric.name, { shrink: true }),
  column('median', 'its median', ({ metric: { summary, unit } }) => formatMeasured(summary.median, unit), {
    align: 'right',
  }),
  column(
    'interval',
    '95 % interval of the median',
    ({ metric: { summary } }) => `[${summary.interval.map((bound) => formatMeasured(bound, '')).join(', ')}]`,
    { header: '95%' },
  ),
  column('n', 'samples', ({ metric }) => String(metric.summary.n), { align: 'right' }),
  column('cv', 'coefficient of variation', ({ metric }) => formatShare(metric.summary.cv), { align: 'right' }),
  column(
    'mde',
    'minimum detectable effect',
    ({ metric: { informative, summary } }) => (informative ? '' : formatShare(summary.minimumDetectableEffect)),
    { align: 'right' },
  ),
];

function painted(line: string, { verdict, invariants }: ProbeResult, style: Style): string {
  if (verdict === 'fail' || verdict === 'error' || invariants.some(({ holds }) => !holds)) return style.red(line);
  if (verdict === 'pass') return line;
  return verdict === 'inconclusive' ? style.yellow(line) : style.dim(line);
}

/** How many of each verdict: `12 pass, 1 fail, 3 unsupported`. */
export function sumText(results: readonly ProbeResult[]): string {
  const counts = new Map<Verdict, number>();
  for (const { verdict } of results) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
  return Array.from(counts, ([verdict, count]) => `${count} ${verdict}`).join(', ') || 'nothing ran';
}
