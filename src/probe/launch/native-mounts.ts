/** What is mounted in a container of the native launcher, and what of the kernel's own files is kept from it, as engines do. */
import path from 'node:path';

import { liveHost } from '../../host/live.ts';
import { Failure } from '../../host/port.ts';
import type { OwnNamespace } from './launcher.ts';
import { DEVICES, fstabField, type makeRoot } from './root.ts';

/** A path that is not to be seen. */
interface Masked {
  readonly at: string;
  readonly isDirectory: boolean;
}

/** Paths below /proc and /sys that are not the container's to change, or to see. */
export interface Protected {
  readonly readOnly: readonly string[];
  readonly masked: readonly Masked[];
}

/** The four fields of fstab(5) that say something. */
type Fields = readonly [source: string, target: string, type: string, options: string];

/** What engines fill into the "Readonly Paths" and "Masked Paths" of a configuration (runtime-spec, config-linux.md). */
const READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];
const MASKED = [
  ...['acpi', 'asound', 'kcore', 'keys', 'latency_stats', 'timer_list', 'timer_stats', 'sched_debug', 'scsi'].map(
    (name) => `/proc/${name}`,
  ),
  '/sys/firmware',
];

/** Those of them that this kernel has. */
export function protectedHere(): Protected {
  return {
    readOnly: READ_ONLY.filter((at) => isDirectory(at) !== null),
    masked: MASKED.flatMap((at) => {
      const is = isDirectory(at);
      return is === null ? [] : [{ at, isDirectory: is }];
    }),
  };
}

/** Null where there is no such path. */
function isDirectory(at: string): boolean | null {
  const parent = liveHost().open(path.dirname(at));
  if (parent instanceof Failure) return null;
  const facts = parent.stat(path.basename(at));
  parent.close();
  return facts instanceof Failure ? null : facts.kind === 'directory';
}

/** Everything that is mounted, in the order of fstab(5); `root` lies in `directory`. Exported for its test. */
export function fstab(
  directory: string,
  binds: ReturnType<typeof makeRoot>,
  own: ReadonlySet<OwnNamespace>,
  disk: number,
  { readOnly, masked }: Protected,
) {
  const below = (name: string) => path.join(directory, name);
  const root = below('root');
  const parts = { lowerdir: below('lower'), upperdir: below('upper'), workdir: below('work') };
  const overlay = Object.entries(parts).map(([name, at]) => `${name}=${at}`);
  const mask = ({ at, isDirectory: empty }: Masked): Fields =>
    empty
      ? ['tmpfs', `${root}${at}`, 'tmpfs', 'ro,nosuid,nodev,noexec']
      : ['/dev/null', `${root}${at}`, 'none', 'bind'];
  const lines: Fields[] = [
    [parts.lowerdir, parts.lowerdir, 'none', 'bind,ro'],
    // Read-only from the start: whatever is mounted on is there.
    ['overlay', root, 'overlay', `ro,${overlay.join(',')}`],
    ['proc', `${root}/proc`, 'proc', 'nosuid,nodev,noexec'],
    ...readOnly.map((at): Fields => [`${root}${at}`, `${root}${at}`, 'none', 'bind,ro']),
    ...masked.filter(({ at }) => at.startsWith('/proc/')).map(mask),
    ['tmpfs', `${root}/tmp`, 'tmpfs', `size=${disk},nosuid,mode=1777`],
    ['tmpfs', `${root}/dev/shm`, 'tmpfs', `size=${Math.min(disk, 1 << 26)},nosuid,nodev,noexec,mode=1777`],
    ...DEVICES.map((name): Fields => [`/dev/${name}`, `${root}/dev/${name}`, 'none', 'bind']),
    ...binds.map(({ source, target, writable }): Fields => [
      ...([source, path.join(root, target), 'none'] as const),
      // Without rights a mount comes with all that is mounted below it, or not at all (mount_namespaces(7), "locked").
      `${own.has('user') ? 'rbind' : 'bind'}${writable ? '' : ',ro'}`,
    ]),
    // Both show the namespace in which they were mounted, and may only be mounted by its owner.
    ...(own.has('ipc') ? [['mqueue', `${root}/dev/mqueue`, 'mqueue', 'nosuid,nodev,noexec'] as const] : []),
    ...(own.has('net')
      ? [
          ['sysfs', `${root}/sys`, 'sysfs', 'ro,nosuid,nodev,noexec'] as const,
          ...masked.filter(({ at }) => at.startsWith('/sys/')).map(mask),
        ]
      : []),
  ];
  return lines.map((fields) => `${fields.map(fstabField).join(' ')} 0 0\n`).join('');
}
