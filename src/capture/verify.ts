/** Whether a layer still is what its digest says: its archive is made again from its directory and hashed. */
import { Failure } from '../host/port.ts';
import type { Dir, Host, TreeQueries } from '../host/port.ts';
import type { LayerFault, LayerVerification } from '../schema/verify.ts';
import { nameOf } from '../text/bytes.ts';
import type { ByteString } from '../text/bytes.ts';
import { PRIVATE_PREFIX } from './changes/marks.ts';
import { DirPool, rootPlace } from './tree/pool.ts';
import { walkTree } from './tree/walk.ts';
import { forEachEntry } from './verify/archive.ts';
import { MOST_FAULTS, Replay } from './verify/replay.ts';
import type { Unpacked } from './verify/replay.ts';

/** A layer to be verified. The directories stay the caller's to close. */
export interface LayerToVerify extends Unpacked {
  /** What its archive has to hash to, `sha256:` and 64 hexadecimal digits. */
  readonly diffId: string;
  /**
   * Where the engine keeps the layer's tar-split: docker's `layerdb/sha256/<chainID>` and `tar-split.json.gz`, containers-storage's
   * `overlay-layers` and `<id>.tar-split.gz`. Null: this engine keeps none, and the archive cannot be made again.
   */
  readonly tarSplit: { readonly dir: Dir; readonly path: ByteString } | null;
}

/**
 * Verifies one layer. Its files are read once; where the digest is another, once more to name the files whose checksums
 * differ. What the archive's headers say of types, permission bits, links and devices is compared, too: the digest is made
 * from the engine's copy of the headers, and does not see it when the directory is changed in those. Owners are not
 * compared (a user namespace shifts them), nor are times.
 */
export async function verifyLayer(host: Host, layer: LayerToVerify): Promise<LayerVerification> {
  const { tree } = host;
  if (layer.tarSplit === null) {
    return unverifiable(layer.diffId, new Failure('absent', 'the engine keeps no tar-split of this layer'));
  }
  const first = await pass(tree, layer, 'digest');
  if (first instanceof Failure) return unverifiable(layer.diffId, first);
  const computed = first.digest();
  const isSame = computed === layer.diffId;
  const second = isSame ? first : await pass(tree, layer, 'faults');
  if (second instanceof Failure) return unverifiable(layer.diffId, second);

  const { faults, names } = second;
  let { faultCount } = second;
  let why: LayerVerification['why'] = null;
  if (names === null) why = { outcome: 'not collected', text: 'too many names to look for extra files' };
  else {
    for (const extra of extraFiles(tree, layer, names)) {
      faultCount++;
      if (faults.length < MOST_FAULTS) faults.push(extra);
    }
  }
  if (!isSame && faultCount === 0) {
    why = { outcome: 'malformed', text: 'every file is as the tar-split has it, whose archive has another digest' };
  }
  const differs = !isSame || faultCount > 0;
  return {
    version: 1,
    result: differs ? 'differs' : why === null ? 'verified' : 'unverifiable',
    diffId: layer.diffId,
    computed,
    bytes: String(second.bytes),
    entries: second.entries,
    faults,
    faultCount,
    why,
  };
}

async function pass(
  tree: TreeQueries,
  { tarSplit, ...layer }: LayerToVerify,
  search: 'digest' | 'faults',
): Promise<Replay | Failure> {
  if (tarSplit === null) return new Failure('absent', 'ENOENT');
  const file = tree.openFile(tarSplit.dir, tarSplit.path);
  if (file instanceof Failure) return file;
  const replay = new Replay(tree, layer, search);
  try {
    return (await forEachEntry(file, (entry) => replay.take(entry))) ?? replay;
  } finally {
    file.close();
  }
}

/** What is in the directory and not in the archive; of a directory only itself. */
function* extraFiles(
  tree: TreeQueries,
  { dir, style }: Unpacked,
  names: ReadonlySet<ByteString>,
): Generator<LayerFault> {
  const pool = new DirPool(tree);
  const unread: LayerFault[] = [];
  try {
    yield* walkTree<true, LayerFault>(pool, rootPlace(dir), true, {
      visit: ({ name, path, facts }) => {
        // What AUFS keeps for itself in each branch.
        if (style === 'aufs' && name.startsWith(PRIVATE_PREFIX)) return { give: null };
        if (!names.has(path.slice(1))) {
          return { give: { path: nameOf(path), fault: 'extra', found: facts.type } };
        }
        return facts.type === 'directory' && !facts.isMountRoot ? { give: null, into: true } : { give: null };
      },
      failed: (path, { errno }) => unread.push({ path: nameOf(path), fault: 'unreadable', found: errno }),
      facts: (at, name) => tree.facts(at, name),
    });
    yield* unread;
  } finally {
    pool.close();
  }
}

/** The verdict on a layer that could not be looked at. */
export function unverifiable(diffId: string, failure: Failure): LayerVerification {
  return {
    version: 1,
    result: 'unverifiable',
    diffId,
    computed: null,
    bytes: '0',
    entries: 0,
    faults: [],
    faultCount: 0,
    why: { outcome: failure.asOutcome, text: failure.errno },
  };
}
