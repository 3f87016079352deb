/**
 * What differs between the processor architectures that nsinspect runs on. System calls added since 5.1 have one number
 * everywhere (434 and up); the older ones do not (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
 */

interface SyscallNumbers {
  readonly kcmp: number;
  readonly perf_event_open: number;
  readonly statx: number;
}

const OLD_NUMBERS: Readonly<Record<string, SyscallNumbers>> = {
  x64: { kcmp: 312, perf_event_open: 298, statx: 332 },
  arm64: { kcmp: 272, perf_event_open: 241, statx: 291 },
};

/** Numbers of the system calls that libc may not wrap; null where this architecture is not known. */
export const SYS = {
  kcmp: OLD_NUMBERS[process.arch]?.kcmp ?? null,
  perf_event_open: OLD_NUMBERS[process.arch]?.perf_event_open ?? null,
  statx: OLD_NUMBERS[process.arch]?.statx ?? null,
  pidfd_open: 434,
  openat2: 437,
  pidfd_getfd: 438,
  statmount: 457,
  listmount: 458,
} as const;
