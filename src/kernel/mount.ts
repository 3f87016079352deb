/** Mounts by listmount(2) and statmount(2) (include/uapi/linux/mount.h), which reach into any mount namespace by its id. */
import * as libc from './libc.ts';
import { SYS } from './arch.ts';
import type { ByteString } from '../text/bytes.ts';

const LSMT_ROOT = 0xffff_ffff_ffff_ffffn;

/** What statmount(2) is asked for. */
const STATMOUNT_SB_BASIC = 0x01n;
const STATMOUNT_MNT_ROOT = 0x08n;
const STATMOUNT_MNT_POINT = 0x10n;
const STATMOUNT_MNT_OPTS = 0x80n;
const STATMOUNT_FS_SUBTYPE = 0x100n;
const STATMOUNT_SB_SOURCE = 0x200n;
/** What 6.8 did not tell yet: options came with 6.11, sources with 6.13. */
const STATMOUNT_NEW = STATMOUNT_MNT_OPTS | STATMOUNT_SB_SOURCE;
/** All that mountinfo tells: basics of superblock and mount, propagation, root, point, type, options, subtype, source. */
const STATMOUNT_ALL = 0x3bfn;

/** Super block magic of nsfs (include/uapi/linux/magic.h). */
const NSFS_MAGIC = 0x6e736673n;

/** Offsets in struct statmount. Strings lie behind it, each at its own offset from `STR`. */
const AT = {
  mntOpts: 4,
  mask: 8,
  devMajor: 16,
  devMinor: 20,
  sbMagic: 24,
  sbFlags: 32,
  fsType: 36,
  mntId: 40,
  mntIdOld: 56,
  parentIdOld: 60,
  mntAttr: 64,
  propagation: 72,
  peerGroup: 80,
  master: 88,
  propagateFrom: 96,
  mntRoot: 104,
  mntPoint: 108,
  fsSubtype: 120,
  sbSource: 124,
  STR: 512,
} as const;

/** struct mnt_id_req { u32 size, spare; u64 mnt_id, param, mnt_ns_id; } (MNT_ID_REQ_SIZE_VER1) */
const request = Buffer.alloc(32);

let answer: Buffer = Buffer.allocUnsafeSlow(16 * 1024);
const ids = Buffer.allocUnsafeSlow(8 * 1024);

function fillRequest(id: bigint, param: bigint, mntnsId: bigint): void {
  request.writeUInt32LE(request.length, 0);
  request.writeUInt32LE(0, 4);
  request.writeBigUInt64LE(id, 8);
  request.writeBigUInt64LE(param, 16);
  request.writeBigUInt64LE(mntnsId, 24);
}

/** Unique ids of all mounts below the root of a mount namespace, overmounted ones too; or minus errno. */
export function listMounts(mntnsId: bigint): bigint[] | number {
  const found: bigint[] = [];
  let last = 0n;
  for (;;) {
    fillRequest(LSMT_ROOT, last, mntnsId);
    const n = libc.mountQuery(SYS.listmount, request, ids, ids.length / 8, 0);
    if (n < 0) return n;
    for (let i = 0; i < n; i++) found.push(ids.readBigUInt64LE(i * 8));
    if (n < ids.length / 8) return found;
    last = found[found.length - 1] ?? 0n;
  }
}

function statmount(id: bigint, mntnsId: bigint, what: bigint): number {
  for (;;) {
    fillRequest(id, what, mntnsId);
    const error = libc.mountQuery(SYS.statmount, request, answer, answer.length, 0);
    // The strings did not fit; a path has no upper bound worth relying on.
    if (error !== -libc.EOVERFLOW || answer.length > 1 << 24) return error;
    answer = Buffer.allocUnsafeSlow(answer.length * 4);
  }
}

function stringAt(offset: number): ByteString {
  const start = AT.STR + answer.readUInt32LE(offset);
  return answer.toString('latin1', start, answer.indexOf(0, start));
}

/** A bind mount of an nsfs file. */
export interface NsfsMount {
  /** Such as `net:[4026532184]`. */
  readonly root: ByteString;
  /** Where it is mounted, from the root of its mount namespace. */
  readonly point: ByteString;
}

/** Whether the mount is one of an nsfs file, and of what, where. Null: another file system. Minus errno: it could not be asked. */
export function nsfsMount(id: bigint, mntnsId: bigint): NsfsMount | null | number {
  const error = statmount(id, mntnsId, STATMOUNT_SB_BASIC);
  if (error < 0) return error;
  if (answer.readBigUInt64LE(AT.sbMagic) !== NSFS_MAGIC) return null;
  const again = statmount(id, mntnsId, STATMOUNT_MNT_ROOT | STATMOUNT_MNT_POINT);
  if (again < 0) return again;
  return { root: stringAt(AT.mntRoot), point: stringAt(AT.mntPoint) };
}

/** What statmount(2) says of a mount, not yet put into words. */
export interface StatMount {
  readonly uniqueId: bigint;
  readonly id: number;
  readonly parent: number;
  readonly major: number;
  readonly minor: number;
  /** SB_RDONLY and the like (include/uapi/linux/mount.h, MS_*). */
  readonly sbFlags: number;
  /** MOUNT_ATTR_*. */
  readonly attr: bigint;
  /** MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE. */
  readonly propagation: bigint;
  readonly peerGroup: bigint;
  readonly master: bigint;
  readonly propagateFrom: bigint;
  readonly root: ByteString;
  readonly point: ByteString;
  readonly fsType: ByteString;
  readonly subtype: ByteString;
  readonly source: ByteString;
  /** Options of the file system, comma separated, escaped as in mountinfo. */
  readonly options: ByteString;
}

/** A mount by its unique id. Minus errno: it could not be asked; see also {@link tellsOptions}. */
export function statMount(id: bigint, mntnsId: bigint): StatMount | number {
  const error = statmount(id, mntnsId, STATMOUNT_ALL);
  if (error < 0) return error;
  const mask = answer.readBigUInt64LE(AT.mask);
  // A string that is empty has no bit: of the source and the options that says nothing, of the point that it cannot be reached.
  const has = (bit: bigint): boolean => (mask & bit) !== 0n;
  return {
    uniqueId: answer.readBigUInt64LE(AT.mntId),
    id: answer.readUInt32LE(AT.mntIdOld),
    parent: answer.readUInt32LE(AT.parentIdOld),
    major: answer.readUInt32LE(AT.devMajor),
    minor: answer.readUInt32LE(AT.devMinor),
    sbFlags: answer.readUInt32LE(AT.sbFlags),
    attr: answer.readBigUInt64LE(AT.mntAttr),
    propagation: answer.readBigUInt64LE(AT.propagation),
    peerGroup: answer.readBigUInt64LE(AT.peerGroup),
    master: answer.readBigUInt64LE(AT.master),
    propagateFrom: answer.readBigUInt64LE(AT.propagateFrom),
    root: stringAt(AT.mntRoot),
    point: stringAt(AT.mntPoint),
    fsType: stringAt(AT.fsType),
    subtype: has(STATMOUNT_FS_SUBTYPE) ? stringAt(AT.fsSubtype) : '',
    source: has(STATMOUNT_SB_SOURCE) ? stringAt(AT.sbSource) : '',
    options: has(STATMOUNT_MNT_OPTS) ? stringAt(AT.mntOpts) : '',
  };
}

/**
 * Whether statmount tells all of these here: STATMOUNT_SUPPORTED_MASK is newer (6.16) than what it would tell of, so that the
 * mounts of the reader's own namespace are asked: some have options and a source in any system.
 */
export function tellsOptions(ids: readonly bigint[], mntnsId: bigint): boolean {
  let seen = 0n;
  for (const id of ids) {
    if (statmount(id, mntnsId, STATMOUNT_ALL) >= 0) seen |= answer.readBigUInt64LE(AT.mask);
    if ((seen & STATMOUNT_NEW) === STATMOUNT_NEW) return true;
  }
  return false;
}
