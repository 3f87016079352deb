import { NS_TYPES } from '../schema/namespace.ts';
import type { NsRef, NsType } from '../schema/namespace.ts';

/** Where the numbers of each type begin. */
const BASE = Object.fromEntries(NS_TYPES.map((type, i) => [type, i * 2 ** 32])) as Readonly<Record<NsType, number>>;

/** A number that stands for one namespace of a capture: cheaper as a key than a string, as there are ten a task. */
export function refKey(ref: NsRef): number {
  return BASE[ref.type] + ref.inum;
}

/** The namespace as the kernel writes it (ns_get_name and nsfs_show_path, fs/nsfs.c): `net:[4026531840]`. */
export function refText(ref: NsRef): string {
  return `${ref.type}:[${String(ref.inum)}]`;
}
