/** What engines' stores hold, and who has a layer, for a person. */
import type {
  ImageUse,
  LayersAllDocument,
  LayerSharer,
  LayersWhoDocument,
  StoreUse,
} from '../src/schema/layers-document.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatBytes, formatPlural } from '../src/text/units.ts';
import { truncate } from '../src/text/width.ts';
import { shortDigest, tagsText } from './layers-words.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

/** Names that are shown of a list. */
const SHOWN = 4;

function cutTo(style: Style): (text: string) => string {
  return (text) =>
    style.columns === null ? terminalSafe(text) : truncate(terminalSafe(text), style.columns, style.ellipsis);
}

/** The lines of `layers --all`. */
export function layersAllLines({ stores }: LayersAllDocument, style: Style): string[] {
  if (stores.length === 0) return ['no store of layers was found'];
  return stores.flatMap((store, i) => [...(i === 0 ? [] : ['']), ...storeLines(store, style)]);
}

function storeLines(store: StoreUse, style: Style): string[] {
  const cut = cutTo(style);
  const { engine, driver, root, inside, layers, bytes, sharedBytes, images, others, orphans } = store;
  const where =
    inside === null ? '' : ` inside ${inside.engine}:${inside.name === null ? inside.id : nameText(inside.name)}`;
  const saved = sharedBytes === '0' ? '' : `; sharing saves ${formatBytes(BigInt(sharedBytes))}`;
  const lines = [
    style.bold(cut(`${engine} ${driver} in ${nameText(root)}${where}`)),
    cut(
      `${formatPlural(images.length, 'image')} of ${formatPlural(layers, 'layer')}, ${formatBytes(BigInt(bytes))}${saved}`,
    ),
  ];
  // The steps of a build are images without a name, too.
  const shown = images.filter(({ tags, containers }) => tags.length > 0 || containers.length > 0);
  if (shown.length > 0) lines.push(...tableLines(shown, IMAGE_COLUMNS, style));
  if (images.length > shown.length) {
    lines.push(style.dim(`and ${formatPlural(images.length - shown.length, 'image')} without a tag or container`));
  }
  if (others.length > 0) {
    const names = others.slice(0, SHOWN).map(({ id, name }) => (name === null ? shortDigest(id) : nameText(name)));
    lines.push(cut(`${formatPlural(others.length, 'container')} whose image is not known: ${names.join(', ')}`));
  }
  for (const { path, why } of orphans.slice(0, 20)) lines.push(style.yellow(cut(`orphan, ${why}: ${nameText(path)}`)));
  if (orphans.length > 20) lines.push(style.yellow(`and ${String(orphans.length - 20)} more orphans`));
  return lines;
}

const imageText = (image: ImageUse): string => tagsText(image);
const bytesText = (bytes: string | undefined): string => (bytes === undefined ? '?' : formatBytes(BigInt(bytes)));

function containersText({ containers }: ImageUse): string {
  const names = containers.slice(0, SHOWN).map(({ id, name }) => (name === null ? shortDigest(id) : nameText(name)));
  return [...names, ...(containers.length > SHOWN ? [`and ${String(containers.length - SHOWN)} more`] : [])].join(', ');
}

const IMAGE_COLUMNS: readonly Column<ImageUse>[] = [
  { name: 'image', help: 'the image', shrink: true, text: imageText, value: imageText },
  {
    name: 'layers',
    help: 'how many it has',
    align: 'right',
    text: ({ layers }) => String(layers),
    value: ({ layers }) => layers,
  },
  {
    name: 'bytes',
    header: 'SIZE',
    help: 'of its layers',
    align: 'right',
    text: ({ bytes }) => bytesText(bytes),
    value: ({ bytes }) => bytes ?? null,
  },
  {
    name: 'ownBytes',
    header: 'ITS OWN',
    help: 'of the layers that no other image has',
    align: 'right',
    text: ({ ownBytes }) => bytesText(ownBytes),
    value: ({ ownBytes }) => ownBytes ?? null,
  },
  { name: 'containers', help: 'made from it', shrink: true, text: containersText, value: containersText },
];

/** The lines of `layers who`. */
export function layersWhoLines({ query, layers }: LayersWhoDocument, style: Style): string[] {
  const cut = cutTo(style);
  if (layers.length === 0) return [cut(`no layer of a store that was found is or has ${query}`)];
  return layers.flatMap((layer, i) => {
    const { engine, kind, path, diffId, bytes, instruction, usedBy, file } = layer;
    const about = [
      `${kind} layer of ${engine}`,
      diffId === null ? null : shortDigest(diffId),
      bytes === null ? null : formatBytes(BigInt(bytes)),
      instruction === null ? null : instruction.replaceAll(/\s+/g, ' '),
    ].filter((part) => part !== null);
    return [
      ...(i === 0 ? [] : ['']),
      style.bold(cut(nameText(path))),
      ...(file === undefined ? [] : [cut(fileText(file, query))]),
      cut(about.join(` ${style.dot} `)),
      ...(usedBy.length === 0 ? ['  nobody'] : usedBy.map((user) => cut(`  ${userText(user)}`))),
    ];
  });
}

function fileText({ kind, bytes }: NonNullable<LayersWhoDocument['layers'][number]['file']>, query: string): string {
  if (kind === 'deleted') return `deletes ${query}`;
  return `has ${query}${bytes === null ? '' : `, ${formatBytes(BigInt(bytes))}`}`;
}

function userText({ engine, container, image }: LayerSharer): string {
  const named = image === null ? 'an image that is not known' : tagsText(image);
  if (container === null) return `image ${named}`;
  const name = container.name === null ? shortDigest(container.id) : nameText(container.name);
  return `container ${engine}:${name}, made from ${named}`;
}
