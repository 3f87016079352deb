/** Whether two files say the same. */
import { Failure } from '../../host/port.ts';
import type { OpenFile, Read, TreeQueries } from '../../host/port.ts';
import type { FileFacts } from '../../schema/tree.ts';
import type { ByteString } from '../../text/bytes.ts';
import type { DirPool, Place } from '../tree/pool.ts';

/** A file by its directory and name. */
interface At {
  readonly place: Place;
  readonly name: ByteString;
  readonly facts: FileFacts;
}

/** Files up to this size are read to be compared: what a container may have changed is worth a few milliseconds each, not minutes. */
const MOST_COMPARED = 64 * 1024 * 1024;

const PIECE = 256 * 1024;
const pieces = [Buffer.allocUnsafeSlow(PIECE), Buffer.allocUnsafeSlow(PIECE)] as const;

/**
 * Whether content, target or device number are the same; both are of one type. Equal times prove nothing (anybody sets them):
 * files of the same size are read. `not collected` where they are larger than what is read for this.
 */
export function sameContent(tree: TreeQueries, pool: DirPool, a: At, b: At): Read<boolean> {
  switch (a.facts.type) {
    case 'file':
      return sameBytes(tree, pool, a, b);
    case 'symlink': {
      const [left, right] = [targetOf(pool, a), targetOf(pool, b)];
      if (left instanceof Failure) return left;
      return right instanceof Failure ? right : left === right;
    }
    case 'char':
    case 'block':
      return a.facts.rdev === b.facts.rdev;
    case 'directory':
    case 'fifo':
    case 'socket':
    case 'unknown':
      return true;
  }
}

function targetOf(pool: DirPool, { place, name }: At): Read<ByteString> {
  const dir = pool.open(place);
  return dir instanceof Failure ? dir : dir.readlink(name);
}

function sameBytes(tree: TreeQueries, pool: DirPool, a: At, b: At): Read<boolean> {
  if (a.facts.bytes !== b.facts.bytes) return false;
  if (a.facts.bytes === '0') return true;
  // One file under two names (a hard link, or one layer twice).
  if (a.facts.dev === b.facts.dev && a.facts.inode === b.facts.inode) return true;
  if (BigInt(a.facts.bytes) > MOST_COMPARED) return new Failure('not collected', 'too large to compare');
  const left = opened(tree, pool, a);
  if (left instanceof Failure) return left;
  const right = opened(tree, pool, b);
  try {
    return right instanceof Failure ? right : compared(left, right);
  } finally {
    left.close();
    if (!(right instanceof Failure)) right.close();
  }
}

function opened(tree: TreeQueries, pool: DirPool, { place, name }: At): Read<OpenFile> {
  const dir = pool.open(place);
  return dir instanceof Failure ? dir : tree.openFile(dir, name);
}

function compared(left: OpenFile, right: OpenFile): Read<boolean> {
  // Not beyond what the size said: a file that grows while it is read has no end.
  for (let at = 0; at <= MOST_COMPARED;) {
    const [n, m] = [left.read(pieces[0], at), right.read(pieces[1], at)];
    if (n instanceof Failure) return n;
    if (m instanceof Failure) return m;
    if (n !== m || !pieces[0].subarray(0, n).equals(pieces[1].subarray(0, m))) return false;
    if (n === 0) return true;
    at += n;
  }
  return new Failure('not collected', 'grew while it was read');
}
