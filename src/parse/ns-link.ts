import { NS_TYPES, type NsRef, type NsType } from '../schema/namespace.ts';
import type { ByteString } from '../text/bytes.ts';

const TYPES: ReadonlyMap<string, NsType> = new Map(NS_TYPES.map((type) => [type, type]));

/**
 * The namespace that the text of a link names, such as `net:[4026531840]`: of a link under `/proc/PID/ns`
 * (namespaces(7); written by `ns_get_name` in fs/nsfs.c; that of `pid_for_children` reads `pid:[…]`, that of
 * `time_for_children` reads `time:[…]`), of one under `/proc/PID/fd` (`ns_dname`), and of the field `root` of an nsfs
 * mount (`nsfs_show_path`). Null for any other text, which is no error: most files are no namespaces.
 *
 * No file can pass for a namespace: its path begins with `/` or `(unreachable)`. But null does not prove that an open
 * file is none: one that was opened by way of a bind mount reads as the path of that mount (`/run/netns/blue`), and as
 * `/` once that mount is gone (`d_path` in fs/d_path.c asks no `d_dname` at the root of a mount). Its `fdinfo` tells.
 */
export function parseNsLink(text: ByteString): NsRef | null {
  // Nearly every link of an open file ends here.
  if (text.charCodeAt(0) === SLASH) return null;
  const type = TYPES.get(text.slice(0, Math.max(0, text.indexOf(':'))));
  if (type === undefined) return null;
  const digits = bracketed(text, type.length + 1);
  const inum = digits === null ? Infinity : Number(digits);
  // Inode numbers of namespaces have 32 bits (ns_common.inum).
  return inum > 0xffff_ffff ? null : { type, inum };
}

/**
 * The inode number of the socket that a link under `/proc/PID/fd` refers to (`socket:[12345]`, `sockfs_dname` in
 * net/socket.c), decimal; the same for everyone who has that socket open. Null: it is no socket.
 */
export function socketInode(text: ByteString): string | null {
  return text.startsWith('socket:') ? bracketed(text, 'socket:'.length) : null;
}

const SLASH = 0x2f;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** The digits in `[123]`, which must be all there is from `at` to the end; null where it is not. */
function bracketed(text: string, at: number): string | null {
  const end = text.length - 1;
  if (end < at + 2 || text.charCodeAt(at) !== OPEN || text.charCodeAt(end) !== CLOSE) return null;
  for (let i = at + 1; i < end; i++) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return null;
  }
  return text.slice(at + 1, end);
}
