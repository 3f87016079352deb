/** Files of containers-storage, below its graph root (containers/storage, layers.go, images.go and containers.go). */
import { Buffer } from 'node:buffer';

import type { LayerContainer } from '../schema/layers.ts';
import type { Name } from '../schema/name.ts';
import type { ByteString } from '../text/bytes.ts';
import { digestOf } from './digest.ts';
import { isDockerId } from './docker.ts';
import { arrayOf, objectOf, parseJson, textOf, timeOf } from './json.ts';

/** An entry of `<driver>-layers/layers.json` or `volatile-layers.json`. */
export interface StorageLayer {
  readonly id: string;
  readonly parent: string | null;
  readonly diffId: string | null;
  readonly bytes: string | null;
  readonly createdAt: string | null;
}

/** Parses the list of layers. Entries without a proper id are left out: ids become parts of paths. Null: malformed. */
export function parseStorageLayers(text: ByteString): StorageLayer[] | null {
  return entriesOf(text, (entry, id) => {
    const parent = textOf(entry['parent']);
    const bytes = entry['diff-size'];
    return {
      id,
      parent: parent !== null && isDockerId(parent) ? parent : null,
      diffId: digestOf(entry['diff-digest']),
      bytes: typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 ? String(bytes) : null,
      createdAt: timeOf(entry['created']),
    };
  });
}

/** An entry of `<driver>-images/images.json`. */
export interface StorageImage {
  readonly id: string;
  readonly names: readonly Name[];
  /** Its highest layer. */
  readonly layer: string | null;
  /** Name of the big data that is its configuration. */
  readonly config: string | null;
  readonly createdAt: string | null;
}

/** Parses the list of images. Null: malformed. */
export function parseStorageImages(text: ByteString): StorageImage[] | null {
  return entriesOf(text, (entry, id) => {
    const layer = textOf(entry['layer']);
    const data = arrayOf(entry['big-data-names']);
    return {
      id,
      names: arrayOf(entry['names']).flatMap((name) => textOf(name) ?? []),
      layer: layer !== null && isDockerId(layer) ? layer : null,
      // The configuration's name is its digest, which nearly always is the image's id.
      config: data.includes(`sha256:${id}`) ? `sha256:${id}` : (data.map(digestOf).find((one) => one !== null) ?? null),
      createdAt: timeOf(entry['created']),
    };
  });
}

/** Parses `<driver>-containers/containers.json` for the layer that each writes to. Null: malformed. */
export function parseStorageContainers(text: ByteString): LayerContainer[] | null {
  return entriesOf(text, (entry, id) => {
    const image = textOf(entry['image']);
    const layer = textOf(entry['layer']);
    return {
      engine: 'podman',
      id,
      name: textOf(arrayOf(entry['names'])[0]),
      image: image !== null && isDockerId(image) ? `sha256:${image}` : null,
      layer: layer !== null && isDockerId(layer) ? layer : null,
      createdAt: timeOf(entry['created']),
    };
  });
}

/** The file in which big data of that name lies (containers/storage, images.go, makeBigDataBaseName). */
export function bigDataFile(name: string): string {
  return /^[0-9a-z.]+$/.test(name) ? name : `=${Buffer.from(name, 'utf8').toString('base64')}`;
}

function entriesOf<T>(text: ByteString, make: (entry: ReturnType<typeof objectOf>, id: string) => T): T[] | null {
  const list = parseJson(text);
  if (!Array.isArray(list)) return null;
  return list.map(objectOf).flatMap((entry) => {
    const id = textOf(entry['id']);
    return id === null || !isDockerId(id) ? [] : [make(entry, id)];
  });
}
