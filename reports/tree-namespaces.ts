/** Trees of namespaces: ownership of user namespaces, nesting of pid namespaces. */
import { mapTree } from '../src/model/map-tree.ts';
import type { Namespace, Namespaces } from '../src/model/namespaces.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import type { NsType } from '../src/schema/namespace.ts';
import type { ProcessFacts } from '../src/schema/tasks.ts';
import { nameText } from '../src/text/bytes.ts';
import { refText } from '../src/text/ns-ref.ts';
import { containerText } from './namespace-columns.ts';
import { containerId } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Column } from './table.ts';

/** A line of such a tree: a namespace, or a process in it. */
export interface NsNode {
  readonly namespace: Namespace;
  /** Set on the line of a process. */
  readonly process: ProcessFacts | null;
  readonly children: readonly NsNode[];
}

/** Processes listed below a pid namespace unless all are wanted. */
const MOST_PROCESSES = 30;

/** The namespaces of a type that has parents, as a forest: those whose parent is not known are roots. */
export function nsForest(namespaces: Namespaces, type: 'user' | 'pid', limit: number | null): NsNode[] {
  const all = namespaces.all.filter(({ facts }) => facts.type === type);
  const below = new Map<number | null, Namespace[]>();
  for (const ns of all) {
    const parent = ns.facts.parent ?? null;
    const key = parent !== null && namespaces.get({ type, inum: parent }) !== undefined ? parent : null;
    const list = below.get(key);
    if (list === undefined) below.set(key, [ns]);
    else list.push(ns);
  }
  const childrenOf = (namespace: Namespace): readonly Namespace[] => {
    const list = below.get(namespace.facts.inum) ?? [];
    // Once only: in a forged capture two may have one number.
    below.delete(namespace.facts.inum);
    return list;
  };
  return mapTree(below.get(null) ?? [], childrenOf, (namespace, children: NsNode[]): NsNode => {
    // Processes of the initial pid namespace are those of the host: listing them tells nothing about nesting.
    const isListed = type === 'pid' && namespace.facts.initial !== true;
    const processes = isListed ? namespace.processes.slice(0, limit ?? Infinity) : [];
    const leaves = processes.map((process): NsNode => ({ namespace, process, children: [] }));
    return { namespace, process: null, children: [...leaves, ...children] };
  });
}

/** How many processes a tree of pid namespaces lists for each. */
export function processLimit(isCut: boolean): number | null {
  return isCut ? MOST_PROCESSES : null;
}

/** A node and the lines that lead to it. */
export interface NsNodeRow {
  readonly prefix: string;
  readonly value: NsNode;
}

/** Columns of either tree. */
export function nsTreeColumns(type: 'user' | 'pid', containerOf: ContainerOf): Column<NsNodeRow>[] {
  const isProcess = ({ value }: NsNodeRow): boolean => value.process !== null;
  const label = ({ prefix, value }: NsNodeRow): string =>
    prefix + (value.process === null ? refText(value.namespace.facts) : `pid ${pidsText(value.process)}`);
  const leader = ({ value }: NsNodeRow): ProcessFacts | null => value.process ?? value.namespace.leader;
  const common: Column<NsNodeRow>[] = [
    { name: 'namespace', help: '', shrink: 'last', prefix: ({ prefix }) => prefix, text: label, value: label },
    {
      name: 'processes',
      header: 'PROCS',
      align: 'right',
      help: '',
      text: (row) => (isProcess(row) ? '' : String(row.value.namespace.processCount)),
      value: (row) => row.value.namespace.processCount,
    },
  ];
  const rest: Column<NsNodeRow>[] = [
    {
      name: 'leader',
      header: type === 'pid' ? 'COMMAND' : 'LEADER',
      help: '',
      shrink: true,
      text: (row) => {
        const process = leader(row);
        if (process === null) return '-';
        return isProcess(row) ? nameText(process.comm) : `${String(process.pid)} ${nameText(process.comm)}`;
      },
      value: (row) => leader(row)?.pid ?? null,
    },
    {
      name: 'container',
      help: '',
      shrink: true,
      text: (row) => {
        const container = isProcess(row) ? undefined : containerOf(leader(row)?.pid ?? -1);
        return container === undefined ? '' : containerText(containerId(container));
      },
      value: () => null,
    },
  ];
  if (type === 'pid') return [...common, ...rest];
  return [
    ...common,
    {
      name: 'ownerUid',
      header: 'UID',
      align: 'right',
      help: '',
      text: ({ value }) => String(value.namespace.facts.ownerUid ?? '?'),
      value: ({ value }) => value.namespace.facts.ownerUid ?? null,
    },
    ...rest,
    {
      name: 'owns',
      help: '',
      shrink: true,
      text: ({ value }) => ownsText(value.namespace),
      value: ({ value }) => ownsText(value.namespace),
    },
  ];
}

/** The process's number at every level, outermost first: `812 > 17 > 1`. */
export function pidsText(process: ProcessFacts): string {
  return (process.detail?.status?.nspid ?? [process.pid]).join(' > ');
}

/** How many namespaces of each type a user namespace owns: `mnt×2 net`. */
export function ownsText(ns: Namespace): string {
  const counts = new Map<NsType, number>();
  for (const { type } of ns.owned) counts.set(type, (counts.get(type) ?? 0) + 1);
  return NS_TYPES.flatMap((type) => {
    const count = counts.get(type) ?? 0;
    return count === 0 ? [] : [count === 1 ? type : `${type}×${String(count)}`];
  }).join(' ');
}
