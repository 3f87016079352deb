/** One pass through a layer's archive, entry by entry, beside the directory that it was unpacked to. */
import { createHash } from 'node:crypto';
import { Crc64 } from '../../engines/crc64.ts';
import { headerAtEnd } from '../../engines/tar-split.ts';
import type { TarHeader, TarSplitEntry } from '../../engines/tar-split.ts';
import { Failure } from '../../host/port.ts';
import type { Dir, OpenFile, TreeQueries } from '../../host/port.ts';
import type { FileFacts, FileType } from '../../schema/tree.ts';
import type { LayerFault, LayerFaultKind } from '../../schema/verify.ts';
import { nameOf } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { marksOf, OPAQUE_NAME, PRIVATE_PREFIX, WHITEOUT_PREFIX } from '../changes/marks.ts';

type FileEntry = Extract<TarSplitEntry, { kind: 'file' }>;

/** What the passes go through. */
export interface Unpacked {
  readonly dir: Dir;
  /** AUFS keeps the archive's own names for whiteouts; overlayfs has devices and extended attributes in their place. */
  readonly style: 'overlay' | 'aufs';
}

/** So many faults are kept; all are counted. */
export const MOST_FAULTS = 1000;

/** More names than this are not kept to search for extra files. */
const MOST_NAMES = 5_000_000;

const BLOCK = 512;
const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

const TYPE_OF: Readonly<Record<string, FileType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '2': 'symlink',
  '3': 'char',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
};
const HARD_LINK = '1';

/**
 * Takes entries in order. `digest`: hashes the archive, which is all that is needed while all is well. `faults`: compares each
 * file with its checksum, to name those that are not what they were; a checksum takes longer than the digest.
 */
export class Replay {
  readonly faults: LayerFault[] = [];
  faultCount = 0;
  entries = 0;
  bytes = 0;
  /** The names that the archive has, with all directories that lead to them; null: too many to keep. */
  names: Set<ByteString> | null = new Set(['']);
  readonly #tree: TreeQueries;
  readonly #layer: Unpacked;
  readonly #search: 'digest' | 'faults';
  readonly #hash = createHash('sha256');
  #isBroken = false;
  #segment: Buffer | null = null;
  /** Bytes that fill up the file before, at the beginning of the segment after it. */
  #padding = 0;
  #nextPadding = 0;

  constructor(tree: TreeQueries, layer: Unpacked, search: 'digest' | 'faults') {
    this.#tree = tree;
    this.#layer = layer;
    this.#search = search;
  }

  /** The digest of all that was taken; null where some content could not be had. To be asked for once. */
  digest(): string | null {
    return this.#isBroken ? null : `sha256:${this.#hash.digest('hex')}`;
  }

  take(entry: TarSplitEntry): Failure | null {
    if (entry.kind === 'segment') {
      this.bytes += entry.bytes.length;
      if (this.#search === 'digest') this.#hash.update(entry.bytes);
      this.#segment = entry.bytes;
      this.#padding = this.#nextPadding;
      this.#nextPadding = 0;
      return null;
    }
    const header = this.#segment === null ? null : headerAtEnd(this.#segment, this.#padding);
    this.#segment = null;
    this.#nextPadding = (BLOCK - (entry.size % BLOCK)) % BLOCK;
    this.entries++;
    this.bytes += entry.size;
    const names = entry.name.split('/').filter((name) => name !== '' && name !== '.');
    if (names.includes('..')) return new Failure('malformed', 'a name in the tar-split leads out of the layer');
    this.#file(entry, names, header);
    return null;
  }

  #file(entry: FileEntry, names: readonly ByteString[], header: TarHeader | null): void {
    const last = names.at(-1) ?? '';
    if (this.#layer.style === 'overlay' && last.startsWith(WHITEOUT_PREFIX)) {
      this.#whiteout(names.slice(0, -1), last);
      return;
    }
    const path = names.join('/');
    this.#note(names, path);
    const facts = this.#tree.facts(this.#layer.dir, path === '' ? '.' : path);
    if (facts instanceof Failure) {
      this.#unreadable(path, facts);
      this.#isBroken ||= entry.size > 0;
      return;
    }
    const type = header === null ? null : TYPE_OF[header.typeflag];
    const wanted = entry.size > 0 ? 'file' : type;
    if (wanted !== null && wanted !== undefined && facts.type !== wanted) {
      this.#fault(path, 'type', wanted, facts.type);
      this.#isBroken ||= entry.size > 0;
      return;
    }
    if (entry.size > 0 || wanted === 'file') this.#content(path, entry, facts);
    if (header !== null && path !== '') this.#metadata(path, header, facts);
  }

  #content(path: ByteString, entry: FileEntry, facts: FileFacts): void {
    if (facts.bytes !== String(entry.size)) {
      this.#fault(path, 'size', String(entry.size), facts.bytes);
      this.#isBroken ||= entry.size > 0;
      return;
    }
    // The rest cannot change that there is no digest.
    if (entry.size === 0 || (this.#isBroken && this.#search === 'digest')) return;
    const file = this.#tree.openFile(this.#layer.dir, path);
    if (file instanceof Failure) {
      this.#unreadable(path, file);
      this.#isBroken = true;
      return;
    }
    const crc = this.#search === 'faults' ? new Crc64() : null;
    const read = this.#read(file, entry.size, crc ?? this.#hash);
    file.close();
    if (read instanceof Failure) {
      this.#fault(path, 'unreadable', undefined, read.errno);
      this.#isBroken = true;
    } else if (crc !== null && entry.crc64 !== null) {
      const found = crc.digest();
      if (found !== entry.crc64) this.#fault(path, 'content', `crc64 ${entry.crc64}`, `crc64 ${found}`);
    }
  }

  #read(file: OpenFile, size: number, into: { update(bytes: Uint8Array): unknown }): Failure | null {
    for (let at = 0; at < size;) {
      const piece = size - at < buffer.length ? buffer.subarray(0, size - at) : buffer;
      const n = file.read(piece, at);
      if (n instanceof Failure) return n;
      if (n === 0) return new Failure('malformed', 'ended while it was read');
      into.update(n === piece.length ? piece : piece.subarray(0, n));
      at += n;
    }
    return null;
  }

  /** What stands in the directory for a whiteout of the archive (OCI image-spec, layer.md). */
  #whiteout(parents: readonly ByteString[], last: ByteString): void {
    if (last !== OPAQUE_NAME && last.startsWith(PRIVATE_PREFIX)) return;
    const names = last === OPAQUE_NAME ? parents : [...parents, last.slice(WHITEOUT_PREFIX.length)];
    const path = names.join('/');
    this.#note(names, path);
    if (last === OPAQUE_NAME) {
      const marks = marksOf(this.#tree, this.#layer.dir, path === '' ? '.' : path, 'overlay');
      if (marks instanceof Failure) this.#unreadable(path, marks);
      else if (!marks.opaque) this.#fault(path, 'metadata', 'opaque');
      return;
    }
    const facts = this.#tree.facts(this.#layer.dir, path);
    if (facts instanceof Failure) this.#unreadable(path, facts);
    else if (facts.type !== 'char' || facts.rdev !== '0:0') this.#fault(path, 'type', 'whiteout', facts.type);
  }

  #metadata(path: ByteString, header: TarHeader, facts: FileFacts): void {
    const { typeflag, mode, linkname, rdev } = header;
    if (typeflag === HARD_LINK) return;
    if (facts.type === 'symlink') {
      if (linkname === null) return;
      const target = this.#layer.dir.readlink(path);
      if (!(target instanceof Failure) && target !== linkname) this.#fault(path, 'metadata', linkname, target);
    } else if (facts.mode !== mode) {
      this.#fault(path, 'metadata', `mode ${mode.toString(8)}`, `mode ${facts.mode.toString(8)}`);
    } else if ((facts.type === 'char' || facts.type === 'block') && facts.rdev !== rdev) {
      this.#fault(path, 'metadata', `device ${rdev}`, `device ${facts.rdev}`);
    }
  }

  #note(names: readonly ByteString[], path: ByteString): void {
    if (this.names === null) return;
    this.names.add(path);
    // Archives need not name the directories on the way.
    for (let end = names.length - 1; end > 0; end--) {
      const above = names.slice(0, end).join('/');
      if (this.names.has(above)) break;
      this.names.add(above);
    }
    if (this.names.size > MOST_NAMES) this.names = null;
  }

  #unreadable(path: ByteString, failure: Failure): void {
    const isMissing = failure.outcome === 'absent' || failure.outcome === 'vanished';
    if (isMissing) this.#fault(path, 'missing');
    else this.#fault(path, 'unreadable', undefined, failure.errno);
  }

  #fault(path: ByteString, fault: LayerFaultKind, expected?: ByteString, found?: ByteString): void {
    this.faultCount++;
    if (this.faults.length >= MOST_FAULTS) return;
    this.faults.push({
      path: nameOf(`/${path}`),
      fault,
      ...(expected !== undefined && { expected: nameOf(expected) }),
      ...(found !== undefined && { found: nameOf(found) }),
    });
  }
}
