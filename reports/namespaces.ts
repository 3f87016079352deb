/** The table of namespaces: its rows as they stand in JSON, and its columns for every other form. */
import type { Capture } from '../src/schema/capture.ts';
import type { ContainerId, HolderGroup, NamespaceRow, NamespacesDocument } from '../src/schema/documents.ts';
import { holdersOf } from '../src/model/namespaces.ts';
import type { Namespace } from '../src/model/namespaces.ts';
import type { Container } from '../src/model/containers.ts';
import { NsinspectError } from '../src/text/error.ts';
import { byText } from '../src/text/order.ts';
import { documentHead } from './head.ts';
import { NAMESPACE_COLUMNS, DEFAULT_NAMESPACE_COLUMNS } from './namespace-columns.ts';
import type { Column } from './table.ts';

/** How many holders of a kind a row names. */
const SAMPLE = 8;

/** Which container a process belongs to. */
export type ContainerOf = (pid: number) => Container | undefined;

/** The row of one namespace. `sample`: how many holders of a kind it names. */
export function namespaceRow(ns: Namespace, containerOf: ContainerOf, sample = SAMPLE): NamespaceRow {
  const { facts, leader } = ns;
  const { type, inum, id, initial, parent, owner, ownerUid, unknown } = facts;
  const container = leader === null ? undefined : containerOf(leader.pid);
  return {
    type,
    inum,
    ...(id !== undefined && { id }),
    ...(initial !== undefined && { initial }),
    ...(parent !== undefined && { parent }),
    ...(owner !== undefined && { owner }),
    ...(ownerUid !== undefined ? { ownerUid } : type !== 'user' && { ownerUid: null }),
    ...(unknown !== undefined && { unknown }),
    processes: ns.processCount,
    tasks: ns.taskCount,
    leader: leader === null ? null : { pid: leader.pid, comm: leader.comm },
    container: container === undefined ? null : containerId(container),
    holders: holdersOf(ns).map(({ kind, count, sample: take }): HolderGroup => ({ kind, count, sample: take(sample) })),
  };
}

/** A container's name for a document. */
export function containerId({ engine, id, name }: Container): ContainerId {
  return { engine, id, name };
}

/** The document of `ls`. */
export function namespacesDocument(capture: Capture, rows: readonly NamespaceRow[]): NamespacesDocument {
  return { ...documentHead('nsinspect/namespaces/1', capture), namespaces: rows };
}

/** The columns that a list such as `type,inum` or `+id` or `all` names. Throws a NsinspectError for a name that is none. */
export function chooseColumns(list: string): Column<NamespaceRow>[] {
  if (list === 'all') return [...NAMESPACE_COLUMNS];
  const isAddition = list.startsWith('+');
  const names = list
    .replace(/^\+/, '')
    .split(',')
    .map((name) => name.trim());
  return [...(isAddition ? DEFAULT_NAMESPACE_COLUMNS : []), ...names].map(columnNamed);
}

function columnNamed(name: string): Column<NamespaceRow> {
  const column = NAMESPACE_COLUMNS.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (column !== undefined) return column;
  const known = NAMESPACE_COLUMNS.map((one) => one.name).join(', ');
  throw new NsinspectError(`no column ${name}`, { code: 'usage', hint: `There are ${known}.` });
}

/** The rows by one column, numbers as numbers; `-name` sorts downwards. Rows that are equal in it keep their order. */
export function sortRows(rows: readonly NamespaceRow[], by: string): NamespaceRow[] {
  const column = columnNamed(by.replace(/^-/, ''));
  const sign = by.startsWith('-') ? -1 : 1;
  return [...rows].sort((a, b) => sign * compare(column.value(a), column.value(b)));
}

function compare(a: unknown, b: unknown): number {
  if (a === b) return 0;
  // What is not there comes last, upwards.
  if (a === null || b === null) return a === null ? 1 : -1;
  if (typeof a === 'string' && typeof b === 'string' && /^[0-9]+$/.test(a) && /^[0-9]+$/.test(b)) {
    return a.length - b.length || byText(a, b);
  }
  return (a as string | number) < (b as string | number) ? -1 : 1;
}
