import type { BenchDocument } from '../schema/bench.ts';
import type { Comparison } from '../schema/bench-compare.ts';
import { lineSafe } from '../text/safe.ts';
import { BaseCommand } from './base-command.ts';
import type { ComparisonFormat, Destinations, RunFormat } from './bench-formats.ts';
import type { OutputStyle } from './flags.ts';

/** What commands share whose result is a run or a comparison of benchmarks. */
export abstract class BenchCommand extends BaseCommand {
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
    const { writeWhole } = await import('./write.ts');
    for (const { format, file } of files) {
      // What is written to a file is no terminal's.
      const plain = { ...style, color: false, columns: null };
      writeWhole(file, Buffer.from(await render(format, plain)));
    }
    if (printed === null || this.jsonEnabled()) return;
    const text = await render(printed, style);
    process.stdout.write(text.split('\n').map(lineSafe).join('\n'));
  }
}
