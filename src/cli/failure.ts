import { NsinspectError } from '../text/error.ts';
import { toJson } from '../text/json.ts';
import { terminalSafe } from '../text/safe.ts';
import { ExitCode } from './exit-codes.ts';

/** What went wrong, in the terms in which it is told. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: number;
}

/** How {@link reportFailure} tells it. */
interface FailureReport {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What oclif's own errors carry; its classes cannot be asked for, as its help and its parser have copies of them. */
interface OclifError extends Error {
  readonly oclif?: { readonly exit?: number };
  readonly code?: string;
  readonly parse?: unknown;
}

/**
 * Answers what to print and how to exit for whatever was thrown: one line on stderr, with `--json` the document
 * `nsinspect/error/1` on stdout as well, and never 1, which means that a command found something.
 */
export function reportFailure(thrown: unknown, { json, debug }: { json: boolean; debug: boolean }): FailureReport {
  const asked = requestedExit(thrown);
  if (asked !== null) return { exitCode: asked, stdout: '', stderr: '' };
  const { code, message, hint, exitCode } = failureOf(thrown);
  const line = `nsinspect: ${terminalSafe(message)}${hint === null ? '' : ` (${terminalSafe(hint)})`}\n`;
  return {
    exitCode,
    stdout: json ? `${toJson({ schema: 'nsinspect/error/1', error: { code, message, hint } }, { indent: 2 })}\n` : '',
    stderr: debug ? `${line}${stackOf(thrown)}\n` : line,
  };
}

/** `this.exit(code)` of a command is an exception too, but nothing went wrong. */
function requestedExit(thrown: unknown): number | null {
  if (!(thrown instanceof Error)) return null;
  const { oclif, code } = thrown as OclifError;
  return code === 'EEXIT' ? (oclif?.exit ?? ExitCode.ok) : null;
}

function failureOf(thrown: unknown): Failure {
  if (thrown instanceof NsinspectError) return thrown;
  if (thrown instanceof Error && (thrown as OclifError).oclif !== undefined) return usageFailureOf(thrown);
  return {
    code: 'internal',
    message: `unexpected failure: ${oneLine(thrown instanceof Error ? thrown.message || thrown.name : String(thrown))}`,
    hint: 'a defect of nsinspect; NSINSPECT_DEBUG=1 shows where',
    exitCode: ExitCode.error,
  };
}

function usageFailureOf(error: Error): Failure {
  const message = oneLine(
    error.message
      .replace(/\n+See more help with --help$/, '')
      .replace(/^The following errors? occurred:\n/, '')
      .replace(/^Error: /, ''),
  );
  return { code: 'usage', message: lowerFirst(message), hint: 'try --help', exitCode: ExitCode.error };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Only a word of prose: a flag or a name in capitals stays as it is. */
function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

function stackOf(thrown: unknown): string {
  const stacks: string[] = [];
  for (let error = thrown; error instanceof Error; error = error.cause) stacks.push(error.stack ?? error.message);
  return stacks.join('\ncaused by: ');
}
