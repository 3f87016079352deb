import { Buffer } from 'node:buffer';

import type { ByteString } from '../text/bytes.ts';
import type { Name } from '../schema/name.ts';
import { arrayOf, objectOf, parseJson, textOf, timeOf } from './json.ts';

/** A container in the store that podman, CRI-O and buildah share. */
export interface StoredContainer {
  readonly id: string;
  readonly name: Name | null;
  /** The image's name at the time, else its id. */
  readonly image: Name | null;
  readonly createdAt: string | null;
}

/**
 * Parses `<graph root>/<driver>-containers/containers.json` (containers/storage, containers.go): a list whose entries
 * carry, in a string called `metadata`, one more JSON text by the engine (libpod, storage.go, RuntimeContainerMetadata).
 * Entries without an id are left out. Null: malformed.
 */
export function parseStoredContainers(text: ByteString): StoredContainer[] | null {
  const list = parseJson(text);
  if (!Array.isArray(list)) return null;
  const containers: StoredContainer[] = [];
  for (const entry of list.map(objectOf)) {
    const id = textOf(entry['id']);
    if (id === null) continue;
    const metadata = textOf(entry['metadata']);
    const details = objectOf(metadata === null ? null : parseJson(latin1(metadata)));
    containers.push({
      id,
      name: textOf(details['name']) ?? textOf(arrayOf(entry['names'])[0]),
      image: textOf(details['image-name']) ?? textOf(entry['image']),
      createdAt: timeOf(entry['created']),
    });
  }
  return containers;
}

/** What was decoded already, once more as bytes. */
function latin1(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}
