import type { BenchDocument } from '../schema/bench.ts';
import type { Comparison } from '../schema/bench-compare.ts';
import { NsinspectError } from '../text/error.ts';
import { lineSafe } from '../text/safe.ts';
import { BaseCommand } from './base-command.ts';
import {
  destinationsOf,
  type ComparisonFormat,
  type Destinations,
  type ResultFlagValues,
  type RunFormat,
} from './bench-formats.ts';
import type { OutputStyle } from './flags.ts';
import { demandWritable, writeWhole } from './write.ts';

/** What commands share whose result is a run or a comparison of benchmarks. */
export abstract class BenchCommand extends BaseCommand {
  /** Answers what goes where. Whatever would keep it from getting there is an error before anything is measured. */
  protected destinations<F extends RunFormat>(flags: ResultFlagValues<F>, formats: readonly F[]): Destinations<F> {
    const to = destinationsOf(flags, formats);
    if (to.printed === null && this.jsonEnabled()) {
      throw new NsinspectError('with --json the result is on stdout already: - would put another there', {
        code: 'usage',
      });
    }
    for (const { file } of to.files) demandWritable(file);
    return to;
  }

  /** Writes and prints a run. */
  protected deliverRun(run: BenchDocument, to: Destinations<RunFormat>, style: OutputStyle): Promise<void> {
    return this.#deliver(to, style, async (format, how) =>
      (await import('./bench-formats.ts')).renderRun(run, format, how),
    );
  }

  /** Writes and prints a comparison. */
  protected deliverComparison(
    comparison: Comparison,
    to: Destinations<ComparisonFormat>,
    style: OutputStyle,
  ): Promise<void> {
    return this.#deliver(to, style, async (format, how) =>
      (await import('./bench-formats.ts')).renderComparison(comparison, format, how),
    );
  }

  async #deliver<F extends RunFormat>(
    { printed, files }: Destinations<F>,
    style: OutputStyle,
    render: (format: F | 'table', style: OutputStyle) => Promise<string>,
  ): Promise<void> {
    let failure: Error | null = null;
    for (const { format, file } of files) {
      // What is written to a file is no terminal's.
      const plain = { ...style, color: false, columns: null };
      const bytes = Buffer.from(await render(format, plain));
      try {
        writeWhole(file, bytes);
      } catch (error) {
        if (!(error instanceof NsinspectError)) throw error;
        failure ??= error;
      }
    }
    if (printed !== null && !this.jsonEnabled()) {
      const text = await render(printed, style);
      process.stdout.write(text.split('\n').map(lineSafe).join('\n'));
    }
    // Last: what was measured is not lost with a file.
    if (failure !== null) throw failure;
  }
}
