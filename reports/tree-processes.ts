/** The tree of all processes, with what changes along it. */
import { changesBetween, placeOf } from '../src/model/boundaries.ts';
import { parentsAmong } from '../src/model/parents.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { ProcessFacts } from '../src/schema/tasks.ts';
import { nameText } from '../src/text/bytes.ts';
import { formatAge } from '../src/text/units.ts';
import { containerText } from './namespace-columns.ts';
import { containerId } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Column } from './table.ts';
import { ageOf } from './tree-boundaries.ts';

/** A process with its children. */
export interface ProcessNode {
  readonly process: ProcessFacts;
  /** In what it differs from its parent. */
  readonly changes: readonly string[];
  readonly children: ProcessNode[];
}

/** The processes as a forest, by parent; those whose parent was not seen are roots. */
export function processForest(processes: readonly ProcessFacts[]): ProcessNode[] {
  const nodes = new Map<ProcessFacts, ProcessNode & { changes: readonly string[] }>();
  for (const process of processes) nodes.set(process, { process, changes: [], children: [] });
  const roots: ProcessNode[] = [];
  const parentOf = parentsAmong(processes);
  for (const node of nodes.values()) {
    const above = parentOf(node.process);
    const parent = above === null ? undefined : nodes.get(above);
    if (parent === undefined) roots.push(node);
    else {
      parent.children.push(node);
      node.changes = [...changesBetween(placeOf(parent.process), placeOf(node.process))];
    }
  }
  return roots;
}

/** A node and the lines that lead to it. */
export interface ProcessRow {
  readonly prefix: string;
  readonly value: ProcessNode;
}

/** Columns of the tree of processes. */
export function processColumns(capture: Capture, containerOf: ContainerOf): Column<ProcessRow>[] {
  const command = ({ value: { process } }: ProcessRow): string => {
    const argv = process.detail?.argv ?? [];
    if (process.kthread || argv.length === 0) return `[${nameText(process.comm)}]`;
    return argv.map(nameText).join(' ');
  };
  const container = ({ value: { process } }: ProcessRow): string => {
    const found = containerOf(process.pid);
    return found === undefined ? '' : containerText(containerId(found));
  };
  return [
    {
      name: 'process',
      help: '',
      shrink: 'last',
      prefix: ({ prefix }) => prefix,
      text: ({ prefix, value }) => prefix + String(value.process.pid),
      value: ({ value }) => value.process.pid,
    },
    {
      name: 'state',
      header: 'S',
      help: '',
      text: ({ value }) => value.process.state,
      value: ({ value }) => value.process.state,
    },
    {
      name: 'threads',
      header: 'THR',
      align: 'right',
      help: '',
      text: ({ value }) => String(value.process.threads),
      value: ({ value }) => value.process.threads,
    },
    {
      name: 'since',
      align: 'right',
      help: '',
      text: ({ value }) => {
        const age = ageOf(value.process, capture);
        return age === null ? '?' : formatAge(age);
      },
      value: ({ value }) => value.process.start,
    },
    { name: 'container', help: '', shrink: true, text: container, value: container },
    {
      name: 'changes',
      help: '',
      shrink: true,
      text: ({ value }) => value.changes.join(' '),
      value: ({ value }) => value.changes.join(' '),
    },
    { name: 'command', help: '', shrink: true, text: command, value: command },
  ];
}
