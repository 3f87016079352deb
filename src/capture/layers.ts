/**
 * What engines wrote down of layers, images and containers: read from their state directories, no daemon is asked. Its cost
 * grows with the number of layers, images and containers of those stores, not with what is in them.
 */
import { parseAufsBranch } from '../engines/aufs.ts';
import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import { parseTaskStatus } from '../parse/task-status.ts';
import type { EnginesFacet } from '../schema/engines.ts';
import type { AufsBranches, LayersFacet, LayerStore, LayerStoreKind } from '../schema/layers.ts';
import type { MountsFacet } from '../schema/mounts.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { bytesOf, nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { hostView } from './engines/host-state.ts';
import { EngineReader } from './engines/reader.ts';
import type { View } from './engines/reader.ts';
import { readContainerdStore } from './layers/containerd.ts';
import { readDockerStore } from './layers/docker.ts';
import { storePlaces } from './layers/places.ts';
import { readStorage } from './layers/storage.ts';
import type { StoreReader } from './layers/store.ts';

const USER = NS_TYPES.indexOf('user');
const MNT = NS_TYPES.indexOf('mnt');
const PID = NS_TYPES.indexOf('pid');

const READERS: Readonly<Record<LayerStoreKind, StoreReader>> = {
  docker: readDockerStore,
  containerd: readContainerdStore,
  'containers-storage': readStorage,
};

/** What leads to stores. */
interface LayersSources {
  readonly tasks: TasksFacet;
  readonly engines: EnginesFacet;
  readonly mounts: MountsFacet;
}

/** Collects the facet. `named`: further state directories, as the host sees them, of engines that have left no process. */
export function captureLayers(
  host: Host,
  { tasks, engines, mounts }: LayersSources,
  named: readonly ByteString[],
): LayersFacet {
  const reader = new EngineReader(host);
  const stores: LayerStore[] = [];
  const seen = new Set<string>();
  const views = new Views(reader, tasks.processes);
  const aufs = aufsBranches(host, mounts);
  for (const { kind, root, via } of storePlaces((pid) => views.of(pid), reader, { engines, mounts, aufs }, named)) {
    const view = views.of(via);
    const identity = view === null ? null : identityOf(reader, view, root);
    // The same directory, by whatever path and with whosever eyes, is read once.
    if (view === null || identity === null || seen.has(`${kind} ${identity}`)) continue;
    seen.add(`${kind} ${identity}`);
    for (const parts of READERS[kind](reader, view, root)) stores.push({ ...parts, root: nameOf(root), via });
  }
  views.close();
  return { version: 1, stores, aufs, coverage: { unread: reader.unread } };
}

/** Views by the task, opened when they are first needed. */
class Views {
  readonly #reader: EngineReader;
  readonly #processes: ReadonlyMap<number, ProcessFacts>;
  readonly #views = new Map<number | null, View | null>();

  constructor(reader: EngineReader, processes: readonly ProcessFacts[]) {
    this.#reader = reader;
    this.#processes = new Map(processes.map((process) => [process.pid, process]));
  }

  of(via: number | null): View | null {
    const known = this.#views.get(via);
    if (known !== undefined) return known;
    const view = via === null ? hostView(this.#reader.host) : this.#ofTask(via);
    this.#views.set(via, view);
    return view;
  }

  close(): void {
    for (const view of this.#views.values()) view?.task.close();
  }

  #ofTask(pid: number): View | null {
    const facts = this.#processes.get(pid);
    const task = this.#reader.host.open(`/proc/${String(pid)}`);
    if (facts === undefined || task instanceof Failure) return null;
    const { start, uid } = identify(task);
    // The pid may have passed on since the tasks were read.
    if (start !== facts.start) {
      task.close();
      return null;
    }
    const init = this.#processes.get(1);
    const { purses } = this.#reader;
    // dockerd may have a mount namespace of its own; what has pids or users of its own is no engine of the host's.
    const isOfHost = uid === 0 && facts.ns[PID] === init?.ns[PID] && facts.ns[USER] === init?.ns[USER];
    const purse = isOfHost ? purses.host : purses.ofProcess(`layers ${String(uid)} ${String(facts.ns[MNT])}`);
    // As where the engines' own files are read (src/capture/engines.ts).
    const isGuarded = facts.ns[MNT] !== init?.ns[MNT] && facts.ns[USER] === init?.ns[USER];
    return { task, key: `pid ${String(pid)}`, via: pid, purse, isGuarded };
  }
}

function identify(task: Dir): { readonly start: number | null; readonly uid: number | null } {
  const stat = task.read('stat');
  const status = task.read('status');
  const parsedStat = stat instanceof Failure ? null : parseTaskStat(stat);
  const parsedStatus = status instanceof Failure ? null : parseTaskStatus(status);
  return {
    start: parsedStat === null || isMalformed(parsedStat) ? null : parsedStat.start,
    uid: parsedStatus === null || isMalformed(parsedStatus) ? null : parsedStatus.uids[0],
  };
}

function identityOf(reader: EngineReader, view: View, root: ByteString): string | null {
  const dir = reader.open(view, root);
  if (dir instanceof Failure) return null;
  const stat = dir.stat('.');
  dir.close();
  return stat instanceof Failure ? null : `${stat.dev} ${String(stat.inode)}`;
}

/** The branches of each aufs mount that there is. */
function aufsBranches(host: Host, { tables }: MountsFacet): AufsBranches[] {
  const ids = new Set<string>();
  for (const { fsType, superOptions } of tables.flatMap(({ mounts }) => mounts)) {
    if (fsType !== 'aufs') continue;
    for (const option of superOptions) {
      const id = /^si=([0-9a-f]+)$/.exec(bytesOf(option))?.[1];
      if (id !== undefined) ids.add(id);
    }
  }
  return [...ids].flatMap((si) => {
    const dir = host.open(`/sys/fs/aufs/si_${si}`);
    if (dir instanceof Failure) return [];
    const names = dir.list('.');
    const numbers = (names instanceof Failure ? [] : names).flatMap((name) => /^br(\d+)$/.exec(name)?.[1] ?? []);
    const branches = numbers
      .map(Number)
      .sort((a, b) => a - b)
      .flatMap((number) => {
        const text = dir.read(`br${String(number)}`);
        return (text instanceof Failure ? null : parseAufsBranch(text)) ?? [];
      });
    dir.close();
    return [{ si, branches }];
  });
}
