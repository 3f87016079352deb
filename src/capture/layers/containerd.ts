import { isDockerSnapshot, parseContainerdImages, parseSnapshots } from '../../engines/containerd-layers.ts';
import type { Snapshot } from '../../engines/containerd-layers.ts';
import { hexOf } from '../../engines/digest.ts';
import { parseImageConfig } from '../../engines/image-config.ts';
import { Failure } from '../../host/port.ts';
import type { LayerContainer, StoredImage, StoredLayer } from '../../schema/layers.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from '../engines/reader.ts';
import { MOST_ENTRIES } from './store.ts';
import type { StoreParts } from './store.ts';

const SNAPSHOTTER = /^io\.containerd\.snapshotter\.v1\.([a-z-]+)$/;

/** Some hundred bytes a snapshot and a blob: enough for a hundred thousand of them. */
const DATABASE_LIMIT = 64 << 20;

/** Reads what containerd's snapshotters keep below its root directory. */
export function readContainerdStore(reader: EngineReader, view: View, root: ByteString): StoreParts[] {
  return reader.list(view, root).flatMap((name) => {
    const snapshotter = SNAPSHOTTER.exec(name)?.[1];
    return snapshotter === undefined ? [] : readSnapshotter(reader, view, root, snapshotter);
  });
}

function readSnapshotter(reader: EngineReader, view: View, root: ByteString, driver: string): StoreParts[] {
  const home = `${root}/io.containerd.snapshotter.v1.${driver}`;
  const snapshots = database(reader, view, `${home}/metadata.db`, parseSnapshots);
  // Snapshotters that were never used have no database.
  if (snapshots === null) return [];
  const meta = database(reader, view, `${root}/io.containerd.metadata.v1.bolt/meta.db`, (file) =>
    parseContainerdImages(file, driver),
  );
  const images: StoredImage[] = [];
  for (const { namespace, digest, top, tags } of meta?.configs ?? []) {
    const path = `${root}/io.containerd.content.v1.content/blobs/sha256/${hexOf(digest)}`;
    const config = reader.parsed(view, path, parseImageConfig);
    if (config !== null) images.push({ id: digest, tags, top: `${namespace}/${top}`, namespace, ...config });
  }
  const directories = reader
    .list(view, `${home}/snapshots`)
    .slice(0, MOST_ENTRIES)
    .map((name) => nameOf(`${home}/snapshots/${name}/fs`));
  return [
    {
      kind: 'containerd',
      driver,
      layers: snapshots.map((snapshot) => layerOf(snapshot, home)),
      images,
      containers: [...(meta?.containers ?? []), ...dockerContainers(snapshots, meta?.containers ?? [])],
      directories,
    },
  ];
}

/** dockerd with containerd's image store names a container's snapshot by the container's id, also while it does not run. */
function dockerContainers(snapshots: readonly Snapshot[], known: readonly LayerContainer[]): LayerContainer[] {
  const layers = new Set(known.map(({ layer }) => layer));
  return snapshots
    .filter(({ key, kind }) => kind === 'active' && isDockerSnapshot(key) && !layers.has(key))
    .map(({ key, createdAt }) => {
      const id = key.slice(key.indexOf('/') + 1);
      return { engine: 'docker', id, name: null, image: null, layer: key, namespace: 'moby', createdAt };
    });
}

function layerOf({ key, parent, id, kind, bytes, createdAt }: Snapshot, home: ByteString): StoredLayer {
  const isInit = key.startsWith('moby/') && key.endsWith('-init');
  return {
    key,
    parent,
    role: isInit ? 'init' : kind === 'committed' ? 'image' : 'writable',
    diffId: null,
    bytes,
    createdAt,
    dirs: [nameOf(`${home}/snapshots/${id}/fs`)],
  };
}

function database<T>(
  reader: EngineReader,
  view: View,
  path: ByteString,
  parse: (file: ByteString) => T | null,
): T | null {
  const file = reader.read(view, path, DATABASE_LIMIT);
  if (file instanceof Failure) {
    if (file.asOutcome !== 'absent') reader.note(path, file.errno === 'EOVERFLOW' ? 'not collected' : file.asOutcome);
    return null;
  }
  const value = parse(file);
  if (value === null) reader.note(path, 'malformed');
  return value;
}
