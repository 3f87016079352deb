import type { Interfaces } from '@oclif/core';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';

import { NsinspectError } from '../text/error.ts';
import { ExitCode } from './exit-codes.ts';
import { reportFailure } from './failure.ts';

/**
 * Runs the command that the arguments ask for and sets `process.exitCode`. `root` is the directory of package.json,
 * whose content is `pjson`: handed over so that oclif need not search and read it again.
 */
export async function main(argv: readonly string[], root: string, pjson: Interfaces.PJSON): Promise<void> {
  // Otherwise oclif looks for TypeScript sources of the commands whenever NODE_ENV is `test` or `development`.
  settings.enableAutoTranspile = false;
  exitOnInterruptAsInit();
  const args = argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv];
  try {
    // Plugins would be code from the caller's home directory: under sudo that can be another user's.
    await run(args, { root, pjson, isRoot: true, userPlugins: false, devPlugins: false });
  } catch (error) {
    const debug = Boolean(process.env['NSINSPECT_DEBUG']);
    const report = reportFailure(explainUnknown(error, args), { json: asksForJson(args), debug });
    process.exitCode = report.exitCode;
    if (report.stdout !== '') process.stdout.write(report.stdout);
    process.stderr.write(report.stderr);
  }
}

/** The same test as oclif's: what follows `--` belongs to another program. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** oclif names an unknown command by its internal id; say what was typed, and where the known ones are listed. */
function explainUnknown(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof Error) || !/^command .* not found\.?$/is.test(error.message)) return error;
  const words = argv.filter((word) => !word.startsWith('-'));
  return new NsinspectError(`no such command: ${words[0] ?? argv.join(' ')}`, {
    code: 'unknown-command',
    hint: 'nsinspect --help lists them',
    cause: error,
  });
}

/**
 * The kernel ignores a signal with the default action for the first process of a pid namespace
 * (kernel/signal.c, sig_task_ignored): without this, Ctrl-C does nothing to nsinspect as a container's init. Elsewhere
 * the default action is better, since it also stops a long pass that never returns to the event loop.
 */
function exitOnInterruptAsInit(): void {
  if (process.pid === 1) process.once('SIGINT', () => process.exit(ExitCode.interrupted));
}
