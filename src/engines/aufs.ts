import type { AufsBranches } from '../schema/layers.ts';
import { nameOf, type ByteString } from '../text/bytes.ts';

/**
 * Parses `/sys/fs/aufs/si_<id>/br<n>` (aufs(5); written by `sysaufs_si_br` in fs/aufs/sysaufs.c): a path, `=` and what may be
 * done with it, `rw`, `ro`, `rr`, `ro+wh` and so on. Null: malformed.
 */
export function parseAufsBranch(text: ByteString): AufsBranches['branches'][number] | null {
  const [, path, mode] = /^(\/.*)=(r[orw](?:\+[a-z+]+)?)\n?$/s.exec(text) ?? [];
  return path === undefined || mode === undefined ? null : { path: nameOf(path), mode };
}
