/** The columns of the table of namespaces. */
import type { ContainerId, HolderGroup, NamespaceRow } from '../src/schema/documents.ts';
import { nameText } from '../src/text/bytes.ts';
import type { Column } from './table.ts';

function known(value: number | null | undefined, outcome: string | undefined): string {
  if (value === undefined) return outcome === undefined ? '' : `?${outcome}`;
  return value === null ? '-' : String(value);
}

/** Every column that `ls` has; the names are those of the JSON members. */
export const NAMESPACE_COLUMNS: readonly Column<NamespaceRow>[] = [
  { name: 'type', help: 'one of the eight types', text: (row) => row.type, value: (row) => row.type },
  {
    name: 'inum',
    align: 'right',
    help: 'inode number: names it while it lives',
    text: (row) => String(row.inum),
    value: (row) => row.inum,
  },
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
  {
    name: 'processes',
    header: 'PROCS',
    align: 'right',
    help: 'processes with a thread in it',
    text: (row) => String(row.processes),
    value: (row) => row.processes,
  },
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

/** A container in a word: `docker:web`, or by the beginning of its id where it has no name. */
export function containerText({ engine, id, name }: ContainerId): string {
  if (name !== null) return `${engine}:${nameText(name)}`;
  // The ids that nsinspect gives (bwrap-812) name the engine already.
  return id.startsWith(`${engine}-`) ? id : `${engine}:${shortId(id)}`;
}

/** Twelve digits of a hexadecimal id, as the engines show it; other ids whole. */
export function shortId(id: string): string {
  return /^[0-9a-f]{20,}$/.test(id) ? id.slice(0, 12) : id;
}

function holdersText(holders: readonly HolderGroup[]): string {
  return holders
    .filter(({ kind }) => kind !== 'process')
    .map(({ kind, count }) => (count === 1 ? kind : `${kind}×${String(count)}`))
    .join(' ');
}
