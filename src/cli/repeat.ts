/** Doing something again and again. */
import { performance } from 'node:perf_hooks';

import { NsinspectError } from '../text/error.ts';
import { Stop } from './stop.ts';

/**
 * Does it now and after every `interval` milliseconds, until a signal asks for the end; a pass under way is ended first. What a
 * later pass fails of is told and tried again; the first one's failure is thrown, since it is most likely a mistake in what was asked
 * for.
 */
export async function repeat(
  interval: number,
  pass: () => Promise<unknown>,
  failed: (failure: string) => void,
): Promise<void> {
  const stop = new Stop();
  try {
    await pass();
    for (
      let next = performance.now() + interval;
      !stop.isAsked();
      next = Math.max(next + interval, performance.now())
    ) {
      await stop.wait(next - performance.now());
      if (stop.isAsked()) break;
      try {
        await pass();
      } catch (error) {
        if (!(error instanceof NsinspectError)) throw error;
        failed(error.message);
      }
    }
  } finally {
    stop.close();
  }
}
