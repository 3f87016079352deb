/** Process numbers that several threads take from, so that the last of them is done when the others are. */

/** How many are taken at a time: a few, since one process may have as many threads as a hundred others. */
const AT_ONCE = 8;

/** A queue of these pids, to be handed to threads as it is. First comes the position of the next to be taken. */
export function makePidQueue(pids: readonly number[]): Int32Array<SharedArrayBuffer> {
  const queue = new Int32Array(new SharedArrayBuffer((pids.length + 1) * Int32Array.BYTES_PER_ELEMENT));
  queue.set(pids, 1);
  return queue;
}

/** Takes pids until none is left; each goes to one taker alone. */
export function* takePids(queue: Int32Array<SharedArrayBuffer>): Generator<number> {
  for (;;) {
    const first = Atomics.add(queue, 0, AT_ONCE) + 1;
    if (first >= queue.length) return;
    yield* queue.subarray(first, first + AT_ONCE);
  }
}
