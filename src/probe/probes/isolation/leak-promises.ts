/**
 * Leaks that runtimes promise to prevent: writing to what is the whole kernel's, and reading its memory, messages and disks. Files
 * are opened and nothing is ever written: `: >>` opens for appending, which changes nothing in procfs, sysfs and cgroupfs.
 */
import type { ProbeRuntime } from '../../../schema/bench.ts';
import { namespaceOf, tryProc } from './host-view.ts';
import type { Leak, LeakGroup } from './leak.ts';

/** Those that run images of strangers, and have rules for devices. */
const ENGINES: readonly ProbeRuntime[] = ['docker', 'podman', 'runc', 'crun', 'lxc'];

/** bwrap is a kit of parts: what its caller does not say it leaves as it is. */
const ALL_BUT_BWRAP: readonly ProbeRuntime[] = ['native', ...ENGINES];

/** Paths that are read-only or masked by default: config-linux.md, as engines fill it in. LXC has fewer (`proc:mixed`). */
const WITH_READONLY_PATHS: readonly ProbeRuntime[] = ['native', 'docker', 'podman', 'runc', 'crun'];

/** Prints which of these files could be opened for writing. The subshell: a redirection that fails ends the shell. */
function openable(files: readonly string[]): string {
  return `for at in ${files.join(' ')}; do [ -e "$at" ] && (: >> "$at") 2> /dev/null && echo "$at"; done; :`;
}

function writable(name: string, by: readonly ProbeRuntime[], promise: string, files: readonly string[]): Leak {
  return {
    name,
    question: openable(files),
    promise,
    by,
    judge: ({ text }) => {
      const open = text.split('\n').filter((line) => line !== '');
      return { visible: open.length > 0, what: open.join(' ') || 'none could be opened for writing' };
    },
  };
}

/** A setting of the kernel that says whether a right is needed: at 0 everybody may, also without any container. */
function restricted(name: string): boolean {
  return tryProc(`sys/kernel/${name}`)?.trim() !== '0';
}

const dmesg: Leak = {
  name: 'dmesg',
  question: 'dmesg > /dev/null || head -c 1 /dev/kmsg > /dev/null',
  promise: 'messages of the kernel cannot be read, where that takes a right (kernel.dmesg_restrict)',
  judge: ({ status, text }) => ({
    visible: status === 0 && restricted('dmesg_restrict'),
    what: status === 0 ? 'read' : (text.trim().split('\n')[0] ?? ''),
  }),
};

const kallsyms: Leak = {
  name: 'kallsyms',
  // The addresses themselves are never printed.
  question: 'read -r address rest < /proc/kallsyms; case "$address" in *[!0]*) echo shown;; *) echo hidden;; esac',
  promise: 'addresses of the kernel are not shown, where that takes a right (kernel.kptr_restrict)',
  judge: ({ text }) => ({
    visible: text.trim() === 'shown' && restricted('kptr_restrict'),
    what: text.trim(),
  }),
};

const kcore: Leak = {
  name: 'kcore',
  question: 'head -c 1 /proc/kcore | wc -c',
  promise: "the kernel's memory cannot be read",
  judge: ({ text }) => {
    const read = text.trim().split('\n').at(-1) === '1';
    return { visible: read, what: read ? '/proc/kcore was read' : (text.trim().split('\n')[0] ?? '') };
  },
};

/** Bit of CAP_SYS_TIME in a set of capabilities (include/uapi/linux/capability.h). */
const CAP_SYS_TIME = 25n;

const settime: Leak = {
  name: 'set-clock',
  question: 'cat /proc/self/status; readlink /proc/self/ns/user',
  promise: 'the clock of the host cannot be set (CAP_SYS_TIME)',
  judge: ({ text }) => {
    const effective = BigInt(`0x${/^CapEff:\t([0-9a-f]+)$/m.exec(text)?.[1] ?? 'f'.repeat(16)}`);
    // In a user namespace of its own it is good for nothing of the host's.
    const outer = text.includes(namespaceOf('self', 'user'));
    const held = outer && ((effective >> CAP_SYS_TIME) & 1n) === 1n;
    return { visible: held, what: held ? 'CAP_SYS_TIME is held' : 'CAP_SYS_TIME is not held' };
  },
};

const disk: Leak = {
  name: 'raw-disk',
  question: ({ disk: on }) =>
    typeof on === 'string'
      ? 'false'
      : `mknod /tmp/disk b ${on.dev.replace(':', ' ')} && head -c 0 /tmp/disk; code=$?; rm -f /tmp/disk; exit $code`,
  promise: 'a disk of the host cannot be opened through a device node that was made inside',
  by: ENGINES,
  judge: ({ status, text }, { world }) => ({
    visible: status === 0,
    what: typeof world.disk === 'string' ? world.disk : text.trim().split('\n')[0] || 'opened for reading',
  }),
};

/** None of these belongs to a namespace. */
const SYSCTLS = [
  ...['kernel/core_pattern', 'kernel/sysrq', 'kernel/panic', 'vm/drop_caches', 'vm/overcommit_memory', 'fs/file-max'],
].map((name) => `/proc/sys/${name}`);

/** (Not all that root may write to: /proc/mtrr, say, is in no runtime's list.) */
const PROC = ['/proc/irq/default_smp_affinity', '/proc/acpi/wakeup', '/proc/scsi/scsi', '/proc/bus/pci/*/*'];

const SYSFS = [
  ...['kernel/mm/transparent_hugepage/enabled', 'kernel/uevent_helper', 'power/state'],
  ...['module/*/parameters/*', 'block/*/queue/scheduler'],
].map((name) => `/sys/${name}`);

const LIMIT_FILES = [
  ...['memory.max', 'cpu.max', 'pids.max'],
  ...['memory/memory.limit_in_bytes', 'cpu/cpu.cfs_quota_us', 'pids/pids.max'],
].map((name) => `/sys/fs/cgroup/${name}`);

/** Writing. */
export const WRITABLE_LEAKS: LeakGroup = {
  id: 'writable',
  title: "what of the kernel's settings a container can open for writing",
  leaks: [
    writable(
      'proc-sys',
      ALL_BUT_BWRAP,
      'no setting of the whole kernel below /proc/sys can be opened for writing',
      SYSCTLS,
    ),
    writable('sysrq', ALL_BUT_BWRAP, 'the kernel cannot be told to restart', ['/proc/sysrq-trigger']),
    writable('proc', WITH_READONLY_PATHS, 'no interrupt, bus or device can be opened for writing in /proc', PROC),
    writable('sysfs', ALL_BUT_BWRAP, 'no setting below /sys can be opened for writing', SYSFS),
    writable('cgroupfs', ALL_BUT_BWRAP, 'no limit of a cgroup can be opened for writing', LIMIT_FILES),
  ],
};

/** Reading, and rights. */
export const KERNEL_LEAKS: LeakGroup = {
  id: 'kernel',
  title: "whether a container reads the kernel's memory, messages or disks, or sets its clock",
  leaks: [dmesg, kallsyms, kcore, settime, disk],
};
