import { Command } from '@oclif/core/command';

import { toJson } from '../text/json.ts';
import { lineSafe, terminalSafe } from '../text/safe.ts';
import { formatPlural } from '../text/units.ts';
import type { Tool } from '../capture/capture.ts';
import type { Coverage } from '../schema/documents.ts';

/** How many notes are printed beside the first. */
const MOST_NOTES = 2;

/**
 * What all commands share: `--json`, one way to print it, one way to fail. A command's `run()` prints for people
 * through `this.log`, which is silent under `--json`, and returns the document that `--json` prints. It throws an
 * `NsinspectError` to fail and sets `process.exitCode` to one of `ExitCode` to tell what it found.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  /** The exit codes that `--help` lists for this command besides those that all commands share. */
  static exitCodes: Readonly<Record<number, string>> = {};

  /** Says something on stderr that is no result: what could not be read, what was skipped. Under `--json` too. */
  protected note(message: string): void {
    process.stderr.write(`nsinspect: ${terminalSafe(message)}\n`);
  }

  /** The program, as every document names it. */
  protected get tool(): Tool {
    return { name: 'nsinspect', version: this.config.version };
  }

  /** Prints lines for people, in one go; nothing under `--json`. */
  protected print(lines: readonly string[]): void {
    if (!this.jsonEnabled() && lines.length > 0) process.stdout.write(`${lines.map(lineSafe).join('\n')}\n`);
  }

  /** Says on stderr what the answer is lacking; under `--json` the document itself says it. */
  protected noteCoverage({ vanished, notes }: Coverage): void {
    if (this.jsonEnabled()) return;
    const [first, ...rest] = notes;
    if (first !== undefined) this.note(first);
    // An ordinary user is told of every kind of gap: more than a screen's end full of them nobody reads.
    if (rest.length > MOST_NOTES)
      this.note(`${rest.length} more gaps: nsinspect doctor says why, coverage in --json names each`);
    else for (const text of rest) this.note(text);
    if (vanished > 0) this.note(`${formatPlural(vanished, 'process', 'processes')} ended while being read`);
  }

  /** Prints the document. Never coloured: what one sees on a terminal is what a pipe gets. */
  protected override logJson(document: unknown): void {
    process.stdout.write(`${toJson(document, { indent: 2 })}\n`);
  }

  /** Leaves it to `main`, which also sees what goes wrong before a command is found. */
  protected override catch(error: Error): Promise<never> {
    return Promise.reject(error);
  }
}
