/** The facet `layers`: a fact a store, and one each of its layers, images, containers and directories, so that a new one is one row. */
import type { AufsBranches, LayersFacet, LayerStore } from '../schema/layers.ts';
import { nameInKey } from '../text/cgroup-key.ts';
import { addFacts, type Fact, type FactLists } from './fact.ts';

/** Body of what belongs to a store: whose it is, and what it is. */
interface Owned {
  /** Key of the store. */
  readonly store: string;
  readonly item: unknown;
}

/** Kinds of what a store has, by member. */
const PARTS = {
  layers: ['layer', ({ key }: LayerStore['layers'][number]) => key],
  images: ['layer_image', ({ namespace = '', id }: LayerStore['images'][number]) => `${namespace}/${id}`],
  containers: ['layer_container', ({ namespace = '', id }: LayerStore['containers'][number]) => `${namespace}/${id}`],
  directories: ['layer_directory', nameInKey],
} as const;

/** Adds the facts of the facet; what is left of it is returned. */
export function shredLayers(facet: LayersFacet, lists: FactLists): object {
  const { stores, aufs, ...rest } = facet;
  const storeFacts = addFacts(
    lists,
    'layer_store',
    stores,
    ({ kind, driver, root }) => `${kind}:${driver}:${nameInKey(root)}`,
    ({ layers: _layers, images: _images, containers: _containers, directories: _directories, ...store }) => store,
  );
  const owned = <T>(kind: string, items: (store: LayerStore) => readonly T[], key: (item: T) => string): void => {
    const all = stores.flatMap((store, at) => items(store).map((item) => ({ store: storeFacts[at]?.key ?? '', item })));
    addFacts(
      lists,
      kind,
      all,
      ({ store, item }) => `${store}/${key(item)}`,
      (one): Owned => one,
    );
  };
  owned(PARTS.layers[0], ({ layers }) => layers, PARTS.layers[1]);
  owned(PARTS.images[0], ({ images }) => images, PARTS.images[1]);
  owned(PARTS.containers[0], ({ containers }) => containers, PARTS.containers[1]);
  owned(PARTS.directories[0], ({ directories }) => directories, PARTS.directories[1]);
  addFacts(
    lists,
    'aufs',
    aufs,
    ({ si }) => si,
    (branches) => branches,
  );
  return rest;
}

/** The facet from its facts. */
export function assembleLayers(rest: object, facts: ReadonlyMap<string, readonly Fact[]>): LayersFacet {
  const parts = Object.entries(PARTS).map(([member, [kind]]) => {
    const byStore = new Map<string, unknown[]>();
    for (const { body } of facts.get(kind) ?? []) {
      const { store, item } = body as Owned;
      const items = byStore.get(store);
      if (items === undefined) byStore.set(store, [item]);
      else items.push(item);
    }
    return [member, byStore] as const;
  });
  const stores = (facts.get('layer_store') ?? []).map(({ key, body }) => {
    const lists = Object.fromEntries(parts.map(([member, items]) => [member, items.get(key) ?? []]));
    return { ...body, ...lists } as unknown as LayerStore;
  });
  const aufs = (facts.get('aufs') ?? []).map(({ body }) => body as AufsBranches);
  return { ...(rest as Omit<LayersFacet, 'stores' | 'aufs'>), stores, aufs };
}
