import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { parseTaskCount } from '../parse/loadavg.ts';
import { isMalformed } from '../parse/malformed.ts';
import { builtFile } from '../text/built-file.ts';
import { KnownNamespaces } from './known.ts';
import { makePidQueue, takePids } from './pid-queue.ts';
import { Scanner } from './scan.ts';
import type { Scan, ScanWants } from './scan.ts';

/** What a worker thread is given when it starts: the port is opened anew by each, as nothing of it can be handed over. */
export interface ScanStart {
  readonly root: string;
}

/** What a worker thread is told once it is known. */
export interface ScanOrder {
  readonly queue: Int32Array<SharedArrayBuffer>;
  readonly wants: ScanWants;
}

/** From this many tasks on it pays to start further threads (measured: a thread costs as much as 400 processes). */
const PARALLEL_FROM = 800;

/** More threads than this only wait for each other in the kernel's directory cache. */
const MOST_THREADS = 4;

/** The built program has the worker as a file of its own in dist/, wherever this module went; from the sources it is the file beside this one. */
const WORKER = builtFile(import.meta.url, './worker.ts', 'worker.js');

/** Threads that wait for something to scan. */
export interface ScanThreads {
  /** Scans these processes on all threads, the caller's included. Can be called once. */
  readonly scan: (proc: Dir, pids: readonly number[], wants: ScanWants) => Promise<Scan>;
}

/**
 * Starts threads that will help to scan, where there is enough to do; null where there is not. A thread takes 30 ms until it
 * can begin: whoever starts it has other things to do meanwhile.
 */
export function startScanThreads(
  host: Host,
  most = Math.min(MOST_THREADS, availableParallelism()),
): ScanThreads | null {
  if (most < 2 || !host.canReopen || countTasks(host) < PARALLEL_FROM) return null;
  const workers = Array.from({ length: most - 1 }, () => new ScanWorker({ root: host.root }));
  return {
    scan: async (proc, pids, wants) => {
      const queue = makePidQueue(pids);
      const others = workers.map((worker) => worker.scan({ queue, wants }));
      const scanner = new Scanner(host, proc, wants);
      for (const pid of takePids(queue)) scanner.process(pid);
      return merge([scanner.result, ...(await Promise.all(others))]);
    },
  };
}

function countTasks(host: Host): number {
  const proc = host.open('/proc');
  if (proc instanceof Failure) return 0;
  const text = proc.read('loadavg');
  proc.close();
  const count = text instanceof Failure ? 0 : parseTaskCount(text);
  return isMalformed(count) ? 0 : count;
}

class ScanWorker {
  readonly #worker: Worker;
  readonly #result: Promise<Scan>;

  constructor(start: ScanStart) {
    this.#worker = new Worker(WORKER, { workerData: start });
    this.#result = new Promise((resolve, reject) => {
      this.#worker.once('message', resolve);
      this.#worker.once('error', reject);
      this.#worker.once('exit', (code) => {
        reject(new Error(`a scanning thread ended early, with ${code}`));
      });
    });
    // Where something fails before the scan nobody waits for this thread: it neither keeps the process nor ends it.
    this.#worker.unref();
    this.#result.catch(() => undefined);
  }

  scan(order: ScanOrder): Promise<Scan> {
    this.#worker.ref();
    this.#worker.postMessage(order);
    return this.#result;
  }
}

/** Adds the scans up. Each numbered its cgroup texts by itself. */
function merge(scans: readonly Scan[]): Scan {
  const texts = new Map<string, number>();
  const known = new KnownNamespaces();
  const [first, ...rest] = scans;
  if (first === undefined) throw new RangeError('nothing to merge');
  for (const [index, text] of first.cgroupTexts.entries()) texts.set(text, index);
  for (const facts of first.found) known.add(facts);
  for (const scan of rest) {
    const indexes = scan.cgroupTexts.map((text) => {
      const index = texts.get(text) ?? first.cgroupTexts.push(text) - 1;
      texts.set(text, index);
      return index;
    });
    // In place: they came by structured clone, and nobody else has them.
    const renumber = (one: { cgroup: number | null }): void => {
      if (one.cgroup !== null) one.cgroup = indexes[one.cgroup] ?? null;
    };
    for (const process of scan.processes) {
      renumber(process);
      process.differing?.forEach(renumber);
      first.processes.push(process);
    }
    for (const fd of scan.fds) first.fds.push(fd);
    for (const socket of scan.sockets) first.sockets.push(socket);
    for (const facts of scan.found) if (known.add(facts)) first.found.push(facts);
    first.vanished += scan.vanished;
    first.denied += scan.denied;
    first.malformed += scan.malformed;
    first.tasks += scan.tasks;
    first.socketsExamined += scan.socketsExamined;
    first.socketsDenied += scan.socketsDenied;
    first.socketsUnsupported += scan.socketsUnsupported;
    first.fdTablesDenied += scan.fdTablesDenied;
    first.fdInfosMalformed += scan.fdInfosMalformed;
    first.fdTablesNotCompared += scan.fdTablesNotCompared;
  }
  return first;
}
