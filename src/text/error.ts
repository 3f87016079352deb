/** What an {@link NsinspectError} is made of besides its message. */
export interface NsinspectErrorOptions {
  /** Says in one stable, lower-case word or two (`not-found`, `bad-capture`) what went wrong; scripts compare it. */
  readonly code: string;
  /** What the user can do about it, as one sentence; null when there is nothing to suggest. */
  readonly hint?: string | null;
  /** The exit status of the process; 2, a usage or run-time error, unless told otherwise. */
  readonly exitCode?: number;
  /** The error that this one explains, kept for `NSINSPECT_DEBUG=1`. */
  readonly cause?: unknown;
}

/**
 * The one error that nsinspect throws on purpose: its message is a sentence for the user, printed as `nsinspect: …` on
 * stderr and, with `--json`, as the document `nsinspect/error/1` on stdout. Anything else that reaches the command line
 * is a defect of nsinspect.
 */
export class NsinspectError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly exitCode: number;

  constructor(message: string, options: NsinspectErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'NsinspectError';
    this.code = options.code;
    this.hint = options.hint ?? null;
    this.exitCode = options.exitCode ?? 2;
  }
}
