/** The table of namespaces: its rows as they stand in JSON, and its columns for every other form. */
import type { Capture } from '../src/schema/capture.ts';
import type { ContainerId, HolderGroup, NamespaceRow, NamespacesDocument, WhyDocument } from '../src/schema/documents.ts';
import { holdersOf } from '../src/model/namespaces.ts';
import type { Namespace } from '../src/model/namespaces.ts';
import type { Container } from '../src/model/containers.ts';
import { nameText } from '../src/text/bytes.ts';
import { documentHead } from './head.ts';
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
    ...(id !== undefined ? { id } : unknown?.id === 'unsupported' ? { id: null } : {}),
    ...(initial !== undefined && { initial }),
    ...(parent !== undefined && { parent }),
    ...(owner !== undefined && { owner }),
    ...(ownerUid !== undefined ? { ownerUid } : type !== 'user' && { ownerUid: null }),
    ...withoutUnsupportedId(unknown),
    processes: ns.processCount,
    tasks: ns.taskCount,
    leader: leader === null ? null : { pid: leader.pid, comm: leader.comm },
    container: container === undefined ? null : containerId(container),
    holders: holdersOf(ns).map(({ kind, count, sample: take }): HolderGroup => ({ kind, count, sample: take(sample) })),
  };
}

/** A kernel that gives no ids has none to know: that is null, not unknown. */
function withoutUnsupportedId(unknown: NamespaceRow['unknown']): Pick<NamespaceRow, 'unknown'> {
  if (unknown === undefined) return {};
  if (unknown.id !== 'unsupported') return { unknown };
  const { id: _id, ...rest } = unknown;
  return Object.keys(rest).length > 0 ? { unknown: rest } : {};
}

/** A container's name for a document. */
export function containerId({ engine, id, name }: Container): ContainerId {
  return { engine, id, name };
}

/** The document of `ls`. */
export function namespacesDocument(capture: Capture, rows: readonly NamespaceRow[]): NamespacesDocument {
  return { ...documentHead('nsinspect/namespaces/1', capture), namespaces: rows };
}

/** The document of `why`. */
export function whyDocument(capture: Capture, namespace: NamespaceRow): WhyDocument {
  return { ...documentHead('nsinspect/why/1', capture), namespace };
}

/** A container in a word: `docker:web`, or by the beginning of its id where it has no name. */
export function containerText({ engine, id, name }: ContainerId): string {
  return `${engine}:${name === null ? shortId(id) : nameText(name)}`;
}

/** Twelve digits of a hexadecimal id, as the engines show it; other ids whole. */
export function shortId(id: string): string {
  return /^[0-9a-f]{20,}$/.test(id) ? id.slice(0, 12) : id;
}

function known(value: number | null | undefined, outcome: string | undefined): string {
  if (value === undefined) return outcome === undefined ? '' : `?${outcome}`;
  return value === null ? '-' : String(value);
}

/** Every column that `ls` has; the names are those of the JSON members. */
export const NAMESPACE_COLUMNS: readonly Column<NamespaceRow>[] = [
  { name: 'type', help: 'one of the eight types', text: (row) => row.type, value: (row) => row.type },
  { name: 'inum', align: 'right', help: 'inode number: names it while it lives', text: (row) => String(row.inum), value: (row) => row.inum },
  {
    name: 'id',
    align: 'right',
    help: 'the number that the kernel never reuses, where it has one',
    text: (row) => (row.id === undefined ? `?${row.unknown?.id ?? ''}` : (row.id ?? '-')),
    value: (row) => row.id ?? null,
  },
  {
    name: 'initial',
    help: 'made at boot',
    text: (row) => (row.initial === undefined ? `?${row.unknown?.initial ?? ''}` : row.initial ? 'yes' : ''),
    value: (row) => row.initial ?? null,
  },
  {
    name: 'parent',
    align: 'right',
    help: 'inode number of the parent, of user and pid namespaces',
    text: (row) => known(row.parent, row.unknown?.parent),
    value: (row) => row.parent ?? null,
  },
  {
    name: 'owner',
    align: 'right',
    help: 'inode number of the user namespace that owns it',
    text: (row) => known(row.owner, row.unknown?.owner),
    value: (row) => row.owner ?? null,
  },
  {
    name: 'ownerUid',
    align: 'right',
    help: 'uid that owns a user namespace',
    text: (row) => known(row.ownerUid, row.unknown?.ownerUid),
    value: (row) => row.ownerUid ?? null,
  },
  { name: 'processes', header: 'PROCS', align: 'right', help: 'processes with a thread in it', text: (row) => String(row.processes), value: (row) => row.processes },
  { name: 'tasks', align: 'right', help: 'threads in it', text: (row) => String(row.tasks), value: (row) => row.tasks },
  {
    name: 'leader',
    help: 'the process in it that started first',
    shrink: true,
    text: (row) => (row.leader === null ? '-' : `${String(row.leader.pid)} ${nameText(row.leader.comm)}`),
    value: (row) => row.leader?.pid ?? null,
  },
  {
    name: 'container',
    help: 'the container of its leader',
    shrink: true,
    text: (row) => (row.container === null ? '-' : containerText(row.container)),
    value: (row) => (row.container === null ? null : containerText(row.container)),
  },
  {
    name: 'holders',
    help: 'what keeps it alive, besides processes, and how many of each',
    shrink: true,
    text: (row) => holdersText(row.holders),
    value: (row) => row.holders.map(({ kind, count }) => `${kind}=${String(count)}`).join(' '),
  },
];

/** The columns that `ls` shows unless told otherwise. */
export const DEFAULT_NAMESPACE_COLUMNS = ['type', 'inum', 'processes', 'leader', 'container', 'holders'] as const;

function holdersText(holders: readonly HolderGroup[]): string {
  return holders
    .filter(({ kind }) => kind !== 'process')
    .map(({ kind, count }) => (count === 1 ? kind : `${kind}×${String(count)}`))
    .join(' ');
}
