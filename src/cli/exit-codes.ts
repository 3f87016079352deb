/** What the exit status of every command means. `--help` lists them, scripts rely on them. */
export const ExitCode = {
  /** The command worked. */
  ok: 0,
  /** The command worked and found what it was told to fail on. */
  found: 1,
  /** A usage or run-time error. */
  error: 2,
  /** The command worked and could not tell: measurements too noisy to judge. */
  inconclusive: 3,
  /** Stopped by SIGINT: 128 + 2, as a shell reports it. */
  interrupted: 130,
} as const;

/** The exit status of a command as a number. */
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/**
 * The exit codes that any command can end with, as `--help` shows them. A command that can also end with 1 or 3 says so
 * itself in `static exitCodes`.
 */
export const COMMON_EXIT_CODES: Readonly<Record<number, string>> = {
  [ExitCode.ok]: 'it worked',
  [ExitCode.error]: 'a usage or run-time error, one line on stderr',
  [ExitCode.interrupted]: 'interrupted',
};
