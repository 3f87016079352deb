/** Images and layers that an engine got or gave up. */
import type { LayersFacet, LayerStore, StoredImage, StoredLayer } from '../schema/layers.ts';
import { nameText } from '../text/bytes.ts';
import { formatBytes, formatPlural } from '../text/units.ts';
import { setDifference } from './changes.ts';
import { unlessFolded } from './context.ts';
import type { Context } from './context.ts';

/** Changes of layer stores. */
export function compareLayers(context: Context): void {
  const [before, after] = [storesOf(context.a.capture.layers), storesOf(context.b.capture.layers)];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(key), after.get(key)];
    if (was !== is) compareStore(context, was, is);
  }
}

/** A store is its kind, its driver and the directory that its engine calls it; `via` is a pid, and the next one's another. */
function storesOf(facet: LayersFacet | undefined): Map<string, LayerStore> {
  return new Map(
    (facet?.stores ?? []).map((store) => [`${store.kind} ${store.driver} ${nameText(store.root)}`, store]),
  );
}

function compareStore(context: Context, was: LayerStore | undefined, is: LayerStore | undefined): void {
  const { changes } = context;
  const [oldImages, images] = [imagesOf(was), imagesOf(is)];
  const told: Record<'created' | 'ended', Set<string>> = { created: new Set(), ended: new Set() };
  const add = (image: StoredImage, store: LayerStore, kind: 'created' | 'ended'): void => {
    const layers = layersUnder(image, store);
    for (const { key } of layers) told[kind].add(key);
    const note = `${store.kind}, ${formatPlural(image.diffIds.length, 'layer')}`;
    changes.add({ aspect: 'layers', kind, importance: 'normal', subject: imageSubject(image), note });
  };
  for (const [key, image] of oldImages) if (!images.has(key) && was !== undefined) add(image, was, 'ended');
  for (const [key, image] of images) {
    const before = oldImages.get(key);
    if (before === undefined) {
      if (is !== undefined) add(image, is, 'created');
    } else if (before !== image) {
      const sets = setDifference(before.tags, image.tags);
      if (sets.added.length + sets.removed.length > 0)
        changes.add({
          aspect: 'layers',
          kind: 'changed',
          importance: 'normal',
          subject: imageSubject(image),
          field: 'tags',
          ...sets,
        });
    }
  }
  const [oldLayers, layers] = [was, is].map(
    (store) => new Map((store?.layers ?? []).map((layer) => [layer.key, layer])),
  ) as [Map<string, StoredLayer>, Map<string, StoredLayer>];
  for (const [kind, list, others] of [
    ['ended', oldLayers, layers],
    ['created', layers, oldLayers],
  ] as const) {
    for (const [key, layer] of list) {
      if (others.has(key)) continue;
      // What a container writes to comes and goes with it.
      const isFolded = layer.role !== 'image' || told[kind].has(key);
      const note = [
        is?.kind ?? was?.kind ?? '',
        layer.role,
        ...(layer.bytes === null ? [] : [formatBytes(BigInt(layer.bytes))]),
      ].join(', ');
      changes.add({
        aspect: 'layers',
        kind,
        importance: unlessFolded(isFolded, 'normal'),
        subject: layerSubject(layer),
        note,
      });
    }
  }
}

function imagesOf(store: LayerStore | undefined): Map<string, StoredImage> {
  return new Map((store?.images ?? []).map((image) => [`${image.namespace ?? ''} ${image.id}`, image]));
}

/** Which layers of the store an image is made of: by the chain below its top, else by diffID. */
function layersUnder(image: StoredImage, store: LayerStore): StoredLayer[] {
  const byKey = new Map(store.layers.map((layer) => [layer.key, layer]));
  const found = new Set<StoredLayer>();
  let at = image.top === null ? undefined : byKey.get(image.top);
  while (at !== undefined && !found.has(at)) {
    found.add(at);
    at = at.parent === null ? undefined : byKey.get(at.parent);
  }
  const diffIds = new Set(image.diffIds);
  for (const layer of store.layers) if (layer.diffId !== null && diffIds.has(layer.diffId)) found.add(layer);
  return [...found];
}

function imageSubject({ id, tags }: StoredImage): { type: 'image'; key: string; name: StoredImage['tags'][number] } {
  return { type: 'image', key: id, name: tags[0] ?? id };
}

function layerSubject({ key, diffId }: StoredLayer): { type: 'layer'; key: string; name: string } {
  return { type: 'layer', key: diffId ?? key, name: diffId ?? key };
}
