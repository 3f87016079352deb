/** What the pictures of layers show, and all that they have no room for, as tables. */
import type { Image } from '../../../src/model/layers.ts';
import type { StoredLayer } from '../../../src/schema/layers.ts';
import type { ReportCell, ReportRow, ReportTable } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { shortDigest } from '../../layers-words.ts';
import { bytesCell, countCell, namesCell, numberColumn, textCell, textColumn } from '../cells.ts';
import type { World } from '../world.ts';
import { stepText, writableOf } from './stacks.ts';
import { diffIdOf, imageText } from './survey.ts';
import type { Standing, Survey, SurveyedStore } from './survey.ts';
import type { Waste } from './waste.ts';

const NOT_COUNTED = 'the engine did not count it';

/** The layers of images, by store, lowest first. `letters`: of a store, those that its picture has. */
export function layersTable(
  survey: Survey,
  letters: ReadonlyMap<SurveyedStore, ReadonlyMap<string, string>>,
  world: World,
): ReportTable {
  return {
    kind: 'table',
    name: 'layers',
    caption: 'Layers of images',
    columns: [
      textColumn('layer', 'Layer'),
      textColumn('letter', 'Letter'),
      textColumn('step', 'Build step'),
      numberColumn('size', 'Size', 'bytes'),
      numberColumn('containers', 'Containers', 'count'),
      numberColumn('images', 'Images', 'count'),
      textColumn('used', 'Used by'),
      textColumn('store', 'Store'),
    ],
    rows: survey.stores.flatMap((store) =>
      orderedLayers(store).map((layer) => layerRow(layer, store, survey, letters.get(store), world.capture.redacted)),
    ),
    shown: 20,
  };
}

/** As they lie upon each other: what stands on a layer follows it. */
function orderedLayers({ store }: SurveyedStore): StoredLayer[] {
  const layers = store.facts.layers.filter(({ role }) => role === 'image');
  const keys = new Set(layers.map(({ key }) => key));
  const above = Map.groupBy(layers, ({ parent }) => (parent !== null && keys.has(parent) ? parent : ''));
  const ordered: StoredLayer[] = [];
  const stack = sortedDown(above.get('') ?? []);
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    ordered.push(next);
    stack.push(...sortedDown(above.get(next.key) ?? []));
  }
  // A forged chain of parents may have no beginning.
  const placed = new Set(ordered);
  return [...ordered, ...layers.filter((layer) => !placed.has(layer))];
}

function sortedDown(layers: readonly StoredLayer[]): StoredLayer[] {
  return layers.toSorted((a, b) => byText(b.key, a.key));
}

function layerRow(
  layer: StoredLayer,
  surveyed: SurveyedStore,
  survey: Survey,
  letters: ReadonlyMap<string, string> | undefined,
  redacted: boolean,
): ReportRow {
  const { store, title } = surveyed;
  const diffId = diffIdOf(store, layer);
  const users = store.users.get(layer.key) ?? [];
  const images = [...new Set(users.flatMap((user) => (user.kind === 'image' ? [user.image] : [])))];
  const containers = surveyed.standing.filter((one) => one.lineage.layers.some(({ stored }) => stored === layer));
  const names = [...containers.map(({ name }) => name), ...namesOf(images)];
  const step = stepText(surveyed, layer);
  const path = layer.dirs[0];
  const where = path === undefined ? '' : nameText(path);
  return {
    item: survey.itemOf(store, layer),
    cells: [
      textCell(shortDigest(diffId) || layer.key, { note: [diffId ?? layer.key, where].join('\n').trim() }),
      textCell(letters?.get(layer.key) ?? ''),
      redacted ? textCell('left out (redacted)', { mark: 'unknown' }) : textCell(step),
      bytesCell(layer.bytes === null ? null : BigInt(layer.bytes), NOT_COUNTED),
      countCell(containers.length),
      countCell(images.length),
      names.length === 0 ? textCell('nobody', { mark: 'absent' }) : namesCell(names),
      textCell(title),
    ],
  };
}

/** Names of images; those of a build's steps have none. */
function namesOf(images: readonly Image[]): string[] {
  return images
    .filter(({ facts }) => facts.tags.length > 0)
    .map(imageText)
    .sort(byText);
}

/** Every container and what it stands on. */
export function containersTable(survey: Survey): ReportTable {
  return {
    kind: 'table',
    name: 'containers',
    caption: 'What containers stand on',
    columns: [
      textColumn('container', 'Container'),
      textColumn('engine', 'Engine'),
      textColumn('image', 'Image'),
      textColumn('proof', 'Lineage'),
      numberColumn('layers', 'Image layers', 'count'),
      numberColumn('size', 'Size of these', 'bytes'),
      textColumn('init', 'Init layer'),
      numberColumn('writable', 'Writable layer', 'bytes'),
      textColumn('highest', 'Highest image layer'),
    ],
    rows: survey.standing.map((one) => containerRow(one, survey)),
    shown: 20,
  };
}

const PROOFS = {
  proven: { text: 'proven by record', mark: 'pass' },
  likely: { text: 'likely', mark: 'unsure' },
  unproven: { text: 'not proven', mark: 'unsure' },
  none: { text: 'no layers', mark: 'absent' },
} as const;

function containerRow(one: Standing, survey: Survey): ReportRow {
  const { name, engine, item, lineage, proof, why } = one;
  const { image, candidates, layers, store } = lineage;
  const ofImage = layers.filter(({ kind }) => kind === 'image');
  const sizes = ofImage.map(({ stored }) => stored?.bytes ?? null);
  const isCounted = sizes.every((size) => size !== null);
  const top = ofImage.findLast(({ stored }) => stored !== null)?.stored ?? null;
  const likely = candidates[0];
  const named = image ?? (proof === 'likely' && likely !== undefined ? likely.image : null);
  const init = layers.find(({ kind }) => kind === 'init');
  return {
    item: null,
    cells: [
      textCell(name, { item, note: item === null ? 'not running' : null }),
      textCell(item === null ? `${engine}, not running` : engine),
      named === null
        ? textCell(proof === 'none' ? 'none' : 'not known', { mark: proof === 'none' ? 'absent' : 'unknown' })
        : textCell(imageText(named), { note: named.facts.id }),
      textCell(why === null ? PROOFS[proof].text : `${PROOFS[proof].text}: ${why}`, { mark: PROOFS[proof].mark }),
      countCell(ofImage.length),
      bytesCell(
        isCounted && store !== null ? sizes.reduce((sum, size) => sum + BigInt(size), 0n) : null,
        layers.length === 0 ? 'there are none' : NOT_COUNTED,
      ),
      init === undefined ? textCell('none') : textCell('yes', { note: nameText(init.path) }),
      writableCell(one),
      top === null || store === null
        ? textCell('')
        : textCell(shortDigest(diffIdOf(store, top)) || top.key, { item: survey.itemOf(store, top) }),
    ],
  };
}

function writableCell(one: Standing): ReportCell {
  const { lineage } = one;
  const top = lineage.layers.at(-1);
  if (top?.kind !== 'writable') {
    return lineage.layers.length === 0 ? textCell('') : textCell('none: read-only', { mark: 'absent' });
  }
  const bytes = writableOf(one)?.bytes ?? null;
  const why = `${NOT_COUNTED}; nsinspect layers ${one.engine}:${one.name} --files walks it: ${nameText(top.path)}`;
  return bytesCell(bytes === null ? null : BigInt(bytes), why);
}

/** Images and what they cost. */
export function imagesTable({ stores }: Survey): ReportTable {
  return {
    kind: 'table',
    name: 'images',
    caption: 'Images',
    columns: [
      textColumn('image', 'Image'),
      textColumn('id', 'Id'),
      numberColumn('layers', 'Layers', 'count'),
      numberColumn('size', 'Size', 'bytes'),
      numberColumn('own', 'Its own', 'bytes'),
      numberColumn('containers', 'Containers', 'count'),
      textColumn('names', 'Made from it'),
      textColumn('store', 'Store'),
    ],
    rows: stores.flatMap(({ summary, title }) =>
      summary.images
        .map((share) => ({ share, name: imageText(share.image), isNamed: share.image.facts.tags.length > 0 }))
        .sort((a, b) => Number(b.isNamed) - Number(a.isNamed) || byText(a.name, b.name))
        .map(({ share: { image, bytes, ownBytes, containers } }): ReportRow => {
          const tags = image.facts.tags.map(nameText);
          const names = containers.map(({ facts }) => nameText(facts.name ?? facts.id)).sort(byText);
          return {
            item: null,
            cells: [
              tags.length === 0 ? textCell('no tag', { mark: 'absent' }) : namesCell(tags),
              textCell(shortDigest(image.facts.id), { note: image.facts.id }),
              countCell(image.stack.length),
              bytesCell(bytes, NOT_COUNTED),
              bytesCell(ownBytes, NOT_COUNTED),
              countCell(containers.length),
              namesCell(names),
              textCell(title),
            ],
          };
        }),
    ),
    shown: 12,
  };
}

/** What is kept in vain, as far as that is known without a look at files. */
export function wasteTable(waste: readonly Waste[]): ReportTable {
  return {
    kind: 'table',
    name: 'waste',
    caption: 'Kept in vain',
    columns: [
      textColumn('what', 'What'),
      textColumn('name', 'Name'),
      numberColumn('size', 'Size', 'bytes'),
      textColumn('why', 'Why'),
      textColumn('store', 'Store'),
    ],
    rows: waste.map(({ what, name, bytes, unknown, why, store, item }) => ({
      item: null,
      cells: [textCell(what), textCell(name, { item }), bytesCell(bytes, unknown), textCell(why), textCell(store)],
    })),
    shown: 12,
  };
}

/** `3 stores`, or the one. */
export function storesText({ stores }: Survey): string {
  const [only, ...others] = stores;
  return only === undefined || others.length > 0 ? formatPlural(stores.length, 'store') : only.title;
}
