/** Files of dockerd's layer store (moby, layer/filestore.go and image/fs.go), below `<data root>/image/<driver>`. */
import type { Name } from '../schema/name.ts';
import type { ByteString } from '../text/bytes.ts';
import { digestOf } from './digest.ts';
import { isObject, objectOf, parseJson, textOf, timeOf } from './json.ts';

/** `layerdb/sha256/<chainID>/{diff,parent}` and `layerdb/mounts/<id>/parent`: a digest. Null: malformed. */
export function parseDigestFile(text: ByteString): string | null {
  return digestOf(text.trim());
}

/** `cache-id`, `mount-id`, `init-id`: the name of a directory of the driver, 64 digits, or with `-init` behind. Null: malformed. */
export function parseCacheId(text: ByteString): string | null {
  const id = text.trim();
  // Old ones of aufs, before 1.10, are 64 digits as well; whatever else is no single component of a path may lead anywhere.
  return /^[0-9A-Za-z][0-9A-Za-z_-]{0,127}$/.test(id) ? id : null;
}

/** `layerdb/sha256/<chainID>/size`: bytes, decimal. Null: malformed. */
export function parseLayerSize(text: ByteString): string | null {
  const size = text.trim();
  return /^(?:0|[1-9]\d{0,18})$/.test(size) ? size : null;
}

/**
 * `repositories.json` (moby, reference/store.go): the tags and digests of each image, by the image's id. Null: malformed.
 */
export function parseRepositories(text: ByteString): ReadonlyMap<string, Name[]> | null {
  const file = parseJson(text);
  if (!isObject(file)) return null;
  const names = new Map<string, Name[]>();
  for (const references of Object.values(objectOf(file['Repositories']))) {
    for (const [name, value] of Object.entries(objectOf(references))) {
      const id = digestOf(value);
      // `name@sha256:…` is what it was pulled as, no tag.
      if (id === null || name.includes('@')) continue;
      const list = names.get(id);
      if (list === undefined) names.set(id, [name]);
      else list.push(name);
    }
  }
  for (const list of names.values()) list.sort();
  return names;
}

/** What is used here of a container's `config.v2.json`. */
export interface DockerContainerImage {
  readonly name: Name | null;
  readonly image: string | null;
  readonly createdAt: string | null;
}

/** Parses `<data root>/containers/<id>/config.v2.json` for the image it was made from. Null: malformed. */
export function parseDockerContainerImage(text: ByteString): DockerContainerImage | null {
  const container = parseJson(text);
  if (!isObject(container)) return null;
  return {
    name: textOf(container['Name'])?.replace(/^\//, '') ?? null,
    image: digestOf(container['Image']),
    createdAt: timeOf(container['Created']),
  };
}
