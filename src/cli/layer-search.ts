/** Which layers hold a file: the question that takes an unpacked image otherwise. */
import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import type { FoundLayer } from '../model/layers.ts';
import type { Store } from '../model/layers/world.ts';
import { bytesOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { LayerDirs } from './layer-dirs.ts';

/** A layer in which there is something at the path. */
export interface FileInLayer extends FoundLayer {
  /** `deleted`: a whiteout, which hides what lower layers have there. Bytes of a regular file; null for anything else. */
  readonly file: { readonly kind: 'present' | 'deleted'; readonly bytes: bigint | null };
}

/** The layers of all stores that have something at `path`, an absolute path as a container sees it. Links on the way are not followed. */
export function layersWithFile(host: Host, stores: readonly Store[], path: ByteString): FileInLayer[] {
  const below = path
    .split('/')
    .filter((name) => name !== '')
    .join('/');
  if (below === '' || /(^|\/)\.\.?(\/|$)/.test(below)) {
    throw new NsinspectError('a path without . and .. is looked for, and not the root itself', { code: 'usage' });
  }
  return stores.flatMap((store) => inStore(host, store, below));
}

function inStore(host: Host, store: Store, below: ByteString): FileInLayer[] {
  const dirs = new LayerDirs(host, { store });
  try {
    return store.facts.layers.flatMap((layer) => {
      const dir = dirs.at(bytesOf(layer.dirs[0] ?? ''));
      const file = dir instanceof Failure ? null : fileAt(host, dir, below);
      return file === null ? [] : [{ store, layer, users: store.users.get(layer.key) ?? [], file }];
    });
  } finally {
    dirs.close();
  }
}

function fileAt(host: Host, dir: Dir, below: ByteString): FileInLayer['file'] | null {
  const facts = host.tree.facts(dir, below);
  if (facts instanceof Failure) return null;
  // overlayfs marks what is deleted by a character device 0:0 (ovl_is_whiteout, fs/overlayfs/util.c).
  if (facts.type === 'char' && facts.rdev === '0:0') return { kind: 'deleted', bytes: null };
  return { kind: 'present', bytes: facts.type === 'file' ? BigInt(facts.bytes) : null };
}
