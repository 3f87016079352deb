/** Captures out of the history. */
import { checkCapture } from '../capture/file.ts';
import type { Capture } from '../schema/capture.ts';
import type { Store } from '../store/store.ts';

/** The capture of a snapshot, checked as one from a file is: the history, too, may come from anybody. */
export function captureOf(store: Store, id: number): Capture {
  return checkCapture(store.asOf(id), `snapshot ${id}`);
}
