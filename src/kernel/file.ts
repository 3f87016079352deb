/** Reading relative to an open directory: what names `/proc/PID` once cannot become another task's on the way. */
import { constants } from 'node:fs';
import * as libc from './libc.ts';
import type { ByteString } from '../text/bytes.ts';
import { SYS } from './arch.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Large enough for nearly all that procfs gives; what is larger makes it grow. */
let buffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Holds the name of the call that is being made. */
let nameBuffer: Buffer = Buffer.allocUnsafeSlow(4096);

/**
 * The NUL-terminated form of a name, in one buffer that every call uses: no system call here takes two names, and none needs its
 * name once it has returned. (A buffer for each name takes 0.1 µs longer and leaves garbage: there are thirty names a process.)
 */
export function cstring(name: ByteString): Buffer {
  if (name.length >= nameBuffer.length) nameBuffer = Buffer.allocUnsafeSlow(name.length * 2);
  nameBuffer[nameBuffer.write(name, 'latin1')] = 0;
  return nameBuffer;
}

/** Opens a directory for reading through it. Gives a descriptor or minus errno. */
export function openDirectory(dir: number, name: ByteString): number {
  return libc.openat(dir, cstring(name), O_RDONLY | O_DIRECTORY | libc.O_CLOEXEC);
}

/** Opens a file for reading. Only for file systems of the kernel, where an open has no side effect. */
export function openFile(dir: number, name: ByteString): number {
  return libc.openat(dir, cstring(name), O_RDONLY | libc.O_CLOEXEC);
}

/** Everything from the descriptor on, at most `limit` bytes; minus EOVERFLOW where there is more, minus errno on an error. */
export function readAll(fd: number, limit: number): ByteString | number {
  let length = 0;
  for (;;) {
    // A file of procfs may be given in pieces of any size: only zero is the end (seq_read_iter, fs/seq_file.c).
    const n = libc.read(fd, length === 0 ? buffer : buffer.subarray(length), buffer.length - length);
    if (n === -libc.EINTR) continue;
    if (n < 0) return n;
    if (n === 0) return buffer.toString('latin1', 0, length);
    length += n;
    if (length > limit) return -libc.EOVERFLOW;
    if (length === buffer.length) {
      const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
      buffer.copy(larger);
      buffer = larger;
    }
  }
}

/** Opens, reads and closes. */
export function readFileAt(dir: number, name: ByteString, limit = Infinity): ByteString | number {
  const fd = openFile(dir, name);
  if (fd < 0) return fd;
  const content = readAll(fd, limit);
  libc.close(fd);
  return content;
}

/** Whether the name is there: below a `/proc/PID`, whether that task still is. A tenth of what reading its `stat` costs. */
export function exists(dir: number, name: ByteString): boolean {
  return libc.faccessat(dir, cstring(name), 0, 0) === 0;
}

/** What a symbolic link says; minus errno on an error. */
export function readlinkAt(dir: number, name: ByteString): ByteString | number {
  const n = libc.readlinkat(dir, cstring(name), buffer, 4096);
  if (n < 0) return n;
  // d_path() fits into a page (fs/proc/base.c, do_proc_readlink), so that a full buffer is the longest there is.
  return buffer.toString('latin1', 0, n);
}

/** Offsets in struct linux_dirent64 (getdents64(2)). */
const D_RECLEN = 16;
const D_NAME = 19;

/** Names in an open directory but `.` and `..`, no more buffers of them once there are `most`; minus errno on an error. */
export function listOpen(fd: number, most = Infinity): ByteString[] | number {
  const names: ByteString[] = [];
  for (;;) {
    if (names.length >= most) return names;
    const size = libc.getdents64(fd, buffer, buffer.length);
    if (size < 0) return size;
    if (size === 0) return names;
    for (let at = 0; at < size; at += buffer.readUInt16LE(at + D_RECLEN)) {
      const start = at + D_NAME;
      const name = buffer.toString('latin1', start, buffer.indexOf(0, start));
      if (name !== '.' && name !== '..') names.push(name);
    }
  }
}

/** Names in the directory `name` below `dir`. */
export function listAt(dir: number, name: ByteString, most?: number): ByteString[] | number {
  const fd = openDirectory(dir, name);
  if (fd < 0) return fd;
  const names = listOpen(fd, most);
  libc.close(fd);
  return names;
}

/** Offset in struct linux_dirent64 of the inode number and of the type. */
const D_INO = 0;
const D_TYPE = 18;

/** Values of `d_type` (include/linux/fs_types.h). */
const DT_DIR = 4;
const DT_REG = 8;
const DT_UNKNOWN = 0;

/** What an entry of a directory is; `unknown` where the file system does not say. */
export type EntryKind = 'directory' | 'file' | 'other' | 'unknown';

/** One entry of a directory. */
export interface DirEntry {
  readonly name: ByteString;
  readonly kind: EntryKind;
  readonly inode: number;
}

/** As {@link listAt}, with what else getdents64(2) says of each entry. */
export function entriesAt(dir: number, name: ByteString): DirEntry[] | number {
  const fd = openDirectory(dir, name);
  if (fd < 0) return fd;
  const entries: DirEntry[] = [];
  for (;;) {
    const size = libc.getdents64(fd, buffer, buffer.length);
    if (size <= 0) {
      libc.close(fd);
      return size < 0 ? size : entries;
    }
    for (let at = 0; at < size; at += buffer.readUInt16LE(at + D_RECLEN)) {
      const start = at + D_NAME;
      const entry = buffer.toString('latin1', start, buffer.indexOf(0, start));
      if (entry === '.' || entry === '..') continue;
      entries.push({ name: entry, kind: kindOf(buffer[at + D_TYPE]), inode: inodeAt(buffer, at + D_INO) });
    }
  }
}

function kindOf(type: number | undefined): EntryKind {
  if (type === DT_REG) return 'file';
  if (type === DT_DIR) return 'directory';
  return type === DT_UNKNOWN || type === undefined ? 'unknown' : 'other';
}

/** Inode numbers of the kernel's own file systems stay below 2^53. */
function inodeAt(from: Buffer, at: number): number {
  return from.readUInt32LE(at + 4) * 0x1_0000_0000 + from.readUInt32LE(at);
}

/** What statx(2) says of a file. */
export interface FileStat {
  readonly kind: Exclude<EntryKind, 'unknown'>;
  readonly inode: number;
  /** Device number of its file system, `major:minor` as mountinfo writes it. */
  readonly dev: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const STATX_BASIC_STATS = 0x7ff;

/** Offsets in struct statx (include/uapi/linux/stat.h). */
const STX = { uid: 20, mode: 28, ino: 32, devMajor: 136, devMinor: 140, size: 256 } as const;

const S_IFMT = 0o170000;

const statBuffer = Buffer.alloc(STX.size);

/** What `name` in `dir` is, not following a symbolic link; minus errno on an error. */
export function statAt(dir: number, name: ByteString): FileStat | number {
  if (SYS.statx === null) return -libc.ENOSYS;
  const error = libc.statx(
    SYS.statx,
    dir,
    cstring(name),
    AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
    STATX_BASIC_STATS,
    statBuffer,
  );
  if (error < 0) return error;
  const mode = statBuffer.readUInt16LE(STX.mode);
  const type = mode & S_IFMT;
  return {
    kind: type === constants.S_IFDIR ? 'directory' : type === constants.S_IFREG ? 'file' : 'other',
    inode: inodeAt(statBuffer, STX.ino),
    dev: `${statBuffer.readUInt32LE(STX.devMajor)}:${statBuffer.readUInt32LE(STX.devMinor)}`,
    mode: mode & 0o7777,
    uid: statBuffer.readUInt32LE(STX.uid),
  };
}

/** openat2(2): resolution flags. */
const RESOLVE_NO_XDEV = 0x01;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_IN_ROOT = 0x10;
const RESOLVE_CACHED = 0x20;

/**
 * Opens `path` below the directory `root` as if that were `/`: neither `..` nor a symbolic link leads out of it. Only a
 * handle on the place (O_PATH) comes back, so that opening a FIFO or a device neither blocks nor has an effect.
 */
export function openInRoot(root: number, path: ByteString, symlinks: 'follow' | 'refuse'): number {
  const how = Buffer.alloc(24); // struct open_how { u64 flags, mode, resolve }
  how.writeBigUInt64LE(BigInt(libc.O_PATH | libc.O_CLOEXEC | (symlinks === 'refuse' ? O_NOFOLLOW : 0)), 0);
  how.writeBigUInt64LE(
    BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | (symlinks === 'refuse' ? RESOLVE_NO_SYMLINKS : 0)),
    16,
  );
  return libc.openat2(SYS.openat2, root, cstring(path), how, how.length);
}

/**
 * As {@link openInRoot}, for a directory, where all names on the way are known to the kernel: minus EAGAIN where a file system would
 * have to look one up (RESOLVE_CACHED, since 5.12; minus EINVAL before). No link is followed.
 */
export function openKnownInRoot(root: number, path: ByteString): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(libc.O_PATH | libc.O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW), 0);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_CACHED), 16);
  return libc.openat2(SYS.openat2, root, cstring(path), how, how.length);
}

/** struct open_how for {@link openSubdirectory}: it never changes. */
const subdirectory = Buffer.alloc(24);
subdirectory.writeBigUInt64LE(BigInt(O_RDONLY | O_DIRECTORY | O_NOFOLLOW | libc.O_CLOEXEC), 0);
subdirectory.writeBigUInt64LE(BigInt(RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS), 16);

/** Opens the directory `name` in `dir` itself: minus EXDEV where something is mounted on it. */
export function openSubdirectory(dir: number, name: ByteString): number {
  const fd = libc.openat2(SYS.openat2, dir, cstring(name), subdirectory, subdirectory.length);
  if (fd !== -libc.ENOSYS) return fd;
  // Before 5.6 what covers a directory cannot be kept out in one step.
  return libc.openat(dir, cstring(name), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | libc.O_CLOEXEC);
}

/** A handle on what a magic link of procfs leads to, which is not opened by it. */
export function openHandle(dir: number, name: ByteString): number {
  return libc.openat(dir, cstring(name), libc.O_PATH | libc.O_CLOEXEC);
}

/** Opens for reading what an O_PATH handle refers to. The caller has looked what it is. */
export function reopen(handle: number): number {
  return libc.openat(libc.AT_FDCWD, cstring(`/proc/self/fd/${String(handle)}`), O_RDONLY | libc.O_CLOEXEC);
}

/** As {@link reopen}, for a directory. */
export function reopenDirectory(handle: number): number {
  return openDirectory(handle, '.');
}
