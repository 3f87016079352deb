/**
 * The C library's functions that nsinspect calls, each with a fixed prototype: koffi's variadic calls cost more and cannot be
 * prepared once. Every wrapper here follows the kernel's own convention: the result, or minus the error number.
 */
import { constants } from 'node:os';
import koffi from 'koffi';

// The process itself has libc loaded, whichever one it is (glibc or musl).
const libc = koffi.load(null);

const c = {
  openat: libc.func('int openat(int dir, const uint8_t *path, int flags)'),
  faccessat: libc.func('int faccessat(int dir, const uint8_t *path, int mode, int flags)'),
  close: libc.func('int close(int fd)'),
  read: libc.func('int64_t read(int fd, _Out_ uint8_t *buffer, size_t size)'),
  readlinkat: libc.func('int64_t readlinkat(int dir, const uint8_t *path, _Out_ uint8_t *buffer, size_t size)'),
  getdents64: libc.func('int64_t getdents64(int fd, _Out_ uint8_t *buffer, size_t size)'),
  listxattr: libc.func('int64_t listxattr(const uint8_t *path, _Out_ uint8_t *list, size_t size)'),
  llistxattr: libc.func('int64_t llistxattr(const uint8_t *path, _Out_ uint8_t *list, size_t size)'),
  getxattr: libc.func('int64_t getxattr(const uint8_t *path, const uint8_t *name, _Out_ uint8_t *value, size_t size)'),
  lgetxattr: libc.func(
    'int64_t lgetxattr(const uint8_t *path, const uint8_t *name, _Out_ uint8_t *value, size_t size)',
  ),
  nameToHandleAt: libc.func(
    'int name_to_handle_at(int dir, const uint8_t *path, _Inout_ uint8_t *handle, _Out_ uint8_t *mount, int flags)',
  ),
  ioctl: libc.func('int ioctl(int fd, unsigned long request, _Inout_ uint8_t *argument)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  setns: libc.func('int setns(int fd, int type)'),
  unshare: libc.func('int unshare(int flags)'),
  fchdir: libc.func('int fchdir(int fd)'),
  chroot: libc.func('int chroot(const uint8_t *path)'),
  syscall4: libc.func('syscall', 'int64_t', ['long', 'int64_t', 'int64_t', 'int64_t', 'int64_t']),
  syscall5: libc.func('syscall', 'int64_t', ['long', 'int64_t', 'int64_t', 'int64_t', 'int64_t', 'int64_t']),
  openat2: libc.func('syscall', 'int64_t', ['long', 'int', 'const uint8_t *', 'const uint8_t *', 'size_t']),
  statx: libc.func('syscall', 'int64_t', [
    'long',
    'int',
    'const uint8_t *',
    'int',
    'unsigned int',
    koffi.out('uint8_t *'),
  ]),
  perfEventOpen: libc.func('syscall', 'int64_t', ['long', 'const uint8_t *', 'int', 'int', 'int', 'unsigned long']),
  mountQuery: libc.func('syscall', 'int64_t', [
    'long',
    'const uint8_t *',
    koffi.out('uint8_t *'),
    'size_t',
    'uint32_t',
  ]),
} as const;

/** What koffi hands back for 64-bit results: a number where it is safe, a bigint otherwise. */
type Long = number | bigint;

/** Follows the kernel's convention: a result below zero becomes minus errno, read before anything else can change it. */
function result(value: Long): number {
  const number = Number(value);
  return number < 0 ? -koffi.errno() : number;
}

type Wrapped<A extends readonly unknown[]> = (...args: A) => number;

/** koffi types its functions loosely: the signature is said here. */
function wrap<A extends readonly unknown[]>(fn: unknown): Wrapped<A> {
  const call = fn as (...args: unknown[]) => Long;
  return (...args) => result(call(...args));
}

/** NUL-terminated bytes, as C functions take names. */
export type CString = Uint8Array;

export const openat = wrap<[dir: number, path: CString, flags: number]>(c.openat);
export const faccessat = wrap<[dir: number, path: CString, mode: number, flags: number]>(c.faccessat);
export const close = wrap<[fd: number]>(c.close);
export const read = wrap<[fd: number, buffer: Uint8Array, size: number]>(c.read);
export const readlinkat = wrap<[dir: number, path: CString, buffer: Uint8Array, size: number]>(c.readlinkat);
export const getdents64 = wrap<[fd: number, buffer: Uint8Array, size: number]>(c.getdents64);
export const listxattr = wrap<[path: CString, list: Uint8Array, size: number]>(c.listxattr);
export const llistxattr = wrap<[path: CString, list: Uint8Array, size: number]>(c.llistxattr);
export const getxattr = wrap<[path: CString, name: CString, value: Uint8Array, size: number]>(c.getxattr);
export const lgetxattr = wrap<[path: CString, name: CString, value: Uint8Array, size: number]>(c.lgetxattr);
export const nameToHandleAt = wrap<[dir: number, path: CString, handle: Uint8Array, mount: Uint8Array, flags: number]>(
  c.nameToHandleAt,
);
export const ioctl = wrap<[fd: number, request: number, argument: Uint8Array | null]>(c.ioctl);
export const socket = wrap<[domain: number, type: number, protocol: number]>(c.socket);
export const setns = wrap<[fd: number, type: number]>(c.setns);
export const unshare = wrap<[flags: number]>(c.unshare);
export const fchdir = wrap<[fd: number]>(c.fchdir);
export const chroot = wrap<[path: CString]>(c.chroot);
export const syscall4 = wrap<[nr: number, a: number, b: number, c: number, d: number]>(c.syscall4);
export const syscall5 = wrap<[nr: number, a: number, b: number, c: number, d: number, e: number]>(c.syscall5);
export const openat2 = wrap<[nr: number, dir: number, path: CString, how: Uint8Array, size: number]>(c.openat2);
export const statx = wrap<[nr: number, dir: number, path: CString, flags: number, mask: number, buffer: Uint8Array]>(
  c.statx,
);
export const perfEventOpen = wrap<
  [nr: number, attributes: Uint8Array, pid: number, cpu: number, group: number, flags: number]
>(c.perfEventOpen);
export const mountQuery = wrap<[nr: number, request: Uint8Array, buffer: Uint8Array, size: number, flags: number]>(
  c.mountQuery,
);

/** Means the current directory where a directory's descriptor is asked for (openat(2)). */
export const AT_FDCWD = -100;

/** Open flags that Node does not name; the same on x86-64 and arm64 (include/uapi/asm-generic/fcntl.h). */
export const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** The name of an error number, such as `EACCES`; `errno 4711` where there is none. */
export function errnoName(errno: number): string {
  return NAMES.get(errno) ?? `errno ${String(errno)}`;
}

/** The error numbers that callers tell apart. */
export const {
  EPERM,
  ENOENT,
  ESRCH,
  EINTR,
  EACCES,
  EAGAIN,
  EINVAL,
  ENOTTY,
  ENOSYS,
  EOPNOTSUPP,
  ENODEV,
  ENODATA,
  ELOOP,
  ENOTDIR,
  ENAMETOOLONG,
  EOVERFLOW,
} = constants.errno;
