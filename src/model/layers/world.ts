/** All layer stores of a capture, so that a directory, a digest or a container leads to its layers and to who shares them. */
import { chainIdsOf } from '../../engines/digest.ts';
import type { LayerContainer, LayersFacet, LayerStore, StoredImage, StoredLayer } from '../../schema/layers.ts';
import type { Name } from '../../schema/name.ts';
import { nameKey } from '../../text/bytes.ts';

/** A store and what follows from its records. */
export interface Store {
  readonly facts: LayerStore;
  readonly byKey: ReadonlyMap<string, StoredLayer>;
  readonly byDir: ReadonlyMap<string, StoredLayer>;
  readonly images: readonly Image[];
  readonly containers: readonly StackedContainer[];
  /** Digests of each layer of images, by its key: of its own record, else of an image that has it. */
  readonly digests: ReadonlyMap<string, Digests>;
  /** Who stands on a layer, by its key. */
  readonly users: ReadonlyMap<string, readonly LayerUser[]>;
}

/** An image and its layers, lowest first. */
export interface Image {
  readonly facts: StoredImage;
  readonly stack: readonly StoredLayer[];
}

/** A container and the layers below and with the one that it writes to, lowest first. */
export interface StackedContainer {
  readonly facts: LayerContainer;
  readonly stack: readonly StoredLayer[];
  readonly image: Image | null;
}

/** What names a layer everywhere. */
export interface Digests {
  readonly diffId: string;
  readonly chainId: string;
}

/** A container, with its image, or an image. */
export type LayerUser =
  | { readonly kind: 'container'; readonly container: StackedContainer }
  | { readonly kind: 'image'; readonly image: Image };

/** More layers no file system can be stacked from (overlayfs takes 500); it bounds a forged chain of parents. */
const MOST_LAYERS = 1024;

/** The stores of a facet. */
export function storesOf({ stores }: LayersFacet): Store[] {
  return stores.map(storeOf);
}

function storeOf(facts: LayerStore): Store {
  const byKey = new Map(facts.layers.map((layer) => [layer.key, layer]));
  const byDir = new Map<string, StoredLayer>();
  for (const layer of facts.layers) for (const dir of layer.dirs) byDir.set(nameKey(dir), layer);
  const images = facts.images.map((image) => ({ facts: image, stack: stackOf(byKey, image.top) }));
  const byId = new Map(images.map((image) => [image.facts.id, image]));
  const containers = facts.containers.map((container) => ({
    facts: container,
    stack: stackOf(byKey, container.layer),
    image: imageOf(container, byId, images),
  }));
  const users = new Map<string, LayerUser[]>();
  const use = (stack: readonly StoredLayer[], user: LayerUser): void => {
    for (const { key } of stack) {
      const list = users.get(key);
      if (list === undefined) users.set(key, [user]);
      else list.push(user);
    }
  };
  for (const container of containers) use(container.stack, { kind: 'container', container });
  for (const image of images) use(image.stack, { kind: 'image', image });
  return { facts, byKey, byDir, images, containers, digests: digestsOf(byKey, images, facts.layers), users };
}

function stackOf(byKey: ReadonlyMap<string, StoredLayer>, top: string | null): StoredLayer[] {
  const stack: StoredLayer[] = [];
  for (let key = top; key !== null && stack.length < MOST_LAYERS;) {
    const layer = byKey.get(key);
    if (layer === undefined) break;
    stack.push(layer);
    key = layer.parent;
  }
  return stack.reverse();
}

/** By its id; containerd knows a name of it in the container's namespace. */
function imageOf(
  { image, namespace }: LayerContainer,
  byId: ReadonlyMap<string, Image>,
  images: readonly Image[],
): Image | null {
  if (image === null) return null;
  const named = ({ facts }: Image): boolean => facts.namespace === namespace && facts.tags.includes(image);
  return byId.get(image) ?? (namespace === undefined ? null : (images.find(named) ?? null));
}

function digestsOf(
  byKey: ReadonlyMap<string, StoredLayer>,
  images: readonly Image[],
  layers: readonly StoredLayer[],
): Map<string, Digests> {
  const digests = new Map<string, Digests>();
  for (const { facts, stack } of images) {
    if (facts.diffIds.length !== stack.length) continue;
    for (const [i, chainId] of chainIdsOf(facts.diffIds).entries()) {
      const { key } = stack[i] ?? { key: '' };
      digests.set(key, { diffId: facts.diffIds[i] ?? '', chainId });
    }
  }
  // Of layers that are in no image any more their own records speak.
  for (const layer of layers) {
    if (layer.diffId === null || digests.has(layer.key)) continue;
    const below = stackOf(byKey, layer.key).map(({ diffId }) => diffId);
    const known = below.filter((diffId) => diffId !== null);
    const chainId = known.length === below.length ? chainIdsOf(known).at(-1) : undefined;
    if (chainId !== undefined) digests.set(layer.key, { diffId: layer.diffId, chainId });
  }
  return digests;
}

/** The layer in a directory, and its store. `believed`: which stores may speak. */
export function layerAt(
  stores: readonly Store[],
  dir: Name,
): { readonly store: Store; readonly layer: StoredLayer } | null {
  for (const store of stores) {
    const layer = store.byDir.get(nameKey(dir));
    if (layer !== undefined) return { store, layer };
  }
  return null;
}
