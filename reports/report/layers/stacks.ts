/** The picture of a store: layers as boxes, lowest at the bottom, joined where images and containers share them. */
import { stepOf } from '../../../src/model/layers.ts';
import type { Orphan } from '../../../src/model/layers.ts';
import type { StoredLayer } from '../../../src/schema/layers.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { formatBytes, formatPlural } from '../../../src/text/units.ts';
import { shortDigest } from '../../layers-words.ts';
import { instruction } from '../../layers.ts';
import { itemHref } from '../items.ts';
import { fittedStart } from '../path-text.ts';
import { textWidth } from '../picture.ts';
import type { Picture } from '../section.ts';
import { bar, drawLegend, edge, hatched, LEGEND_LINE, legendLines, panel, write } from '../shapes.ts';
import type { Group, LegendEntry } from '../shapes.ts';
import { CAPTION, GAP, INIT, layoutOf, LEAST, WRITABLE } from './layout.ts';
import type { Layout, PlacedBox, PlacedTop } from './layout.ts';
import { diffIdOf, imageText } from './survey.ts';
import type { Standing, Survey, SurveyedStore } from './survey.ts';

/** Left of the stacks: the scale. */
const MARGIN = 72;
const WIDTH = 1080;
/** Above all. */
const TOP = 4;
/** What nothing uses stands apart, at the right; so many of it. */
const ORPHANS = 160;
const APART = 24;
const MOST_ORPHANS = 8;
/** Where sizes are not known. */
const HATCHED = 22;
/** The same where there is little room. */
const NARROW = 10;
const NARROW_COLUMN = 150;
/** Bold text is wider. */
const BOLD = 0.88;
/** From this height on a box has two lines of text. */
const TALL = 44;

/** What picture and tables have in common of a store: the letters of layers that several stand on. */
export interface StorePicture {
  readonly picture: Picture;
  readonly letters: ReadonlyMap<string, string>;
}

/** Draws a store. */
export function storePicture(surveyed: SurveyedStore, survey: Survey, name: string): StorePicture {
  const { summary, standing, title } = surveyed;
  const orphans = summary.orphans.toSorted((a, b) => byText(nameText(a.path), nameText(b.path)));
  const apart = orphans.length === 0 ? 0 : ORPHANS + APART;
  const layout = layoutOf(surveyed, WIDTH - MARGIN - apart);
  const joined = layout.boxes.filter(({ letter }) => letter !== null).length;
  const stackHeight = Math.max(layout.height, orphansHeight(orphans));
  const width = Math.max(640, MARGIN + layout.width + apart + 8);
  const lines = legendLines(legendOf(layout, orphans.length > 0), Math.min(width, WIDTH) - MARGIN);
  const floor = TOP + stackHeight;
  const picture: Picture = {
    kind: 'picture',
    name,
    title: `Layers of ${title}`,
    description: `${formatPlural(summary.layers, 'layer')} as boxes, the lowest at the bottom; ${joined} of the boxes carry more than one image or container and are drawn once, as wide as all that stands on them. ${formatPlural(standing.length, 'container')} on top, each with the layer that it writes to.${orphans.length > 0 ? ` At the right ${formatPlural(orphans.length, 'orphaned layer')}.` : ''}`,
    width,
    height: floor + 12 + lines.length * LEGEND_LINE,
    draw: ({ svg }) => {
      const stacks = svg.append('g').attr('transform', `translate(${MARGIN},${floor - layout.height})`);
      drawScale(svg, layout, floor);
      for (const box of layout.boxes) drawBox(stacks, box, surveyed, survey);
      for (const top of layout.tops) drawTop(stacks, top);
      drawOrphans(svg, orphans, MARGIN + layout.width + APART, floor);
      drawLegend(svg, lines, MARGIN, floor + 12);
    },
  };
  return { picture, letters: layout.letters };
}

function drawBox(svg: Group, placed: PlacedBox, surveyed: SurveyedStore, survey: Survey): void {
  const { box, token, below, above, x, y, width, height, letter } = placed;
  const [bottom] = box.layers;
  if (bottom === undefined) return;
  const { store } = surveyed;
  const size = sizeOf(box.layers);
  const step = box.layers.length === 1 ? stepText(surveyed, bottom) : formatPlural(box.layers.length, 'small layer');
  const isUsed = isStoodOn(placed);
  const words = [
    box.layers.length === 1 ? step : `${step}, from ${stepText(surveyed, bottom)}`,
    size.isKnown ? size.text : 'size not known: the engine did not count it',
    shortDigest(diffIdOf(store, bottom)) || bottom.key,
    isUsed
      ? `${letter === null ? '' : `${letter}: `}${box.users === 1 ? 'one stands' : `${box.users} stand`} on it`
      : 'nothing stands on it',
  ];
  const link = svg.append('a').attr('href', itemHref(survey.itemOf(store, bottom)));
  link.attr('data-way', [token, ...below, ...above].join(' ')).attr('aria-label', words.join(', '));
  link.append('title').text(words.join('\n'));
  const hatch = hatchWidth(width);
  panel(link, x, y, width, height);
  if (!size.isKnown) hatched(link, x + width - hatch, y, hatch, height);
  bar(link, x, y, letter === null ? 4 : 20, height, !isUsed ? 'f-over' : box.users > 1 ? 'f-shared' : 'f-own');
  if (letter !== null) {
    write(link, letter, { x: x + 10, y: y + height / 2 + 4, name: 'f-ground b', anchor: 'middle' });
  }
  const isTall = height > TALL;
  const from = x + (letter === null ? 11 : 27);
  const to = x + width - (size.isKnown ? 7 : hatch + 6);
  const line = y + height / 2 + (isTall ? -3 : 4);
  const beside = textWidth(size.text) + 10;
  const hasSize = isTall || to - from - beside > 36;
  write(link, step, { x: from, y: line, room: isTall || !hasSize ? to - from : to - from - beside });
  if (isTall) write(link, size.text, { x: from, y: line + 16, name: 'f-quiet' });
  else if (hasSize) write(link, size.text, { x: to, y: line, name: 'f-quiet', anchor: 'end' });
  drawCaption(svg, placed);
}

function sizeOf(layers: readonly StoredLayer[]): { readonly text: string; readonly isKnown: boolean } {
  const known = layers.flatMap(({ bytes }) => (bytes === null ? [] : [BigInt(bytes)]));
  const sum = formatBytes(known.reduce((all, bytes) => all + bytes, 0n));
  if (known.length === layers.length) return { text: sum, isKnown: true };
  return { text: known.length === 0 ? '?' : `≥ ${sum}`, isKnown: false };
}

/** What images end here. */
function drawCaption(svg: Group, { box, x, y, width }: PlacedBox): void {
  const [first, ...others] = box.images.map(imageText);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` +${others.length}`;
  const room = (width - 6) * BOLD;
  // Images of one registry differ in what follows its name, and tags say less than names.
  const text = textWidth(first + more) <= room ? first : first.slice(first.lastIndexOf('/') + 1);
  const group = svg.append('g');
  group.append('title').text([first, ...others].join('\n'));
  write(group, fittedStart(text, room - textWidth(more)) + more, { x: x + 4, y: y - GAP / 2 - 5, name: 'b' });
  // What stands on the image is not of it.
  const rule = group.append('path').attr('class', 's-line').attr('stroke-dasharray', '1 3');
  rule.attr('d', `M${x},${y - GAP / 2 - CAPTION + 1}h${width}`);
}

function drawTop(svg: Group, { standing, token, below, x, y, width, hasInit }: PlacedTop): void {
  const [first] = standing;
  if (first === undefined) return;
  const isOne = standing.length === 1;
  const bytes = isOne ? (writableOf(first)?.bytes ?? null) : null;
  const title = isOne ? first.name : formatPlural(standing.length, 'container');
  const isStill = isOne && first.item === null;
  const size = `writable, ${bytes === null ? '?' : formatBytes(BigInt(bytes))}`;
  const names = standing.map(({ name }) => name);
  const words = [
    title,
    ...(isOne ? [] : [names.slice(0, 20).join(', ') + (names.length > 20 ? ' …' : '')]),
    isStill ? 'not running' : null,
    bytes === null ? 'size of what is written to not known: engines do not count it' : size,
    first.proof === 'unproven' ? `not proven: ${first.why ?? ''}` : null,
  ].filter((word) => word !== null);
  const link = isOne && first.item !== null ? svg.append('a').attr('href', itemHref(first.item)) : svg.append('g');
  if (!isOne || first.item === null) link.attr('tabindex', '0');
  link.attr('data-way', [token, ...below].join(' ')).attr('aria-label', words.join(', '));
  link.append('title').text(words.join('\n'));
  const height = WRITABLE - GAP / 2;
  edge(link, x, y, width, height, 's-text', '4 3');
  const hatch = hatchWidth(width);
  if (bytes === null) hatched(link, x + width - hatch, y + 1, hatch - 1, height - 2, 's-line');
  const room = width - 10 - (bytes === null ? hatch : 0);
  const mark = first.proof === 'unproven' ? '⚠ ' : '';
  write(link, `${mark}${title}`, { x: x + 7, y: y + 16, room, name: isStill ? 'f-quiet b' : 'b' });
  write(link, isStill ? 'not running' : size, { x: x + 7, y: y + 32, room, name: 'f-quiet' });
  if (!hasInit) return;
  panel(link, x, y + WRITABLE, width, INIT - GAP / 2);
  hatched(link, x + width - hatch, y + WRITABLE, hatch, INIT - GAP / 2, 's-line');
  write(link, 'init', { x: x + 7, y: y + WRITABLE + INIT / 2 + 3, name: 'f-quiet' });
}

function hatchWidth(width: number): number {
  return width < NARROW_COLUMN ? NARROW : HATCHED;
}

/** The layer that a container writes to. */
export function writableOf({ lineage, record }: Standing): StoredLayer | null {
  const top = lineage.layers.at(-1);
  if (top?.kind === 'writable') return top.stored;
  return record?.stack.find(({ role }) => role === 'writable') ?? null;
}

/** Whether an image or a container has the layer. */
function isStoodOn({ box, above }: PlacedBox): boolean {
  return above.length > 0 || hasImage(box);
}

function hasImage(box: PlacedBox['box']): boolean {
  return box.images.length > 0 || box.children.some(hasImage);
}

/** The step that made a layer; its digest where none is known. */
export function stepText({ store }: Pick<SurveyedStore, 'store'>, layer: StoredLayer): string {
  const step = instruction(stepOf(store, layer, null));
  if (step === null || step === '') return shortDigest(diffIdOf(store, layer)) || layer.key;
  // The classic builder names what it copied by a digest.
  return step.replaceAll(/\b(file|dir|multi):[0-9a-f]{64}/g, '$1').replaceAll(/\s+/g, ' ');
}

function shownOrphans(orphans: readonly Orphan[]): number {
  return orphans.length > MOST_ORPHANS ? MOST_ORPHANS - 1 : orphans.length;
}

function orphansHeight(orphans: readonly Orphan[]): number {
  if (orphans.length === 0) return 0;
  return CAPTION + Math.min(MOST_ORPHANS, orphans.length) * (LEAST + GAP / 2);
}

/** Directories that nothing uses any more. */
function drawOrphans(svg: Group, orphans: readonly Orphan[], x: number, floor: number): void {
  if (orphans.length === 0) return;
  let y = floor;
  const shown = shownOrphans(orphans);
  for (const { path, why } of orphans.slice(0, shown)) {
    y -= LEAST + GAP / 2;
    const group = svg.append('g');
    group.append('title').text(`${nameText(path)}\n${why}\nsize not known: files were not walked`);
    panel(group, x, y, ORPHANS, LEAST);
    hatched(group, x + ORPHANS - HATCHED, y, HATCHED, LEAST);
    bar(group, x, y, 4, LEAST, 'f-over');
    write(group, directoryName(nameText(path)), { x: x + 11, y: y + 16, room: ORPHANS - HATCHED - 18, name: 'm' });
  }
  if (shown < orphans.length) {
    y -= LEAST + GAP / 2;
    write(svg, `and ${orphans.length - shown} more`, { x: x + 11, y: y + 16, name: 'f-quiet' });
  }
  write(svg, `✗ orphaned: ${orphans.length}`, { x: x + 4, y: y - 7, name: 'b' });
}

/** What tells one layer's directory from another's. */
function directoryName(path: string): string {
  const parts = path.replace(/\/(?:diff|fs)$/, '').split('/');
  return parts.at(-1) ?? path;
}

function drawScale(svg: Group, { bytesPerPixel }: Layout, floor: number): void {
  if (bytesPerPixel === null) return;
  const bytes = roundBytes(bytesPerPixel * 120);
  const long = Math.round(bytes / bytesPerPixel);
  const d = `M52,${floor - 0.5}h8M56,${floor - 0.5}v${-long}M52,${floor - long - 0.5}h8`;
  svg.append('path').attr('class', 's-quiet').attr('d', d);
  write(svg, formatBytes(bytes), { x: 48, y: floor - long / 2 + 4, name: 'f-quiet', anchor: 'end' });
}

/** The largest round number of bytes that is not above this one. */
function roundBytes(most: number): number {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(1, most)) / Math.log(1024)));
  return unit * ([500, 200, 100, 50, 20, 10, 5, 2].find((count) => count * unit <= most) ?? 1);
}

function legendOf({ boxes, tops, left }: Layout, hasOrphans: boolean): LegendEntry[] {
  const isShared = boxes.some(({ letter }) => letter !== null);
  const isHatched = hasOrphans || tops.length > 0 || boxes.some(({ box }) => !sizeOf(box.layers).isKnown);
  const spine = (name: string) => (at: Group, x: number, y: number) => {
    bar(at, x, y, 4, 16, name);
  };
  const entries: (LegendEntry | null)[] = [
    isShared
      ? {
          width: 20,
          text: 'shared: several columns stand on it',
          draw: (at, x, y) => {
            bar(at, x, y, 20, 16, 'f-shared');
            write(at, 'A', { x: x + 10, y: y + 12, name: 'f-ground b', anchor: 'middle' });
          },
        }
      : null,
    boxes.some(({ box, letter }) => letter === null && box.users > 1)
      ? { width: 4, text: 'several containers stand on it', draw: spine('f-shared') }
      : null,
    boxes.some((box) => box.box.users === 1 && isStoodOn(box))
      ? { width: 4, text: 'one stands on it', draw: spine('f-own') }
      : null,
    hasOrphans || boxes.some((box) => !isStoodOn(box))
      ? { width: 4, text: 'nothing uses it', draw: spine('f-over') }
      : null,
    tops.length > 0
      ? {
          width: 22,
          text: 'a container writes to it',
          draw: (at, x, y) => {
            edge(at, x, y, 22, 16, 's-text', '4 3');
          },
        }
      : null,
    isHatched
      ? {
          width: HATCHED,
          text: 'size not known: not counted by the engine',
          draw: (at, x, y) => {
            hatched(at, x, y, HATCHED, 16);
          },
        }
      : null,
    { width: 0, text: `heights to scale, but at least ${LEAST} px`, draw: () => undefined },
    left > 0 ? { width: 0, text: `${formatPlural(left, 'more stack')} in the tables`, draw: () => undefined } : null,
  ];
  return entries.filter((entry) => entry !== null);
}
