import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { parseCgroup } from '../parse/cgroup.ts';
import { isMalformed } from '../parse/malformed.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { ProcessFacts, TasksCollected, TasksFacet } from '../schema/tasks.ts';
import { nameKey } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { readDetail } from './detail.ts';
import type { ScanThreads } from './parallel.ts';
import { withoutPassedOn } from './passed-on.ts';
import type { Scan, ScanWants } from './scan.ts';
import { Scanner } from './scan.ts';

/** What a command needs to know of tasks. */
export interface TaskWants extends TasksCollected {
  /** Look through open files and sockets for namespaces. */
  readonly fds: boolean;
}

/** The facet, and what the scan met beside it that belongs to other facets. */
export interface TaskCapture {
  readonly facet: TasksFacet;
  readonly scan: Scan;
}

/** Reads every task of the host. `threads`: those that help, where there are any. */
export async function captureTasks(
  host: Host,
  wants: TaskWants,
  nsfsPaths: readonly ByteString[] = [],
  threads: ScanThreads | null = null,
): Promise<TaskCapture> {
  const proc = host.open('/proc');
  if (proc instanceof Failure) throw noProc(host, proc);
  const names = proc.list('.');
  if (names instanceof Failure) throw noProc(host, names);
  const pids = names.filter((name) => /^[0-9]+$/.test(name)).map(Number);
  if (pids.length === 0 && host.kind !== 'recording') {
    throw new NsinspectError(`no process in ${host.root === '/' ? '' : host.root}/proc: is procfs mounted there?`, {
      code: 'no-proc',
    });
  }
  const scanWants: ScanWants = {
    cgroups: wants.cgroups,
    threadCgroups: wants.threadCgroups,
    // Who does not look for namespaces does not ask about those of threads: seven links of each.
    threadNamespaces: wants.fds,
    root: wants.root,
    detail: wants.detail === 'all',
    fds: wants.fds,
    nsfsPaths,
  };
  const scan = threads === null ? scanHere(host, proc, pids, scanWants) : await threads.scan(proc, pids, scanWants);
  // In an order that does not depend on which thread was faster.
  scan.processes.sort((a, b) => a.pid - b.pid);
  scan.fds.sort(byDescriptor);
  scan.sockets.sort(byDescriptor);
  const each = withoutPassedOn(proc, scan.processes);
  const processes = wants.detail === 'edges' ? withEdgeDetails(proc, each) : each;
  proc.close();
  const facet: TasksFacet = {
    version: 1,
    processes,
    cgroups: scan.cgroupTexts.map((text) => {
      const lines = parseCgroup(text);
      if (isMalformed(lines)) throw new TypeError('the scan keeps no text that is malformed');
      return lines;
    }),
    collected: { detail: wants.detail, cgroups: wants.cgroups, root: wants.root, threadCgroups: wants.threadCgroups },
    coverage: {
      processes: processes.length,
      tasks: scan.tasks,
      vanished: scan.vanished,
      denied: scan.denied,
      malformed: scan.malformed,
    },
  };
  return { facet, scan };
}

interface Descriptor {
  readonly pid: number;
  readonly tid: number;
  readonly fd: number;
}

function byDescriptor(a: Descriptor, b: Descriptor): number {
  return a.pid - b.pid || a.tid - b.tid || a.fd - b.fd;
}

function scanHere(host: Host, proc: Dir, pids: readonly number[], wants: ScanWants): Scan {
  const scanner = new Scanner(host, proc, wants);
  for (const pid of pids) scanner.process(pid);
  return scanner.result;
}

function noProc(host: Host, failure: Failure): NsinspectError {
  const path = `${host.root === '/' ? '' : host.root.replace(/\/+$/, '')}/proc`;
  return new NsinspectError(`cannot read ${path}: ${failure.errno}`, {
    code: 'no-proc',
    hint: 'Give the directory below which the /proc and /sys of the host are mounted.',
  });
}

/** The processes whose namespaces, cgroup or root are not their parent's: where something else begins. */
export function edgesOf(processes: readonly ProcessFacts[]): ProcessFacts[] {
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  return processes.filter((one) => {
    const parent = byPid.get(one.ppid);
    return !one.kthread && (parent === undefined || !isSamePlace(one, parent));
  });
}

/** Adds details to those processes whose namespaces, cgroup or root are not their parent's. */
function withEdgeDetails(proc: Dir, processes: readonly ProcessFacts[]): ProcessFacts[] {
  const edges = new Set(edgesOf(processes));
  return processes.map((one) => {
    if (!edges.has(one)) return one;
    const dir = proc.open(String(one.pid));
    if (dir instanceof Failure) return one;
    // The directory was opened anew: the pid may be another process's by now.
    const stat = dir.read('stat');
    const isSame = !(stat instanceof Failure) && stat.slice(stat.lastIndexOf(')')).split(' ')[20] === String(one.start);
    const detail = isSame ? readDetail(dir, one.state === 'Z') : undefined;
    dir.close();
    return detail === undefined ? one : { ...one, detail };
  });
}

function isSamePlace(one: ProcessFacts, other: ProcessFacts): boolean {
  return (
    one.cgroup === other.cgroup &&
    nameKey(one.root ?? '/') === nameKey(other.root ?? '/') &&
    NS_TYPES.every((_, i) => one.ns[i] === other.ns[i])
  );
}
