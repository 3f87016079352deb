/** What the flags of `report` come to. */
import path from 'node:path';

import { NsinspectError } from '../text/error.ts';
import { parseSpan } from './moment.ts';

/** What a report can be written as. */
export const REPORT_FORMATS = ['html', 'md', 'json', 'svg'] as const;

/** One of {@link REPORT_FORMATS}. */
export type ReportFormat = (typeof REPORT_FORMATS)[number];

/** What to write and where. */
export interface ReportOutput {
  /** The report itself; null: only its pictures, or its document on stdout. */
  readonly main: { readonly file: string; readonly format: ReportFormat } | null;
  /** The one picture that format `svg` is. */
  readonly picture: string | undefined;
  /** Where each picture goes as a file of its own; null: nowhere. */
  readonly svgDirectory: string | null;
  /** Whether the facts are in the page. */
  readonly raw: boolean;
}

/** Values of the flags that say what to write. */
export interface ReportOutputFlags {
  readonly output?: string | undefined;
  readonly format?: ReportFormat | undefined;
  readonly svg?: string | undefined;
  readonly picture?: string | undefined;
  readonly raw: boolean;
}

/** Shortest distance: a pass over a large host takes a second. */
const LEAST_INTERVAL = 1000;

const SUFFIXES: Readonly<Record<string, ReportFormat>> = {
  '.html': 'html',
  '.htm': 'html',
  '.md': 'md',
  '.markdown': 'md',
  '.json': 'json',
  '.svg': 'svg',
};

/** What to write. Throws a NsinspectError for flags that contradict each other or would do nothing. */
export function outputOf(flags: ReportOutputFlags, { json, isTTY }: { json: boolean; isTTY: boolean }): ReportOutput {
  const { output, svg, picture, raw } = flags;
  const format = flags.format ?? SUFFIXES[path.extname(output ?? '').toLowerCase()] ?? 'html';
  const isWanted = output !== undefined || flags.format !== undefined || (svg === undefined && !json);
  const main = isWanted ? { file: output ?? '-', format } : null;
  if (main?.file === '-' && json) throw usage('--json and the report cannot both go to stdout', 'Say -o FILE.');
  if (main?.file === '-' && main.format === 'html' && isTTY) {
    throw usage('a page is not for a terminal', 'Say -o report.html, or --format md.');
  }
  if (picture !== undefined && main?.format !== 'svg') throw usage('--picture is for --format svg', 'All: --svg DIR.');
  if (!raw && main?.format !== 'html') throw usage('--no-raw is for a page', 'Nothing else holds the facts.');
  return { main, picture, svgDirectory: svg ?? null, raw };
}

/** Milliseconds from one report to the next; null: one is enough. */
export function watchInterval(
  { watch }: { readonly watch?: string | undefined },
  { main }: ReportOutput,
): number | null {
  if (watch === undefined) return null;
  const span = parseSpan(watch);
  if (span === null || span < LEAST_INTERVAL)
    throw usage(`--watch ${watch} is no span`, 'Such as 30s or 5m; at least 1s.');
  if (main?.file === '-') throw usage('--watch needs a file to write again', 'Say -o FILE.');
  return span;
}

function usage(problem: string, hint: string): NsinspectError {
  return new NsinspectError(problem, { code: 'usage', hint });
}
