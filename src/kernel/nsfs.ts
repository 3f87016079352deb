/** Questions to an open nsfs file (ioctl_ns(2), include/uapi/linux/nsfs.h; answered by ns_ioctl in fs/nsfs.c). */
import { fstatSync } from 'node:fs';
import * as libc from './libc.ts';
import type { NsType } from '../schema/namespace.ts';

// _IO(0xb7, n) and, for those that write into memory, _IOR(0xb7, n, size).
const NS_GET_USERNS = 0xb701;
const NS_GET_PARENT = 0xb702;
const NS_GET_NSTYPE = 0xb703;
const NS_GET_OWNER_UID = 0xb704;
const NS_GET_MNTNS_ID = 0x8008b705;
const NS_MNT_GET_NEXT = 0x8010b70b;
const NS_MNT_GET_PREV = 0x8010b70c;
const NS_GET_ID = 0x8008b70d;

/** The CLONE_NEW* flag of each type (include/uapi/linux/sched.h), which NS_GET_NSTYPE answers with. */
export const CLONE_FLAG: Readonly<Record<NsType, number>> = {
  time: 0x00000080,
  mnt: 0x00020000,
  cgroup: 0x02000000,
  uts: 0x04000000,
  ipc: 0x08000000,
  user: 0x10000000,
  pid: 0x20000000,
  net: 0x40000000,
};

const TYPE_OF_FLAG = new Map(Object.entries(CLONE_FLAG).map(([type, flag]) => [flag, type as NsType]));

/** Which type of namespace the open file is; null where it is none. */
export function nsType(fd: number): NsType | null {
  const flag = libc.ioctl(fd, NS_GET_NSTYPE, null);
  return TYPE_OF_FLAG.get(flag) ?? null;
}

/** The namespace's inode number, which names it while it lives. */
export function inumOf(fd: number): number {
  return fstatSync(fd).ino;
}

/** Opens the user namespace that owns this one. Minus EPERM: there is none, or it is outside the reader's own. */
export function openOwner(fd: number): number {
  return libc.ioctl(fd, NS_GET_USERNS, null);
}

/** Opens the parent of a user or pid namespace. Minus EPERM: there is none, or it is outside the reader's own. */
export function openParent(fd: number): number {
  return libc.ioctl(fd, NS_GET_PARENT, null);
}

const uidBuffer = Buffer.alloc(4);

/** The uid that owns a user namespace, in terms of the reader's. */
export function ownerUid(fd: number): number {
  const error = libc.ioctl(fd, NS_GET_OWNER_UID, uidBuffer);
  return error < 0 ? error : uidBuffer.readUInt32LE(0);
}

const idBuffer = Buffer.alloc(8);

/** The 64-bit id, or minus errno: by NS_GET_ID where the kernel has it, for mount namespaces else by NS_GET_MNTNS_ID. */
export function nsId(fd: number, type: NsType): bigint | number {
  let error = libc.ioctl(fd, NS_GET_ID, idBuffer);
  if (error < 0 && type === 'mnt') error = libc.ioctl(fd, NS_GET_MNTNS_ID, idBuffer);
  return error < 0 ? error : idBuffer.readBigUInt64LE(0);
}

/** 0 where the kernel answers this way of asking for an id, else minus errno. */
export function tryId(fd: number, request: 'NS_GET_ID' | 'NS_GET_MNTNS_ID'): number {
  return Math.min(libc.ioctl(fd, request === 'NS_GET_ID' ? NS_GET_ID : NS_GET_MNTNS_ID, idBuffer), 0);
}

/** struct mnt_ns_info { u32 size; u32 nr_mounts; u64 mnt_ns_id; } */
const infoBuffer = Buffer.alloc(16);

/** A mount namespace met on the walk through all of them. */
export interface OpenMountNamespace {
  readonly fd: number;
  readonly id: bigint;
}

/**
 * Opens the mount namespace before or after this one in the kernel's tree of them, ordered by id, skipping those that the
 * reader may not enter. Minus ENOENT: there is none; minus ENOTTY: the kernel is older than 6.12.
 */
export function openMountNamespace(fd: number, which: 'next' | 'prev'): OpenMountNamespace | number {
  infoBuffer.fill(0);
  const opened = libc.ioctl(fd, which === 'next' ? NS_MNT_GET_NEXT : NS_MNT_GET_PREV, infoBuffer);
  return opened < 0 ? opened : { fd: opened, id: infoBuffer.readBigUInt64LE(8) };
}
