/** Questions about a task that take its pid: pidfd_open(2), pidfd_getfd(2), kcmp(2), ioctls of include/uapi/linux/pidfd.h. */
import * as libc from './libc.ts';
import { SYS } from './arch.ts';

/** pidfd_open(2), since 6.9: the descriptor is for a thread, not for its process. */
const PIDFD_THREAD = 0o200; // O_EXCL, the same on x86-64 and arm64

/** _IO(0xff, 6) */
const PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE = 0xff06;

/** include/uapi/linux/sockios.h */
const SIOCGSKNS = 0x894c;

/** enum kcmp_type, include/uapi/linux/kcmp.h */
const KCMP_FILES = 2;

/** A descriptor for the process, or for one thread of it where the kernel can. Minus errno on an error. */
export function pidfdOpen(pid: number, tid: number): number {
  const fd = libc.syscall4(SYS.pidfd_open, tid, tid === pid ? 0 : PIDFD_THREAD, 0, 0);
  // Before 6.9 the flag is unknown: such a kernel has no descriptors for threads (kernel/pid.c, pidfd_open).
  return fd === -libc.EINVAL && tid !== pid ? -libc.ENOSYS : fd;
}

/** A duplicate of descriptor `fd` of that task. Needs the right to trace it. */
export function pidfdGetfd(pidfd: number, fd: number): number {
  return libc.syscall4(SYS.pidfd_getfd, pidfd, fd, 0, 0);
}

/** Opens the network namespace in which a socket was made. Needs CAP_NET_ADMIN there. */
export function openSocketNamespace(socket: number): number {
  return libc.ioctl(socket, SIOCGSKNS, null);
}

/** Opens the pid namespace in which the task's next child will live, also while that namespace has had no task yet. */
export function openPidForChildren(pidfd: number): number {
  return libc.ioctl(pidfd, PIDFD_GET_PID_FOR_CHILDREN_NAMESPACE, null);
}

/** 0: both tasks have one table of open files; above 0: not; minus errno where it cannot be asked. */
export function compareFiles(pid: number, tid: number): number {
  if (SYS.kcmp === null) return -libc.ENOSYS;
  return libc.syscall5(SYS.kcmp, pid, tid, KCMP_FILES, 0, 0);
}
