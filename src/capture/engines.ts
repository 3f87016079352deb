/**
 * What container engines left of their containers: the command lines of their processes, and the state files that those
 * lead to, read as the process itself sees them. No daemon is asked, so that a dead, a hung and a forged one serve alike.
 */
import { containersInCgroups } from '../engines/cgroup-path.ts';
import { isDockerId } from '../engines/docker.ts';
import { dirName } from '../engines/flags.ts';
import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { parseCmdline } from '../parse/cmdline.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import { parseTaskStatus } from '../parse/task-status.ts';
import type { EngineProcess, EnginesFacet } from '../schema/engines.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { bytesOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { readConmonContainer } from './engines/conmon.ts';
import { neighbours, readBundle } from './engines/containerd.ts';
import type { BundleRecord } from './engines/containerd.ts';
import { readDockerContainer } from './engines/docker.ts';
import { hostView, readHostState } from './engines/host-state.ts';
import { isCandidate, minderOf } from './engines/processes.ts';
import type { Minder } from './engines/processes.ts';
import { EngineReader } from './engines/reader.ts';
import type { View } from './engines/reader.ts';
import { readRuntimeContainer, RUNTIME_ROOTS } from './engines/runtime.ts';

const USER = NS_TYPES.indexOf('user');
const MNT = NS_TYPES.indexOf('mnt');
const PID = NS_TYPES.indexOf('pid');

/**
 * Collects the facet. Its cost grows with the number of engines' processes and containers, not with that of tasks. What it
 * finds is as the files say: who may be believed is for the model.
 */
export function captureEngines(host: Host, tasks: TasksFacet): EnginesFacet {
  const scan = new EngineScan(host);
  scan.candidates(tasks.processes);
  scan.finish(tasks);
  return {
    version: 1,
    processes: [...scan.processes].sort((a, b) => a.pid - b.pid),
    containers: scan.reader.containers,
    coverage: { unread: scan.reader.unread },
  };
}

class EngineScan {
  readonly reader: EngineReader;
  readonly processes: EngineProcess[] = [];
  /** Ids that a shim or a monitor minds. */
  readonly #minded = new Set<string>();
  /** Shims by view, directory of bundles, and id. */
  readonly #shims = new Map<string, number>();
  /** Bundles that were found beside a shim's own. */
  readonly #beside: { readonly record: BundleRecord; readonly place: string }[] = [];

  constructor(host: Host) {
    this.reader = new EngineReader(host);
  }

  /** Looks at each candidate, first of all at those that run beside init: whatever the rest costs, they are read. */
  candidates(processes: readonly ProcessFacts[]): void {
    const init = processes.find(({ pid }) => pid === 1);
    const isBesideInit = ({ ns }: ProcessFacts): boolean =>
      init !== undefined && [USER, MNT, PID].every((type) => ns[type] === init.ns[type]);
    const found = processes.filter(isCandidate);
    for (const facts of found) if (isBesideInit(facts)) this.#process(facts, true, false);
    for (const facts of found) {
      // A file system that a user namespace mounted asks nobody on behalf of a reader from outside (fuse_allow_current_process).
      const isGuarded = facts.ns[MNT] !== init?.ns[MNT] && facts.ns[USER] === init?.ns[USER];
      if (!isBesideInit(facts)) this.#process(facts, false, isGuarded);
    }
  }

  /** Reads a candidate's command line, and the state that it leads to. */
  #process(facts: ProcessFacts, isBesideInit: boolean, isGuarded: boolean): void {
    const task = this.reader.host.open(`/proc/${String(facts.pid)}`);
    if (task instanceof Failure) return;
    // The pid may have passed on since the tasks were read.
    if (startOf(task) === facts.start) {
      const mntns = facts.ns[MNT] ?? null;
      const key = mntns === null ? `pid ${String(facts.pid)}` : String(mntns);
      const uid = uidOf(task);
      const { purses } = this.reader;
      // Root of a container is not root, whatever its number.
      const owner = uid === null || uid === 0 ? `mnt ${key}` : `uid ${String(uid)}`;
      const purse = isBesideInit && uid === 0 ? purses.host : purses.ofProcess(owner);
      const view: View = { task, key, via: facts.pid, purse, isGuarded };
      const cmdline = task.read('cmdline');
      if (cmdline instanceof Failure) this.reader.note(`${task.path}/cmdline`, cmdline.asOutcome);
      else this.#minder(minderOf(facts, view, parseCmdline(cmdline).map(bytesOf), this.reader), view);
    }
    task.close();
  }

  #minder(minder: Minder | null, view: View): void {
    if (minder === null) return;
    this.processes.push(minder.process);
    if (minder.process.containerId !== undefined) this.#minded.add(minder.process.containerId);
    if (minder.kind === 'shim' && minder.bundle !== null) this.#shim(minder, view, minder.bundle);
    else if (minder.kind === 'conmon' && !minder.args.exec) readConmonContainer(this.reader, view, minder.args);
    else if (minder.kind === 'runtime') {
      const { engine, id, root } = minder.args;
      readRuntimeContainer(this.reader, view, engine, `${root ?? RUNTIME_ROOTS[engine]}/${id}`, null);
    }
  }

  #shim({ args, process }: Minder & { readonly kind: 'shim' }, view: View, bundle: ByteString): void {
    if (process.engine === 'docker') {
      readDockerContainer(this.reader, view, args.id, bundle);
      return;
    }
    const directory = dirName(bundle);
    const place = `${view.key}\0${directory}`;
    this.#shims.set(`${place}\0${args.id}`, process.pid);
    const own = readBundle(this.reader, view, args.namespace, args.id, bundle);
    if (own !== null) this.reader.containers.push(own.container);
    if (process.engine !== 'cri') return;
    for (const id of neighbours(this.reader, view, bundle)) {
      if (id === args.id) continue;
      const record = readBundle(this.reader, view, args.namespace, id, `${directory}/${id}`);
      // A sandbox has a shim of its own, which reads it.
      if (record !== null && record.container.pod?.container !== null) this.#beside.push({ record, place });
    }
  }

  /** Gives each container of a pod to the shim of its pod, then looks for what has no process that leads to it. */
  finish(tasks: TasksFacet): void {
    for (const { record, place } of this.#beside) {
      const { container, sandboxId } = record;
      if (this.#minded.has(container.id)) continue;
      this.#minded.add(container.id);
      const shim = sandboxId === null ? undefined : this.#shims.get(`${place}\0${sandboxId}`);
      this.reader.containers.push({ ...container, via: shim ?? container.via });
    }
    const orphans = new Set<string>();
    for (const lines of tasks.cgroups) {
      for (const { id } of containersInCgroups(lines)) if (isDockerId(id) && !this.#minded.has(id)) orphans.add(id);
    }
    const view = hostView(this.reader.host);
    if (view === null) return;
    readHostState(this.reader, view, orphans, this.#minded);
    view.task.close();
  }
}

/** Its real uid: that of its directory is root's where the process has forbidden to be looked into. */
function uidOf(task: Dir): number | null {
  const text = task.read('status');
  const status = text instanceof Failure ? null : parseTaskStatus(text);
  return status === null || isMalformed(status) ? null : status.uids[0];
}

function startOf(task: Dir): number | null {
  const text = task.read('stat');
  if (text instanceof Failure) return null;
  const stat = parseTaskStat(text);
  return isMalformed(stat) ? null : stat.start;
}
