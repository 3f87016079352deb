/** Flags that several commands of `bench` share. */
import { accessSync, constants, statSync } from 'node:fs';

import { boolean, integer, option, string } from '@oclif/core/flags';

import { RUNTIMES, type Suite } from '../schema/bench.ts';
import type { Judging } from '../schema/bench-compare.ts';
import { NsinspectError } from '../text/error.ts';
import { outputFlags } from './flags.ts';
import { dbFlag } from './history.ts';
import { momentOf } from './moment.ts';
import { COMPARISON_FORMATS, resultFlags, RUN_FORMATS } from './bench-formats.ts';

/** More rounds are days, not measurements. */
const MOST_ROUNDS = 1000;

/** With more the run that is judged would hardly count any more. */
export const MOST_POOLED = 100;

/** How a run is named, for `--help`. */
export const RUN_HELP = 'a file, - for standard input, or a run of the history (its number, latest, latest~1, -7d)';

/** A flag that nothing would look at is a mistake. `words`: what names runs. */
export function refuseNeedlessDb(db: string | undefined, isHistory: boolean, words: readonly string[]): void {
  const isOfUse = isHistory || words.some((word) => momentOf(word, Date.now()) !== null);
  if (db === undefined || isOfUse) return;
  throw new NsinspectError('--db is of no use here: no run of the history is asked for', { code: 'usage' });
}

/** Flags of every command that launches containers. */
export const launchFlags = {
  runtime: option({
    options: [...RUNTIMES, 'all'] as const,
    multiple: true,
    // Or the arguments that follow would be values, too.
    multipleNonGreedy: true,
    delimiter: ',',
    default: ['native'],
    helpGroup: 'PROBES',
    helpValue: 'LIST',
    summary: `What launches the containers: ${RUNTIMES.join(', ')}; all: whatever of these works here.`,
  })(),
  quick: boolean({
    default: false,
    helpGroup: 'PROBES',
    summary: 'Fewer probes and rounds: whether it works, not how well.',
  }),
  require: string({
    multiple: true,
    // Or the arguments that follow would be values, too.
    multipleNonGreedy: true,
    helpGroup: 'PROBES',
    helpValue: 'PROBE',
    summary:
      'Exit with 1 where this probe came to neither pass nor fail, because it is unsupported, say; may be given again.',
  }),
  // Without a default: one that is false would be enough for the flags that depend on it.
  store: boolean({
    helpGroup: 'HISTORY',
    summary: 'Keep the result in the history: bench history shows it, bench gate --history judges by it.',
  }),
  label: string({ helpGroup: 'HISTORY', helpValue: 'TEXT', summary: 'What to call it there.', dependsOn: ['store'] }),
  db: { ...dbFlag, dependsOn: ['store'] },
  ...resultFlags(RUN_FORMATS),
  ...outputFlags,
};

/** The flag of suites whose probes run in rounds. */
export const roundsFlag = {
  rounds: integer({
    min: 1,
    max: MOST_ROUNDS,
    helpGroup: 'PROBES',
    helpValue: 'N',
    summary: 'Samples of each metric of limits and isolation: 10, with --quick 2. A comparison needs 10 at least.',
  }),
};

/** The flag of `limits`. */
export const ownMachineFlag = {
  'own-machine': boolean({
    default: false,
    helpGroup: 'PROBES',
    summary:
      'Nothing else uses this machine: probes may take its swap and huge pages, and count packets outside of containers.',
  }),
};

/** The flag of `startup`. */
export const startupFlag = {
  'guest-kernel': string({
    helpGroup: 'PROBES',
    helpValue: 'FILE',
    summary: 'Kernel image of the virtual machine that containers are held against; looked for in /boot unless given.',
  }),
};

/** The flag of `density`. */
export const densityFlag = {
  most: integer({
    min: 1,
    max: 1000,
    helpGroup: 'PROBES',
    helpValue: 'N',
    summary: 'Start no more idle containers than this: 10, with --quick 5.',
  }),
};

/** Flags that only some suites look at. */
const OF_SUITES = {
  rounds: ['limits', 'isolation'],
  'own-machine': ['limits'],
  'guest-kernel': ['startup'],
  most: ['density'],
} as const satisfies Readonly<Record<string, readonly Suite[]>>;

/** A flag that none of the suites would look at is a mistake. */
export function refuseNeedless(
  flags: Readonly<Partial<Record<keyof typeof OF_SUITES, unknown>>>,
  suites: readonly Suite[],
): void {
  for (const [name, users] of Object.entries(OF_SUITES)) {
    const value = flags[name as keyof typeof OF_SUITES];
    if (value === undefined || value === false || users.some((suite) => suites.includes(suite))) continue;
    throw new NsinspectError(
      `--${name} is of no use here: ${users.join(' and ')} alone ${users.length > 1 ? 'look' : 'looks'} at it`,
      {
        code: 'usage',
      },
    );
  }
}

/** A file that could not be read in the end would have cost a run. */
export function demandReadable(flag: string, file: string): void {
  try {
    // One that is a pipe would not be opened before somebody writes to it.
    const isFile = statSync(file).isFile();
    accessSync(file, constants.R_OK);
    if (isFile) return;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new NsinspectError(`${flag} ${file}: cannot be read: ${code ?? String(cause)}`, { code: 'usage', cause });
  }
  throw new NsinspectError(`${flag} ${file}: is not a file`, { code: 'usage' });
}

/** Flags of every command that compares runs. */
export const compareFlags = {
  threshold: string({
    helpGroup: 'JUDGING',
    helpValue: 'SHARE',
    summary: 'A change by less is of no interest (5%); each metric has one of its own.',
  }),
  alpha: string({
    helpGroup: 'JUDGING',
    helpValue: 'SHARE',
    summary: 'Chance of a single false alarm among all metrics together (1%).',
  }),
  'any-environment': boolean({
    default: false,
    helpGroup: 'JUDGING',
    summary: 'Compare runs of different kernels, cgroup modes or CPUs, too.',
  }),
  db: dbFlag,
  ...resultFlags(COMPARISON_FORMATS),
  ...outputFlags,
};

/** What is to differ from the usual judging. */
export function judgingOf(flags: {
  readonly threshold?: string | undefined;
  readonly alpha?: string | undefined;
}): Partial<Judging> {
  const threshold = flags.threshold === undefined ? undefined : shareOf('--threshold', flags.threshold);
  const alpha = flags.alpha === undefined ? undefined : shareOf('--alpha', flags.alpha);
  if (alpha !== undefined && (alpha <= 0 || alpha >= 1)) {
    throw new NsinspectError('--alpha must lie between 0 and 1', { code: 'usage' });
  }
  return { ...(threshold === undefined ? {} : { threshold }), ...(alpha === undefined ? {} : { alpha }) };
}

/** A share as a person writes it: `0.05` or `5%`. */
function shareOf(flag: string, text: string): number {
  const [, digits, percent] = /^(\d{1,6}(?:\.\d{1,12})?)(%?)$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new NsinspectError(`${flag} ${text}: no share`, { code: 'usage', hint: 'such as 0.05 or 5%' });
  }
  return Number(digits) / (percent === '%' ? 100 : 1);
}
