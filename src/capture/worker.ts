/** Body of a scanning thread: waits for the order, reads what is left in the queue and hands the scan back. */
import { parentPort, workerData } from 'node:worker_threads';
import { liveHost } from '../host/live.ts';
import { Failure } from '../host/port.ts';
import type { ScanOrder, ScanStart } from './parallel.ts';
import { takePids } from './pid-queue.ts';
import { Scanner } from './scan.ts';

const { root } = workerData as ScanStart;
const host = liveHost(root);
const proc = host.open('/proc');
if (proc instanceof Failure) throw new Error(`cannot read /proc: ${proc.errno}`);
parentPort?.once('message', ({ queue, wants }: ScanOrder) => {
  const scanner = new Scanner(host, proc, wants);
  for (const pid of takePids(queue)) scanner.process(pid);
  parentPort?.postMessage(scanner.result);
});
