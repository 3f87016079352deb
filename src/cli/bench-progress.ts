/** What a run of probes says on a terminal while it goes on. */
import type { Step } from '../probe/suite.ts';
import { truncateMiddle } from '../text/width.ts';

/** What {@link Progress} writes to; `process.stderr`. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line that is written over and over: which probe, in which round. Silent in a pipe and on a dumb terminal. */
export class Progress {
  readonly #stream: ProgressStream;
  readonly #isShown: boolean;
  readonly #seen = new Map<string, number>();

  constructor(stream: ProgressStream = process.stderr, term = process.env['TERM']) {
    this.#stream = stream;
    this.#isShown = stream.isTTY === true && term !== 'dumb';
  }

  /** A probe begins. */
  step({ done, total, id, runtime }: Step): void {
    const key = `${runtime} ${id}`;
    const round = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, round);
    this.#show(`${done + 1} of ${total}: ${id} (${runtime}), round ${round}`);
  }

  /** Something that is no probe goes on. */
  say(what: string): void {
    this.#show(what);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#isShown) this.#stream.write('\r\u001b[K');
  }

  #show(text: string): void {
    // A line that wraps could not be taken back.
    const width = Math.max(1, (this.#stream.columns ?? 80) - 1);
    if (this.#isShown) this.#stream.write(`\r\u001b[K${truncateMiddle(text, width, '...')}`);
  }
}
