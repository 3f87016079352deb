/** The table of all namespaces, and that of the hidden ones. */
import type { Namespace } from '../../../src/model/namespaces.ts';
import { holdersOf } from '../../../src/model/namespaces.ts';
import type { NsType } from '../../../src/schema/namespace.ts';
import type { ReportCell, ReportTable } from '../../../src/schema/report.ts';
import { refText } from '../../../src/text/ns-ref.ts';
import { isOutOfSight, keptBy } from '../../hidden.ts';
import type { Surroundings } from '../../why.ts';
import { numberColumn, textColumn } from '../cells.ts';
import { namespaceItem } from '../items.ts';
import type { World } from '../world.ts';
import { whoseOf } from './namespace-twigs.ts';

/** Rows that are shown at once. */
const SHOWN = 30;

/** All of them: the home of namespaces. */
export function namespacesTable(world: World, around: Surroundings): ReportTable {
  return {
    kind: 'table',
    name: 'namespaces',
    caption: 'All namespaces',
    columns: [
      textColumn('namespace', 'Namespace'),
      textColumn('whose', 'Whose'),
      numberColumn('processes', 'Processes', 'count'),
      numberColumn('threads', 'Threads', 'count'),
      numberColumn('containers', 'Containers', 'count'),
      textColumn('parent', 'Parent'),
      textColumn('owner', 'Owner'),
      numberColumn('uid', 'Owner’s uid', null),
      textColumn('kept-by', 'Kept by, besides those in it'),
      numberColumn('id', 'Id', null),
    ],
    rows: world.namespaces.all.map((ns) => ({
      item: namespaceItem(ns.facts),
      cells: rowOf(ns, world, around),
      ...(isOutOfSight(ns) && { mark: 'hidden' as const }),
    })),
    shown: SHOWN,
  };
}

function rowOf(ns: Namespace, world: World, around: Surroundings): ReportCell[] {
  const { facts, processCount, taskCount } = ns;
  const { type, unknown = {} } = facts;
  const inside = new Set(ns.processes.flatMap(({ pid }) => world.containerOf(pid) ?? []));
  return [
    { text: refText(facts) },
    whoseOf(ns, world),
    { text: String(processCount) },
    { text: String(taskCount) },
    { text: String(inside.size) },
    type === 'user' || type === 'pid' ? relativeCell(type, facts.parent, unknown.parent) : { text: '' },
    relativeCell('user', facts.owner, unknown.owner),
    type !== 'user' ? { text: '' } : numberCell(facts.ownerUid, unknown.ownerUid),
    { text: hasHolders(ns) || isOutOfSight(ns) ? keptBy(ns, around) : '' },
    facts.id === null ? { text: '', note: 'this kernel gives none' } : numberCell(facts.id, unknown.id),
  ];
}

function hasHolders(ns: Namespace): boolean {
  return holdersOf(ns).some(({ kind }) => kind !== 'process');
}

/** Another namespace, by its number. */
function relativeCell(type: NsType, inum: number | null | undefined, why: string | undefined): ReportCell {
  if (inum === null) return { text: 'none' };
  if (inum === undefined) return { text: '?', mark: 'unknown', note: why ?? 'not collected' };
  return { text: refText({ type, inum }), item: namespaceItem({ type, inum }) };
}

function numberCell(number: number | string | undefined, why: string | undefined): ReportCell {
  return number === undefined ? { text: '?', mark: 'unknown', note: why ?? 'not collected' } : { text: String(number) };
}

/** Those in which no process is, with what keeps them; null where there are none. */
export function hiddenTable(hidden: readonly Namespace[], around: Surroundings): ReportTable | null {
  if (hidden.length === 0) return null;
  return {
    kind: 'table',
    name: 'hidden',
    caption: 'Hidden namespaces: no process is in them',
    columns: [
      textColumn('namespace', 'Namespace'),
      textColumn('owner', 'Owner'),
      numberColumn('threads', 'Threads', 'count'),
      textColumn('kept-by', 'Kept by'),
    ],
    rows: hidden.map((ns) => ({
      item: null,
      cells: [
        { text: refText(ns.facts), item: namespaceItem(ns.facts), mark: 'hidden' },
        relativeCell('user', ns.facts.owner, ns.facts.unknown?.owner),
        { text: String(ns.taskCount) },
        { text: keptBy(ns, around) },
      ],
    })),
    shown: SHOWN,
  };
}
