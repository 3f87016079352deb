/** For commands that go on until they are told to end. */

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

const SIGNALS: readonly Signal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** A signal ends the waiting at once; a second one ends the program as if nobody listened. */
export class Stop {
  /** The one that asked for the end; null: none did. */
  signal: Signal | null = null;
  #wake: (() => void) | null = null;
  readonly #stop = (signal: NodeJS.Signals): void => {
    this.signal ??= SIGNALS.find((one) => one === signal) ?? null;
    this.close();
    this.#wake?.();
  };

  constructor() {
    // The one that main has for an init process would end it without a summary.
    process.removeAllListeners('SIGINT');
    for (const signal of SIGNALS) process.on(signal, this.#stop);
  }

  isAsked(): boolean {
    return this.signal !== null;
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(0, milliseconds));
      this.#wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  close(): void {
    for (const signal of SIGNALS) process.off(signal, this.#stop);
  }
}
