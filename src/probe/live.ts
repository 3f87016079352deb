/**
 * What is to be undone however this process ends: thrown error, `process.exit`, SIGINT, SIGTERM, SIGHUP. (What SIGKILL
 * leaves is for `clean.ts`.) All of it is synchronous, since nothing else runs in a process that exits.
 */
type Undo = () => void;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const undos = new Set<Undo>();

/**
 * Has `undo` called when the process ends. It must not throw for what is already gone. The function given back takes it off
 * again, for the caller that has undone it.
 */
export function undoAtEnd(undo: Undo): () => void {
  if (undos.size === 0) listen();
  undos.add(undo);
  return () => {
    if (undos.delete(undo) && undos.size === 0) forget();
  };
}

function listen(): void {
  process.on('exit', undoAll);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function forget(): void {
  process.off('exit', undoAll);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** The newest first: what was made in something goes before it. One that fails keeps none of the others from being done. */
function undoAll(): void {
  const failed: unknown[] = [];
  for (const undo of [...undos].reverse()) {
    undos.delete(undo);
    try {
      undo();
    } catch (error) {
      failed.push(error);
    }
  }
  forget();
  for (const error of failed) {
    process.stderr.write(`nsinspect: ${error instanceof Error ? error.message : String(error)}\n`);
  }
}

function onSignal(signal: NodeJS.Signals): void {
  undoAll();
  // Whoever listens besides decides; with nobody else the signal does what it would have done.
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
}

/** Blocks this thread: removal waits for the kernel a few milliseconds, also in a process that exits. */
export function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
