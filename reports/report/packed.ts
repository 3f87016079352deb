/** Tables and trees as the page carries them for its script: arrays, in which what repeats packs well. */
import type {
  ItemId,
  Mark,
  ReportCell,
  ReportColumn,
  ReportNode,
  ReportTable,
  ReportTree,
} from '../../src/schema/report.ts';

/** A cell: its text alone, or text, value, item, mark and note; 0 for what it has not, left out at the end. */
export type PackedCell =
  string | readonly [text: string, value?: string | 0, item?: ItemId | 0, mark?: Mark | 0, note?: string | 0];

/** Item, mark, and cells. */
export type PackedRow = readonly [item: ItemId | 0, mark: Mark | 0, ...cells: PackedCell[]];

/** Item, mark, whether it is open, children, its text and link as a cell, and cells. */
export type PackedNode = readonly [
  item: ItemId | 0,
  mark: Mark | 0,
  open: 0 | 1,
  children: readonly PackedNode[],
  head: PackedCell,
  ...cells: PackedCell[],
];

/** A table; `id` is that of its element. */
export interface PackedTable {
  readonly id: string;
  readonly columns: readonly Pick<ReportColumn, 'align' | 'unit' | 'title'>[];
  readonly shown: number;
  readonly rows: readonly PackedRow[];
}

/** A tree. */
export interface PackedTree {
  readonly id: string;
  readonly nodes: readonly PackedNode[];
}

/** Everything that the script gets. */
export interface PackedData {
  readonly tables: readonly PackedTable[];
  readonly trees: readonly PackedTree[];
  /** What makes a picture that is saved a file of its own. */
  readonly pictureStyle: string;
}

/** The table. `items`: those that there are, as links to others would lead nowhere. */
export function packTable(table: ReportTable, id: string, items: ReadonlySet<ItemId>): PackedTable {
  return {
    id,
    columns: table.columns.map(({ align, unit, title }) => ({ align, unit, title })),
    shown: table.shown,
    rows: table.rows.map(({ item, mark, cells }) => [item ?? 0, mark ?? 0, ...cells.map((cell) => pack(cell, items))]),
  };
}

/** As {@link packTable}. */
export function packTree(tree: ReportTree, id: string, items: ReadonlySet<ItemId>): PackedTree {
  const packNode = ({ item, mark, open, children, text, link, cells }: ReportNode): PackedNode => [
    item ?? 0,
    mark ?? 0,
    open ? 1 : 0,
    children.map(packNode),
    pack(link === undefined ? { text } : { text, item: link }, items),
    ...cells.map((cell) => pack(cell, items)),
  ];
  return { id, nodes: tree.nodes.map(packNode) };
}

function pack({ text, value, item, mark, note }: ReportCell, items: ReadonlySet<ItemId>): PackedCell {
  const link = item !== undefined && items.has(item) ? item : 0;
  if (note !== undefined) return [text, value ?? 0, link, mark ?? 0, note];
  if (mark !== undefined) return [text, value ?? 0, link, mark];
  if (link !== 0) return [text, value ?? 0, link];
  return value === undefined ? text : [text, value];
}

/** The cell as it was. */
export function unpackCell(packed: PackedCell): ReportCell {
  if (typeof packed === 'string') return { text: packed };
  const [text, value = 0, item = 0, mark = 0, note = 0] = packed;
  return {
    text,
    ...(value !== 0 && { value }),
    ...(item !== 0 && { item }),
    ...(mark !== 0 && { mark }),
    ...(note !== 0 && { note }),
  };
}
