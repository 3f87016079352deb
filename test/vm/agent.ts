/**
 * The host's hand in the guest: runs there under Node and starts programs for the host. Both sides exchange lines of
 * JSON; bytes are base64, so that nothing that a program prints can be taken for the protocol.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createReadStream, createWriteStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** What the host asks for: a program to be started, input for it, the end of its input, a signal. */
export type Request =
  | { readonly id: number; readonly start: readonly string[]; readonly env: Readonly<Record<string, string>> }
  | { readonly id: number; readonly input: string }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly kill: NodeJS.Signals };

/** What the agent tells: that it is there, what a program printed, and how it ended. */
export type Report =
  | { readonly ready: true }
  | { readonly id: number; readonly stdout: string }
  | { readonly id: number; readonly stderr: string }
  | { readonly id: number; readonly failed: string }
  | { readonly id: number; readonly status: number | null; readonly signal: string | null };

if (process.argv[2] !== undefined) serve(process.argv[2]);

function serve(port: string): void {
  const fd = openSync(port, 'r+');
  const input = createReadStream('', { fd, autoClose: false });
  const output = createWriteStream('', { fd, autoClose: false });
  const children = new Map<number, ChildProcessWithoutNullStreams>();
  const report = (one: Report): void => {
    output.write(`${JSON.stringify(one)}\n`);
  };
  createInterface({ input }).on('line', (line) => {
    const request = JSON.parse(line) as Request;
    if ('start' in request) children.set(request.id, started(request.id, request.start, request.env, report));
    const child = children.get(request.id);
    if ('input' in request) child?.stdin.write(Buffer.from(request.input, 'base64'));
    else if ('end' in request) child?.stdin.end();
    else if ('kill' in request) child?.kill(request.kill);
  });
  report({ ready: true });
}

function started(
  id: number,
  [program = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  report: (one: Report) => void,
): ChildProcessWithoutNullStreams {
  const child = spawn(program, args, { env: { ...process.env, ...env } });
  child.stdout.on('data', (bytes: Buffer) => report({ id, stdout: bytes.toString('base64') }));
  child.stderr.on('data', (bytes: Buffer) => report({ id, stderr: bytes.toString('base64') }));
  // A program that ends before it has read all of its input is not the agent's failure.
  child.stdin.on('error', () => undefined);
  child.on('error', (error) => report({ id, failed: error.message }));
  child.on('close', (status, signal) => report({ id, status, signal }));
  return child;
}
