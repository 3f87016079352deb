import { parseImageConfig } from '../../engines/image-config.ts';
import {
  bigDataFile,
  parseStorageContainers,
  parseStorageImages,
  parseStorageLayers,
} from '../../engines/storage-layers.ts';
import { Failure } from '../../host/port.ts';
import type { StoredImage, StoredLayer } from '../../schema/layers.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { EngineReader, View } from '../engines/reader.ts';
import { MOST_ENTRIES } from './store.ts';
import type { StoreParts } from './store.ts';

/** Reads what podman, CRI-O or buildah keep below a graph root. Of other drivers than overlay the layers are no directories of a mount. */
export function readStorage(reader: EngineReader, view: View, root: ByteString): StoreParts[] {
  const at = `${root}/overlay`;
  const stored = [`${at}-layers/layers.json`, `${at}-layers/volatile-layers.json`].flatMap(
    (path) => reader.optional(view, path, parseStorageLayers) ?? [],
  );
  if (stored.length === 0) return [];
  const containers = [`${at}-containers/containers.json`, `${at}-containers/volatile-containers.json`].flatMap(
    (path) => reader.optional(view, path, parseStorageContainers) ?? [],
  );
  const writable = new Set(containers.map(({ layer }) => layer));
  const layers = stored.map((layer): StoredLayer => ({
    key: layer.id,
    parent: layer.parent,
    role: writable.has(layer.id) ? 'writable' : 'image',
    diffId: layer.diffId,
    bytes: layer.bytes,
    createdAt: layer.createdAt,
    dirs: dirsOf(reader, view, at, layer.id),
  }));
  const directories = reader
    .list(view, at)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .slice(0, MOST_ENTRIES)
    .map((name) => nameOf(`${at}/${name}/diff`));
  return [
    {
      kind: 'containers-storage',
      driver: 'overlay',
      layers,
      images: images(reader, view, at),
      containers,
      directories,
    },
  ];
}

/** `<id>/link` names the short link in `l` (drivers/overlay/overlay.go); overlay is mounted by it. */
function dirsOf(reader: EngineReader, view: View, at: ByteString, id: string): StoredLayer['dirs'] {
  const link = reader.read(view, `${at}/${id}/link`, 64);
  const isLink = !(link instanceof Failure) && /^[0-9A-Z]+$/.test(link);
  return [`${at}/${id}/diff`, ...(isLink ? [`${at}/l/${link}`] : [])].map(nameOf);
}

function images(reader: EngineReader, view: View, at: ByteString): StoredImage[] {
  const list = reader.optional(view, `${at}-images/images.json`, parseStorageImages) ?? [];
  return list.map(({ id, names, layer, config, createdAt }) => {
    const path = config === null ? null : `${at}-images/${id}/${bigDataFile(config)}`;
    const parsed = path === null ? null : reader.parsed(view, path, parseImageConfig);
    return {
      id: `sha256:${id}`,
      tags: names,
      top: layer,
      diffIds: parsed?.diffIds ?? [],
      history: parsed?.history ?? [],
      createdAt: parsed?.createdAt ?? createdAt,
    };
  });
}
