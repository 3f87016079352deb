/** The tree of cgroups that have processes, hierarchies of the same shape together. */
import type { CgroupLine, ProcessFacts, TasksFacet } from '../src/schema/tasks.ts';
import type { Name } from '../src/schema/name.ts';
import { mapTree } from '../src/model/map-tree.ts';
import { bytesOf, nameOf, nameText } from '../src/text/bytes.ts';
import type { ByteString } from '../src/text/bytes.ts';
import { containerText } from './namespace-columns.ts';
import { containerId } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Column } from './table.ts';

/** A hierarchy (the root) or a cgroup in it. */
export interface CgroupNode {
  readonly label: string;
  /** From the root of the hierarchy; of several that are of one shape, that of all. */
  readonly path: Name;
  /** Processes directly in it. */
  readonly processes: readonly ProcessFacts[];
  readonly children: readonly CgroupNode[];
}

interface Growing {
  label: string;
  /** As bytes: names that only look alike are two. */
  path: ByteString;
  processes: ProcessFacts[];
  children: Map<string, Growing>;
}

/** One tree for each hierarchy, or for several whose processes sit in the same paths. */
export function cgroupForest({ processes, cgroups }: TasksFacet): CgroupNode[] {
  const byShape = new Map<string, { names: string[]; hierarchy: number }>();
  for (const hierarchy of hierarchiesOf(cgroups)) {
    const shape = cgroups.map((lines) => pathIn(lines, hierarchy.id) ?? '').join('\n');
    const known = byShape.get(shape);
    if (known === undefined) byShape.set(shape, { names: [hierarchy.name], hierarchy: hierarchy.id });
    else known.names.push(hierarchy.name);
  }
  return [...byShape.values()].flatMap(({ names, hierarchy }) => {
    const root: Growing = { label: names.join(', '), path: '/', processes: [], children: new Map() };
    for (const process of processes) {
      const path = process.cgroup === null ? null : pathIn(cgroups[process.cgroup] ?? [], hierarchy);
      if (path !== null) nodeAt(root, path).processes.push(process);
    }
    return frozen(root);
  });
}

function hierarchiesOf(cgroups: TasksFacet['cgroups']): { id: number; name: string }[] {
  const names = new Map<number, string>();
  for (const line of cgroups.flat()) {
    if (!names.has(line.hierarchy)) names.set(line.hierarchy, line.hierarchy === 0 ? 'v2' : line.controllers.join());
  }
  return [...names].map(([id, name]) => ({ id, name })).sort((a, b) => a.id - b.id);
}

function pathIn(lines: readonly CgroupLine[], hierarchy: number): ByteString | null {
  const line = lines.find((one) => one.hierarchy === hierarchy);
  return line === undefined ? null : bytesOf(line.path);
}

function nodeAt(root: Growing, path: ByteString): Growing {
  let at = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    let child = at.children.get(name);
    if (child === undefined) {
      const below = `${at.path === '/' ? '' : at.path}/${name}`;
      child = { label: nameText(nameOf(name)), path: below, processes: [], children: new Map() };
      at.children.set(name, child);
    }
    at = child;
  }
  return at;
}

function frozen(root: Growing): CgroupNode[] {
  const childrenOf = ({ children }: Growing): Growing[] =>
    [...children.values()].sort((a, b) => (a.label < b.label ? -1 : 1));
  return mapTree([root], childrenOf, ({ label, path, processes }, children: CgroupNode[]) => ({
    label,
    // Made when it is asked for: the paths of a deep chain grow with the square of its depth.
    get path() {
      return nameOf(path);
    },
    processes,
    children,
  }));
}

/** A node and the lines that lead to it. */
export interface CgroupRow {
  readonly prefix: string;
  readonly value: CgroupNode;
}

/** Columns of the tree of cgroups. */
export function cgroupColumns(containerOf: ContainerOf): Column<CgroupRow>[] {
  const containers = ({ value }: CgroupRow): string => {
    const texts = value.processes.flatMap(({ pid }) => {
      const container = containerOf(pid);
      return container === undefined ? [] : [containerText(containerId(container))];
    });
    return [...new Set(texts)].join(' ');
  };
  return [
    {
      name: 'cgroup',
      help: '',
      shrink: 'last',
      prefix: ({ prefix }) => prefix,
      text: ({ prefix, value }) => prefix + value.label,
      value: ({ value }) => value.path,
    },
    {
      name: 'processes',
      header: 'PROCS',
      align: 'right',
      help: '',
      text: ({ value }) => String(value.processes.length),
      value: ({ value }) => value.processes.length,
    },
    {
      name: 'leader',
      header: 'FIRST',
      help: '',
      shrink: true,
      text: ({ value }) => firstText(value.processes),
      value: ({ value }) => value.processes[0]?.pid ?? null,
    },
    { name: 'container', help: '', shrink: true, text: containers, value: containers },
  ];
}

function firstText([first]: readonly ProcessFacts[]): string {
  return first === undefined ? '' : `${String(first.pid)} ${nameText(first.comm)}`;
}
