/** Directories of a tree of any depth, of which only so many are open at a time. */
import { Failure } from '../../host/port.ts';
import type { Dir, Read, TreeQueries } from '../../host/port.ts';
import type { ByteString } from '../../text/bytes.ts';

/** So many directories are held open at most: half of what a process gets where nobody raised the limit. */
const MOST_OPEN = 512;

/** So many of the directories on a long way are kept, for whoever comes back up: few, since trees of many layers share the pool. */
const LAST_STEPS = 4;

/** A directory by the names that lead to it. */
export interface Place {
  /** Null: the root of its tree, which whoever opened it keeps open. */
  readonly parent: Place | null;
  readonly name: ByteString;
  readonly root: Dir;
}

/** The place where a tree begins. */
export function rootPlace(root: Dir): Place {
  return { parent: null, name: '', root };
}

/**
 * Opens places on demand from the nearest directory that is still open, each below the one before and in the same mount: a
 * long way at once but for its last steps. The least recently used are closed when there are too many.
 */
export class DirPool {
  readonly #tree: TreeQueries;
  /** In the order of use, the least recent first. */
  readonly #open = new Map<Place, Dir>();

  constructor(tree: TreeQueries) {
    this.#tree = tree;
  }

  /** The directory, which the pool keeps: it is good until the next call. */
  open(place: Place): Read<Dir> {
    const way: Place[] = [];
    let at: Place = place;
    let dir = this.#opened(at);
    while (dir === null && at.parent !== null) {
      way.push(at);
      at = at.parent;
      dir = this.#opened(at);
    }
    dir ??= at.root;
    way.reverse();
    for (let from = 0, to = Math.max(1, way.length - LAST_STEPS); from < way.length; from = to++) {
      const names = way.slice(from, to).map(({ name }) => name);
      const child = this.#tree.openDirectory(dir, names.join('/'));
      if (child instanceof Failure) return child;
      const next = way[to - 1];
      if (next !== undefined) this.#keep(next, child);
      dir = child;
    }
    return dir;
  }

  /** It will not be asked for again soon. */
  release(place: Place): void {
    this.#open.get(place)?.close();
    this.#open.delete(place);
  }

  close(): void {
    for (const dir of this.#open.values()) dir.close();
    this.#open.clear();
  }

  #opened(place: Place): Dir | null {
    if (place.parent === null) return place.root;
    const dir = this.#open.get(place);
    if (dir === undefined) return null;
    this.#open.delete(place);
    this.#open.set(place, dir);
    return dir;
  }

  #keep(place: Place, dir: Dir): void {
    this.#open.set(place, dir);
    if (this.#open.size <= MOST_OPEN) return;
    const [oldest] = this.#open.keys();
    if (oldest !== undefined) this.release(oldest);
  }
}
