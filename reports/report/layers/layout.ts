/** Where the boxes of a store's layers go. */
import type { StoredLayer } from '../../../src/schema/layers.ts';
import { forestOf, onceEach } from './forest.ts';
import type { Box } from './forest.ts';
import type { Standing, SurveyedStore } from './survey.ts';

/** Least height of a layer: a line of text. */
export const LEAST = 24;
/** Of a run of layers drawn as one, of the line with an image's name, of an init layer and of a writable one. */
const RUN = 34;
export const CAPTION = 20;
export const INIT = 18;
export const WRITABLE = 42;
/** Between neighbours. */
export const GAP = 4;
/** What the tallest stack's known sizes come to. */
const SCALED = 300;

/** A layer, or several, in its place; `y` is its upper edge, and a caption stands above that. */
export interface PlacedBox {
  readonly box: Box;
  /** Its name among those that light up together. */
  readonly token: string;
  /** Of those below it and of the containers above it. */
  readonly below: readonly string[];
  readonly above: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** It lies under several columns: its letter. */
  readonly letter: string | null;
}

/** Containers in their place, above what they stand on. */
export interface PlacedTop {
  readonly standing: readonly Standing[];
  readonly token: string;
  readonly below: readonly string[];
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly hasInit: boolean;
}

/** A store in its places. */
export interface Layout {
  readonly boxes: readonly PlacedBox[];
  readonly tops: readonly PlacedTop[];
  readonly width: number;
  readonly height: number;
  /** Stacks that there is no room for. */
  readonly left: number;
  /** What a pixel of height stands for; null: no size is known. */
  readonly bytesPerPixel: number | null;
  /** Letters by the layer's key. */
  readonly letters: ReadonlyMap<string, string>;
}

/** The sum of sizes that are known. */
export function bytesOf(layers: readonly StoredLayer[]): bigint {
  return layers.reduce((sum, { bytes }) => sum + BigInt(bytes ?? 0), 0n);
}

/** Places all boxes in so much width, or in more where there are many. */
export function layoutOf(store: SurveyedStore, width: number): Layout {
  const tallest = [...store.summary.images.map(({ image }) => image.stack), ...stacksOf(store)]
    .map((stack) => bytesOf(onceEach(stack.filter(({ role }) => role === 'image'))))
    .reduce((most, sum) => (sum > most ? sum : most), 0n);
  const bytesPerPixel = tallest === 0n ? null : Number(tallest) / SCALED;
  const scaled = ({ bytes }: StoredLayer): number =>
    bytesPerPixel === null || bytes === null ? 0 : Number(bytes) / bytesPerPixel;
  const forest = forestOf(store, (layer) => scaled(layer) < LEAST);
  const column = Math.min(240, Math.max(120, Math.floor(width / Math.max(1, forest.columns))));
  const boxes: PlacedBox[] = [];
  const tops: PlacedTop[] = [];
  const letters = new Map<string, string>();
  let distinct = 0;
  const place = (box: Box, x: number, floor: number, below: readonly string[]): string[] => {
    const [layer] = box.layers;
    const isOne = box.layers.length === 1;
    const height = isOne && layer !== undefined ? Math.max(LEAST, Math.round(scaled(layer))) : RUN;
    const token = `l${boxes.length}`;
    const y = floor - height;
    const letter = box.columns > 1 ? letterOf(distinct++) : null;
    if (letter !== null) for (const { key } of box.layers) letters.set(key, letter);
    const above: string[] = [];
    boxes.push({ box, token, below, above, x, y, width: box.columns * column - GAP, height, letter });
    const next = y - GAP / 2 - (box.images.length > 0 ? CAPTION : 0);
    const under = [token, ...below];
    let at = x;
    for (const standing of box.tops) {
      const hasInit = standing.some(({ lineage }) => lineage.layers.some(({ kind }) => kind === 'init'));
      const own = `c${tops.length}`;
      const top = next - WRITABLE - (hasInit ? INIT : 0);
      tops.push({ standing, token: own, below: under, x: at, y: top, width: column - GAP, hasInit });
      above.push(own);
      at += column;
    }
    for (const child of box.children) {
      above.push(...place(child, at, next, under));
      at += child.columns * column;
    }
    return above;
  };
  let x = 0;
  for (const root of forest.roots) {
    place(root, x, 0, []);
    x += root.columns * column;
  }
  const top = Math.min(0, ...boxes.map(({ y }) => y - CAPTION), ...tops.map(({ y }) => y));
  return {
    boxes: boxes.map((one) => ({ ...one, y: one.y - top })),
    tops: tops.map((one) => ({ ...one, y: one.y - top })),
    width: x - GAP,
    height: -top,
    left: forest.left,
    bytesPerPixel,
    letters,
  };
}

function stacksOf({ standing }: SurveyedStore): StoredLayer[][] {
  return standing.map(({ lineage }) => lineage.layers.flatMap(({ stored }) => (stored === null ? [] : [stored])));
}

/** A … Z, AA, AB … */
function letterOf(at: number): string {
  const last = String.fromCharCode(65 + (at % 26));
  return at < 26 ? last : letterOf(Math.floor(at / 26) - 1) + last;
}
