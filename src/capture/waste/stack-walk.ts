/** The layers of a stack, walked side by side: every regular file, and what of the layers above it hides it. */
import { Failure } from '../../host/port.ts';
import type { Host, TreeQueries } from '../../host/port.ts';
import type { ChangesCoverage, MarkStyle } from '../../schema/changes.ts';
import type { FileFacts } from '../../schema/tree.ts';
import type { Cover, StackFile } from '../../schema/waste.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { seesTrusted } from '../changes.ts';
import { Lowers } from '../changes/lowers.ts';
import type { LowerDir } from '../changes/lowers.ts';
import { directoryMarks, marksOf, PRIVATE_PREFIX, UNMARKED, WHITEOUT_PREFIX, whiteoutForm } from '../changes/marks.ts';
import type { Marks } from '../changes/marks.ts';
import type { Stack } from '../changes/stack.ts';
import { DirPool } from '../tree/pool.ts';
import type { Place } from '../tree/pool.ts';
import { identityOf, Moves } from './moves.ts';

/** A file with the place where it can be opened again. */
export interface FileAt extends StackFile {
  readonly place: Place;
  readonly name: ByteString;
}

/** A directory of one layer. */
interface Part extends LowerDir {
  /** In its own layer, which is another than that in the stack where it was moved. */
  readonly path: ByteString;
}

interface ListedPart extends Part {
  /** The next one last; `key` is the name that a `.wh.` name speaks of. */
  readonly names: { readonly key: ByteString; readonly name: ByteString }[];
}

/** Directories that are seen through one another, the highest layer first; or one that is not seen, with what hides it. */
interface Level {
  readonly parts: readonly ListedPart[];
  readonly cover: Cover | null;
}

interface Hidden {
  readonly part: Part;
  readonly file: string;
  readonly cover: Cover;
}

/** What the layers passed so far say of the ones below, at one name. */
interface Above {
  cover: Cover | null;
  /** The highest directory that is seen. */
  directory: number | null;
}

/** So many of the things that could not be read are named. */
const MOST_NAMED = 100;

/** More are not kept: somebody makes files to exhaust the reader. */
const MOST_KEPT = 1_000_000;
const MOST_PATH_BYTES = 512 * 1024 * 1024;

/**
 * One look at a stack. What is seen comes first. What some layer hides is kept for the end: overlayfs may show it under a name
 * that is only found later (`redirect`), and only a file that no name leads to is hidden.
 */
export class StackWalk {
  readonly coverage: ChangesCoverage;
  readonly #tree: TreeQueries;
  readonly #pool: DirPool;
  readonly #style: MarkStyle;
  readonly #lowers: Lowers;
  readonly #moves: Moves;
  readonly #levels: Level[] = [];
  /** Directories that are seen: each is entered once, however many redirects lead to it. */
  readonly #entered = new Set<string>();
  readonly #base: number | undefined;
  readonly #hiddenDirectories: Hidden[] = [];
  readonly #hiddenFiles: FileAt[] = [];
  #hiddenPathBytes = 0;

  /** `layers`: the highest first, at least one. The directories stay the caller's to close. */
  constructor(host: Host, style: MarkStyle, layers: Stack['lowers']) {
    this.#tree = host.tree;
    this.#pool = new DirPool(host.tree);
    this.#style = style;
    this.#base = layers.at(-1)?.layer;
    this.#lowers = new Lowers(host.tree, this.#pool, { style, lowers: layers });
    this.#moves = new Moves(host.tree, this.#pool, this.#lowers, style);
    const marks = style === 'overlay' ? seesTrusted(host) : 'read';
    this.coverage = { entries: 0, unread: [], unreadCount: 0, mounts: 0, marks, stopped: false };
  }

  /** The files. Memory grows with the names on the way down, with directories, and with files that a layer hides one by one. */
  *files(): Generator<FileAt> {
    try {
      this.#enter(this.#roots(), null);
      yield* this.#walked();
      for (const file of this.#hiddenFiles) yield this.#atLast(file);
      this.#hiddenFiles.length = 0;
      for (const { part, file, cover } of this.#hiddenDirectories) {
        if (this.coverage.stopped) return;
        if (this.#entered.has(file)) continue;
        this.#enter([part], cover);
        yield* this.#walked();
      }
    } finally {
      this.#pool.close();
    }
  }

  #roots(): Part[] {
    return this.#lowers.roots.map((root) => {
      const dir = this.#pool.open(root.place);
      const facts = dir instanceof Failure ? dir : this.#tree.facts(dir, '.');
      if (facts instanceof Failure) this.#failed('/', facts);
      else this.#entered.add(identityOf(root.layer, facts));
      return { ...root, path: '' };
    });
  }

  *#walked(): Generator<FileAt> {
    const levels = this.#levels;
    for (let level = levels.at(-1); level !== undefined && !this.coverage.stopped; level = levels.at(-1)) {
      const key = firstKey(level.parts);
      if (key !== null) {
        yield* this.#at(level, key);
        continue;
      }
      levels.pop();
      for (const { place } of level.parts) this.#pool.release(place);
    }
  }

  #enter(parts: readonly Part[], cover: Cover | null): void {
    const listed: ListedPart[] = [];
    for (const part of parts) {
      const dir = this.#pool.open(part.place);
      const names = dir instanceof Failure ? dir : dir.list('.');
      if (names instanceof Failure) {
        this.#failed(part.path === '' ? '/' : part.path, names);
        continue;
      }
      const keyed = names
        .filter((name) => !this.#hasNameMarks() || !name.startsWith(PRIVATE_PREFIX))
        .map((name) => ({ key: this.#keyOf(name), name }));
      // One character is a byte: the order of code units is that of bytes.
      keyed.sort((a, b) => (a.key < b.key ? 1 : a.key > b.key ? -1 : 0));
      listed.push({ ...part, names: keyed });
    }
    if (listed.length > 0) this.#levels.push({ parts: listed, cover });
  }

  /** One name in all directories of a level, the highest first. */
  *#at(level: Level, key: ByteString): Generator<FileAt> {
    const above: Above = { cover: level.cover, directory: null };
    const directories: Part[] = [];
    for (const part of level.parts) {
      let next: Cover | null = null;
      for (let top = part.names.at(-1); top?.key === key; top = part.names.at(-1)) {
        part.names.pop();
        const { name } = top;
        const path = `${part.path}/${name}`;
        const facts = this.#facts(part, name, path);
        if (facts === null) continue;
        const marks = this.#marks(part, name, facts, path);
        if (whiteoutForm(name, facts, this.#style, () => (part.hasXattrWhiteouts ? marks : null)) !== null) {
          next ??= { by: part.layer, how: 'deleted' };
          continue;
        }
        const by: Cover = { by: part.layer, how: 'replaced' };
        if (facts.type === 'directory') {
          const { hasXattrWhiteouts } = marks;
          const place = { parent: part.place, name, root: part.place.root };
          const one = { layer: part.layer, at: part.at, path, place, hasXattrWhiteouts };
          this.#directory(one, identityOf(part.layer, facts), above.cover, directories);
          if (marks.opaque) next = { by: part.layer, how: 'opaque' };
          else if (marks.redirect !== null) next = by;
          if (marks.redirect !== null && !marks.opaque && above.cover === null) {
            this.#moved(level.parts, part, marks.redirect, path, directories);
          }
          above.directory ??= part.layer;
          continue;
        }
        // Below a directory that is seen, what is none is not (ovl_lookup, fs/overlayfs/namei.c).
        const byDirectory: Cover | null = above.directory === null ? null : { ...by, by: above.directory };
        next = byDirectory ?? by;
        if (marks.metacopy) {
          // It has no content of its own: what is seen is that of the file below, or of the one that it was renamed from.
          if (above.cover !== null || byDirectory !== null) continue;
          if (marks.redirect === null) next = null;
          else if (!this.#moves.file(level.parts, part.at, marks.redirect)) this.#leadsNowhere(path);
        } else if (facts.type === 'file') {
          const file = fileAt(part, name, path, facts, above.cover ?? byDirectory);
          if (file.cover === null || level.cover !== null) yield this.#atLast(file);
          else this.#keepFile(file);
        }
      }
      above.cover ??= next;
    }
    if (directories.length > 0) this.#enter(directories, level.cover);
    // Too many redirects, or too much to keep: what is hidden is not known any more.
    if (this.#moves.isExhausted || this.#kept() > MOST_KEPT) this.coverage.stopped = true;
  }

  /** Something is there, and nothing of the host is mounted on it. */
  #facts({ place }: Part, name: ByteString, path: ByteString): FileFacts | null {
    const dir = this.#pool.open(place);
    const facts = dir instanceof Failure ? dir : this.#tree.facts(dir, name);
    if (facts instanceof Failure) {
      this.#failed(path, facts);
      return null;
    }
    this.coverage.entries++;
    if (!facts.isMountRoot) return facts;
    this.coverage.mounts++;
    return null;
  }

  #directory(part: Part, file: string, cover: Cover | null, directories: Part[]): void {
    if (cover !== null && this.#levels.at(-1)?.cover === null) {
      this.#hiddenPathBytes += part.path.length;
      this.#hiddenDirectories.push({ part, file, cover });
      return;
    }
    if (!this.#entered.has(file)) directories.push(part);
    if (cover === null) this.#entered.add(file);
  }

  /** What the layers below have where a redirect leads is seen through it. */
  #moved(siblings: readonly Part[], part: Part, redirect: ByteString, path: ByteString, directories: Part[]): void {
    const moved = this.#moves.directories(siblings, part.at, redirect);
    if (moved.length === 0) this.#leadsNowhere(path);
    for (const one of moved) {
      this.#directory(one, one.file, null, directories);
    }
  }

  #keepFile(file: FileAt): void {
    this.#hiddenPathBytes += file.path.length;
    this.#hiddenFiles.push(file);
  }

  #kept(): number {
    if (this.#hiddenPathBytes > MOST_PATH_BYTES) return Infinity;
    return this.#entered.size + this.#hiddenDirectories.length + this.#hiddenFiles.length;
  }

  /** What hides a file, now that all redirects are known. */
  #atLast(file: FileAt): FileAt {
    if (file.cover === null) return file;
    return this.#moves.shows(`${String(file.layer)} ${file.file}`) ? { ...file, cover: null } : file;
  }

  /** Nothing is below the base that its marks could hide. */
  #marks({ layer, place }: Part, name: ByteString, { type }: FileFacts, path: ByteString): Marks {
    if (layer === this.#base || (type !== 'directory' && type !== 'file')) return UNMARKED;
    const dir = this.#pool.open(place);
    const read = type === 'directory' ? directoryMarks : marksOf;
    const marks = dir instanceof Failure ? dir : read(this.#tree, dir, name, this.#style);
    if (!(marks instanceof Failure)) return marks;
    this.#failed(path, marks);
    return UNMARKED;
  }

  #hasNameMarks(): boolean {
    return this.#style === 'aufs' || this.#style === 'fuse-overlayfs';
  }

  #keyOf(name: ByteString): ByteString {
    return this.#hasNameMarks() && name.startsWith(WHITEOUT_PREFIX) ? name.slice(WHITEOUT_PREFIX.length) : name;
  }

  #leadsNowhere(path: ByteString): void {
    if (!this.#moves.isExhausted) this.#unread(path, new Failure('absent', 'a redirect that leads nowhere'));
  }

  #failed(path: ByteString, failure: Failure): void {
    // What was deleted while it was looked at is no gap.
    if (failure.outcome === 'vanished' || failure.errno === 'ENOENT') return;
    this.#unread(path, failure);
  }

  #unread(path: ByteString, failure: Failure): void {
    this.coverage.unreadCount++;
    const { unread } = this.coverage;
    if (unread.length < MOST_NAMED) unread.push({ path: nameOf(path), outcome: failure.asOutcome });
  }
}

function fileAt(part: Part, name: ByteString, path: ByteString, facts: FileFacts, cover: Cover | null): FileAt {
  const { layer, place } = part;
  const { bytes, allocatedBytes, nlink, dev, inode } = facts;
  return { layer, path, bytes, allocatedBytes, file: `${dev} ${inode}`, nlink, cover, place, name };
}

function firstKey(parts: readonly ListedPart[]): ByteString | null {
  let first: ByteString | null = null;
  for (const { names } of parts) {
    const key = names.at(-1)?.key;
    if (key !== undefined && (first === null || key < first)) first = key;
  }
  return first;
}
