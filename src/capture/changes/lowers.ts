/** What the lower layers have at a place, as the union file system looks it up: the highest first. */
import { Failure } from '../../host/port.ts';
import type { TreeQueries } from '../../host/port.ts';
import type { LowerFacts, MarkStyle } from '../../schema/changes.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { DirPool, Place } from '../tree/pool.ts';
import { rootPlace } from '../tree/pool.ts';
import { marksOf, OPAQUE_NAME, UNMARKED, WHITEOUT_PREFIX, whiteoutForm } from './marks.ts';
import type { Marks } from './marks.ts';
import type { Stack } from './stack.ts';

/** A directory of a lower layer. */
export interface LowerDir {
  readonly layer: number;
  /** Position of the layer in the stack, the highest 0. */
  readonly at: number;
  readonly place: Place;
  readonly hasXattrWhiteouts: boolean;
}

/** A name that was found in a lower layer. */
export interface Found extends LowerFacts {
  readonly dir: LowerDir;
  readonly name: ByteString;
}

/** Nothing is there, or it could not be looked at. */
export type Lookup = Found | null | Failure;

/** The lower layers of one stack. */
export class Lowers {
  readonly #tree: TreeQueries;
  readonly #pool: DirPool;
  readonly #style: MarkStyle;
  readonly roots: readonly LowerDir[];

  constructor(tree: TreeQueries, pool: DirPool, stack: Pick<Stack, 'style' | 'lowers'>) {
    this.#tree = tree;
    this.#pool = pool;
    this.#style = stack.style;
    this.roots = stack.lowers.map(({ layer, dir }, at) => {
      const marks = marksOf(tree, dir, '.', this.#style);
      const hasXattrWhiteouts = !(marks instanceof Failure) && marks.hasXattrWhiteouts;
      return { layer, at, place: rootPlace(dir), hasXattrWhiteouts };
    });
  }

  /** The first of these directories that has the name, unless one before says that it is deleted. */
  find(dirs: readonly LowerDir[], name: ByteString): Lookup {
    for (const dir of dirs) {
      const found = this.#look(dir, name);
      if (found === 'deleted') return null;
      if (found !== null) return found;
    }
    return null;
  }

  /** All directories of that name that are seen through one another. */
  merged(dirs: readonly LowerDir[], name: ByteString): LowerDir[] {
    const found: LowerDir[] = [];
    let [from, at, wanted] = [dirs, 0, name];
    for (let dir = from[at]; dir !== undefined; dir = from[++at]) {
      const one = this.#look(dir, wanted);
      if (one === null) continue;
      if (one === 'deleted' || one instanceof Failure || one.facts.type !== 'directory') break;
      const { opaque, redirect, hasXattrWhiteouts } = this.#marks(one);
      const place = { parent: dir.place, name: wanted, root: dir.place.root };
      found.push({ layer: dir.layer, at: dir.at, place, hasXattrWhiteouts });
      if (opaque) break;
      if (redirect !== null) {
        // From here on down it had another name (ovl_lookup, fs/overlayfs/namei.c).
        const below = (other: LowerDir): boolean => other.at > dir.at;
        if (redirect.startsWith('/')) return [...found, ...this.mergedAt(redirect, this.roots.filter(below))];
        [from, at, wanted] = [from.filter(below), -1, redirect];
      }
    }
    return found;
  }

  /** The same for a path from the root. */
  mergedAt(path: ByteString, roots: readonly LowerDir[] = this.roots): LowerDir[] {
    return namesOf(path).reduce<LowerDir[]>((dirs, name) => this.merged(dirs, name), [...roots]);
  }

  findAt(path: ByteString): Lookup {
    const names = namesOf(path);
    const last = names.pop();
    return last === undefined ? null : this.find(this.mergedAt(names.join('/')), last);
  }

  /** The file system's own name for it; null where there is none. */
  handle({ dir, name }: Found): string | null {
    const open = this.#pool.open(dir.place);
    const handle = open instanceof Failure ? open : this.#tree.handle(open, name);
    return handle instanceof Failure ? null : handle;
  }

  #look(dir: LowerDir, name: ByteString): Lookup | 'deleted' {
    const open = this.#pool.open(dir.place);
    if (open instanceof Failure) return isNothing(open) ? null : open;
    if (this.#style === 'aufs' || this.#style === 'fuse-overlayfs') {
      if (!(this.#tree.facts(open, WHITEOUT_PREFIX + name) instanceof Failure)) return 'deleted';
    }
    const facts = this.#tree.facts(open, name);
    if (facts instanceof Failure) return isNothing(facts) ? null : facts;
    const found = { layer: dir.layer, facts, dir, name };
    const marks = (): Marks | null => (dir.hasXattrWhiteouts ? this.#marks(found) : null);
    return whiteoutForm(name, facts, this.#style, marks) === null ? found : 'deleted';
  }

  #marks({ dir, name }: Found): Marks {
    const open = this.#pool.open(dir.place);
    const marks = open instanceof Failure ? open : marksOf(this.#tree, open, name, this.#style);
    // What could not be read was said by the first look, at the layer itself (coverage, marks).
    if (open instanceof Failure || marks instanceof Failure) return UNMARKED;
    if (this.#style !== 'aufs' && this.#style !== 'fuse-overlayfs') return marks;
    const isOpaque = !(this.#tree.facts(open, `${name}/${OPAQUE_NAME}`) instanceof Failure);
    return isOpaque ? { ...marks, opaque: true } : marks;
  }
}

function namesOf(path: ByteString): ByteString[] {
  return path.split('/').filter((name) => name !== '');
}

/** Whether the answer is that there is no such thing, rather than none. */
function isNothing(failure: Failure): boolean {
  return failure.outcome === 'absent' || failure.outcome === 'vanished';
}
