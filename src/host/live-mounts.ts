/** All mounts of a mount namespace by its id, in the words of mountinfo. */
import * as libc from '../kernel/libc.ts';
import { listMounts, statMount, tellsOptions } from '../kernel/mount.ts';
import type { StatMount } from '../kernel/mount.ts';
import { mountOptions } from '../parse/mountinfo.ts';
import type { MountFacts } from '../schema/mounts.ts';
import { nameOf } from '../text/bytes.ts';
import { failureOf } from './live-failure.ts';
import type { Read } from './port.ts';

/** Answers what {@link Kernel.mounts} asks. */
export function mountsOfNamespace(mntnsId: string): Read<MountFacts[]> {
  const id = BigInt(mntnsId);
  const ids = listMounts(id);
  if (typeof ids === 'number') return failureOf(-ids);
  const found: MountFacts[] = [];
  for (const one of ids) {
    const mount = statMount(one, id);
    // A mount that went away since it was listed is no failure of the whole; another is.
    if (typeof mount === 'number') {
      if (mount !== -libc.ENOENT) return failureOf(-mount);
    } else found.push(factsOf(mount));
  }
  return ids.length > 0 && !tellsOptions(ids, id) ? failureOf(libc.ENOSYS) : found;
}

function factsOf(mount: StatMount): MountFacts {
  return {
    id: mount.id,
    uniqueId: mount.uniqueId.toString(),
    parent: mount.parent,
    dev: `${String(mount.major)}:${String(mount.minor)}`,
    root: nameOf(mount.root),
    path: nameOf(mount.point),
    options: optionsOf(mount.attr),
    propagation: propagationOf(mount),
    fsType: nameOf(mount.subtype === '' ? mount.fsType : `${mount.fsType}.${mount.subtype}`),
    source: nameOf(mount.source),
    superOptions: [...superFlagsOf(mount.sbFlags), ...(mount.options === '' ? [] : mountOptions(mount.options))],
  };
}

/** MOUNT_ATTR_* (include/uapi/linux/mount.h) in the words and the order of `show_mnt_opts` (fs/proc_namespace.c). */
const ATTRIBUTES: readonly (readonly [bigint, string])[] = [
  [0x2n, 'nosuid'],
  [0x4n, 'nodev'],
  [0x8n, 'noexec'],
  [0x10n, 'noatime'],
  [0x80n, 'nodiratime'],
  [0x200000n, 'nosymfollow'],
  [0x100000n, 'idmapped'],
];

/** MOUNT_ATTR__ATIME; 0 there is relatime. */
const ATIME = 0x70n;

function optionsOf(attr: bigint): string[] {
  const words = ATTRIBUTES.filter(([bit]) => (attr & bit) !== 0n).map(([, word]) => word);
  if ((attr & ATIME) === 0n) {
    const before = ['nosuid', 'nodev', 'noexec', 'nodiratime'];
    words.splice(words.filter((word) => before.includes(word)).length, 0, 'relatime');
  }
  return [(attr & 1n) !== 0n ? 'ro' : 'rw', ...words];
}

function propagationOf({ propagation, peerGroup, master, propagateFrom }: StatMount): string[] {
  const words: string[] = [];
  if ((propagation & MS_SHARED) !== 0n) words.push(`shared:${String(peerGroup)}`);
  if ((propagation & MS_SLAVE) !== 0n) {
    words.push(`master:${String(master)}`);
    // Said only where the master itself is out of sight (show_mountinfo).
    if (propagateFrom !== 0n && propagateFrom !== master) words.push(`propagate_from:${String(propagateFrom)}`);
  }
  if ((propagation & MS_UNBINDABLE) !== 0n) words.push('unbindable');
  return words;
}

const MS_SHARED = 1n << 20n;
const MS_SLAVE = 1n << 19n;
const MS_UNBINDABLE = 1n << 17n;

/** SB_* that statmount gives, in the words and the order of `show_sb_opts`. */
const SUPER_FLAGS: readonly (readonly [number, string])[] = [
  [1 << 4, 'sync'],
  [1 << 7, 'dirsync'],
  [1 << 25, 'lazytime'],
];

function superFlagsOf(flags: number): string[] {
  return [
    (flags & 1) === 0 ? 'rw' : 'ro',
    ...SUPER_FLAGS.filter(([bit]) => (flags & bit) !== 0).map(([, word]) => word),
  ];
}
