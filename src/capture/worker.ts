/** Body of a scanning thread: reads the processes it was given and hands the scan back. */
import { parentPort, workerData } from 'node:worker_threads';
import { liveHost } from '../host/live.ts';
import { Failure } from '../host/port.ts';
import type { ScanOrder } from './parallel.ts';
import { Scanner } from './scan.ts';

const { root, pids, wants } = workerData as ScanOrder;
const host = liveHost(root);
const proc = host.open('/proc');
if (proc instanceof Failure) throw new Error(`cannot read /proc: ${proc.errno}`);
const scanner = new Scanner(host, proc, wants);
for (const pid of pids) scanner.process(pid);
parentPort?.postMessage(scanner.result);
