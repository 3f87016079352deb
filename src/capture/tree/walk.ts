/** The walk of a tree: parents first, siblings in the order of their bytes, without recursion. */
import { Failure } from '../../host/port.ts';
import type { Dir } from '../../host/port.ts';
import type { FileFacts } from '../../schema/tree.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { DirPool, Place } from './pool.ts';

/** An entry that the walk has come to. */
export interface Visit<C> {
  /** The directory that it is in. */
  readonly place: Place;
  readonly name: ByteString;
  /** From the root of the tree, beginning with a slash. */
  readonly path: ByteString;
  readonly facts: FileFacts;
  /** What the visit of its directory left for it. */
  readonly context: C;
}

/** What a visit of an entry comes to. `into`, for directories: what is handed to the visits of its entries; without it they are not visited. */
export interface Visited<C, T> {
  readonly give: T | null;
  readonly into?: C;
}

/** What the walk is told and asked. */
export interface Walking<C, T> {
  readonly visit: (visit: Visit<C>) => Visited<C, T>;
  readonly failed: (path: ByteString, failure: Failure) => void;
  readonly facts: (dir: Dir, name: ByteString) => FileFacts | Failure;
}

interface Level<C> {
  readonly place: Place;
  readonly path: ByteString;
  readonly context: C;
  /** The next one last. */
  readonly names: ByteString[];
}

/** Visits everything below `root`; memory grows with the directories on the way down and their names, not with the tree. */
export function* walkTree<C, T>(pool: DirPool, root: Place, context: C, walking: Walking<C, T>): Generator<T> {
  const levels: Level<C>[] = [];
  const enter = (place: Place, path: ByteString, context: C): void => {
    const dir = pool.open(place);
    const names = dir instanceof Failure ? dir : dir.list('.');
    if (names instanceof Failure) walking.failed(path === '' ? '/' : path, names);
    else if (names.length > 0) {
      // One character is a byte: the order of code units is that of bytes.
      names.sort().reverse();
      levels.push({ place, path, context, names });
      return;
    }
    pool.release(place);
  };

  enter(root, '', context);
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    const { place, path: above, context: given, names } = level;
    const name = names.pop() ?? '';
    const dir = pool.open(place);
    // Nothing is asked of it any more once its last entry is open: a chain of directories needs one descriptor.
    if (names.length === 0) levels.pop();
    const path = `${above}/${name}`;
    const facts = dir instanceof Failure ? dir : walking.facts(dir, name);
    if (dir instanceof Failure || facts instanceof Failure) {
      walking.failed(path, facts instanceof Failure ? facts : (dir as Failure));
    } else {
      const { give, into } = walking.visit({ place, name, path, facts, context: given });
      if (give !== null) yield give;
      if (into !== undefined) enter({ parent: place, name, root: place.root }, path, into);
    }
    if (names.length === 0) pool.release(place);
  }
}
