/** Runs the built command line, as a user would. The global set-up of the tests builds it. */
import { spawn } from 'node:child_process';
import path from 'node:path';

/** The checkout. */
export const ROOT = path.resolve(import.meta.dirname, '../..');

/** The command line, to be put after whatever else starts it (strace, setpriv …). */
export const CLI: readonly string[] = [process.execPath, path.join(ROOT, 'bin/run.js')];

/** How a program ended. */
export interface Result {
  /** Null: a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `nsinspect` with these arguments. */
export function cli(...args: readonly string[]): Promise<Result> {
  return run([...CLI, ...args]);
}

/** Runs `nsinspect` and reads the JSON that it prints; fails when it does not end well. */
export async function cliJson<T>(...args: readonly string[]): Promise<T> {
  return jsonOf<T>(await cli(...args));
}

/** The JSON that a program printed; fails with what it said when it did not end well. */
export function jsonOf<T>(result: Result): T {
  if (result.status !== 0) throw new Error(`ended with status ${result.status}: ${result.stderr}`);
  return JSON.parse(result.stdout) as T;
}

/** Runs a program to its end, in a UTF-8 locale; `env` sets variables, or unsets them with undefined. */
export function run(
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<Result> {
  const [program, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_ENV: undefined, NO_COLOR: undefined, COLUMNS: undefined, LC_ALL: 'C.UTF-8', ...env },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}
