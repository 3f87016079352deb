/** A run for a person: a row a probe with its verdict, below it what it measured with its interval and noise. */
import type { BenchDocument, Metric, ProbeResult, Verdict } from '../src/schema/bench.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { truncateMiddle } from '../src/text/width.ts';
import { formatDetectable, formatMeasured, formatShare } from './bench-numbers.ts';
import type { Style } from './style.ts';
import { tableLines, type Column } from './table.ts';
import { wrap } from './wrap.ts';

/** The lines of the answer: probes with their invariants that do not hold, then the metrics, then the sum. */
export function runLines({ results, environment, takenAt }: BenchDocument, style: Style): string[] {
  const { hostname, kernel, cgroupMode, cpuModel, cpus } = environment;
  const said = (text: string, indent: string): string[] =>
    wrap(terminalSafe(text), (style.columns ?? Infinity) - indent.length, style).map((line) => indent + line);
  const runtimes = new Set(results.map(({ runtime }) => runtime));
  const [only, ...others] = runtimes;
  const isOneSuite = new Set(results.map(({ suite }) => suite)).size === 1;
  const names = { isOneSuite, isOneRuntime: others.length === 0 };
  const machine = `${hostname ?? 'unknown host'}, ${kernel}, cgroups ${cgroupMode}, ${formatPlural(cpus, 'CPU')} ${cpuModel ?? ''}`;
  const where = `${machine.trimEnd()}${only !== undefined && others.length === 0 ? `, ${only}` : ''}`;
  const [header = '', ...cells] = tableLines(results, probeColumns(names), style);
  const metrics = results.flatMap(({ id, runtime, metrics: own }) => own.map((metric) => ({ id, runtime, metric })));
  const isNarrow = style.columns !== null && style.columns < WIDE;
  return [
    ...said(`${takenAt}  ${where}`, ''),
    '',
    ...(results.length === 0 ? ['no probe ran'] : [header]),
    ...results.flatMap((result, at) => [
      painted(cells[at] ?? '', result, style),
      // What several rows in turn have to say stands below the last of them.
      ...(result.why === null || result.why === results[at + 1]?.why ? [] : said(result.why, '    ').map(style.dim)),
      ...result.invariants
        .filter(({ holds }) => !holds)
        .flatMap(({ text, observed }) => said(`does not hold: ${text}; ${observed}`, '    ').map(style.red)),
    ]),
    '',
    ...(metrics.length === 0
      ? []
      : [...tableLines(metrics, metricColumns(names, isNarrow, style.ellipsis), style), '']),
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

/** What all rows have in common is said once, above them. */
interface Names {
  readonly isOneSuite: boolean;
  readonly isOneRuntime: boolean;
}

/** The id of a probe as its command takes it. */
function nameOf(id: string, { isOneSuite }: Names): string {
  return isOneSuite ? id.slice(id.indexOf('/') + 1) : id;
}

function probeColumns(names: Names): Column<ProbeResult>[] {
  return [
    column('verdict', 'what it came to', ({ verdict }) => verdict),
    column('probe', 'the probe', ({ id }) => nameOf(id, names), { shrink: 'last' }),
    ...(names.isOneRuntime ? [] : [column<ProbeResult>('runtime', 'in what it ran', ({ runtime }) => runtime)]),
    column('set', 'what was set', ({ set }) => set.map(({ name, value }) => `${name}=${value}`).join(' '), {
      shrink: true,
    }),
  ];
}

/** From so many columns on all figures have room. */
const WIDE = 120;

/** What the name of a probe may take where there is little room. */
const NARROW_PROBE = 22;

function metricColumns(names: Names, isNarrow: boolean, ellipsis: string): Column<Row>[] {
  const bounds = ({ summary }: Metric): readonly string[] =>
    summary.interval.map((bound) => formatMeasured(isNarrow ? Number(bound.toPrecision(3)) : bound, ''));
  return [
    column(
      'probe',
      'the probe',
      ({ id, runtime }) => {
        const name = nameOf(id, names);
        const text = terminalSafe(names.isOneRuntime || runtime === 'native' ? name : `${name} (${runtime})`);
        // Variants of a probe differ at the end of its name.
        return isNarrow ? truncateMiddle(text, NARROW_PROBE, ellipsis) : text;
      },
      { shrink: true },
    ),
    column('metric', 'what was measured', ({ metric }) => metric.name, { shrink: 'last' }),
    column('median', 'its median', ({ metric: { summary, unit } }) => formatMeasured(summary.median, unit), {
      align: 'right',
    }),
    column('interval', '95 % interval of the median', ({ metric }) => `[${bounds(metric).join(', ')}]`, {
      header: '95%',
    }),
    column('n', 'samples', ({ metric }) => String(metric.summary.n), { align: 'right' }),
    column('cv', 'coefficient of variation', ({ metric }) => formatShare(metric.summary.cv), { align: 'right' }),
    column('mde', 'minimum detectable effect', ({ metric }) => formatDetectable(metric), { align: 'right' }),
  ];
}

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
