/** A host whose /proc and /sys this kernel serves: the running machine, or the same machine seen from a container. */
import { fstatSync, readFileSync } from 'node:fs';
import { AT_FDCWD, close, EAGAIN, EINVAL, errnoName } from '../kernel/libc.ts';
import * as file from '../kernel/file.ts';
import type { ReaderFacts } from '../schema/host.ts';
import type { ByteString } from '../text/bytes.ts';
import { failureOf, fromKernel } from './live-failure.ts';
import { Failure } from './port.ts';
import type { Dir, DirEntry, FileStat, Host, Read, Symlinks } from './port.ts';
import { liveKernel } from './live-kernel.ts';
import { isMadeOfCode } from './live-made-of-code.ts';
import { liveTree } from './live-tree.ts';

/** An open directory of this kernel. Exported for {@link descriptorOf} alone. */
class LiveDir implements Dir {
  readonly path: string;
  readonly fd: number;

  constructor(fd: number, path: string) {
    this.fd = fd;
    this.path = path;
  }

  read(name: string): Read<ByteString> {
    return fromKernel(file.readFileAt(this.fd, name));
  }

  readlink(name: string): Read<ByteString> {
    return fromKernel(file.readlinkAt(this.fd, name));
  }

  list(name: string, most?: number): Read<ByteString[]> {
    return fromKernel(file.listAt(this.fd, name, most));
  }

  entries(name: string): Read<DirEntry[]> {
    return fromKernel(file.entriesAt(this.fd, name));
  }

  stat(name: string): Read<FileStat> {
    return fromKernel(file.statAt(this.fd, name));
  }

  openChild(name: string): Read<Dir> {
    const fd = file.openSubdirectory(this.fd, name);
    return fd < 0 ? failureOf(-fd) : new LiveDir(fd, `${this.path}/${name}`);
  }

  open(name: string): Read<Dir> {
    const fd = file.openDirectory(this.fd, name);
    return fd < 0 ? failureOf(-fd) : new LiveDir(fd, `${this.path}/${name}`);
  }

  close(): void {
    close(this.fd);
  }
}

/** The descriptor behind a directory that a live host opened. */
export function descriptorOf(dir: Dir): number {
  if (!(dir instanceof LiveDir)) throw new TypeError(`not a directory of this kernel: ${dir.path}`);
  return dir.fd;
}

/** Opens what `path` is inside the task's root: a handle that only names the place, and whether it is a file or a directory. */
function handleInRoot(task: Dir, path: ByteString, symlinks: Symlinks): Read<number> {
  // A handle that only names it: a file system in user space would be asked to open the directory, and may never answer.
  const root = file.openHandle(descriptorOf(task), 'root');
  if (root < 0) return failureOf(-root);
  const handle = file.openInRoot(root, path, symlinks);
  close(root);
  if (handle < 0) return failureOf(-handle);
  if (symlinks === 'follow' || !fstatSync(handle).isSymbolicLink()) return handle;
  // O_PATH with O_NOFOLLOW gives the link itself where it is the last component, whatever was asked of the way (openat2(2)).
  close(handle);
  return new Failure('malformed', 'ELOOP');
}

/** A handle on a directory, got without asking any file system, whose daemon may be stopped: not even for what kind of file it is. */
function placeInRoot(task: Dir, path: ByteString): Read<Dir> {
  const root = file.openHandle(descriptorOf(task), 'root');
  if (root < 0) return failureOf(-root);
  const handle = file.openKnownInRoot(root, path);
  close(root);
  // EINVAL: the kernel cannot be asked so.
  if (handle === -EAGAIN || handle === -EINVAL) return new Failure('not collected', errnoName(-handle));
  return handle < 0 ? failureOf(-handle) : new LiveDir(handle, `${task.path}/root${path}`);
}

function openDirInRoot(task: Dir, path: ByteString, symlinks: Symlinks = 'follow'): Read<Dir> {
  const handle = handleInRoot(task, path, symlinks);
  if (handle instanceof Failure) return handle;
  const fd = file.reopenDirectory(handle);
  close(handle);
  return fd < 0 ? failureOf(-fd) : new LiveDir(fd, `${task.path}/root${path}`);
}

function readFileInRoot(task: Dir, path: ByteString, limit: number, symlinks: Symlinks = 'follow'): Read<ByteString> {
  const handle = handleInRoot(task, path, symlinks);
  if (handle instanceof Failure) return handle;
  try {
    // What a container put there may be a FIFO that never ends or a device that acts when opened: look before.
    if (!fstatSync(handle).isFile()) return new Failure('malformed', 'not a regular file');
    if (isMadeOfCode(handle)) {
      return new Failure('malformed', 'a file of the kernel');
    }
    const fd = file.reopen(handle);
    if (fd < 0) return failureOf(-fd);
    const content = file.readAll(fd, limit);
    close(fd);
    return fromKernel(content);
  } finally {
    close(handle);
  }
}

/** The reader's own rights, from its own /proc also where another one is read. */
function reader(): ReaderFacts {
  let capEff: string | null = null;
  try {
    capEff = /^CapEff:\t([0-9a-f]{16})$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? null;
  } catch (error) {
    // A container may lack a /proc of its own and have the host's elsewhere; any other error is one.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  return { pid: process.pid, uid: process.geteuid?.() ?? -1, capEff };
}

/**
 * Whether the pids of /proc are those that system calls of the reader take. They are not where the reader is in a pid
 * namespace of its own and /proc is still that of the one around it: `NSpid` has a number for each level from the one of
 * the procfs down to that of the task (proc_pid_status(5)).
 */
export function pidsAreOwn(): boolean {
  try {
    const [, levels] = /^NSpid:\t([0-9\t]+)$/m.exec(readFileSync('/proc/self/status', 'latin1')) ?? [];
    return levels === String(process.pid);
  } catch (error) {
    // Not even the reader has an entry there: it is the procfs of another pid namespace.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/**
 * The host below `root`: `/` for this machine, or a directory under which another view of its /proc and /sys is mounted.
 * In the second case, and where /proc is that of another pid namespace, pids are not the reader's and no question that
 * takes one is asked.
 */
export function liveHost(root = '/'): Host {
  const isOwn = root === '/';
  const prefix = isOwn ? '' : root.replace(/\/+$/, '');
  return {
    kind: isOwn ? 'live' : 'host-root',
    root,
    canReopen: true,
    open(path) {
      const fd = file.openDirectory(AT_FDCWD, prefix + path);
      return fd < 0 ? failureOf(-fd) : new LiveDir(fd, path);
    },
    openInRoot: openDirInRoot,
    placeInRoot,
    readInRoot: readFileInRoot,
    kernel: liveKernel(isOwn && pidsAreOwn(), descriptorOf),
    tree: liveTree(descriptorOf, (fd, path) => new LiveDir(fd, path)),
    reader,
  };
}
