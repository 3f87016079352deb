/**
 * Looking at the files of a container from outside. Whatever lies there was put there by somebody else: no link is
 * followed, no other mount is entered, nothing but a regular file is ever opened, and access times stay as they are.
 */
import { constants } from 'node:fs';
import * as libc from './libc.ts';
import type { FileFacts, FileType } from '../schema/tree.ts';
import type { ByteString } from '../text/bytes.ts';
import { SYS } from './arch.ts';
import { cstring } from './file.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NOATIME } = constants;

/** openat2(2): resolution flags. */
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_BENEATH = 0x08;
const RESOLVE_CACHED = 0x20;

/** struct open_how { u64 flags, mode, resolve } */
function openHow(flags: number, resolve = 0): Buffer {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_NOFOLLOW | libc.O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | resolve), 16);
  return how;
}

const AS_HANDLE = openHow(libc.O_PATH);
const AS_CACHED_HANDLE = openHow(libc.O_PATH, RESOLVE_CACHED);
const AS_DIRECTORY = openHow(O_RDONLY | O_DIRECTORY | O_NOATIME);
const AS_DIRECTORY_OF_OTHERS = openHow(O_RDONLY | O_DIRECTORY);

function openBelow(dir: number, path: ByteString, how: Buffer): number {
  return libc.openat2(SYS.openat2, dir, cstring(path), how, how.length);
}

/**
 * A handle (O_PATH) on what `path`, of one or more names, is below `dir`, also on a symbolic link itself. Minus ELOOP where a
 * link is on the way, minus EXDEV where the way leaves the mount or `dir`, minus ENOSYS before 5.6: there is no equal guard.
 */
export function handleBelow(dir: number, path: ByteString): number {
  return openBelow(dir, path, AS_HANDLE);
}

/**
 * As {@link handleBelow}, where all names on the way are known to the kernel already: minus EAGAIN where a file system would
 * have to be asked (openat2(2), since 5.12), which for one in user space may never answer; minus EINVAL before.
 */
export function cachedHandleBelow(dir: number, path: ByteString): number {
  return openBelow(dir, path, AS_CACHED_HANDLE);
}

/** Opens the directory `path` below `dir` for listing; errors as {@link handleBelow}. */
export function openDirectoryBelow(dir: number, path: ByteString): number {
  const fd = openBelow(dir, path, AS_DIRECTORY);
  // O_NOATIME is for the file's owner and for CAP_FOWNER (open(2)).
  return fd === -libc.EPERM ? openBelow(dir, path, AS_DIRECTORY_OF_OTHERS) : fd;
}

/** Opens for reading what a handle refers to. The caller has seen that it is a regular file. */
export function openContent(handle: number): number {
  const flags = O_RDONLY | libc.O_CLOEXEC;
  const path = `/proc/self/fd/${String(handle)}`;
  const fd = libc.openat(libc.AT_FDCWD, cstring(path), flags | O_NOATIME);
  return fd === -libc.EPERM ? libc.openat(libc.AT_FDCWD, cstring(path), flags) : fd;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_EMPTY_PATH = 0x1000;
const STATX_BASIC_STATS = 0x7ff;
const STATX_ATTR_MOUNT_ROOT = 0x2000;

/** Offsets in struct statx (include/uapi/linux/stat.h). */
const STX = {
  attributes: 8,
  nlink: 16,
  uid: 20,
  gid: 24,
  mode: 28,
  ino: 32,
  size: 40,
  blocks: 48,
  mtimeSeconds: 112,
  mtimeNanoseconds: 120,
  rdevMajor: 128,
  rdevMinor: 132,
  devMajor: 136,
  devMinor: 140,
} as const;

const S_IFMT = 0o170000;

const TYPES: Readonly<Record<number, FileType>> = {
  [constants.S_IFREG]: 'file',
  [constants.S_IFDIR]: 'directory',
  [constants.S_IFLNK]: 'symlink',
  [constants.S_IFIFO]: 'fifo',
  [constants.S_IFSOCK]: 'socket',
  [constants.S_IFCHR]: 'char',
  [constants.S_IFBLK]: 'block',
};

const stat = Buffer.alloc(256);

/** What the entry `name` of `dir` is, itself and not what it links to; an empty name for what `dir` is a handle of. Minus errno. */
export function factsAt(dir: number, name: ByteString): FileFacts | number {
  if (SYS.statx === null) return -libc.ENOSYS;
  const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name === '' ? AT_EMPTY_PATH : 0);
  const error = libc.statx(SYS.statx, dir, cstring(name), flags, STATX_BASIC_STATS, stat);
  if (error < 0) return error;
  const mode = stat.readUInt16LE(STX.mode);
  const nanoseconds = String(stat.readUInt32LE(STX.mtimeNanoseconds)).padStart(9, '0');
  return {
    type: TYPES[mode & S_IFMT] ?? 'unknown',
    mode: mode & 0o7777,
    uid: stat.readUInt32LE(STX.uid),
    gid: stat.readUInt32LE(STX.gid),
    nlink: stat.readUInt32LE(STX.nlink),
    bytes: String(stat.readBigUInt64LE(STX.size)),
    // In units of 512 whatever the block size of the file system is (stat(2)).
    allocatedBytes: String(stat.readBigUInt64LE(STX.blocks) * 512n),
    mtime: `${String(stat.readBigInt64LE(STX.mtimeSeconds))}.${nanoseconds}`,
    rdev: `${stat.readUInt32LE(STX.rdevMajor)}:${stat.readUInt32LE(STX.rdevMinor)}`,
    dev: `${stat.readUInt32LE(STX.devMajor)}:${stat.readUInt32LE(STX.devMinor)}`,
    inode: String(stat.readBigUInt64LE(STX.ino)),
    isMountRoot: (stat.readUInt32LE(STX.attributes) & STATX_ATTR_MOUNT_ROOT) !== 0,
  };
}

/** An extended attribute (xattr(7)). */
export interface Xattr {
  readonly name: ByteString;
  readonly value: ByteString;
}

/** XATTR_LIST_MAX and XATTR_SIZE_MAX (include/uapi/linux/limits.h): no list and no value is longer. */
const xattrNames = Buffer.allocUnsafeSlow(65_536);
const xattrValue = Buffer.allocUnsafeSlow(65_536);

/**
 * The extended attributes of the entry `name` of `dir`, one name or empty for what `dir` is a handle of; minus errno.
 * `trusted.*` is left out by the kernel, without a word, for whoever lacks CAP_SYS_ADMIN in the initial user namespace
 * (simple_xattr_list, ext4_xattr_trusted_list …).
 */
export function xattrsAt(dir: number, name: ByteString): Xattr[] | number {
  // The last name is not followed by the l-calls; through an O_PATH descriptor the f-calls are refused (EBADF).
  const path = `/proc/self/fd/${String(dir)}${name === '' ? '' : `/${name}`}`;
  const isHandle = name === '';
  const list = isHandle ? libc.listxattr : libc.llistxattr;
  const size = list(cstring(path), xattrNames, xattrNames.length);
  // A file system that has none.
  if (size === -libc.EOPNOTSUPP) return [];
  if (size < 0) return size;
  const found: Xattr[] = [];
  for (const attribute of xattrNames.toString('latin1', 0, size).split('\0')) {
    if (attribute === '') continue;
    const get = isHandle ? libc.getxattr : libc.lgetxattr;
    const length = get(cstring(path), Buffer.from(`${attribute}\0`, 'latin1'), xattrValue, xattrValue.length);
    // Taken away in the meantime.
    if (length === -libc.ENODATA) continue;
    if (length < 0) return length;
    found.push({ name: attribute, value: xattrValue.toString('latin1', 0, length) });
  }
  return found;
}

/** struct file_handle { u32 handle_bytes; int handle_type; u8 f_handle[]; } with MAX_HANDLE_SZ, 128. */
const fileHandle = Buffer.alloc(8 + 128);
const mountId = Buffer.alloc(4);

/**
 * What the file system itself calls the entry `name` of `dir` (name_to_handle_at(2)): type and bytes in hexadecimal, the
 * same that overlayfs writes down as a copy's origin (ovl_encode_real_fh, fs/overlayfs/copy_up.c). Minus errno:
 * EOPNOTSUPP where the file system has no such names.
 */
export function fileHandleAt(dir: number, name: ByteString): string | number {
  fileHandle.writeUInt32LE(fileHandle.length - 8, 0);
  const error = libc.nameToHandleAt(dir, cstring(name), fileHandle, mountId, name === '' ? AT_EMPTY_PATH : 0);
  if (error < 0) return error;
  const type = fileHandle.readInt32LE(4).toString(16).padStart(2, '0');
  return type + fileHandle.toString('hex', 8, 8 + fileHandle.readUInt32LE(0));
}

const AT_HANDLE_FID = 0x200;
/** include/linux/exportfs.h. */
const OVL_FILEID_V1 = 0xf8;
/** struct ovl_fh begins with so many bytes, to align what follows (fs/overlayfs/overlayfs.h). */
const OVL_FH_PADDING = 3;

/**
 * What overlayfs calls what `fd` is a handle of, a struct ovl_fb. To be compared, not to be opened by (AT_HANDLE_FID): overlayfs gives that for
 * every overlay whose layers all have handles (ovl_export_fid_operations, fs/overlayfs/export.c; since 6.6). Minus errno:
 * EOPNOTSUPP where there is no such answer, or where it is no file of an overlay.
 */
export function overlayHandleAt(fd: number): ByteString | number {
  fileHandle.writeUInt32LE(fileHandle.length - 8, 0);
  const error = libc.nameToHandleAt(fd, cstring(''), fileHandle, mountId, AT_EMPTY_PATH | AT_HANDLE_FID);
  // An unknown flag, before 6.5.
  if (error === -libc.EINVAL) return -libc.EOPNOTSUPP;
  if (error < 0) return error;
  if (fileHandle.readInt32LE(4) !== OVL_FILEID_V1) return -libc.EOPNOTSUPP;
  return fileHandle.toString('latin1', 8 + OVL_FH_PADDING, 8 + fileHandle.readUInt32LE(0));
}

/** The mount, by its id in mountinfo, through which `fd` is a handle. Minus errno, as {@link fileHandleAt}. */
export function mountIdAt(fd: number): number {
  const handle = fileHandleAt(fd, '');
  // There is no other file handle, but the mount is told all the same where one that is no more than an id is asked for.
  const id = handle === -libc.EOPNOTSUPP ? overlayHandleAt(fd) : handle;
  return typeof id === 'number' ? id : mountId.readInt32LE(0);
}
