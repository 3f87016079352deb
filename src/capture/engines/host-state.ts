import { isRuntimeId } from '../../engines/runtime.ts';
import { parseMachine } from '../../engines/nspawn.ts';
import type { Machine } from '../../engines/nspawn.ts';
import { Failure } from '../../host/port.ts';
import type { Host } from '../../host/port.ts';
import { nameOf, nameText } from '../../text/bytes.ts';
import { storedContainers } from './conmon.ts';
import { DOCKER_DATA_ROOT, readFrom } from './docker.ts';
import type { EngineReader, View } from './reader.ts';
import { readRuntimeContainer, RUNTIME_ROOTS } from './runtime.ts';

/** Where podman and CRI-O keep containers unless told otherwise (containers-storage.conf(5)), for the usual driver. */
const STORAGE_CONTAINERS = '/var/lib/containers/storage/overlay-containers/containers.json';
const MACHINES = '/run/systemd/machines';

/** The host's own view of its files: that of init, or the reader's where init's is not to be had. */
export function hostView(host: Host): View | null {
  for (const path of host.kind === 'host-root' ? ['/proc/1'] : ['/proc/1', '/proc/self']) {
    const task = host.open(path);
    if (task instanceof Failure) continue;
    if (!(task.readlink('root') instanceof Failure)) return { task, key: 'host', via: null };
    task.close();
  }
  return null;
}

/**
 * Reads what lies in the engines' default directories: of containers whose shim or monitor was not found (`orphans`:
 * ids that a cgroup names), and of those that never had one (`runc run --detach`, machines). `known` ids were read already.
 */
export function readHostState(
  reader: EngineReader,
  view: View,
  orphans: ReadonlySet<string>,
  known: ReadonlySet<string>,
): void {
  // Whoever may make cgroups may make a million that are called like containers.
  const ofCgroups = { ...view, purse: reader.purses.ofOwner('cgroups') };
  for (const id of orphans) if (!readFrom(reader, ofCgroups, DOCKER_DATA_ROOT, id)) readStored(reader, ofCgroups, id);
  readRuntimes(reader, view, '/run', null, known);
  for (const uid of reader.list(view, '/run/user')) {
    if (!/^\d{1,10}$/.test(uid)) continue;
    const ofUser = { ...view, purse: reader.purses.ofProcess(`uid ${uid}`) };
    readRuntimes(reader, ofUser, `/run/user/${uid}`, Number(uid), known);
  }
  // Beside each machine's file lies a link from its unit to it.
  for (const name of reader.list(view, MACHINES))
    if (!name.includes(':')) readMachine(reader, view, `${MACHINES}/${name}`);
}

function readStored(reader: EngineReader, view: View, id: string): void {
  // Not to be noted: which engine the id belongs to is not known.
  if (reader.once(view, 'no storage', () => reader.read(view, STORAGE_CONTAINERS) instanceof Failure)) return;
  const stored = storedContainers(reader, view, STORAGE_CONTAINERS).get(id);
  if (stored === undefined) return;
  const { name, image, createdAt } = stored;
  const source = nameOf(STORAGE_CONTAINERS);
  reader.containers.push({
    engine: 'podman',
    id,
    name,
    image,
    createdAt,
    startedAt: null,
    pid: null,
    source,
    via: null,
  });
}

function readRuntimes(
  reader: EngineReader,
  view: View,
  run: string,
  ofUser: number | null,
  known: ReadonlySet<string>,
): void {
  for (const engine of ['runc', 'crun'] as const) {
    const root = ofUser === null ? RUNTIME_ROOTS[engine] : `${run}/${engine}`;
    for (const id of reader.list(view, root)) {
      if (isRuntimeId(id) && !known.has(id)) readRuntimeContainer(reader, view, engine, `${root}/${id}`, ofUser);
    }
  }
}

function readMachine(reader: EngineReader, view: View, path: string): void {
  const machine = reader.optional(view, path, parseMachine);
  // libvirt registers its machines there, too.
  if (
    machine === null ||
    (machine.service !== null && machine.service !== 'systemd-nspawn' && machine.machineClass !== 'vm')
  )
    return;
  const startedAt = timeOf(machine);
  reader.containers.push({
    engine: 'nspawn',
    id: nameText(machine.name),
    name: machine.name,
    image: null,
    createdAt: startedAt,
    startedAt,
    pid: machine.leader,
    ...(machine.machineClass === null ? {} : { machineClass: machine.machineClass }),
    source: nameOf(path),
    via: null,
  });
}

function timeOf({ realtimeUsec }: Machine): string | null {
  if (realtimeUsec === null || realtimeUsec > 253_402_300_799_999_000) return null;
  return new Date(Math.floor(realtimeUsec / 1000)).toISOString();
}
