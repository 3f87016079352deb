/**
 * Processes that do nothing but exist: what the kernel takes for them and for their namespaces is measured without a program
 * around it.
 *
 * Why machine code: fork(2) would copy the page tables of Node, a millisecond that drowns what is to be measured, and leave
 * the child in JavaScript, with locks of threads that it does not have. clone3(2) with CLONE_VM copies nothing, but then the
 * child must not return into code that shares its stack with its parent. So it does not return at all: the few instructions
 * below make the child, and in it wait in read(2) for one byte and exit. They touch no memory but that byte, no stack, and no
 * library; CLONE_CLEAR_SIGHAND (5.5) keeps a signal from running a handler of Node in the child.
 */
import koffi from 'koffi';

import { close, EINTR, ENOSYS, errnoName } from './libc.ts';

/** Flags of clone(2) for the namespace types (include/uapi/linux/sched.h). */
export const CLONE_NEW = {
  time: 0x80,
  mnt: 0x20000,
  cgroup: 0x2000000,
  uts: 0x4000000,
  ipc: 0x8000000,
  user: 0x10000000,
  pid: 0x20000000,
  net: 0x40000000,
} as const;

const CLONE_VM = 0x100n;
const CLONE_CLEAR_SIGHAND = 0x100000000n;

/** `struct clone_args` as its first version has it: eight 64-bit fields, of which only the flags are not 0. */
const CLONE_ARGS_BYTES = 64;

/** wait4(2) also for children that send no SIGCHLD: libuv, which listens for it, knows nothing of these. */
const WALL = 0x40000000;

const PROT_READ_WRITE = 3;
const PROT_READ_EXEC = 5;
const MAP_PRIVATE_ANONYMOUS = 0x22;
const PAGE = 4096;

/** `long run(struct clone_args *args, size_t size, int fd, void *byte)` for x86-64 (System V calling convention). */
const X64 = [
  [0x49, 0x89, 0xd1], //                   mov r9, rdx      the kernel keeps r8 and r9
  [0x49, 0x89, 0xc8], //                   mov r8, rcx
  [0xb8, 0xb3, 0x01, 0x00, 0x00], //       mov eax, 435     clone3
  [0x0f, 0x05], //                         syscall
  [0x48, 0x85, 0xc0], //                   test rax, rax
  [0x74, 0x01], //                         jz child
  [0xc3], //                               ret
  // child: prctl(PR_SET_PDEATHSIG, SIGKILL), so that it ends with its maker
  [0xbf, 0x01, 0x00, 0x00, 0x00], //       mov edi, 1
  [0xbe, 0x09, 0x00, 0x00, 0x00], //       mov esi, 9
  [0xb8, 0x9d, 0x00, 0x00, 0x00], //       mov eax, 157
  [0x0f, 0x05], //                         syscall
  // read(fd, byte, 1)
  [0x44, 0x89, 0xcf], //                   mov edi, r9d
  [0x4c, 0x89, 0xc6], //                   mov rsi, r8
  [0xba, 0x01, 0x00, 0x00, 0x00], //       mov edx, 1
  [0x31, 0xc0], //                         xor eax, eax
  [0x0f, 0x05], //                         syscall
  // exit(0)
  [0x31, 0xff], //                         xor edi, edi
  [0xb8, 0x3c, 0x00, 0x00, 0x00], //       mov eax, 60
  [0x0f, 0x05], //                         syscall
  [0x0f, 0x0b], //                         ud2
].flat();

/** Makes such processes, and ends them. */
export interface BriefChildren {
  /** A child with these namespaces of its own, in read(2) from now on; its pid, or minus the error number. */
  make(flags: number): number;
  /** Tells one child to exit: any of those that are there. 1, or minus the error number. */
  release(): number;
  /** Waits until this child has exited and its pid is free again. */
  reap(pid: number): number;
  /** A system call that does nothing (getppid(2)): what every other figure includes. */
  nothing(): number;
}

/** Prepares to make such processes; text: why this cannot be done here. */
export function briefChildren(): BriefChildren | string {
  if (process.arch !== 'x64') return `there is no code for this processor (${process.arch})`;
  const libc = koffi.load(null);
  const mmap = libc.func('void *mmap(void *at, size_t size, int protection, int flags, int fd, int64_t offset)');
  const mprotect = libc.func('int mprotect(void *at, size_t size, int protection)');
  const pipe = libc.func('int pipe2(_Out_ int *fds, int flags)');
  const write = libc.func('int64_t write(int fd, const uint8_t *bytes, size_t size)');
  const wait4 = libc.func('int wait4(int pid, int *status, int options, void *usage)');
  const getppid = libc.func('int getppid()');

  // One page for the code, one for the byte.
  const page = mmap(null, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0) as unknown;
  const data = mmap(null, PAGE, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0) as unknown;
  koffi.encode(page, koffi.array('uint8_t', X64.length), X64);
  // Some kernels allow no page that was written to be executed (SELinux execmem, PaX).
  if (mprotect(page, PAGE, PROT_READ_EXEC) !== 0)
    return `a page cannot be made executable: ${errnoName(koffi.errno())}`;
  const ends: number[] = [0, 0];
  if (pipe(ends, 0) !== 0) return `there is no pipe: ${errnoName(koffi.errno())}`;
  const [readEnd = -1, writeEnd = -1] = ends;
  const run = koffi.decode(
    page,
    koffi.proto('int64_t run_brief_child(const uint8_t *args, size_t size, int fd, void *byte)'),
  ) as (args: Uint8Array, size: number, fd: number, byte: unknown) => number;

  const args = Buffer.alloc(CLONE_ARGS_BYTES);
  const one = Buffer.from([1]);
  const answer = (value: number): number => (value < 0 ? -koffi.errno() : value);
  const children: BriefChildren = {
    make(flags) {
      args.writeBigUInt64LE(CLONE_VM | CLONE_CLEAR_SIGHAND | BigInt(flags), 0);
      // The system call itself: its result is minus the error number already.
      return run(args, CLONE_ARGS_BYTES, readEnd, data);
    },
    release: () => answer(Number(write(writeEnd, one, 1))),
    reap(pid) {
      for (;;) {
        const reaped = answer(Number(wait4(pid, null, WALL, null)));
        if (reaped !== -EINTR) return reaped;
      }
    },
    nothing: () => Number(getppid()),
  };
  const first = children.make(0);
  if (first > 0) {
    children.release();
    children.reap(first);
    return children;
  }
  for (const end of ends) close(end);
  return first === -ENOSYS
    ? 'this kernel, or a filter of system calls, has no clone3 (since 5.3)'
    : `clone3: ${errnoName(-first)}`;
}
