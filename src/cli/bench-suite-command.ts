import type { BenchDocument, ProbeRuntime, Suite } from '../schema/bench.ts';
import { BenchCommand } from './bench-command.ts';
import { demandReadable, refuseNeedless } from './bench-flags.ts';
import { RUN_FORMATS, type ResultFlagValues, type RunFormat } from './bench-formats.ts';
import { ExitCode } from './exit-codes.ts';
import { outputStyle, type OutputFlagValues } from './flags.ts';

/** The values of `runFlags` after parsing, as far as a suite has them. */
export interface RunFlagValues extends ResultFlagValues<RunFormat>, OutputFlagValues {
  readonly runtime: readonly (ProbeRuntime | 'all')[];
  readonly quick: boolean;
  readonly 'own-machine'?: boolean;
  readonly rounds?: number | undefined;
  readonly require?: readonly string[] | undefined;
  readonly 'guest-kernel'?: string | undefined;
  readonly most?: number | undefined;
  readonly store: boolean;
  readonly label?: string | undefined;
  readonly db?: string | undefined;
}

/** What the commands share that run suites of probes. */
export abstract class BenchSuiteCommand extends BenchCommand {
  static override exitCodes: Readonly<Record<number, string>> = {
    [ExitCode.found]: 'an invariant does not hold, or a required probe came to neither pass nor fail',
    [ExitCode.inconclusive]: 'every probe failed to run, which says nothing of the limits',
  };

  /** Runs the suites, and delivers the run. */
  protected async runSuites(
    flags: RunFlagValues,
    suites: readonly Suite[],
    names: readonly string[] = [],
  ): Promise<BenchDocument> {
    refuseNeedless(flags, suites);
    const guestKernel = flags['guest-kernel'] ?? null;
    if (guestKernel !== null) demandReadable('--guest-kernel', guestKernel);
    const to = this.destinations(flags, RUN_FORMATS);
    const [{ runBench }, { withHistory }] = await Promise.all([import('./bench-run.ts'), import('./history.ts')]);
    // Where it cannot be kept one wants to know before minutes have passed.
    if (flags.store) await withHistory(flags.db, 'write', (store) => store.runs().length);
    const { run, exitCode, notes } = await runBench({
      suites,
      names,
      runtimes: flags.runtime,
      quick: flags.quick,
      ownMachine: flags['own-machine'] ?? false,
      rounds: flags.rounds,
      require: flags.require ?? [],
      measured: { guestKernel, most: flags.most },
      version: this.config.version,
    });
    try {
      await this.deliverRun(run, to, outputStyle(flags));
    } finally {
      if (flags.store) {
        const { id } = await withHistory(flags.db, 'write', (store) => store.putRun(run, flags.label));
        this.note(`kept in the history as run ${id}`);
      }
    }
    for (const note of notes) this.note(note);
    process.exitCode = exitCode;
    return run;
  }
}
