/**
 * The layers of a store as what they are: trees, since each layer has one below it. Stacks that begin alike share their lowest
 * boxes; containers are the tops.
 */
import type { Image } from '../../../src/model/layers.ts';
import type { StoredLayer } from '../../../src/schema/layers.ts';
import { byText } from '../../../src/text/order.ts';
import { imageText } from './survey.ts';
import type { Standing, SurveyedStore } from './survey.ts';

/** A box: one layer, or a run of small ones between which nothing branches. */
export interface Box {
  readonly layers: readonly StoredLayer[];
  /** Images of which its highest layer is the top. */
  readonly images: readonly Image[];
  /** Containers that stand on it directly, in the groups in which they are drawn. */
  readonly tops: readonly (readonly Standing[])[];
  readonly children: readonly Box[];
  /** Images and containers above it, in columns. */
  readonly columns: number;
  /** Containers above it, and images without a container above it: how many have it. */
  readonly users: number;
}

/** What is drawn of a store. */
export interface Forest {
  readonly roots: readonly Box[];
  readonly columns: number;
  /** Stacks that there is no room for. */
  readonly left: number;
}

/** With more containers on one image, or columns in all, containers of an image are drawn as one. */
const MOST_APART = 4;
const MOST_COLUMNS = 14;
/** More stacks are left to the tables. */
const MOST_STACKS = 16;
/** Longer runs of layers of the least height are drawn as one box. */
const MOST_SMALL = 6;

/** A stack up to its highest layer, with all that end there. */
interface Stack {
  readonly layers: readonly StoredLayer[];
  readonly images: Image[];
  readonly standing: Standing[];
  readonly name: string;
}

/** The trees of a store. `isSmall`: whether a layer gets the least height. */
export function forestOf(surveyed: SurveyedStore, isSmall: (layer: StoredLayer) => boolean): Forest {
  const all = stacksOf(surveyed);
  // Those with containers first: they are what runs here.
  const stacks = [
    ...all.filter(({ standing }) => standing.length > 0),
    ...all.filter((one) => one.standing.length === 0),
  ]
    .slice(0, MOST_STACKS)
    .sort((a, b) => byText(a.name, b.name));
  const apart = stacks.reduce((count, { standing }) => count + Math.max(1, standing.length), 0) <= MOST_COLUMNS;
  const root = new Draft([]);
  for (const { layers, images, standing } of stacks) {
    let at = root;
    for (const layer of layers) at = at.on(layer);
    at.images.push(...images);
    if (standing.length === 0) continue;
    at.tops.push(...(apart && standing.length <= MOST_APART ? standing.map((one) => [one]) : [standing]));
  }
  const roots = [...root.children.values()].map((draft) => boxOf(draft, isSmall));
  const columns = roots.reduce((sum, box) => sum + box.columns, 0);
  return { roots, columns, left: all.length - stacks.length };
}

function stacksOf({ store, summary, standing }: SurveyedStore): Stack[] {
  const stacks = new Map<string, Stack>();
  const stackOf = (layers: readonly StoredLayer[], name: string): Stack | null => {
    const top = layers.at(-1);
    if (top === undefined) return null;
    const known = stacks.get(top.key);
    if (known !== undefined) return known;
    const made = { layers: onceEach(layers), images: [], standing: [], name };
    stacks.set(top.key, made);
    return made;
  };
  // By name, so that a stack is called by the first of its images; those of a build's steps have none and come last.
  const images = summary.images
    .map(({ image }) => ({ image, name: imageText(image), isNamed: image.facts.tags.length > 0 }))
    .sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || byText(a.name, b.name));
  const inner = new Set(images.flatMap(({ image }) => image.stack.slice(0, -1).map(({ key }) => key)));
  for (const { image, name, isNamed } of images) {
    // A step of a build that other images were built on, or that only changed what is no file, is seen in theirs.
    const top = image.stack.at(-1)?.key ?? '';
    if (isNamed || !(inner.has(top) || stacks.has(top))) stackOf(image.stack, name)?.images.push(image);
  }
  for (const one of standing) {
    const layers = one.lineage.layers.flatMap(({ kind, stored }) =>
      kind === 'image' && stored !== null ? [stored] : [],
    );
    stackOf(layers, one.name)?.standing.push(one);
  }
  for (const layers of unusedOf(surveyedKeys(stacks), store.facts.layers)) stackOf(layers, '\u{10ffff}');
  return [...stacks.values()].sort((a, b) => byText(a.name, b.name));
}

function surveyedKeys(stacks: ReadonlyMap<string, Stack>): ReadonlySet<string> {
  return new Set([...stacks.values()].flatMap(({ layers }) => layers.map(({ key }) => key)));
}

/** Layers without repeats: a forged chain of parents leads in a circle. */
export function onceEach(layers: readonly StoredLayer[]): StoredLayer[] {
  return [...new Set(layers)];
}

/** A chain of parents is as long as whoever wrote it wants. */
const MOST_LAYERS = 1024;

/** Stacks of image layers that are in none of the others, by their highest. */
function unusedOf(used: ReadonlySet<string>, layers: readonly StoredLayer[]): StoredLayer[][] {
  const unused = new Map(
    layers.filter(({ key, role }) => role === 'image' && !used.has(key)).map((one) => [one.key, one]),
  );
  const below = new Set([...unused.values()].map(({ parent }) => parent));
  const byKey = new Map(layers.map((layer) => [layer.key, layer]));
  return [...unused.values()]
    .filter(({ key }) => !below.has(key))
    .map((top) => {
      const stack: StoredLayer[] = [];
      for (
        let layer: StoredLayer | undefined = top;
        layer !== undefined && stack.length < MOST_LAYERS;
        layer = layer.parent === null ? undefined : byKey.get(layer.parent)
      )
        stack.push(layer);
      return stack.reverse();
    });
}

/** A box while stacks are put upon each other. */
class Draft {
  readonly layers: StoredLayer[];
  readonly images: Image[] = [];
  readonly tops: (readonly Standing[])[] = [];
  readonly children = new Map<string, Draft>();

  constructor(layers: StoredLayer[]) {
    this.layers = layers;
  }

  on(layer: StoredLayer): Draft {
    const known = this.children.get(layer.key);
    if (known !== undefined) return known;
    const made = new Draft([layer]);
    this.children.set(layer.key, made);
    return made;
  }
}

function boxOf(draft: Draft, isSmall: (layer: StoredLayer) => boolean): Box {
  const [bottom] = draft.layers;
  let last = draft;
  const run = [...draft.layers];
  // What lies straight on top of it, as long as both are small and nothing is to be said in between.
  for (;;) {
    const [only, ...others] = last.children.values();
    const isAlone = others.length === 0 && last.images.length === 0 && last.tops.length === 0;
    const next = only?.layers[0];
    if (!isAlone || only === undefined || next === undefined || bottom === undefined) break;
    if (!isSmall(bottom) || !isSmall(next)) break;
    run.push(next);
    last = only;
  }
  const isRun = run.length > MOST_SMALL;
  const top = isRun ? last : draft;
  const children = [...top.children.values()].map((child) => boxOf(child, isSmall));
  const above = children.reduce((sum, box) => sum + box.columns, 0) + top.tops.length;
  const users = children.reduce((sum, box) => sum + box.users, 0) + top.tops.flat().length;
  return {
    layers: isRun ? run : draft.layers,
    images: top.images,
    tops: top.tops,
    children,
    columns: Math.max(1, above),
    users: Math.max(1, users),
  };
}
