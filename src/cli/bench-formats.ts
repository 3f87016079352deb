/** What a run or a comparison can be shown as: one flag for what is printed, and one for files beside it. */
import path from 'node:path';

import { option, string } from '@oclif/core/flags';

import type { Check } from '../../reports/bench-checks.ts';
import type { BenchDocument } from '../schema/bench.ts';
import type { Comparison } from '../schema/bench-compare.ts';
import { NsinspectError } from '../text/error.ts';
import { toJson } from '../text/json.ts';
import type { OutputStyle } from './flags.ts';

/** Formats of a comparison, and of a run. */
export const COMPARISON_FORMATS = ['table', 'json', 'markdown', 'junit', 'ktap', 'github'] as const;

/** Formats of a run. The last three are for services that keep histories. */
export const RUN_FORMATS = [...COMPARISON_FORMATS, 'gha-benchmark', 'gha-benchmark-bigger', 'bencher'] as const;

/** One of {@link RUN_FORMATS}. */
export type RunFormat = (typeof RUN_FORMATS)[number];

/** One of {@link COMPARISON_FORMATS}. */
export type ComparisonFormat = (typeof COMPARISON_FORMATS)[number];

/** The flags that say where a result goes, for one set of formats. */
export function resultFlags<F extends RunFormat>(formats: readonly F[]) {
  return {
    format: option({
      options: formats,
      helpGroup: 'RESULT',
      summary: 'What to print, or with --output what to write; table unless told otherwise, json with --output.',
      exclusive: ['json'],
    })(),
    output: string({
      char: 'o',
      helpGroup: 'RESULT',
      helpValue: 'FILE',
      summary: 'Write the result to FILE; the table is printed all the same.',
    }),
    report: string({
      helpGroup: 'RESULT',
      helpValue: 'FORMAT=FILE',
      multiple: true,
      // Or the arguments that follow would be values, too.
      multipleNonGreedy: true,
      summary: `Write the result in one more format; may be given again. FORMAT: ${formats.join(', ')}.`,
    }),
  };
}

/** The values of {@link resultFlags} after parsing. */
export interface ResultFlagValues<F extends RunFormat> {
  readonly format?: F | undefined;
  readonly output?: string | undefined;
  readonly report?: readonly string[] | undefined;
}

/** A file to write, and in which format. */
export interface ReportFile<F extends RunFormat> {
  readonly format: F;
  readonly file: string;
}

/** What is to be printed and written. */
export interface Destinations<F extends RunFormat> {
  /** Null: nothing, stdout has a file's content already. */
  readonly printed: F | 'table' | null;
  readonly files: readonly ReportFile<F>[];
}

/** Answers what goes where; before anything is measured, so that a mistake costs no run. */
export function destinationsOf<F extends RunFormat>(
  { format, output, report = [] }: ResultFlagValues<F>,
  formats: readonly F[],
): Destinations<F> {
  const files = [
    ...(output === undefined ? [] : [{ format: format ?? ('json' as F), file: output }]),
    ...report.map((text) => reportFileOf(text, formats)),
  ];
  const twice = files.find(({ file }, at) => files.findIndex((one) => isSame(one.file, file)) < at);
  if (twice !== undefined && twice.file !== '-') {
    throw new NsinspectError(`${twice.file} is named twice: the second result would replace the first`, {
      code: 'usage',
    });
  }
  const toStdout = files.filter(({ file }) => file === '-');
  if (toStdout.length > 1) throw new NsinspectError('only one result can go to stdout', { code: 'usage' });
  if (toStdout.length === 1) return { printed: null, files };
  return { printed: output === undefined ? (format ?? 'table') : 'table', files };
}

function isSame(one: string, other: string): boolean {
  return (one === '-') === (other === '-') && path.resolve(one) === path.resolve(other);
}

function reportFileOf<F extends RunFormat>(text: string, formats: readonly F[]): ReportFile<F> {
  const [, name = '', file = ''] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  const format = formats.find((one) => one === name);
  if (format === undefined) {
    throw new NsinspectError(`--report ${text}: expected FORMAT=FILE`, {
      code: 'usage',
      hint: `FORMAT is one of ${formats.join(', ')}`,
    });
  }
  return { format, file };
}

/** A run as text, with a newline at its end. */
export async function renderRun(run: BenchDocument, format: RunFormat, style: OutputStyle): Promise<string> {
  switch (format) {
    case 'table': {
      const [{ runLines }, { makeStyle }] = await Promise.all([
        import('../../reports/bench-run-text.ts'),
        import('../../reports/style.ts'),
      ]);
      return textOf(runLines(run, makeStyle(style)));
    }
    case 'markdown':
      return (await import('../../reports/bench-markdown.ts')).runMarkdown(run);
    case 'gha-benchmark':
    case 'gha-benchmark-bigger': {
      const { githubActionBenchmark } = await import('../../reports/bench-metrics.ts');
      return json(githubActionBenchmark(run, format === 'gha-benchmark' ? 'lower' : 'higher'));
    }
    case 'bencher':
      return json((await import('../../reports/bench-metrics.ts')).bencherMetricFormat(run));
    case 'json':
      return json(run);
    case 'junit':
    case 'ktap':
    case 'github': {
      const { checksOfRun } = await import('../../reports/bench-checks.ts');
      return renderChecks(checksOfRun(run), format);
    }
  }
}

/** A comparison as text, with a newline at its end. */
export async function renderComparison(
  comparison: Comparison,
  format: ComparisonFormat,
  style: OutputStyle,
): Promise<string> {
  switch (format) {
    case 'table': {
      const [{ comparisonLines }, { makeStyle }] = await Promise.all([
        import('../../reports/bench-compare-text.ts'),
        import('../../reports/style.ts'),
      ]);
      return textOf(comparisonLines(comparison, makeStyle(style)));
    }
    case 'markdown':
      return (await import('../../reports/bench-markdown.ts')).comparisonMarkdown(comparison);
    case 'json':
      return json(comparison);
    case 'junit':
    case 'ktap':
    case 'github': {
      const { checksOfComparison } = await import('../../reports/bench-checks.ts');
      return renderChecks(checksOfComparison(comparison), format);
    }
  }
}

async function renderChecks(checks: readonly Check[], format: 'junit' | 'ktap' | 'github'): Promise<string> {
  if (format === 'junit') return (await import('../../reports/bench-junit.ts')).junit(checks);
  if (format === 'ktap') return (await import('../../reports/bench-ktap.ts')).ktap(checks);
  return textOf((await import('../../reports/bench-annotations.ts')).githubAnnotations(checks));
}

function json(value: unknown): string {
  return `${toJson(value, { indent: 2 })}\n`;
}

function textOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
