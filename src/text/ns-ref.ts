import { NS_TYPES } from '../schema/namespace.ts';
import type { NsRef } from '../schema/namespace.ts';

/** A number that stands for one namespace of a capture: cheaper as a key than a string, as there are ten a task. */
export function refKey(ref: NsRef): number {
  return NS_TYPES.indexOf(ref.type) * 2 ** 32 + ref.inum;
}

/** The namespace as the kernel writes it (ns_get_name and nsfs_show_path, fs/nsfs.c): `net:[4026531840]`. */
export function refText(ref: NsRef): string {
  return `${ref.type}:[${String(ref.inum)}]`;
}
