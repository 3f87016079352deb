/** What stores keep in vain, as far as their records tell: what files within layers hide each other is not among it. */
import type { ItemId } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { shortDigest } from '../../layers-words.ts';
import { diffIdOf, imageText } from './survey.ts';
import type { Survey, SurveyedStore } from './survey.ts';

/** One thing that is kept in vain. */
export interface Waste {
  /** `orphan`: nothing uses it any more; `unused layer`: no image and no container stands on it; `untagged image`: no container, no name, layers of its own; `stored twice`: another layer has the same content. */
  readonly what: 'orphan' | 'unused layer' | 'untagged image' | 'stored twice';
  readonly name: string;
  /** Null: `unknown` says why. */
  readonly bytes: bigint | null;
  readonly unknown: string;
  readonly why: string;
  readonly store: string;
  readonly item: ItemId | null;
}

/** All of it, by store. */
export function wasteOf(survey: Survey): Waste[] {
  return survey.stores.flatMap((store) => [
    ...orphans(store),
    ...unusedLayers(store, survey),
    ...untagged(store),
    ...storedTwice(store, survey),
  ]);
}

const NOT_WALKED = 'a capture does not walk files';

const WHY = {
  unrecorded: 'no record of the engine names this directory, and it is not mounted',
  'container gone': 'what wrote to it is no container of the engine any more',
} as const;

function orphans({ summary, store, title }: SurveyedStore): Waste[] {
  return summary.orphans
    .map(({ path, why }): Waste => {
      const layer = store.facts.layers.find(({ dirs }) => dirs[0] === path);
      return {
        what: 'orphan',
        name: nameText(path),
        bytes: bytesOf(layer?.bytes),
        unknown: NOT_WALKED,
        why: WHY[why],
        store: title,
        item: null,
      };
    })
    .sort((a, b) => byText(a.name, b.name));
}

function unusedLayers({ store, title }: SurveyedStore, survey: Survey): Waste[] {
  return store.facts.layers
    .filter(({ role, key }) => role === 'image' && (store.users.get(key) ?? []).length === 0)
    .map((layer): Waste => ({
      what: 'unused layer',
      name: shortDigest(diffIdOf(store, layer)) || layer.key,
      bytes: bytesOf(layer.bytes),
      unknown: 'the engine did not count it',
      why: 'no image and no container stands on it',
      store: title,
      item: survey.itemOf(store, layer),
    }))
    .sort((a, b) => byText(a.name, b.name));
}

/** Images without a name that neither a container nor another image stands on. */
function untagged({ summary, title }: SurveyedStore): Waste[] {
  const inner = new Set(summary.images.flatMap(({ image }) => image.stack.slice(0, -1)));
  const named = new Set(
    summary.images.flatMap(({ image, containers }) =>
      image.facts.tags.length > 0 || containers.length > 0 ? image.stack.slice(-1) : [],
    ),
  );
  return summary.images.flatMap(({ image, ownBytes, containers }): Waste[] => {
    const top = image.stack.at(-1);
    if (image.facts.tags.length > 0 || containers.length > 0 || top === undefined) return [];
    // Steps of a build are images without a name, too.
    if (inner.has(top) || named.has(top)) return [];
    return [
      {
        what: 'untagged image',
        name: imageText(image),
        bytes: ownBytes,
        unknown: 'the engine did not count one of its layers',
        why: 'it has no tag, and no container is made from it; the size is that of layers that no other image has',
        store: title,
        item: null,
      },
    ];
  });
}

/** The same content on top of different layers has a directory each. */
function storedTwice({ store, title }: SurveyedStore, survey: Survey): Waste[] {
  const layers = store.facts.layers.filter(
    ({ role, bytes }) => role === 'image' && bytes !== null && BigInt(bytes) > 0n,
  );
  const groups = Map.groupBy(layers, (layer) => diffIdOf(store, layer));
  return [...groups].flatMap(([diffId, same]): Waste[] => {
    const [first] = same;
    const bytes = bytesOf(first?.bytes);
    if (diffId === null || same.length < 2 || first === undefined || bytes === null) return [];
    return [
      {
        what: 'stored twice',
        name: shortDigest(diffId),
        bytes: bytes * BigInt(same.length - 1),
        unknown: '',
        why: `${same.length} layers have this content, each in a directory of its own, since they lie on different ones`,
        store: title,
        item: survey.itemOf(store, first),
      },
    ];
  });
}

function bytesOf(bytes: string | null | undefined): bigint | null {
  return bytes === null || bytes === undefined ? null : BigInt(bytes);
}
