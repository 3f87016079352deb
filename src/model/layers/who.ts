import type { StoredLayer } from '../../schema/layers.ts';
import { bytesOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { LayerUser, Store } from './world.ts';

/** A layer that was asked for, and who stands on it. */
export interface FoundLayer {
  readonly store: Store;
  readonly layer: StoredLayer;
  readonly users: readonly LayerUser[];
}

/**
 * The layers that a text names: by diffID or chainID, whole or the beginning of it with at least six digits, `sha256:` before it or
 * not; or by the path of the layer's directory, of anything below it, or of the link to it that mounts use.
 */
export function whoHas(stores: readonly Store[], text: ByteString): FoundLayer[] {
  const matches = text.startsWith('/') ? byPath(text) : byDigest(text);
  if (matches === null) return [];
  return stores.flatMap((store) =>
    store.facts.layers
      .filter((layer) => matches(layer, store))
      .map((layer) => ({ store, layer, users: store.users.get(layer.key) ?? [] })),
  );
}

type Matches = (layer: StoredLayer, store: Store) => boolean;

function byDigest(text: string): Matches | null {
  const hex = text.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{6,64}$/.test(hex)) return null;
  const wanted = `sha256:${hex}`;
  return (layer, store) => {
    const digests = store.digests.get(layer.key);
    return digests?.diffId.startsWith(wanted) === true || digests?.chainId.startsWith(wanted) === true;
  };
}

function byPath(text: ByteString): Matches {
  const path = text.replace(/\/+$/, '');
  return ({ dirs }) =>
    dirs.some((dir) => {
      const at = bytesOf(dir);
      // Beside the content lie the engine's own files of the layer (`<id>/diff`, `<n>/fs`).
      const home = /^(.*)\/(?:diff|fs)$/s.exec(at)?.[1];
      return path === at || path === home || path.startsWith(`${at}/`);
    });
}
