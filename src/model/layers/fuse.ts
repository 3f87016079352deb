/** What fuse-overlayfs stacked: the kernel is not told, so that only an engine's records can say it. */
import type { MountFacts, MountsFacet } from '../../schema/mounts.ts';
import { bytesOf, nameOf, sameName } from '../../text/bytes.ts';
import type { StackedContainer, Store } from './world.ts';
import { layerAt } from './world.ts';

/**
 * Whether the directories of this mount are known to a daemon alone: the options in mountinfo are those of FUSE (`fuse_show_options`,
 * fs/fuse/inode.c), and `lowerdir=` stays on the daemon's command line.
 */
export function isFuseOverlay({ fsType }: MountFacts): boolean {
  return fsType === 'fuse.fuse-overlayfs';
}

/**
 * The container whose record names what is mounted. Engines have fuse-overlayfs mount at `<layer>/merged`, beside the directory
 * `<layer>/diff` that the container writes to, and the same superblock is the container's root.
 */
export function recordOfFuse(
  mount: MountFacts,
  { tables }: Pick<MountsFacet, 'tables'>,
  stores: readonly Store[],
): { readonly store: Store; readonly container: StackedContainer } | null {
  for (const { mounts } of tables) {
    // Whoever has it for a root may have mounted it anywhere: that is no word of the engine's.
    if (mounts.some(({ path, dev }) => dev === mount.dev && path === '/')) continue;
    for (const other of mounts) {
      if (other.dev !== mount.dev || !sameName(other.root, '/')) continue;
      const layer = /^(.*)\/merged$/s.exec(bytesOf(other.path))?.[1];
      const found = layer === undefined ? null : layerAt(stores, nameOf(`${layer}/diff`));
      const container = found?.store.containers.find(({ facts }) => facts.layer === found.layer.key);
      if (found !== null && container !== undefined) return { store: found.store, container };
    }
  }
  return null;
}
