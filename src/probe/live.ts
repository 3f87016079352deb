/**
 * What is to be undone however this process ends: thrown error, `process.exit`, SIGINT, SIGTERM, SIGHUP. (What SIGKILL
 * leaves is for `clean.ts`.) All of it is synchronous, since nothing else runs in a process that exits.
 */
type Undo = () => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const undos = new Set<Undo>();
let isListening = false;

/**
 * Has `undo` called when the process ends. It must not throw for what is already gone. The function given back takes it off
 * again, for the caller that has undone it.
 */
export function undoAtEnd(undo: Undo): () => void {
  listen();
  undos.add(undo);
  return () => {
    undos.delete(undo);
  };
}

/** For good: a signal that comes while this thread is busy is delivered later, and lost where nobody listens any more by then. */
function listen(): void {
  if (isListening) return;
  isListening = true;
  process.on('exit', undoAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

/** The newest first: what was made in something goes before it. One that fails keeps none of the others from being done. */
function undoAll(): void {
  for (const undo of [...undos].reverse()) {
    undos.delete(undo);
    try {
      undo();
    } catch (error) {
      process.stderr.write(`nsinspect: ${error instanceof Error ? error.message : String(error)}\n`);
    }
  }
}

function onSignal(signal: NodeJS.Signals): void {
  undoAll();
  process.off(signal, onSignal);
  // Whoever listens besides decides; with nobody else the signal does what it would have done.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** Blocks this thread: removal waits for the kernel a few milliseconds, also in a process that exits. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
