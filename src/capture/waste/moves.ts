/** What layers show of the ones below them under another name. */
import { Failure } from '../../host/port.ts';
import type { TreeQueries } from '../../host/port.ts';
import type { MarkStyle } from '../../schema/changes.ts';
import type { FileFacts } from '../../schema/tree.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { Found, LowerDir, Lowers } from '../changes/lowers.ts';
import { marksOf } from '../changes/marks.ts';
import type { DirPool } from '../tree/pool.ts';

/** More are not followed: each may lead through as many directories as its maker likes. */
const MOST_MOVES = 100_000;

/** A directory that a redirect leads to, with the path that it has in its own layer. */
export interface Moved extends LowerDir {
  readonly path: ByteString;
  readonly file: string;
}

/** Follows the redirects of one stack (ovl_lookup and ovl_check_redirect, fs/overlayfs/namei.c). */
export class Moves {
  /** Files whose content is seen although their own name is not. */
  readonly #shown = new Set<string>();
  readonly #tree: TreeQueries;
  readonly #pool: DirPool;
  readonly #lowers: Lowers;
  readonly #style: MarkStyle;
  #left = MOST_MOVES;

  constructor(tree: TreeQueries, pool: DirPool, lowers: Lowers, style: MarkStyle) {
    this.#tree = tree;
    this.#pool = pool;
    this.#lowers = lowers;
    this.#style = style;
  }

  /** Whether there were more than are followed. */
  get isExhausted(): boolean {
    return this.#left < 0;
  }

  /** Whether the content of this file is seen by another name. */
  shows(file: string): boolean {
    return this.#shown.has(file);
  }

  /** The directories below layer number `at` of the stack that a redirect leads to, the highest first; `siblings`: the directory it is in. */
  directories(siblings: readonly LowerDir[], at: number, redirect: ByteString): Moved[] {
    if (--this.#left < 0) return [];
    const [parents, name] = this.#target(siblings, at, redirect);
    // A redirect to the root itself has no name.
    const found = name === '' ? parents : this.#lowers.merged(parents, name);
    return found.flatMap((dir) => {
      const open = this.#pool.open(dir.place);
      const facts = open instanceof Failure ? open : this.#tree.facts(open, '.');
      return facts instanceof Failure ? [] : [{ ...dir, path: pathOf(dir), file: identityOf(dir.layer, facts) }];
    });
  }

  /** Notes the files whose content a file without its own shows, through several such where they stand above one another; false: none. */
  file(siblings: readonly LowerDir[], at: number, redirect: ByteString): boolean {
    if (--this.#left < 0) return false;
    let [parents, name] = this.#target(siblings, at, redirect);
    for (let isFirst = true; ; isFirst = false) {
      const found = this.#lowers.find(parents, name);
      if (found === null || found instanceof Failure) return !isFirst;
      this.#shown.add(identityOf(found.layer, found.facts));
      const marks = this.#marks(found);
      if (marks instanceof Failure || !marks.metacopy) return true;
      const next = this.#target(parents, found.dir.at, marks.redirect ?? name);
      [parents, name] = next;
    }
  }

  #target(siblings: readonly LowerDir[], at: number, redirect: ByteString): [readonly LowerDir[], ByteString] {
    const below = (dir: LowerDir): boolean => dir.at > at;
    if (!redirect.startsWith('/')) return [siblings.filter(below), redirect];
    const cut = redirect.lastIndexOf('/');
    return [this.#lowers.mergedAt(redirect.slice(0, cut), this.#lowers.roots.filter(below)), redirect.slice(cut + 1)];
  }

  #marks({ dir, name }: Found) {
    const open = this.#pool.open(dir.place);
    return open instanceof Failure ? open : marksOf(this.#tree, open, name, this.#style);
  }
}

/** Which file of which layer it is. */
export function identityOf(layer: number, { dev, inode }: FileFacts): string {
  return `${String(layer)} ${dev} ${inode}`;
}

function pathOf({ place }: LowerDir): ByteString {
  const names: ByteString[] = [];
  for (let at = place; at.parent !== null; at = at.parent) names.push(at.name);
  return names.reverse().reduce((path, name) => `${path}/${name}`, '');
}
