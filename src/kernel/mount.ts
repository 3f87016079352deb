/** Mounts by listmount(2) and statmount(2) (include/uapi/linux/mount.h), which reach into any mount namespace by its id. */
import * as libc from './libc.ts';
import { SYS } from './arch.ts';
import type { ByteString } from '../text/bytes.ts';

const LSMT_ROOT = 0xffff_ffff_ffff_ffffn;

/** What statmount(2) is asked for. */
const STATMOUNT_SB_BASIC = 0x01n;
const STATMOUNT_MNT_ROOT = 0x08n;
const STATMOUNT_MNT_POINT = 0x10n;

/** Super block magic of nsfs (include/uapi/linux/magic.h). */
const NSFS_MAGIC = 0x6e736673n;

/** Offsets in struct statmount. Strings lie behind it, each at its own offset from `STR`. */
const AT = { mask: 8, sbMagic: 24, mntRoot: 104, mntPoint: 108, STR: 512 } as const;

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
