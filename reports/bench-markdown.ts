/** A run or a comparison as Markdown, for the step summary of a CI job. */
import type { BenchDocument } from '../src/schema/bench.ts';
import type { Comparison, MetricComparison } from '../src/schema/bench-compare.ts';
import { baseText, verdictText } from './bench-compare-text.ts';
import {
  formatDetectable,
  formatInterval,
  formatMeasured,
  formatP,
  formatRatio,
  formatShare,
} from './bench-numbers.ts';
import { sumText } from './bench-run-text.ts';
import { escapeMarkdown as escaped, markdownDocument, markdownFold, markdownList, markdownTable } from './markdown.ts';

/** A step summary may have 1 MiB, and nobody reads more rows. */
const MOST_ROWS = 500;

/** What broke, a table of what changed, and below a fold what did not. */
export function comparisonMarkdown(comparison: Comparison): string {
  const { base, next, failed, unjudged, metrics, differences, notes } = comparison;
  const changed = metrics.filter(({ change }) => change !== 'same');
  const same = metrics.filter(({ change }) => change === 'same');
  return markdownDocument([
    `## nsinspect bench: ${escaped(verdictText(comparison))}`,
    `Base: ${escaped(baseText(base))}. New run: ${escaped(next.takenAt)}, kernel ${escaped(next.kernel)}.`,
    markdownList([
      ...differences.map((one) => `differs: ${one.what} ${one.base ?? 'unknown'} -> ${one.next ?? 'unknown'}`),
      ...notes,
    ]),
    table(
      ['Probe', 'Runtime', 'Base', 'New', 'Why'],
      [
        ...failed.map(({ id, runtime, base: was, why, broken }) => {
          const reasons = [
            ...(why === null ? [] : [why]),
            ...broken.map(({ text, observed }) => `${text}; ${observed}`),
          ];
          return [id, runtime, was ?? '-', 'FAILED', reasons.join('; ')];
        }),
        ...unjudged.map(({ id, runtime, base: was, next: is, why }) => [
          id,
          runtime,
          was ?? '-',
          is ?? 'missing',
          why ?? '',
        ]),
      ],
    ),
    metricTable(changed),
    same.length === 0 ? '' : markdownFold(`${same.length} unchanged`, metricTable(same)),
  ]);
}

/** A table of the probes and one of what they measured. */
export function runMarkdown({ results, environment, takenAt }: BenchDocument): string {
  const { kernel, cgroupMode, cpus, cpuModel } = environment;
  return markdownDocument([
    `## nsinspect bench: ${escaped(sumText(results))}`,
    escaped(`${takenAt}, kernel ${kernel}, cgroups ${cgroupMode}, ${cpus} x ${cpuModel ?? 'unknown CPU'}`),
    table(
      ['Verdict', 'Probe', 'Runtime', 'Why'],
      results.map(({ id, runtime, verdict, why, invariants }) => {
        const broken = invariants.filter(({ holds }) => !holds).map(({ text, observed }) => `${text}; ${observed}`);
        return [verdict, id, runtime, [...(why === null ? [] : [why]), ...broken].join('; ')];
      }),
    ),
    table(
      ['Probe', 'Runtime', 'Metric', 'Median', '95 %', 'n', 'cv', 'Minimum detectable effect'],
      results.flatMap(({ id, runtime, metrics }) =>
        metrics.map((metric) => [
          id,
          runtime,
          metric.name,
          formatMeasured(metric.summary.median, metric.unit),
          formatInterval(metric.summary, metric.unit),
          String(metric.summary.n),
          formatShare(metric.summary.cv),
          `${formatDetectable(metric)}${metric.informative ? ' informative' : ''}`,
        ]),
      ),
    ),
  ]);
}

function metricTable(rows: readonly MetricComparison[]): string {
  return table(
    ['Verdict', 'Probe', 'Runtime', 'Metric', 'Base', 'New', 'Change', 'p', 'Minimum detectable effect', 'Why'],
    rows.map((row) => [
      row.change,
      row.id,
      row.runtime,
      row.metric,
      formatMeasured(row.base.median, row.unit),
      formatMeasured(row.next.median, row.unit),
      formatRatio(row.ratio),
      formatP(row.adjustedP),
      formatShare(row.minimumDetectableEffect),
      row.why ?? '',
    ]),
  );
}

function table(headers: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable(headers, rows, MOST_ROWS);
}
