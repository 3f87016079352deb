/** What there is of layers: stores with their images, and what each container stands on, in an order that stays. */
import { engineOf, homeOf, layersSubject, lineageOfRecord, summaryOf } from '../../../src/model/layers.ts';
import type { Image, Lineage, StackedContainer, Store, StoreSummary } from '../../../src/model/layers.ts';
import type { Engine } from '../../../src/schema/engines.ts';
import type { StoredLayer } from '../../../src/schema/layers.ts';
import type { ItemId } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { shortDigest } from '../../layers-words.ts';
import { keepsRecords } from '../../layers.ts';
import { containerItem, layerItem } from '../items.ts';
import type { World } from '../world.ts';

/** A container and what its root was made of. */
export interface Standing {
  readonly name: string;
  readonly engine: Engine;
  /** Null: it does not run, so that no other section tells of it. */
  readonly item: ItemId | null;
  readonly record: StackedContainer | null;
  readonly lineage: Lineage;
  /**
   * `proven`: the engine's records and what is mounted agree on the image; `likely`: no record says which image it is, and one
   * has exactly these layers; `unproven`: neither; `none`: its root is no stack of layers, or its maker writes none down.
   */
  readonly proof: 'proven' | 'likely' | 'unproven' | 'none';
  /** What is lacking; null: nothing. */
  readonly why: string | null;
}

/** A store and who stands on it. */
export interface SurveyedStore {
  /** `docker overlay2 in /var/lib/docker`. */
  readonly title: string;
  readonly store: Store;
  readonly summary: StoreSummary;
  readonly engine: Engine;
  readonly standing: readonly Standing[];
}

/** All of a capture. */
export interface Survey {
  readonly stores: readonly SurveyedStore[];
  /** Every container, by name. */
  readonly standing: readonly Standing[];
  readonly itemOf: (store: Store, layer: StoredLayer) => ItemId;
}

/** Looks at all stores and containers. */
export function surveyOf(world: World): Survey {
  const { layers: facts, capture } = world;
  const standing = standingOf(world);
  const stores = facts.stores
    .map((store): SurveyedStore => {
      const home = homeOf(store, facts.containerOfPid);
      const engine = engineIn(store);
      const inside = home === null ? '' : ` inside ${nameText(home.name ?? home.id)}`;
      const title = `${engine} ${store.facts.driver} in ${nameText(store.facts.root)}${inside}`;
      const summary = summaryOf(store, facts.mounts);
      return { title, store, summary, engine, standing: standing.filter(({ lineage }) => lineage.store === store) };
    })
    .sort((a, b) => byText(a.title, b.title));
  return { stores, standing, itemOf: itemsOf(stores, capture.layers?.stores.length ?? 0) };
}

/** containerd's namespaces tell for whom it works. */
function engineIn(store: Store): Engine {
  const namespaces = new Set(store.facts.images.map(({ namespace }) => namespace));
  return engineOf(store, namespaces.size === 1 ? [...namespaces][0] : undefined);
}

function standingOf(world: World): Standing[] {
  const { layers: facts } = world;
  const running = new Set<StackedContainer>();
  const all = world.containers.map((container): Standing => {
    const { lineage, rootSetBy } = layersSubject({ kind: 'container', container }, facts);
    if (lineage.container !== null) running.add(lineage.container);
    const { engine } = container;
    const name = nameText(container.name ?? container.id);
    const item = containerItem(container);
    return { name, engine, item, record: lineage.container, lineage, ...judged(lineage, engine, rootSetBy === 'host') };
  });
  for (const store of facts.stores) {
    for (const record of store.containers) {
      // dockerd keeps a record of a layer that a container wrote to, also when the container is gone.
      if (running.has(record) || (record.facts.name === null && record.image === null)) continue;
      const lineage = lineageOfRecord(store, record);
      const { engine, id, name } = record.facts;
      all.push({ name: nameText(name ?? id), engine, item: null, record, lineage, ...judged(lineage, engine, false) });
    }
  }
  const idOf = ({ record, item }: Standing): string => record?.facts.id ?? item ?? '';
  return all.sort((a, b) => byText(a.name, b.name) || byText(idOf(a), idOf(b)));
}

function judged(lineage: Lineage, engine: Engine, isHost: boolean): Pick<Standing, 'proof' | 'why'> {
  const { layers, image, candidates, notes, store } = lineage;
  const [note] = notes;
  const said = notes.length === 0 ? null : notes.join('; ');
  if (layers.length === 0) {
    const isPlain = isHost || !keepsRecords(engine);
    return { proof: isPlain ? 'none' : 'unproven', why: isHost ? "its root is the host's" : (note ?? NO_STACK) };
  }
  if (store === null) {
    if (!keepsRecords(engine)) return { proof: 'none', why: `${engine} writes down no layers` };
    return { proof: 'unproven', why: said ?? 'no record of the engine was found that names its directories' };
  }
  if (image !== null) return { proof: notes.length === 0 ? 'proven' : 'unproven', why: said };
  const [likeliest] = candidates;
  if (notes.length === 0 && likeliest?.exact === true) {
    return { proof: 'likely', why: `no record names its image; ${imageText(likeliest.image)} has exactly its layers` };
  }
  return { proof: 'unproven', why: said ?? 'no record names its image, and no image has exactly its layers' };
}

const NO_STACK = 'its root is no stack of layers';

/** An image by its first tag, else by its id. */
export function imageText({ facts: { id, tags } }: Image): string {
  const [tag] = tags;
  return tag === undefined ? `${shortDigest(id)} (no tag)` : nameText(tag);
}

/** A layer is called by its diffID where only one of the report has that, else by its name in the store. */
function itemsOf(stores: readonly SurveyedStore[], count: number): Survey['itemOf'] {
  const uses = new Map<string, number>();
  for (const { store } of stores) {
    for (const layer of store.facts.layers) {
      const diffId = diffIdOf(store, layer);
      if (diffId !== null && layer.role === 'image') uses.set(diffId, (uses.get(diffId) ?? 0) + 1);
    }
  }
  return (store, layer) => {
    const diffId = diffIdOf(store, layer);
    if (diffId !== null && layer.role === 'image' && uses.get(diffId) === 1) return layerItem(diffId);
    const where = count === 1 ? '' : `${nameText(store.facts.root)}:`;
    return layerItem(`${store.facts.kind}:${where}${layer.key}`);
  };
}

/** The digest of a layer's content; null: no record has it. */
export function diffIdOf(store: Store, layer: StoredLayer): string | null {
  return store.digests.get(layer.key)?.diffId ?? layer.diffId;
}
