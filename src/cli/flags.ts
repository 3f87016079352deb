import { boolean, option } from '@oclif/core/flags';

/** Flags of every command that draws something for people; what they come to says {@link outputStyle}. */
export const outputFlags = {
  color: option({
    options: ['auto', 'always', 'never'] as const,
    default: 'auto',
    helpGroup: 'OUTPUT',
    summary: 'Colour; auto: on a terminal, unless NO_COLOR is set.',
  })(),
  'no-color': boolean({ helpGroup: 'OUTPUT', summary: 'The same as --color=never.', exclusive: ['color'] }),
  ascii: boolean({ helpGroup: 'OUTPUT', summary: 'Draw lines with ASCII characters alone.' }),
  'no-trunc': boolean({ helpGroup: 'OUTPUT', summary: 'Do not cut long names to the width of the terminal.' }),
};

/** How a report may draw. */
export interface OutputStyle {
  /** ANSI colours are wanted. */
  readonly color: boolean;
  /** Characters beyond ASCII can be shown. */
  readonly unicode: boolean;
  /** The columns that a line may take; null: as many as it needs. */
  readonly columns: number | null;
}

/** What {@link outputStyle} goes by besides the flags. */
export interface OutputSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly isTTY?: boolean; readonly columns?: number };
}

/** The values of {@link outputFlags} after parsing. */
export interface OutputFlagValues {
  readonly color: 'auto' | 'always' | 'never';
  readonly 'no-color': boolean;
  readonly ascii: boolean;
  readonly 'no-trunc': boolean;
}

/** Answers how this command may draw, from its flags, the environment and where its stdout goes. */
export function outputStyle(flags: OutputFlagValues, { env, stdout }: OutputSurroundings = process): OutputStyle {
  return {
    color: wantsColor(flags, env, stdout.isTTY === true),
    unicode: !flags.ascii && hasUtf8Locale(env),
    columns: flags['no-trunc'] ? null : (widthOf(stdout.columns) ?? columnsOf(env)),
  };
}

function wantsColor(flags: OutputFlagValues, env: OutputSurroundings['env'], isTTY: boolean): boolean {
  if (flags['no-color'] || flags.color === 'never') return false;
  if (flags.color === 'always') return true;
  // https://no-color.org: any value but an empty one.
  return isTTY && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
}

/** As setlocale(3) looks for LC_CTYPE: the first of these that is set and not empty decides. */
function hasUtf8Locale(env: OutputSurroundings['env']): boolean {
  return /utf-?8/i.test(env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '');
}

/** A terminal that does not know its width says 0. */
function widthOf(columns: number | undefined): number | null {
  return columns === undefined || columns === 0 ? null : columns;
}

/** COLUMNS as a shell exports it, for output that goes into a pipe but will be shown on a terminal. */
function columnsOf(env: OutputSurroundings['env']): number | null {
  const columns = Number(env['COLUMNS']);
  return Number.isInteger(columns) && columns > 0 ? columns : null;
}
