/** What benchmarks measured, as tables. */
import type { BenchDocument } from '../../../src/schema/bench.ts';
import type { MetricHistory } from '../../../src/schema/bench-history.ts';
import type { Mark, ReportRow, ReportTable } from '../../../src/schema/report.ts';
import { formatDuration } from '../../../src/text/units.ts';
import { formatMeasured, formatShare } from '../../bench-numbers.ts';
import { sumText } from '../../bench-run-text.ts';
import { countCell, numberColumn, textCell, textColumn } from '../cells.ts';
import { momentText } from '../changes/words.ts';
import { brokenOf, VERDICT_MARKS, verdictOf } from './results.ts';
import type { Results } from './results.ts';

/** What each probe came to. */
export function resultsTable({ latest }: Results): ReportTable {
  return {
    kind: 'table',
    name: 'results',
    caption: 'What each probe came to',
    columns: [
      textColumn('probe', 'Probe'),
      textColumn('runtime', 'Runtime'),
      textColumn('verdict', 'Verdict'),
      textColumn('set', 'What was set'),
      textColumn('holds', 'Invariants that hold'),
      textColumn('why', 'Why'),
      textColumn('measured', 'Measured'),
    ],
    rows: latest.map(({ result, run }): ReportRow => {
      const { id, runtime, title, set, invariants, why } = result;
      const verdict = verdictOf(result);
      const holds = invariants.length - brokenOf(invariants).length;
      return {
        item: null,
        ...(verdict === 'fail' && { mark: 'fail' }),
        cells: [
          textCell(id, { note: title }),
          textCell(runtime),
          textCell(verdict, { mark: VERDICT_MARKS[verdict] }),
          textCell(set.map(({ name, value }) => `${name}=${value}`).join(' ')),
          textCell(invariants.length === 0 ? '' : `${holds} of ${invariants.length}`),
          textCell(why ?? ''),
          textCell(momentText(run.takenAt)),
        ],
      };
    }),
    shown: 15,
  };
}

/** Every metric with its interval. */
export function metricsTable({ measured }: Results): ReportTable {
  return {
    kind: 'table',
    name: 'metrics',
    caption: 'What was measured',
    columns: [
      textColumn('probe', 'Probe'),
      textColumn('runtime', 'Runtime'),
      textColumn('metric', 'Metric'),
      textColumn('unit', 'Unit'),
      numberColumn('median', 'Median', 'ratio'),
      numberColumn('low', 'From', 'ratio'),
      numberColumn('high', 'To (95 %)', 'ratio'),
      textColumn('target', 'What is better'),
      numberColumn('samples', 'Samples', 'count'),
      textColumn('cv', 'Coefficient of variation'),
      textColumn('mde', 'Minimum detectable effect'),
    ],
    rows: measured.map(({ result, metric }): ReportRow => {
      const { name, unit, better, target, informative, summary } = metric;
      const { median, interval, n, cv, minimumDetectableEffect } = summary;
      const number = (value: number) => ({ text: formatMeasured(value, ''), value: String(value) });
      const wanted = better === 'target' && target !== null ? `near ${formatMeasured(target, '')}` : better;
      return {
        item: null,
        cells: [
          textCell(result.id),
          textCell(result.runtime),
          textCell(name),
          textCell(['', '1', 'ratio'].includes(unit) ? 'ratio' : unit),
          number(median),
          number(interval[0]),
          number(interval[1]),
          textCell(informative ? `${wanted}, informative` : wanted),
          countCell(n),
          textCell(formatShare(cv)),
          textCell(formatShare(minimumDetectableEffect)),
        ],
      };
    }),
    shown: 15,
  };
}

/** Every invariant, those that do not hold first. */
export function invariantsTable({ latest }: Results): ReportTable {
  const all = latest.flatMap(({ result }) => result.invariants.map((invariant) => ({ result, invariant })));
  const sorted = [...all.filter((one) => !one.invariant.holds), ...all.filter((one) => one.invariant.holds)];
  return {
    kind: 'table',
    name: 'invariants',
    caption: 'Invariants',
    columns: [
      textColumn('probe', 'Probe'),
      textColumn('runtime', 'Runtime'),
      textColumn('holds', 'Holds'),
      textColumn('text', 'What must hold'),
      textColumn('observed', 'What was seen'),
    ],
    rows: sorted.map(({ result, invariant: { id, text, holds, observed } }): ReportRow => ({
      item: null,
      ...(!holds && { mark: 'fail' }),
      cells: [
        textCell(result.id),
        textCell(result.runtime),
        textCell(holds ? 'holds' : 'does not hold', { mark: holds ? 'pass' : 'fail' }),
        textCell(text, { note: id }),
        textCell(observed),
      ],
    })),
    shown: 10,
  };
}

const STATE_MARKS: Readonly<Record<MetricHistory['state'], Mark>> = {
  worse: 'fail',
  better: 'pass',
  steady: 'own',
  unjudged: 'unsure',
};

/** Medians run by run. */
export function historyTable({ measured, runs }: Results): ReportTable {
  const histories = measured.flatMap(({ history }) => (history === null ? [] : [history]));
  return {
    kind: 'table',
    name: 'history',
    caption: 'Medians run by run',
    columns: [
      textColumn('probe', 'Probe'),
      textColumn('runtime', 'Runtime'),
      textColumn('metric', 'Metric'),
      textColumn('state', 'State'),
      textColumn('since', 'Since'),
      ...runs.map((run, at) => numberColumn(`run-${at + 1}`, momentText(run.takenAt), 'ratio')),
    ],
    rows: histories.map(({ id, runtime, metric, unit, state, points, changes }): ReportRow => {
      const byRun = new Map(points.map(({ run, median }) => [run, median]));
      const last = changes.at(-1);
      return {
        item: null,
        cells: [
          textCell(id),
          textCell(runtime),
          textCell(metric),
          textCell(state, { mark: STATE_MARKS[state] }),
          textCell(last === undefined ? '' : momentText(last.takenAt)),
          ...runs.map((_, at) => {
            const median = byRun.get(at + 1);
            return median === undefined
              ? textCell('', { note: 'not measured' })
              : { text: formatMeasured(median, unit), value: String(median) };
          }),
        ],
      };
    }),
    shown: 10,
  };
}

/** The runs. */
export function runsTable({ runs }: Results): ReportTable {
  return {
    kind: 'table',
    name: 'runs',
    caption: 'Runs',
    columns: [
      textColumn('taken', 'Taken'),
      textColumn('suites', 'Suites'),
      textColumn('host', 'Host'),
      textColumn('kernel', 'Kernel'),
      textColumn('cgroups', 'Cgroups'),
      textColumn('cpus', 'CPUs'),
      textColumn('verdicts', 'Verdicts'),
      textColumn('took', 'Took'),
    ],
    rows: runs.map(runRow),
    shown: 10,
  };
}

function runRow({ takenAt, suites, quick, environment, results, durationMs }: BenchDocument): ReportRow {
  const { hostname, kernel, arch, cgroupMode, cpus, cpuModel } = environment;
  return {
    item: null,
    cells: [
      textCell(momentText(takenAt)),
      textCell(`${suites.join(', ')}${quick ? ' (quick)' : ''}`),
      textCell(hostname ?? 'not known', hostname === null ? { mark: 'unknown' } : {}),
      textCell(`${kernel} ${arch}`),
      textCell(cgroupMode),
      textCell(`${cpus}${cpuModel === null ? '' : ` × ${cpuModel}`}`),
      textCell(sumText(results)),
      textCell(formatDuration(durationMs / 1000)),
    ],
  };
}
