/** What all images and containers of a store come to: how much, what is shared, and what nothing uses. */
import type { MountsFacet } from '../../schema/mounts.ts';
import type { Name } from '../../schema/name.ts';
import { bytesOf, nameKey } from '../../text/bytes.ts';
import type { Image, StackedContainer, Store } from './world.ts';

/** An image's share of a store. */
export interface ImageShare {
  readonly image: Image;
  /** Null: one of its layers is not counted. */
  readonly bytes: bigint | null;
  readonly ownBytes: bigint | null;
  readonly containers: readonly StackedContainer[];
}

/** A directory that nothing uses. */
export interface Orphan {
  readonly path: Name;
  readonly why: 'unrecorded' | 'container gone';
}

/** What a store comes to. */
export interface StoreSummary {
  readonly store: Store;
  readonly layers: number;
  readonly bytes: bigint;
  readonly sharedBytes: bigint;
  readonly images: readonly ImageShare[];
  /** Containers whose image is not known. */
  readonly others: readonly StackedContainer[];
  readonly orphans: readonly Orphan[];
}

/** Sums up a store. Layers without a number count as nothing. `mounts`: what is mounted now is used by somebody. */
export function summaryOf(store: Store, mounts: MountsFacet): StoreSummary {
  let bytes = 0n;
  let sharedBytes = 0n;
  let layers = 0;
  for (const layer of store.facts.layers) {
    if (layer.role !== 'image') continue;
    layers++;
    const size = BigInt(layer.bytes ?? 0);
    bytes += size;
    // Containers write to layers of their own, and share all below with their image, or, if it is gone, with each other.
    const users = store.users.get(layer.key) ?? [];
    if (users.length > 1) sharedBytes += size * BigInt(users.length - 1);
  }
  const byImage = new Map<Image, StackedContainer[]>();
  const others: StackedContainer[] = [];
  for (const container of store.containers) {
    if (container.image === null) others.push(container);
    else byImage.set(container.image, [...(byImage.get(container.image) ?? []), container]);
  }
  const images = store.images.map((image) => shareOf(store, image, byImage.get(image) ?? []));
  return { store, layers, bytes, sharedBytes, images, others, orphans: orphansOf(store, mounts) };
}

function shareOf(store: Store, image: Image, containers: readonly StackedContainer[]): ImageShare {
  let bytes: bigint | null = 0n;
  let ownBytes: bigint | null = 0n;
  for (const { key, bytes: size } of image.stack) {
    if (size === null) {
      bytes = ownBytes = null;
      break;
    }
    const images = (store.users.get(key) ?? []).filter(({ kind }) => kind === 'image').length;
    bytes += BigInt(size);
    if (images === 1) ownBytes += BigInt(size);
  }
  return { image, bytes, ownBytes, containers };
}

/** Directories that no record names, and writable layers whose container is gone; not what is mounted. */
function orphansOf(store: Store, { tables }: MountsFacet): Orphan[] {
  const mounted = new Set<string>();
  for (const { fsType, superOptions } of tables.flatMap((table) => table.mounts)) {
    if (fsType !== 'overlay') continue;
    for (const option of superOptions) {
      const text = bytesOf(option);
      if (text.startsWith('upperdir=')) mounted.add(text.slice('upperdir='.length));
    }
  }
  const isMounted = (path: Name): boolean => mounted.has(bytesOf(path));
  const orphans: Orphan[] = [];
  for (const path of store.facts.directories) {
    if (!store.byDir.has(nameKey(path)) && !isMounted(path)) orphans.push({ path, why: 'unrecorded' });
  }
  for (const layer of store.facts.layers) {
    const [path] = layer.dirs;
    if (layer.role !== 'writable' || path === undefined || layer.dirs.some(isMounted)) continue;
    const isUsed = (store.users.get(layer.key) ?? []).some(
      // dockerd keeps a record of the layer apart from that of the container.
      (user) => user.kind === 'container' && (user.container.facts.name !== null || user.container.image !== null),
    );
    if (!isUsed && !isLower(store, layer.key)) orphans.push({ path, why: 'container gone' });
  }
  return orphans;
}

/** Whether other layers stand on it. */
function isLower(store: Store, key: string): boolean {
  return store.facts.layers.some(({ parent }) => parent === key);
}
