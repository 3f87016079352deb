/** A run for a person: a row a probe with its verdict, below it what it measured with its interval and noise. */
import type { BenchDocument, ProbeResult, Verdict } from '../src/schema/bench.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { column, metricLines, nameOf, type Names } from './bench-metrics-text.ts';
import { startupLines, withoutStartup } from './bench-startup-text.ts';
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
  const [header = '', ...cells] = tableLines(results, probeColumns(names, results), style);
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
    ...startupLines(results, names, style),
    ...metricLines(results.map(withoutStartup), names, style),
    ...said(sumText(results), ''),
  ];
}

function probeColumns(names: Names, results: readonly ProbeResult[]): Column<ProbeResult>[] {
  const settings = ({ set }: ProbeResult): string => set.map(({ name, value }) => `${name}=${value}`).join(' ');
  return [
    column('verdict', 'what it came to', ({ verdict }) => verdict),
    column('probe', 'the probe', ({ id }) => nameOf(id, names), { shrink: 'last' }),
    ...(names.isOneRuntime ? [] : [column<ProbeResult>('runtime', 'in what it ran', ({ runtime }) => runtime)]),
    ...(results.some(({ set }) => set.length > 0) ? [column('set', 'what was set', settings, { shrink: true })] : []),
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
