/** A short look from inside a mount namespace in which no task is that could lend its `/proc/PID/root`. */
import { constants, openSync } from 'node:fs';
import * as libc from './libc.ts';
import { CLONE_FLAG } from './nsfs.ts';

const CLONE_FS = 0x00000200;

const { O_RDONLY, O_DIRECTORY } = constants;

/**
 * Calls `look` with the calling thread inside the mount namespace and comes back. setns(2) refuses a thread whose root and
 * working directory are shared with others (mntns_install, fs/namespace.c: `fs->users != 1`), as those of Node's threads
 * are; so this thread gets its own first. `look` must only make system calls of its own thread. Gives minus errno where
 * the namespace cannot be entered (CAP_SYS_ADMIN over it and CAP_SYS_CHROOT are needed). Throws where the way back fails:
 * nothing that is read afterwards could be trusted.
 */
export function inMountNamespace(mntns: number, look: () => number): number {
  const ownRoot = openSync('/', O_RDONLY | O_DIRECTORY | libc.O_PATH);
  const ownDirectory = openSync('.', O_RDONLY | O_DIRECTORY | libc.O_PATH);
  const own = openSync('/proc/thread-self/ns/mnt', O_RDONLY);
  try {
    const apart = libc.unshare(CLONE_FS);
    if (apart < 0) return apart;
    const entered = libc.setns(mntns, CLONE_FLAG.mnt);
    if (entered < 0) return entered;
    try {
      return look();
    } finally {
      comeBack(own, ownRoot, ownDirectory);
    }
  } finally {
    for (const fd of [own, ownDirectory, ownRoot]) libc.close(fd);
  }
}

/** setns(2) leaves the thread at the namespace's root: a reader that lives under a chroot has to go back below it. */
function comeBack(mntns: number, root: number, directory: number): void {
  const steps: [string, () => number][] = [
    ['setns', () => libc.setns(mntns, CLONE_FLAG.mnt)],
    ['fchdir', () => libc.fchdir(root)],
    ['chroot', () => libc.chroot(Buffer.from('.\0'))],
    ['fchdir', () => libc.fchdir(directory)],
  ];
  for (const [name, step] of steps) {
    const error = step();
    if (error < 0) throw new Error(`cannot return to the own mount namespace: ${name}: ${libc.errnoName(-error)}`);
  }
}
