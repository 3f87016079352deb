/** Where layer stores may be, and with whose eyes: all that leads to one, nothing of it read yet. */
import { dirName } from '../../engines/flags.ts';
import { Failure } from '../../host/port.ts';
import type { EnginesFacet } from '../../schema/engines.ts';
import type { AufsBranches, LayerStoreKind } from '../../schema/layers.ts';
import type { MountsFacet } from '../../schema/mounts.ts';
import { bytesOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from '../engines/reader.ts';

/** A directory that may hold a store. */
export interface StorePlace {
  readonly kind: LayerStoreKind;
  readonly root: ByteString;
  /** Pid of the task whose view of the file system it is in; null: the host's own. */
  readonly via: number | null;
}

/** Where engines keep their state unless told otherwise. */
const DEFAULTS: readonly Omit<StorePlace, 'via'>[] = [
  { kind: 'docker', root: '/var/lib/docker' },
  { kind: 'containerd', root: '/var/lib/containerd' },
  { kind: 'containers-storage', root: '/var/lib/containers/storage' },
];

/** What a directory of a mounted overlay says of the store that it lies in. */
const MOUNTED: readonly (readonly [RegExp, LayerStoreKind])[] = [
  [/^(\/.*?)\/(?:overlay2|fuse-overlayfs)\/(?:l\/[^/]+|[^/]+\/diff)$/s, 'docker'],
  [/^(\/.*?)\/aufs\/diff\/[^/]+$/s, 'docker'],
  [/^(\/.*?)\/io\.containerd\.snapshotter\.v1\.[^/]+\/snapshots\/\d+\/(?:fs|work)$/s, 'containerd'],
  [/^(\/.*?)\/overlay\/(?:l\/[^/]+|[0-9a-f]{64}\/diff)$/s, 'containers-storage'],
];

/** The store in which a directory of a stack lies, by its path; null: in none that is known. */
function placeOfDirectory(path: ByteString): Omit<StorePlace, 'via'> | null {
  for (const [pattern, kind] of MOUNTED) {
    const root = pattern.exec(path)?.[1];
    if (root !== undefined) return { kind, root };
  }
  return null;
}

/** What leads to places. */
interface PlaceSources {
  readonly engines: EnginesFacet;
  readonly mounts: MountsFacet;
  readonly aufs: readonly AufsBranches[];
}

/**
 * All places, those that engines' own processes lead to first. `named`: directories that the user names, in which there may be a
 * store of any kind.
 */
export function storePlaces(
  viewOf: (pid: number) => View | null,
  reader: EngineReader,
  { engines, mounts, aufs }: PlaceSources,
  named: readonly ByteString[],
): StorePlace[] {
  const places = new Map<string, StorePlace>();
  const add = (place: StorePlace): void => {
    const key = `${place.kind} ${String(place.via)} ${place.root}`;
    if (place.root.startsWith('/') && !places.has(key)) places.set(key, place);
  };
  for (const root of named) for (const { kind } of DEFAULTS) add({ kind, root, via: null });
  for (const place of processPlaces(viewOf, reader, engines)) add(place);
  const minders = new Set(engines.processes.map(({ pid }) => pid));
  for (const table of mounts.tables) {
    for (const { fsType, superOptions } of table.mounts) {
      if (fsType !== 'overlay') continue;
      const upper = superOptions.map(bytesOf).find((option) => option.startsWith('upperdir='));
      const place = upper === undefined ? null : placeOfDirectory(upper.slice('upperdir='.length));
      // The path is that of whoever mounted it: of the host, or of an engine that lives in a mount namespace of its own.
      if (place !== null)
        for (const via of table.pid !== null && minders.has(table.pid) ? [table.pid, null] : [null])
          add({ ...place, via });
    }
  }
  // mountinfo has no directories of aufs; sysfs names them as the host sees them.
  for (const { branches } of aufs) {
    const [top] = branches;
    const place = top === undefined ? null : placeOfDirectory(bytesOf(top.path));
    if (place !== null) add({ ...place, via: null });
  }
  for (const place of DEFAULTS) add({ ...place, via: null });
  return [...places.values()];
}

/** What the command lines, configurations and bundles of engines' processes say. */
function* processPlaces(
  viewOf: (pid: number) => View | null,
  reader: EngineReader,
  { processes, containers }: EnginesFacet,
): Generator<StorePlace> {
  for (const { engine, role, pid, paths } of processes) {
    const path = (name: string): ByteString | null => (paths[name] === undefined ? null : bytesOf(paths[name]));
    if (role === 'daemon' && engine === 'docker') {
      const root = path('dataRoot') ?? '/var/lib/docker';
      yield { kind: 'docker', root, via: pid };
      // dockerd runs a containerd of its own unless there is one; its image store is there.
      yield { kind: 'containerd', root: `${root}/containerd/daemon`, via: pid };
    } else if (role === 'daemon' && engine === 'containerd') {
      yield { kind: 'containerd', root: path('root') ?? '/var/lib/containerd', via: pid };
    } else if (role === 'daemon' && engine === 'cri-o') {
      yield { kind: 'containers-storage', root: path('root') ?? '/var/lib/containers/storage', via: pid };
    } else if (role === 'shim') {
      const root = rootOfBundle(reader, viewOf(pid), path('bundle'));
      if (root !== null) yield { kind: 'containerd', root, via: pid };
    }
  }
  for (const { engine, source, via } of containers) {
    const path = bytesOf(source);
    if (engine === 'docker') yield { kind: 'docker', root: dirName(dirName(dirName(path))), via };
    if (path.endsWith('/overlay-containers/containers.json')) {
      yield { kind: 'containers-storage', root: dirName(dirName(path)), via };
    }
  }
}

/** A bundle links to the container's part of containerd's root directory: `<root>/io.containerd.runtime.v2.task/<ns>/<id>`. */
function rootOfBundle(reader: EngineReader, view: View | null, bundle: ByteString | null): ByteString | null {
  if (bundle === null || view === null) return null;
  const dir = reader.open(view, bundle);
  if (dir instanceof Failure) return null;
  const work = dir.readlink('work');
  dir.close();
  return work instanceof Failure ? null : dirName(dirName(dirName(work)));
}
