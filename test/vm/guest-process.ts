/** A program in the guest, in the shape of node:child_process. */
import { EventEmitter, once } from 'node:events';
import { PassThrough, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';

import type { Report, Request } from './agent.ts';

/** `Omit` over each member of a union. */
type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;

/** Emits `error` when it cannot be started, or the guest ends, and `close` with its exit status and signal. */
export class GuestProcess extends EventEmitter<{
  close: [status: number | null, signal: string | null];
  error: [Error];
}> {
  readonly stdout = new PassThrough();
  readonly stderr = new PassThrough();
  readonly stdin: Writable;
  readonly #send: (request: WithoutId<Request>) => void;
  #read = '';
  #isOver = false;

  constructor(send: (request: WithoutId<Request>) => void) {
    super();
    this.#send = send;
    // Nobody need listen: what ends with the guest, when a test stops it, has done its part.
    this.on('error', () => undefined);
    this.stdin = new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        send({ input: bytes.toString('base64') });
        done();
      },
      final: (done) => {
        send({ end: true });
        done();
      },
    });
  }

  kill(signal: NodeJS.Signals = 'SIGTERM'): boolean {
    if (!this.#isOver) this.#send({ kill: signal });
    return !this.#isOver;
  }

  /** How it ended, and what it printed, byte by byte. */
  async ended(): Promise<{ status: number | null; stdout: Buffer; stderr: Buffer }> {
    const closed = new Promise<number | null>((resolve, reject) => {
      this.on('close', resolve).on('error', reject);
    });
    this.stdin.end();
    const [status, stdout, stderr] = await Promise.all([closed, buffer(this.stdout), buffer(this.stderr)]);
    return { status, stdout, stderr };
  }

  /** The next line that it prints, without its end; fails when it ends before. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#read.indexOf('\n');
      if (end >= 0) {
        const line = this.#read.slice(0, end);
        this.#read = this.#read.slice(end + 1);
        return line;
      }
      const chunk = this.stdout.read() as Buffer | null;
      if (chunk !== null) this.#read += chunk.toString();
      else if (this.stdout.readableEnded || this.#isOver)
        throw new Error(`it ended: ${String(this.stderr.read() ?? '')}`);
      else await Promise.race([once(this.stdout, 'readable'), once(this, 'close')]);
    }
  }

  /** Takes what the agent tells about it. */
  take(report: Exclude<Report, { ready: true }>): void {
    if ('stdout' in report) this.stdout.write(Buffer.from(report.stdout, 'base64'));
    else if ('stderr' in report) this.stderr.write(Buffer.from(report.stderr, 'base64'));
    else if ('failed' in report) this.fail(new Error(report.failed));
    else this.#end(() => this.emit('close', report.status, report.signal));
  }

  /** Ends it for want of a guest, or of the program. */
  fail(error: Error): void {
    this.#end(() => this.emit('error', error));
  }

  #end(tell: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.stdout.end();
    this.stderr.end();
    tell();
  }
}
