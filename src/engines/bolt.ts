/**
 * Reading a bolt database (go.etcd.io/bbolt: page.go, bucket.go, node.go), the single file in which containerd and podman
 * keep their records: pages that form B+ trees, one for each bucket, a value of a bucket being another bucket. Integers
 * are in the writer's byte order, on all machines we know of little-endian.
 *
 * The file may be written while it is copied, cut, or forged: everything that is read is bounded by the file, and each
 * walk by the number of entries that it has room for.
 */
import type { Buffer } from 'node:buffer';

const MAGIC = 0xed0cdaed;
const VERSION = 2;
const PAGE_HEADER = 16;
const ELEMENT = 16;
const BUCKET_HEADER = 16;
const BRANCH_PAGE = 0x01;
const LEAF_PAGE = 0x02;
const META_PAGE = 0x04;
const BUCKET_LEAF = 0x01;

/** A bucket: keys with values or further buckets. */
export interface Bucket {
  /** The value of a key; undefined where there is none. */
  value(key: string): Buffer | undefined;
  /** The bucket below a key; undefined where there is none. */
  bucket(key: string): Bucket | undefined;
  /** All keys with their values, in the tree's order; buckets below are not among them. */
  entries(): [string, Buffer][];
  /** All buckets below, by their key, in the tree's order. */
  buckets(): [string, Bucket][];
}

interface Meta {
  readonly pageSize: number;
  readonly root: number;
  readonly txid: bigint;
}

/** A leaf or branch page that was found to lie within the file. */
interface Page {
  readonly flags: number;
  readonly count: number;
  readonly bytes: Buffer;
}

/** An entry of a leaf. */
interface Leaf {
  readonly isBucket: boolean;
  readonly key: string;
  readonly value: Buffer;
}

/** The root bucket of a database. Null: malformed. */
export function openBolt(file: Buffer): Bucket | null {
  const meta = readMeta(file);
  return meta === null ? null : new TreeBucket(file, meta.pageSize, meta.root, null);
}

/** Two pages take turns; the one with the higher transaction and a right checksum counts (db.go, DB.meta). */
function readMeta(file: Buffer): Meta | null {
  const first = metaAt(file, 0);
  let second: Meta | null = null;
  // Where the first is torn the page size is not known: it is the page size of the machine that made the file.
  for (const size of first === null ? [4096, 16384, 65536] : [first.pageSize]) second ??= metaAt(file, size);
  if (first === null || second === null) return first ?? second;
  return first.txid > second.txid ? first : second;
}

function metaAt(file: Buffer, at: number): Meta | null {
  if (at + PAGE_HEADER + 64 > file.length || (file.readUInt16LE(at + 8) & META_PAGE) === 0) return null;
  const meta = at + PAGE_HEADER;
  if (file.readUInt32LE(meta) !== MAGIC || file.readUInt32LE(meta + 4) !== VERSION) return null;
  if (fnv1a(file.subarray(meta, meta + 56)) !== file.readBigUInt64LE(meta + 56)) return null;
  const pageSize = file.readUInt32LE(meta + 8);
  const root = file.readBigUInt64LE(meta + 16);
  if (pageSize < 1024 || pageSize > 65536 || root > BigInt(Math.floor(file.length / pageSize))) return null;
  return { pageSize, root: Number(root), txid: file.readBigUInt64LE(meta + 48) };
}

/** FNV-1a, 64 bits: bolt's checksum of a meta page. */
function fnv1a(bytes: Buffer): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of bytes) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash;
}

class TreeBucket implements Bucket {
  readonly #file: Buffer;
  readonly #pageSize: number;
  readonly #root: number;
  /** A small bucket lies as a page of its own inside its parent's value. */
  readonly #inline: Page | null;

  constructor(file: Buffer, pageSize: number, root: number, inline: Page | null) {
    this.#file = file;
    this.#pageSize = pageSize;
    this.#root = root;
    this.#inline = inline;
  }

  value(key: string): Buffer | undefined {
    const found = this.#find(key);
    return found === undefined || found.isBucket ? undefined : found.value;
  }

  bucket(key: string): Bucket | undefined {
    const found = this.#find(key);
    return found === undefined ? undefined : this.#bucketIn(found);
  }

  buckets(): [string, Bucket][] {
    const buckets: [string, Bucket][] = [];
    for (const leaf of this.#leaves(undefined)) {
      const bucket = this.#bucketIn(leaf);
      if (bucket !== undefined) buckets.push([leaf.key, bucket]);
    }
    return buckets;
  }

  entries(): [string, Buffer][] {
    const entries: [string, Buffer][] = [];
    for (const leaf of this.#leaves(undefined)) if (!leaf.isBucket) entries.push([leaf.key, leaf.value]);
    return entries;
  }

  #bucketIn({ isBucket, value }: Leaf): Bucket | undefined {
    if (!isBucket || value.length < BUCKET_HEADER) return undefined;
    const root = value.readBigUInt64LE(0);
    if (root !== 0n) return new TreeBucket(this.#file, this.#pageSize, Number(root), null);
    const inline = pageIn(value.subarray(BUCKET_HEADER));
    return inline === null ? undefined : new TreeBucket(this.#file, this.#pageSize, 0, inline);
  }

  #find(key: string): Leaf | undefined {
    for (const leaf of this.#leaves(key)) if (leaf.key === key) return leaf;
    return undefined;
  }

  /** All entries, or those of the one leaf in which `key` would lie. */
  *#leaves(key: string | undefined): Generator<Leaf> {
    const stack: (Page | null)[] = [this.#inline ?? this.#page(this.#root)];
    // More entries than fit into the file can only come from pages that contain each other.
    let left = this.#file.length / ELEMENT;
    for (let page = stack.pop(); page !== undefined && left > 0; page = stack.pop()) {
      if (page === null) continue;
      left -= page.count + 1;
      if ((page.flags & LEAF_PAGE) !== 0) yield* leavesOf(page);
      else if ((page.flags & BRANCH_PAGE) !== 0) stack.push(...this.#children(page, key));
    }
  }

  /** The pages below a branch, last first; only the one that would hold `key`, where a key is asked for. */
  #children(page: Page, key: string | undefined): (Page | null)[] {
    const below: { readonly first: string; readonly id: number }[] = [];
    for (let index = 0; index < page.count; index++) {
      const at = PAGE_HEADER + index * ELEMENT;
      if (at + ELEMENT > page.bytes.length) break;
      const start = at + page.bytes.readUInt32LE(at);
      const first = page.bytes.toString('utf8', start, start + page.bytes.readUInt32LE(at + 4));
      below.push({ first, id: Number(page.bytes.readBigUInt64LE(at + 8)) });
    }
    if (key === undefined) return below.reverse().map(({ id }) => this.#page(id));
    // Keys of engines are ASCII, whose order is that of their bytes.
    const holder = below.findLast(({ first }) => first <= key) ?? below[0];
    return holder === undefined ? [] : [this.#page(holder.id)];
  }

  #page(id: number): Page | null {
    const at = id * this.#pageSize;
    if (!Number.isSafeInteger(at) || at + PAGE_HEADER > this.#file.length) return null;
    const overflow = this.#file.readUInt32LE(at + 12);
    return pageIn(this.#file.subarray(at, Math.min(at + (overflow + 1) * this.#pageSize, this.#file.length)));
  }
}

function pageIn(bytes: Buffer): Page | null {
  return bytes.length < PAGE_HEADER ? null : { flags: bytes.readUInt16LE(8), count: bytes.readUInt16LE(10), bytes };
}

function* leavesOf({ bytes, count }: Page): Generator<Leaf> {
  for (let index = 0; index < count; index++) {
    const at = PAGE_HEADER + index * ELEMENT;
    if (at + ELEMENT > bytes.length) return;
    const start = at + bytes.readUInt32LE(at + 4);
    const middle = start + bytes.readUInt32LE(at + 8);
    const end = middle + bytes.readUInt32LE(at + 12);
    if (end > bytes.length) return;
    yield {
      isBucket: (bytes.readUInt32LE(at) & BUCKET_LEAF) !== 0,
      key: bytes.toString('utf8', start, middle),
      value: bytes.subarray(middle, end),
    };
  }
}
