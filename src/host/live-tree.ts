/** Looks at the files of containers by system calls that follow nothing and open nothing but regular files. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import * as libc from '../kernel/libc.ts';
import * as tree from '../kernel/tree.ts';
import { parseOverlayHandle } from '../parse/overlay-handle.ts';
import type { OverlayHandle } from '../parse/overlay-handle.ts';
import type { ByteString } from '../text/bytes.ts';
import { failureOf, fromKernel } from './live-failure.ts';
import { isMadeOfCode } from './live-made-of-code.ts';
import { Failure } from './port.ts';
import type { Dir, OpenFile, Read, TreeQueries } from './port.ts';

/** A path this long is given to the kernel at once; PATH_MAX is 4096 with the NUL. */
const MOST_BYTES = 4000;

/** The questions of {@link TreeQueries}. `open` makes a Dir of a descriptor. */
export function liveTree(descriptorOf: (dir: Dir) => number, open: (fd: number, path: string) => Dir): TreeQueries {
  /** Asks about `path`: a single name straight, whose parent is at hand; a longer way by a handle that was got to without following anything. */
  const ask = <T>(dir: Dir, path: ByteString, question: (dir: number, name: ByteString) => T | number): T | number => {
    if (!path.includes('/') && path !== '..') return question(descriptorOf(dir), path);
    const handle = handleOn(descriptorOf(dir), path);
    if (handle < 0) return handle;
    try {
      return question(handle, '');
    } finally {
      libc.close(handle);
    }
  };
  return {
    facts: (dir, path) => fromKernel(ask(dir, path, tree.factsAt)),
    xattrs: (dir, path) => fromKernel(ask(dir, path, tree.xattrsAt)),
    handle: (dir, path) => fromKernel(ask(dir, path, tree.fileHandleAt)),
    behind(dir, path) {
      if (path === '.') return behind(descriptorOf(dir));
      const handle = tree.cachedHandleBelow(descriptorOf(dir), path);
      if (handle === -libc.EAGAIN || handle === -libc.EINVAL)
        return new Failure('not collected', libc.errnoName(-handle));
      if (handle < 0) return failureOf(-handle);
      try {
        return behind(handle);
      } finally {
        libc.close(handle);
      }
    },
    mountId(dir) {
      const id = tree.mountIdAt(descriptorOf(dir));
      return id < 0 ? failureOf(-id) : id;
    },
    openDirectory(dir, path) {
      const fd = below(descriptorOf(dir), path, tree.openDirectoryBelow);
      return fd < 0 ? failureOf(-fd) : open(fd, path === '.' ? dir.path : `${dir.path}/${path}`);
    },
    openFile(dir, path) {
      const handle = handleOn(descriptorOf(dir), path);
      if (handle < 0) return failureOf(-handle);
      try {
        return opened(handle);
      } finally {
        libc.close(handle);
      }
    },
  };
}

function behind(fd: number): Read<OverlayHandle> {
  const id = tree.overlayHandleAt(fd);
  if (typeof id === 'number') return failureOf(-id);
  const handle = parseOverlayHandle(id);
  return handle ?? new Failure('malformed', 'not a handle of overlayfs');
}

function handleOn(dir: number, path: ByteString): number {
  return below(dir, path, tree.handleBelow);
}

/** Opens `path` below `dir`, in several steps where it is longer than the kernel takes at once. */
function below(dir: number, path: ByteString, open: (dir: number, path: ByteString) => number): number {
  if (path.length <= MOST_BYTES) return open(dir, path);
  const cut = path.lastIndexOf('/', MOST_BYTES);
  if (cut <= 0) return -libc.ENAMETOOLONG;
  const step = tree.handleBelow(dir, path.slice(0, cut));
  if (step < 0) return step;
  const fd = below(step, path.slice(cut + 1), open);
  libc.close(step);
  return fd;
}

function opened(handle: number): Read<OpenFile> {
  if (!fstatSync(handle).isFile()) return new Failure('malformed', 'not a regular file');
  if (isMadeOfCode(handle)) return new Failure('malformed', 'a file of the kernel');
  const fd = tree.openContent(handle);
  if (fd < 0) return failureOf(-fd);
  return {
    read(into, position) {
      try {
        return readSync(fd, into, 0, into.length, position);
      } catch (error) {
        const { errno, code } = error as NodeJS.ErrnoException;
        // Only the kernel's own word is an answer: an EIO of a bad disk, say.
        if (errno === undefined || code === undefined) throw error;
        return failureOf(-errno);
      }
    },
    close: () => closeSync(fd),
  };
}
