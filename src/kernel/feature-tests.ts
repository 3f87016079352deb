/**
 * Tests of kernel interfaces by using each on the reader itself, so that nothing else is touched. A version number tells
 * little: distributions carry interfaces back, and seccomp filters take them away.
 */
import { constants, openSync } from 'node:fs';
import type { Interface } from '../schema/doctor.ts';
import { inMountNamespace } from './enter.ts';
import { openDirectory, openInRoot } from './file.ts';
import * as libc from './libc.ts';
import { listMounts, nsfsMount } from './mount.ts';
import * as nsfs from './nsfs.ts';
import * as pidfd from './pidfd.ts';

/** include/linux/net.h and include/linux/socket.h */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = libc.O_CLOEXEC;

/** Uses every interface once; null where it worked, else the name of the error. Needs a /proc of the reader's own. */
export function testInterfaces(): Record<Interface, string | null> {
  const mnt = openSync('/proc/self/ns/mnt', constants.O_RDONLY);
  const user = openSync('/proc/self/ns/user', constants.O_RDONLY);
  const task = pidfd.pidfdOpen(process.pid, process.pid);
  const tests: Record<Interface, () => number> = {
    // EPERM: the owner is out of the reader's sight, but the kernel knows the question (ns_get_owner, kernel/user_namespace.c).
    NS_GET_USERNS: () => closing(unless(nsfs.openOwner(mnt), libc.EPERM)),
    NS_GET_OWNER_UID: () => nsfs.ownerUid(user),
    NS_GET_ID: () => nsfs.tryId(user, 'NS_GET_ID'),
    NS_GET_MNTNS_ID: () => nsfs.tryId(mnt, 'NS_GET_MNTNS_ID'),
    NS_MNT_GET_NEXT: () => {
      const next = nsfs.openMountNamespace(mnt, 'next');
      return typeof next === 'number' ? unless(next, libc.ENOENT) : closing(next.fd);
    },
    listmount: () => asNumber(ownMounts(mnt)),
    statmount: () => {
      const [first] = [ownMounts(mnt)].flat();
      return typeof first === 'bigint' ? asNumber(nsfsMount(first, ownId(mnt))) : (first ?? -libc.ENOENT);
    },
    setns: () => inMountNamespace(mnt, () => 0),
    openat2: () => {
      const root = openDirectory(libc.AT_FDCWD, '/');
      const found = closing(openInRoot(root, '.', 'refuse'));
      libc.close(root);
      return found;
    },
    pidfd_open: () => task,
    pidfd_getfd: () => (task < 0 ? task : closing(pidfd.pidfdGetfd(task, mnt))),
    SIOCGSKNS: () => {
      const socket = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (socket < 0) return socket;
      const asked = closing(pidfd.openSocketNamespace(socket));
      libc.close(socket);
      return asked;
    },
    PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE: () => (task < 0 ? task : closing(pidfd.openPidForChildren(task))),
    kcmp: () => pidfd.compareFiles(process.pid, process.pid),
  };
  const answers = Object.entries(tests).map(([name, test]) => {
    const answer = test();
    return [name, answer < 0 ? libc.errnoName(-answer) : null] as const;
  });
  for (const fd of [mnt, user, task]) if (fd >= 0) libc.close(fd);
  return Object.fromEntries(answers) as Record<Interface, string | null>;
}

/** An answer that is as good as success. */
function unless(answer: number, errno: number): number {
  return answer === -errno ? 0 : answer;
}

/** Closes the descriptor that a test got and gives 0; an error as it is. */
function closing(fd: number): number {
  if (fd > 0) libc.close(fd);
  return Math.min(fd, 0);
}

function asNumber(answer: unknown): number {
  return typeof answer === 'number' ? answer : 0;
}

/** By its id, as others are asked for; 0 means the reader's own where the kernel gives no ids. */
function ownId(mnt: number): bigint {
  const id = nsfs.nsId(mnt, 'mnt');
  return typeof id === 'bigint' ? id : 0n;
}

function ownMounts(mnt: number): bigint[] | number {
  return listMounts(ownId(mnt));
}
