import type { ByteString } from '../text/bytes.ts';
import { baseName } from './flags.ts';

/**
 * Whether this is bubblewrap (bwrap(1)), which stays as the parent of what it sandboxes and, with `--unshare-pid`, as its
 * pid 1 as well. Its sandboxes have no name, no cgroup of their own and no state file.
 */
export function isBubblewrap(argv: readonly ByteString[]): boolean {
  return baseName(argv[0] ?? '') === 'bwrap';
}
