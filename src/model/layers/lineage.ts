/** From a root, or from what an engine wrote down of a container, to the layers, their digests, the image and who shares them. */
import { hexOf } from '../../engines/digest.ts';
import type { Engine } from '../../schema/engines.ts';
import type { HistoryStep, StoredLayer } from '../../schema/layers.ts';
import type { Name } from '../../schema/name.ts';
import { bytesOf, nameText } from '../../text/bytes.ts';
import { candidatesFor } from './candidates.ts';
import type { Candidate } from './candidates.ts';
import { placeHistory } from './history.ts';
import type { PlacedStep } from './history.ts';
import type { Stacked } from './root.ts';
import { layerAt } from './world.ts';
import type { Digests, Image, LayerUser, StackedContainer, Store } from './world.ts';

/** A directory of a stack. */
export interface LineageLayer {
  readonly kind: 'image' | 'init' | 'writable';
  readonly path: Name;
  /** Null: no store has it. */
  readonly stored: StoredLayer | null;
  readonly digests: Digests | null;
  readonly step: HistoryStep | null;
  /** Others that stand on it. */
  readonly sharedWith: readonly LayerUser[];
}

/** What a root was made of. */
export interface Lineage {
  readonly store: Store | null;
  readonly container: StackedContainer | null;
  readonly image: Image | null;
  /** Where there is no image by record. */
  readonly candidates: readonly Candidate[];
  /** Lowest first. */
  readonly layers: readonly LineageLayer[];
  /** The image's history, in its places; empty where it does not fit. */
  readonly history: readonly PlacedStep[];
  readonly notes: readonly string[];
}

/** A directory with its place in the stack, before anything is known of it. */
interface Place {
  readonly path: Name;
  readonly top: boolean;
  readonly stored: StoredLayer | null;
}

/**
 * The lineage of a mounted stack. `id`: the container's, where it has one. A container is known by the directory that it writes to,
 * which no other has; by its id where that is in no record.
 */
export function lineageOfMount(stacked: Stacked, stores: readonly Store[], id: string | null): Lineage {
  const paths = [...stacked.lower].reverse().map(({ path }) => path);
  const dirs = stacked.upper === null ? paths : [...paths, stacked.upper];
  const found = dirs.map((path) => layerAt(stores, path));
  const store = found.findLast((one) => one !== null)?.store ?? null;
  const places = dirs.map((path, i): Place => {
    const one = found[i] ?? null;
    // A stack across several stores is nobody's that we know.
    const stored = one !== null && one.store === store ? one.layer : null;
    return { path: stored?.dirs[0] ?? path, top: stacked.upper !== null && i === dirs.length - 1, stored };
  });
  const writable = places.find(({ top }) => top)?.stored ?? null;
  const container =
    store?.containers.find(({ facts }) => writable !== null && facts.layer === writable.key) ??
    store?.containers.find(({ facts }) => facts.id === id) ??
    null;
  return complete(places, store, container, stacked.notes);
}

/** The lineage of a container by its engine's records alone. */
export function lineageOfRecord(store: Store, container: StackedContainer): Lineage {
  const places = container.stack.map((stored): Place => ({
    path: stored.dirs[0] ?? '',
    top: stored.key === container.facts.layer,
    stored,
  }));
  return complete(places, store, container, []);
}

function complete(
  places: readonly Place[],
  store: Store | null,
  container: StackedContainer | null,
  said: readonly string[],
): Lineage {
  const notes = [...said];
  const ofImage = places.flatMap(({ stored }) => (stored?.role === 'image' ? [stored] : []));
  let image = container?.image ?? null;
  if (image !== null && !isStackOf(image, ofImage)) {
    notes.push(`these are not the layers of the image that the engine names, ${nameOfImage(image)}`);
    image = null;
  }
  const candidates = image === null && store !== null ? candidatesFor(store, ofImage) : [];
  const [likeliest] = candidates;
  const source = image ?? likeliest?.image ?? null;
  const placed = source === null ? null : placeHistory(source.facts.history, source.facts.diffIds.length);
  if (source !== null && placed === null) {
    notes.push('the history of the image does not fit its layers: which step made which is not known');
  }
  const layers = places.map((place): LineageLayer => {
    const { path, stored } = place;
    return {
      kind: kindOf(place),
      path,
      stored,
      digests: stored === null ? null : (store?.digests.get(stored.key) ?? null),
      step: stored?.role === 'image' && store !== null ? stepOf(store, stored, source) : null,
      sharedWith: stored === null || store === null ? [] : sharers(store, stored, container, image),
    };
  });
  notes.push(...checks(layers, store));
  const isCertain = image !== null || likeliest?.exact === true;
  return { store, container, image, candidates, layers, history: isCertain ? (placed ?? []) : [], notes };
}

function kindOf({ path, top, stored }: Place): LineageLayer['kind'] {
  if (top) return 'writable';
  if (stored?.role === 'init') return 'init';
  // dockerd names it so, also where its records are gone.
  return stored === null && /-init(?:\/diff)?$/.test(bytesOf(path)) ? 'init' : 'image';
}

function isStackOf({ stack }: Image, layers: readonly StoredLayer[]): boolean {
  return stack.length === layers.length && stack.every(({ key }, i) => key === layers[i]?.key);
}

function nameOfImage({ facts }: Image): string {
  const [tag] = facts.tags;
  return tag === undefined ? facts.id : nameText(tag);
}

/** The step that made a layer: by the history of this image, else by that of any image that has it. */
export function stepOf(store: Store, layer: StoredLayer, image: Image | null): HistoryStep | null {
  const images = (store.users.get(layer.key) ?? []).flatMap((user) => (user.kind === 'image' ? [user.image] : []));
  for (const one of image === null ? images : [image, ...images]) {
    const at = one.stack.findIndex(({ key }) => key === layer.key);
    if (at < 0) continue;
    const placed = placeHistory(one.facts.history, one.facts.diffIds.length);
    const step = placed?.find((entry) => entry.layer === at)?.step;
    if (step !== undefined) return step;
  }
  return null;
}

/** All that stand on a layer but this container and its image; an image of containers that are named is named with them alone. */
function sharers(
  store: Store,
  { key }: StoredLayer,
  container: StackedContainer | null,
  image: Image | null,
): LayerUser[] {
  return (store.users.get(key) ?? []).filter((user) =>
    user.kind === 'container' ? user.container !== container : user.image !== image,
  );
}

/** What the records say of one thing in two places, and differently. */
function checks(layers: readonly LineageLayer[], store: Store | null): string[] {
  const notes: string[] = [];
  for (const { stored, digests } of layers) {
    if (stored === null || digests === null || stored.role !== 'image') continue;
    if (stored.diffId !== null && stored.diffId !== digests.diffId) {
      notes.push(
        `the layer ${stored.key} is ${stored.diffId} by its own record and ${digests.diffId} by that of the image`,
      );
    }
    const name = stored.key.slice(stored.key.lastIndexOf('/') + 1);
    if (store?.facts.kind !== 'containers-storage' && hexOf(name) !== hexOf(digests.chainId)) {
      notes.push(`the chainID of the layer ${stored.key} is ${digests.chainId} by the diffIDs of the image`);
    }
  }
  return notes;
}

/** Whose store it is. */
export function engineOf(store: Store, namespace?: string): Engine {
  if (store.facts.kind === 'docker') return 'docker';
  if (store.facts.kind === 'containers-storage') return 'podman';
  return namespace === 'moby' ? 'docker' : namespace === 'k8s.io' ? 'cri' : 'containerd';
}
