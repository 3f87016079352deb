/** The tree of cgroups with limits and usage. */
import type { CgroupPath } from '../src/model/cgroup-summary.ts';
import type { Limit, Usage } from '../src/model/limits/types.ts';
import { mapTree } from '../src/model/map-tree.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { CgroupsFacet } from '../src/schema/cgroups.ts';
import type { CgroupTreeDocument, CgroupTreeNode, DocumentLimit } from '../src/schema/css-graph-document.ts';
import type { ContainerId } from '../src/schema/documents.ts';
import { formatBytes, formatCount, formatMicroseconds } from '../src/text/units.ts';
import { graphHierarchies } from './css-graph.ts';
import { documentHead } from './head.ts';
import { containerText } from './namespace-columns.ts';
import { containerId } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';
import { drawTree } from './tree-draw.ts';
import type { Drawn } from './tree-draw.ts';

/** What `--sort` accepts. */
export const CGROUP_SORTS = ['name', 'tasks', 'memory', 'cpu', 'pids'] as const;

/** One of {@link CGROUP_SORTS}. */
export type CgroupSort = (typeof CGROUP_SORTS)[number];

/** What to show of the tree. */
export interface CgroupTreeChoice {
  readonly depth: number;
  readonly sort: CgroupSort;
}

/** The tree, cut and sorted. Siblings are compared, nothing leaves its parent. */
export function chosenPaths(roots: readonly CgroupPath[], { depth, sort }: CgroupTreeChoice): CgroupPath[] {
  interface Level {
    readonly path: CgroupPath;
    readonly level: number;
  }
  const sorted = (paths: readonly CgroupPath[], level: number): Level[] =>
    [...paths].sort((a, b) => compare(a, b, sort)).map((path) => ({ path, level }));
  return mapTree(
    sorted(roots, 0),
    ({ path, level }) => (level >= depth ? [] : sorted(path.children, level + 1)),
    ({ path }, children: CgroupPath[]) => ({ ...path, children }),
  );
}

function compare(a: CgroupPath, b: CgroupPath, sort: CgroupSort): number {
  const byName = a.label < b.label ? -1 : a.label > b.label ? 1 : 0;
  if (sort === 'name') return byName;
  const amount = (path: CgroupPath): bigint => {
    if (sort === 'tasks') return BigInt(path.tids.length);
    const { usage } = path.summary[sort];
    return usage.kind === 'value' ? usage.value : -1n;
  };
  const [left, right] = [amount(a), amount(b)];
  return left === right ? byName : left > right ? -1 : 1;
}

/** The containers of the tasks at a path. */
function containersAt({ tids }: CgroupPath, containerOf: ContainerOf): ContainerId[] {
  const found = new Set(tids.map(containerOf));
  return [...found].flatMap((container) => (container === undefined ? [] : [containerId(container)]));
}

const childrenOf = ({ children }: CgroupPath): readonly CgroupPath[] => children;

/** The document of `cgroup tree`. */
export function cgroupTreeDocument(
  capture: Capture,
  facet: CgroupsFacet,
  roots: readonly CgroupPath[],
  containerOf: ContainerOf,
  style: Style,
): CgroupTreeDocument {
  return {
    ...documentHead('nsinspect/cgroup-tree/1', capture, ['engines']),
    hierarchies: graphHierarchies(facet),
    nodes: drawTree(roots, childrenOf, style).map(({ value, parent }) => nodeOf(value, parent, containerOf)),
  };
}

function nodeOf(path: CgroupPath, parent: number | null, containerOf: ContainerOf): CgroupTreeNode {
  const { memory, pids, cpu, pressure, frozen } = path.summary;
  return {
    parent,
    path: path.path,
    cgroups: path.nodes.map(({ key }) => key),
    tasks: path.tids.length,
    containers: containersAt(path, containerOf),
    memory: { usageBytes: usageText(memory.usage), limitBytes: documentLimit(memory.limit) },
    pids: { usage: usageText(pids.usage), limit: documentLimit(pids.limit) },
    cpu: { usageUsec: usageText(cpu.usage), limitUsecPerSecond: documentLimit(cpu.limit) },
    pressure,
    frozen,
  };
}

function usageText(usage: Usage): string | null {
  return usage.kind === 'value' ? usage.value.toString() : null;
}

function documentLimit(limit: Limit | null): DocumentLimit | null {
  return limit?.kind === 'value' ? { kind: 'value', value: limit.value.toString() } : limit;
}

/** The tree as lines. */
export function cgroupTreeLines(roots: readonly CgroupPath[], containerOf: ContainerOf, style: Style): string[] {
  const rows = drawTree(roots, childrenOf, style);
  return rows.length === 0
    ? ['no hierarchy of cgroups could be walked']
    : tableLines(rows, columnsOf(rows, containerOf, style), style);
}

type Row = Drawn<CgroupPath>;

function columnsOf(rows: readonly Row[], containerOf: ContainerOf, { columns }: Style): Column<Row>[] {
  const room = columns ?? Infinity;
  const containers = ({ value }: Row): string => containersAt(value, containerOf).map(containerText).join(' ');
  const has = (pick: (path: CgroupPath) => boolean): boolean => rows.some(({ value }) => pick(value));
  const all: (Column<Row> & { readonly if?: boolean })[] = [
    {
      name: 'cgroup',
      help: '',
      shrink: 'last',
      prefix: ({ prefix }) => prefix,
      text: ({ prefix, value }) => prefix + value.label,
      value: ({ value }) => value.path,
    },
    {
      name: 'container',
      help: '',
      shrink: true,
      if: rows.some((row) => containers(row) !== ''),
      text: containers,
      value: containers,
    },
    {
      name: 'tasks',
      align: 'right',
      help: '',
      text: ({ value }) => formatCount(value.tids.length),
      value: ({ value }) => value.tids.length,
    },
    ...amountColumns(
      'memory',
      'MEM',
      formatBytes,
      has((path) => isKnown(path, 'memory')),
    ),
    ...amountColumns('pids', 'PIDS', formatCount, room >= 100 && has((path) => isKnown(path, 'pids'))),
    ...amountColumns(
      'cpu',
      'CPU',
      cpuText,
      has((path) => isKnown(path, 'cpu')),
    ),
    {
      name: 'pressure',
      header: 'PSI cpu/mem/io',
      help: '',
      if: room >= 100 && has(({ summary }) => Object.keys(summary.pressure).length > 0),
      text: ({ value }) => pressureText(value),
      value: ({ value }) => pressureText(value),
    },
  ];
  return all.filter((column) => column.if !== false);
}

function isKnown({ summary }: CgroupPath, resource: 'memory' | 'pids' | 'cpu'): boolean {
  return summary[resource].usage.kind !== 'none' || summary[resource].limit !== null;
}

function amountColumns(
  resource: 'memory' | 'pids' | 'cpu',
  header: string,
  format: (value: bigint, isLimit: boolean) => string,
  isShown: boolean,
): (Column<Row> & { readonly if?: boolean })[] {
  const usage = ({ value }: Row): string => {
    const one = value.summary[resource].usage;
    return one.kind === 'value' ? format(one.value, false) : one.kind === 'unknown' ? `?${one.outcome}` : '';
  };
  const limit = ({ value }: Row): string => {
    const one = value.summary[resource].limit;
    if (one === null) return '';
    return one.kind === 'value' ? format(one.value, true) : one.kind === 'max' ? '-' : '?';
  };
  return [
    { name: `${resource}Usage`, header, align: 'right', help: '', if: isShown, text: usage, value: usage },
    { name: `${resource}Limit`, header: 'LIMIT', align: 'right', help: '', if: isShown, text: limit, value: limit },
  ];
}

/** Usage is time in all; a limit is a number of CPUs. */
function cpuText(value: bigint, isLimit: boolean): string {
  return isLimit ? `${String(Number(value) / 1_000_000)} cpu` : formatMicroseconds(value);
}

function pressureText({ summary: { pressure } }: CgroupPath): string {
  const one = (resource: 'cpu' | 'memory' | 'io'): string => pressure[resource]?.some.toFixed(1) ?? '-';
  return Object.keys(pressure).length === 0 ? '' : `${one('cpu')} ${one('memory')} ${one('io')}`;
}
