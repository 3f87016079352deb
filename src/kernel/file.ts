/** Reading relative to an open directory: what names `/proc/PID` once cannot become another task's on the way. */
import { constants } from 'node:fs';
import * as libc from './libc.ts';
import type { ByteString } from '../text/bytes.ts';
import { SYS } from './arch.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Large enough for nearly all that procfs gives; what is larger makes it grow. */
let buffer: Buffer = Buffer.allocUnsafeSlow(64 * 1024);

const cstrings = new Map<string, Buffer>();

/** The NUL-terminated form of a name. Names without digits come again for each task and are kept. */
export function cstring(name: ByteString): Buffer {
  const known = cstrings.get(name);
  if (known !== undefined) return known;
  const made = Buffer.from(`${name}\0`, 'latin1');
  if (!/[0-9]/.test(name) && cstrings.size < 512) cstrings.set(name, made);
  return made;
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

/** Names in an open directory but `.` and `..`; minus errno on an error. */
export function listOpen(fd: number): ByteString[] | number {
  const names: ByteString[] = [];
  for (;;) {
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
export function listAt(dir: number, name: ByteString): ByteString[] | number {
  const fd = openDirectory(dir, name);
  if (fd < 0) return fd;
  const names = listOpen(fd);
  libc.close(fd);
  return names;
}

/** openat2(2): resolution flags. */
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_NO_SYMLINKS = 0x04;
const RESOLVE_IN_ROOT = 0x10;

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
