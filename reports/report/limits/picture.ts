/** The picture of limits: a row for each container, a bar for each resource; what has no limit has no end. */
import type { Resource } from '../../../src/schema/limits-document.ts';
import { formatCount, formatPercent, formatPlural } from '../../../src/text/units.ts';
import type { Picture } from '../section.ts';
import { write } from '../shapes.ts';
import type { Bounded } from './bounded.ts';
import { drawBounded, drawHead, GAP, MARGIN, NAME, PRESSURE, ROW } from './drawing.ts';
import { gaugesOf, NEAR } from './gauges.ts';
import { rowText, STALLS } from './words.ts';
import type { Column } from './words.ts';

/** Rows for containers, and for cgroups of the host. */
const CONTAINERS = 30;
const CGROUPS = 12;

/** Of the names of columns, and of a line between rows. */
const HEAD = 34;
const HEADING = 30;

/** In every picture, whether limited or not. */
const ALWAYS: readonly Column[] = [
  { resource: 'cpu.time', title: 'cpu', below: 'bar: stopped, of its periods', width: 172 },
  { resource: 'memory', title: 'memory', below: 'bar: used of the limit', width: 204 },
  { resource: 'pids', title: 'pids', below: 'bar: tasks of the limit', width: 140 },
];

/** Where anything is limited by it. */
const SOMETIMES: readonly Column[] = [
  { resource: 'memory.high', title: 'memory.high', below: 'bar: used of the limit', width: 140 },
  { resource: 'memory.swap', title: 'swap', below: 'bar: used of the limit', width: 140 },
  { resource: 'io.rbps', title: 'read', below: 'bytes a second', width: 116 },
  { resource: 'io.wbps', title: 'write', below: 'bytes a second', width: 116 },
  { resource: 'io.riops', title: 'read', below: 'operations a second', width: 116 },
  { resource: 'io.wiops', title: 'write', below: 'operations a second', width: 116 },
  { resource: 'hugetlb', title: 'hugetlb', below: 'bar: used of the limit', width: 150 },
];

/** What stands in a row: something bounded, a heading, or how many more there are. */
type Row =
  | { readonly kind: 'bounded'; readonly bounded: Bounded; readonly y: number }
  | { readonly kind: 'heading' | 'more'; readonly text: string; readonly y: number };

/** The picture. */
export function limitsPicture(all: readonly Bounded[]): Picture {
  const containers = all.filter(({ kind }) => kind === 'container');
  const cgroups = all.filter(({ kind }) => kind === 'cgroup');
  const drawn = [chosen(containers, CONTAINERS), chosen(cgroups, CGROUPS)] as const;
  const columns = [...ALWAYS, ...SOMETIMES.filter(({ resource }) => isLimited(drawn.flat(), resource))];
  const rows: Row[] = [];
  let y = MARGIN + HEAD;
  const add = (
    height: number,
    row: Omit<Extract<Row, { kind: 'bounded' }>, 'y'> | Omit<Extract<Row, { kind: 'more' | 'heading' }>, 'y'>,
  ): void => {
    rows.push({ ...row, y });
    y += height;
  };
  for (const bounded of drawn[0]) add(ROW, { kind: 'bounded', bounded });
  if (drawn[0].length < containers.length) {
    add(HEADING, { kind: 'more', text: restText(containers, drawn[0], 'container') });
  }
  if (drawn[1].length > 0) add(HEADING, { kind: 'heading', text: 'cgroups of the host that set a limit' });
  for (const bounded of drawn[1]) add(ROW, { kind: 'bounded', bounded });
  if (drawn[1].length < cgroups.length) add(HEADING, { kind: 'more', text: restText(cgroups, drawn[1], 'cgroup') });
  let right = MARGIN + NAME + GAP;
  const placed = columns.map((column): readonly [Column, number] => {
    const x = right;
    right += column.width + GAP;
    return [column, x];
  });
  const frame = { columns: placed, pressure: right };
  return {
    kind: 'picture',
    name: 'limits',
    title: 'What each container uses of its limits',
    description: described(drawn.flat(), columns),
    width: right + PRESSURE * STALLS.length + MARGIN,
    height: y + MARGIN,
    draw: ({ svg }) => {
      drawHead(svg, frame);
      const tokens = tokensOf(drawn.flat());
      for (const row of rows) {
        if (row.kind === 'bounded') drawBounded(svg, row.bounded, row.y, frame, tokens.get(row.bounded) ?? []);
        else write(svg, row.text, { x: MARGIN, y: row.y + 20, name: row.kind === 'heading' ? 'b' : 'f-quiet' });
      }
    },
  };
}

function isLimited(all: readonly Bounded[], resource: Resource): boolean {
  return all.some((bounded) => gaugesOf(bounded, resource).some(({ kind }) => kind === 'limited'));
}

/** Those that need to be seen, then as many as there is room for; all by name. */
function chosen(all: readonly Bounded[], most: number): readonly Bounded[] {
  const urgent = all.filter(isMarked).slice(0, most);
  const rest = all.filter((one) => !urgent.includes(one)).slice(0, most - urgent.length);
  return all.filter((one) => urgent.includes(one) || rest.includes(one));
}

function isMarked(bounded: Bounded): boolean {
  return ALWAYS.some(({ resource }) =>
    gaugesOf(bounded, resource).some(({ mark }) => mark === 'near' || mark === 'over'),
  );
}

function restText(all: readonly Bounded[], drawn: readonly Bounded[], noun: string): string {
  const rest = all.filter((one) => !drawn.includes(one));
  const marked = rest.filter(isMarked).length;
  const urgent = marked === 0 ? 'none of them near a limit' : `${formatCount(marked)} of them near a limit`;
  return `and ${formatPlural(rest.length, `more ${noun}`)}, ${urgent}: in the table`;
}

/** A row, those that it limits, and those that limit it. */
function tokensOf(drawn: readonly Bounded[]): Map<Bounded, string[]> {
  const tokens = new Map(drawn.map((bounded, i) => [bounded, [`r${String(i)}`]]));
  const byKey = new Map(drawn.flatMap((bounded) => bounded.nodes.map(({ key }) => [key, bounded] as const)));
  for (const bounded of drawn) {
    for (const { imposedBy } of bounded.limits) {
      const other = byKey.get(imposedBy?.key ?? '');
      if (other === undefined || other === bounded) continue;
      tokens.get(bounded)?.push(tokens.get(other)?.[0] ?? '');
      tokens.get(other)?.push(tokens.get(bounded)?.[0] ?? '');
    }
  }
  return new Map([...tokens].map(([bounded, own]) => [bounded, [...new Set(own)]]));
}

/** Rows that are told in words. */
const TOLD = 20;

function described(drawn: readonly Bounded[], columns: readonly Column[]): string {
  const near = `A bar is near its limit from ${formatPercent(NEAR)} on.`;
  return [near, ...drawn.slice(0, TOLD).map((bounded) => rowText(bounded, columns))].join(' ');
}
