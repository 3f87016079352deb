/** Opens namespaces by whatever leads to them. Each function gives a descriptor, or minus errno as src/kernel does. */
import { fstatSync, openSync, statSync } from 'node:fs';
import { inMountNamespace } from '../kernel/enter.ts';
import * as file from '../kernel/file.ts';
import * as libc from '../kernel/libc.ts';
import * as nsfs from '../kernel/nsfs.ts';
import * as pidfd from '../kernel/pidfd.ts';
import type { NsMount } from '../schema/namespace.ts';
import { bytesOf } from '../text/bytes.ts';

/** Opens a place that was resolved without following anything, if it is that namespace. */
function openNsfsAt(root: number, mounted: NsMount): number {
  const handle = file.openInRoot(root, bytesOf(mounted.path), 'refuse');
  if (handle < 0) return handle;
  // Only the namespace's own file may be opened: whatever else is mounted over it could act when opened.
  const { dev, ino } = fstatSync(handle);
  const fd = dev === nsfsDevice() && ino === mounted.inum ? file.reopen(handle) : -libc.ENOENT;
  libc.close(handle);
  return fd;
}

let knownDevice: number | undefined;

/** Device number of nsfs, which is one file system (fs/nsfs.c, nsfs_init). */
function nsfsDevice(): number {
  return (knownDevice ??= statSync('/proc/self/ns/mnt').dev);
}

/** Opens what a task has open, if it is a namespace: anything else could act when opened. */
export function openNsfsFd(dir: number, name: string): number {
  const handle = file.openHandle(dir, name);
  if (handle < 0) return handle;
  const fd = fstatSync(handle).dev === nsfsDevice() ? file.reopen(handle) : -libc.ENOENT;
  libc.close(handle);
  return fd;
}

function openMountNamespaceById(id: string): number {
  const wanted = BigInt(id);
  let fd = openSync('/proc/self/ns/mnt', 'r');
  const own = nsfs.nsId(fd, 'mnt');
  if (own === wanted) return fd;
  const which = typeof own === 'bigint' && own > wanted ? 'prev' : 'next';
  for (;;) {
    const other = nsfs.openMountNamespace(fd, which);
    libc.close(fd);
    if (typeof other === 'number') return other;
    if (other.id === wanted) return other.fd;
    fd = other.fd;
  }
}

/**
 * Opens the mounted namespace file as a task sees it whose root is the root of the mount namespace and whose `/proc/PID`
 * is `task`; if that fails, from inside the mount namespace with the id.
 */
export function openMounted(mounted: NsMount, mntnsId: string | null, task: number | null): number {
  // Handles alone: a file system in user space would be asked to open the directory, and may never answer.
  const root = task === null ? -libc.ENOENT : file.openHandle(task, 'root');
  if (root >= 0) {
    const fd = openNsfsAt(root, mounted);
    libc.close(root);
    if (fd >= 0) return fd;
  }
  if (mntnsId === null) return -libc.ENOENT;
  const mntns = openMountNamespaceById(mntnsId);
  if (mntns < 0) return mntns;
  // Asked before entering, where there may be no /proc.
  nsfsDevice();
  const fd = inMountNamespace(mntns, () => {
    const inside = file.openHandle(libc.AT_FDCWD, '/');
    if (inside < 0) return inside;
    const opened = openNsfsAt(inside, mounted);
    libc.close(inside);
    return opened;
  });
  libc.close(mntns);
  return fd;
}

/** Opens the network namespace of the socket that a task has open. */
export function openSocketNamespace(task: number, pid: number, tid: number, fd: number): number {
  const process = anchoredPidfd(task, pid, tid);
  if (process < 0) return process;
  const socket = pidfd.pidfdGetfd(process, fd);
  libc.close(process);
  if (socket < 0) return socket;
  const netns = pidfd.openSocketNamespace(socket);
  libc.close(socket);
  return netns;
}

/** Opens the pid namespace in which a task's next child will live. */
export function openPidForChildren(task: number, pid: number, tid: number): number {
  const process = anchoredPidfd(task, pid, tid);
  if (process < 0) return process;
  const fd = pidfd.openPidForChildren(process);
  libc.close(process);
  return fd;
}

/** Opens a pidfd of the very task that `task` is the directory of: the pid cannot have been given away while that still answers. */
function anchoredPidfd(task: number, pid: number, tid: number): number {
  const fd = pidfd.pidfdOpen(pid, tid);
  if (fd < 0) return fd;
  const name = tid === pid ? 'stat' : `task/${String(tid)}/stat`;
  if (!file.exists(task, name)) {
    libc.close(fd);
    return -libc.ESRCH;
  }
  return fd;
}
