import { statfsSync } from 'node:fs';

/**
 * File systems whose files hold nothing: each read is answered by the kernel, and some reads wait or take away what they give
 * (`/proc/kmsg`, `trace_pipe`), although stat(2) calls all of them regular files. Numbers: include/uapi/linux/magic.h, and for
 * configfs and nfsd fs/configfs/mount.c and fs/nfsd/nfsctl.c.
 */
const MADE_OF_CODE: ReadonlySet<number> = new Set([
  0x9fa0, // proc
  0x62656572, // sysfs
  0x64626720, // debugfs
  0x74726163, // tracefs
  0x73636673, // securityfs
  0xf97cff8c, // selinuxfs
  0x43415d53, // smackfs
  0x27e0eb, // cgroup
  0x63677270, // cgroup2
  0x7655821, // resctrl
  0xcafe4a11, // bpf
  0x6165676c, // pstore
  0xde5e81e4, // efivarfs
  0x42494e4d, // binfmt_misc
  0xabba1974, // xenfs
  0x62656570, // configfs
  0x6e667364, // nfsd
]);

/** Whether what the descriptor refers to is in one of {@link MADE_OF_CODE}: nothing in there is opened for reading. */
export function isMadeOfCode(handle: number): boolean {
  return MADE_OF_CODE.has(statfsSync(`/proc/self/fd/${String(handle)}`).type);
}
