import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Dir, Host } from '../host/port.ts';
import { KnownNamespaces } from './known.ts';
import { Scanner } from './scan.ts';
import type { Scan, ScanWants } from './scan.ts';

/** What a worker thread is given. */
export interface ScanOrder {
  readonly root: string;
  readonly pids: readonly string[];
  readonly wants: ScanWants;
}

/** More threads than this only wait for each other in the kernel's directory cache. */
const MOST_THREADS = 4;

/** The built program has the worker as a file of its own in dist/, wherever this module went; from the sources it is the file beside this one. */
const DIST = import.meta.url.lastIndexOf('/dist/');
const WORKER = new URL(DIST < 0 ? './worker.ts' : `${import.meta.url.slice(0, DIST)}/dist/worker.js`, import.meta.url);

/** Divides the processes among threads, this one included. The port is opened anew by each, as nothing of it can be handed over. */
export async function scanInParallel(host: Host, proc: Dir, pids: readonly string[], wants: ScanWants): Promise<Scan> {
  const threads = Math.min(MOST_THREADS, availableParallelism());
  const shares = Array.from({ length: threads }, (_, nth) => pids.filter((_, i) => i % threads === nth));
  const others = shares.slice(1).map((share) => scanInWorker({ root: host.root, pids: share, wants }));
  const scanner = new Scanner(host, proc, wants);
  for (const pid of shares[0] ?? []) scanner.process(pid);
  return merge([scanner.result, ...(await Promise.all(others))]);
}

function scanInWorker(order: ScanOrder): Promise<Scan> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: order });
    worker.once('message', (scan: Scan) => {
      resolve(scan);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      reject(new Error(`a scanning thread ended early, with ${String(code)}`));
    });
  });
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
    const renumber = <T extends { readonly cgroup: number | null }>(one: T): T =>
      one.cgroup === null ? one : { ...one, cgroup: indexes[one.cgroup] ?? null };
    for (const one of scan.processes) {
      const process = renumber(one);
      first.processes.push(
        process.differing === undefined ? process : { ...process, differing: process.differing.map(renumber) },
      );
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
