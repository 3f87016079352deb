/** What a stack holds in vain, for a person. */
import type { ChangesCoverage } from '../src/schema/changes.ts';
import type { DuplicateFiles, HiddenFile, LayerWaste, Waste } from '../src/schema/waste.ts';
import { nameText } from '../src/text/bytes.ts';
import { formatBytes, formatCount, formatPlural } from '../src/text/units.ts';
import { changeNotes } from './changes.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

const LAYERS: readonly Column<LayerWaste>[] = [
  column('index', '#', 'the layer, 0 the lowest', ({ index }) => String(index), 'right'),
  column('files', 'FILES', 'its regular files', ({ files }) => formatCount(files), 'right'),
  column('bytes', 'SIZE', 'what they come to', ({ bytes }) => size(bytes), 'right'),
  column('hiddenFiles', 'HIDDEN', 'those that are not seen', ({ hiddenFiles }) => formatCount(hiddenFiles), 'right'),
  column('hiddenBytes', 'SIZE', 'what these come to', ({ hiddenBytes }) => size(hiddenBytes), 'right'),
  column('hiddenAllocatedBytes', 'ON DISK', 'what these take', (layer) => size(layer.hiddenAllocatedBytes), 'right'),
];

const HIDDEN: readonly Column<HiddenFile>[] = [
  column('bytes', 'SIZE', 'what it comes to', ({ bytes }) => size(bytes), 'right'),
  column('layer', '#', 'the layer that has it', ({ layer }) => String(layer), 'right'),
  column('how', 'HIDDEN', 'the highest layer that hides it, and how', ({ how, by }) => `${WORDS[how]} #${String(by)}`),
  { ...column('path', 'PATH', 'its name', ({ path }: HiddenFile) => nameText(path)), shrink: 'last' },
];

const WORDS = { deleted: 'deleted by', replaced: 'replaced by', opaque: 'opaque in' } as const;

const DUPLICATES: readonly Column<DuplicateFiles>[] = [
  column('bytes', 'SIZE', 'of one copy', ({ bytes }) => size(bytes), 'right'),
  column('count', 'COPIES', 'how many there are', ({ count }) => formatCount(count), 'right'),
  column('layers', 'IN', 'the layers that have one', layersText),
  {
    ...column('copies', 'PATH', 'the name of the first', ({ copies: [first] }: DuplicateFiles) =>
      first === undefined ? '' : nameText(first.path),
    ),
    shrink: 'last',
  },
];

const MOST_SHOWN = 5;

/** Both sums, the layers that have a share in the first, and the largest few of each. */
export function wasteLines(waste: Waste, style: Style): string[] {
  const { hidden, duplicates } = waste;
  const withHidden = waste.layers.filter(({ hiddenFiles }) => hiddenFiles > 0).reverse();
  return [
    ...head('hidden by layers above', hidden.count, waste.hiddenBytes, waste.hiddenAllocatedBytes),
    ...section(withHidden, withHidden.length, LAYERS, style),
    ...section(hidden.largest.slice(0, MOST_SHOWN), hidden.count, HIDDEN, style),
    ...(hidden.count > 0 ? [''] : []),
    ...head('in more than one layer', duplicates.count, waste.duplicateBytes, waste.duplicateAllocatedBytes),
    ...section(duplicates.largest.slice(0, MOST_SHOWN), duplicates.count, DUPLICATES, style),
  ];
}

function head(what: string, count: number, bytes: string, allocated: string): string[] {
  return [
    `${what}: ${count === 0 ? 'no file' : `${formatPlural(count, 'file')}, ${size(bytes)}, ${size(allocated)} on disk`}`,
  ];
}

/** A table of some of `count` files or layers; nothing where there is none. */
function section<Row>(rows: readonly Row[], count: number, columns: readonly Column<Row>[], style: Style): string[] {
  if (rows.length === 0) return [];
  const narrow = style.columns === null ? style : { ...style, columns: style.columns - INDENT.length };
  const lines = tableLines(rows, columns, narrow).map((line) => INDENT + line);
  const rest = count - rows.length;
  return rest > 0 ? [...lines, style.dim(`${INDENT}and ${formatPlural(rest, 'more file')}`)] : lines;
}

const INDENT = '  ';

/** `#0 #2`, or the lowest that are known and how many more: the copies are not all listed. */
function layersText({ copies, layers }: DuplicateFiles): string {
  const each = [...new Set(copies.map(({ layer }) => layer))].sort((a, b) => a - b);
  const shown = each.slice(0, MOST_SHOWN).map((layer) => `#${String(layer)}`);
  const rest = layers - shown.length;
  return shown.join(' ') + (rest > 0 ? ` +${String(rest)}` : '');
}

function size(bytes: string): string {
  return formatBytes(BigInt(bytes));
}

function column<Row>(
  name: string,
  header: string,
  help: string,
  text: (row: Row) => string,
  align?: 'right',
): Column<Row> {
  return { name, header, help, text, value: text, ...(align !== undefined && { align }) };
}

/** What the sums are lacking, as notes. */
export function wasteNotes({ notCompared }: Waste, coverage: Readonly<ChangesCoverage>): string[] {
  const { count, first } = notCompared;
  return [
    ...changeNotes({ ...coverage, stopped: false }),
    ...(coverage.stopped ? ['there are more files than are kept: what is said of waste is not complete'] : []),
    ...(first === null
      ? []
      : [`${formatPlural(count, 'file')} not compared, first ${nameText(first.path)}: ${first.outcome}`]),
  ];
}
