/** The views of `tree`: what each draws, and its document. */
import { boundariesOf, placeOf } from '../src/model/boundaries.ts';
import type { Boundary } from '../src/model/boundaries.ts';
import type { Container } from '../src/model/containers.ts';
import { mapTree } from '../src/model/map-tree.ts';
import type { Namespace, Namespaces } from '../src/model/namespaces.ts';
import { startTimeOf } from '../src/model/start-time.ts';
import { belongingsOf } from '../src/model/places.ts';
import type { Belonging } from '../src/model/places.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { TreeDocument, TreeNode } from '../src/schema/documents.ts';
import type { NsType } from '../src/schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../src/schema/tasks.ts';
import { formatAge, formatPlural } from '../src/text/units.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { nameText } from '../src/text/bytes.ts';
import { truncate } from '../src/text/width.ts';
import { documentHead } from './head.ts';
import { hiddenLines, isOutOfSight } from './hidden.ts';
import { containerId, namespaceRow } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import { boundaryColumns, boundaryRow, legendLines } from './tree-boundaries.ts';
import type { BoundaryRow } from './tree-boundaries.ts';
import { cgroupColumns, cgroupForest } from './tree-cgroups.ts';
import type { CgroupNode } from './tree-cgroups.ts';
import { drawTree } from './tree-draw.ts';
import type { Drawn } from './tree-draw.ts';
import { nsForest, nsTreeColumns, processLimit } from './tree-namespaces.ts';
import type { NsNode } from './tree-namespaces.ts';
import { processColumns, processForest } from './tree-processes.ts';
import type { ProcessNode } from './tree-processes.ts';

/** What `tree --by` accepts. */
export const TREE_VIEWS = ['boundary', 'user', 'pid', 'cgroup', 'process'] as const;

/** One of {@link TREE_VIEWS}. */
export type TreeView = (typeof TREE_VIEWS)[number];

/** What to leave out. */
export interface TreeFilter {
  /** Only where one of these types changes. */
  readonly types: ReadonlySet<NsType> | null;
  readonly container: Container | null;
  /** Only this process and what is below it. */
  readonly pid: number | null;
  readonly kthreads: boolean;
}

/** What the views are made from. */
export interface TreeInput {
  readonly capture: Capture;
  readonly tasks: TasksFacet;
  readonly namespaces: Namespaces;
  readonly containers: readonly Container[];
  readonly containerOf: ContainerOf;
}

/** The answer of `tree` in both forms. */
export interface TreeReport {
  readonly document: TreeDocument;
  readonly lines: (style: Style) => string[];
}

/** The view that was asked for. */
export function treeReport(view: TreeView, input: TreeInput, filter: TreeFilter): TreeReport {
  const hidden = filter.container === null && filter.pid === null ? hiddenOnes(input.namespaces, filter) : [];
  const head = { ...documentHead('nsinspect/tree/1', input.capture), by: view };
  const body = bodyOf(view, input, filter);
  const document: TreeDocument = {
    ...head,
    // Not made for who reads lines: of a deep tree it is far larger than they are.
    get nodes() {
      return body.nodes();
    },
    hidden: hidden.map((ns) => namespaceRow(ns, input.containerOf)),
  };
  return {
    document,
    lines: (style) => [
      ...titleLines(input, hidden.length, style),
      ...body.lines(style),
      ...(view === 'boundary' || view === 'process' ? hiddenLines(hidden, input, style) : []),
    ],
  };
}

interface Body {
  readonly nodes: () => TreeNode[];
  readonly lines: (style: Style) => string[];
}

function bodyOf(view: TreeView, input: TreeInput, filter: TreeFilter): Body {
  switch (view) {
    case 'boundary':
      return boundaryBody(input, filter);
    case 'user':
    case 'pid':
      return namespaceBody(view, input, filter);
    case 'cgroup':
      return cgroupBody(input, filter);
    case 'process':
      return processBody(input, filter);
  }
}

function hiddenOnes(namespaces: Namespaces, { types }: TreeFilter): Namespace[] {
  return namespaces.all.filter((ns) => isOutOfSight(ns) && (types === null || types.has(ns.facts.type)));
}

/** First line: which host, what it is, how much there is. */
function titleLines({ capture, tasks, namespaces, containers }: TreeInput, hidden: number, style: Style): string[] {
  const { hostname, kernel, uptime } = capture.host;
  const first = `${terminalSafe(nameText(hostname ?? 'host'))}  Linux ${terminalSafe(kernel ?? '')}${uptime === undefined ? '' : `  up ${formatAge(uptime)}`}`;
  const counts = [
    formatPlural(tasks.coverage.processes, 'process', 'processes'),
    formatPlural(tasks.coverage.tasks, 'thread'),
    formatPlural(containers.length, 'container'),
    formatPlural(namespaces.all.length, 'namespace') + (hidden > 0 ? ` (${String(hidden)} hidden)` : ''),
  ].join(', ');
  const cut = (line: string): string => (style.columns === null ? line : truncate(line, style.columns, style.ellipsis));
  return [style.bold(cut(first)), style.dim(cut(counts)), ''];
}

function indexed<T>(drawn: readonly Drawn<T>[], node: (value: T) => Omit<TreeNode, 'parent'>): TreeNode[] {
  return drawn.map(({ value, parent }) => ({ parent, ...node(value) }));
}

// The document does not depend on how the lines of the tree look.
const PLAIN: Pick<Style, 'branch' | 'lastBranch' | 'trunk' | 'blank'> = {
  branch: '',
  lastBranch: '',
  trunk: '',
  blank: '',
};
const plain = PLAIN as Style;

function boundaryBody(input: TreeInput, filter: TreeFilter): Body {
  const { capture, tasks, containerOf } = input;
  const all = boundariesOf(tasks);
  const facet = capture.namespaces;
  const belongings = facet === undefined ? new Map<Boundary, Belonging[]>() : belongingsOf(all, facet);
  const context = { capture, containerOf, belongings, cgroups: tasks.cgroups };
  const roots = prune(all, (boundary) => matches(boundary, filter, containerOf), filter);
  const children = ({ children: list }: Pruned): readonly Pruned[] => list;
  const rowsOf = (style: Style): (BoundaryRow & { parent: number | null })[] =>
    drawTree(roots, children, style).map(({ value, prefix, parent }) => ({
      ...boundaryRow(value.boundary, prefix, context),
      parent,
    }));
  return {
    nodes: () => rowsOf(plain).map((row) => boundaryNode(row, capture, containerOf)),
    lines: (style) => {
      const rows = rowsOf(style);
      if (rows.length === 0) return ['no boundary fits'];
      const lines = tableLines(rows, boundaryColumns(rows, containerOf, style), style);
      return [...lines, ...legendLines(style).map(style.dim)];
    },
  };
}

/** A boundary whose children were chosen. */
interface Pruned {
  readonly boundary: Boundary;
  readonly children: readonly Pruned[];
}

/** Keeps what fits and what lies on the way to it; below a chosen pid or container everything. */
function prune(roots: readonly Boundary[], fits: (boundary: Boundary) => boolean, filter: TreeFilter): Pruned[] {
  const hasStart = filter.pid !== null || filter.container !== null;
  const chosen = (boundaries: readonly Boundary[], isInside: boolean): { boundary: Boundary; isWanted: boolean }[] =>
    boundaries
      .filter(({ leader }) => filter.kthreads || !leader.kthread)
      .map((boundary) => ({ boundary, isWanted: isInside || fits(boundary) }));
  return mapTree(
    chosen(roots, false),
    ({ boundary, isWanted }) => chosen(boundary.children, hasStart && isWanted),
    ({ boundary, isWanted }, children: Pruned[]) => (isWanted || children.length > 0 ? { boundary, children } : null),
  );
}

function matches(boundary: Boundary, { types, container, pid }: TreeFilter, containerOf: ContainerOf): boolean {
  if (types !== null && ![...types].some((type) => boundary.changes.has(type))) return false;
  if (container !== null && containerOf(boundary.leader.pid) !== container) return false;
  return pid === null || boundary.processes.some((process) => process.pid === pid);
}

function boundaryNode(
  row: BoundaryRow & { parent: number | null },
  capture: Capture,
  containerOf: ContainerOf,
): TreeNode {
  const { boundary, container, belongings, cgroup } = row;
  const { leader } = boundary;
  return {
    parent: row.parent,
    ...processMembers(leader, capture, containerOf),
    label: row.label,
    image: container?.image ?? null,
    processes: boundary.processes.length,
    tasks: boundary.tasks,
    changes: [...boundary.changes],
    namespaces: belongings.map(({ type, inum, relation, with: other }) => ({
      type,
      ...(inum === null ? { unknown: { inum: leader.unknownNs?.[type] ?? 'absent' } } : { inum }),
      relation,
      with:
        other === null
          ? null
          : { pid: other.leader.pid, comm: other.leader.comm, container: containerIdOf(other.leader.pid, containerOf) },
    })),
    ...(leader.cgroup !== null && { cgroup }),
  };
}

function containerIdOf(pid: number, containerOf: ContainerOf): TreeNode['container'] {
  const container = containerOf(pid);
  return container === undefined ? null : containerId(container);
}

function processMembers(process: ProcessFacts, capture: Capture, containerOf: ContainerOf): Omit<TreeNode, 'parent'> {
  const { detail, unknown = {} } = process;
  const startedAt = startTimeOf(process, capture.host);
  const hasRoot = placeOf(process).root !== null;
  const why: NonNullable<TreeNode['unknown']> = {
    ...(startedAt === null && { startedAt: capture.host.unknown?.bootTime ?? 'not collected' }),
    ...(detail?.argv === undefined && { argv: detail?.unknown?.argv ?? 'not collected' }),
    ...(detail?.status === undefined && { uid: detail?.unknown?.status ?? 'not collected' }),
    ...(!hasRoot && { root: unknown.root ?? 'absent' }),
    ...(process.cgroup === null && { cgroup: unknown.cgroup ?? 'not collected' }),
  };
  return {
    leader: { pid: process.pid, comm: process.comm },
    ...(detail?.argv !== undefined && { argv: detail.argv }),
    container: containerIdOf(process.pid, containerOf),
    ...(startedAt !== null && { startedAt }),
    ...(hasRoot && { root: process.root ?? '/' }),
    ...(detail?.status !== undefined && { uid: detail.status.uids[1] }),
    kernel: process.kthread,
    ...(Object.keys(why).length > 0 && { unknown: why }),
  };
}

/** A process's number at every level of pid namespaces. */
function nspidMember({ detail }: ProcessFacts): Pick<TreeNode, 'nspid' | 'unknown'> {
  if (detail?.status !== undefined) return { nspid: detail.status.nspid };
  return { unknown: { nspid: detail?.unknown?.status ?? 'not collected' } };
}

function namespaceBody(type: 'user' | 'pid', input: TreeInput, filter: TreeFilter): Body {
  const { namespaces, containerOf } = input;
  const keep = (node: NsNode): boolean => {
    const ns = node.namespace;
    if (filter.pid !== null && !ns.processes.some(({ pid }) => pid === filter.pid)) return false;
    return filter.container === null || ns.processes.some(({ pid }) => containerOf(pid) === filter.container);
  };
  const chosen = (limit: number | null): NsNode[] => pruneNodes(nsForest(namespaces, type, limit), keep);
  return {
    nodes: () =>
      indexed(
        drawTree(chosen(null), ({ children }) => children, plain),
        ({ namespace: ns, process }) => {
          const shown = process ?? ns.leader;
          return {
            namespace: { type, inum: ns.facts.inum },
            leader: shown === null ? null : { pid: shown.pid, comm: shown.comm },
            container: shown === null ? null : containerIdOf(shown.pid, containerOf),
            ...(process === null
              ? { processes: ns.processCount, tasks: ns.taskCount, owned: [...ns.owned] }
              : { ...nspidMember(process), processes: 1, tasks: process.threads }),
          };
        },
      ),
    lines: (style) => {
      const drawn = drawTree(chosen(processLimit(style.columns !== null)), ({ children }) => children, style);
      return tableLines(drawn, nsTreeColumns(type, containerOf), style);
    },
  };
}

function pruneNodes(nodes: readonly NsNode[], keep: (node: NsNode) => boolean): NsNode[] {
  return mapTree(
    nodes,
    ({ children }) => children,
    (node, children: NsNode[]) => (keep(node) || children.length > 0 ? { ...node, children } : null),
  );
}

function cgroupBody({ tasks, containerOf }: TreeInput, filter: TreeFilter): Body {
  const processes = tasks.processes.filter((process) => isWanted(process, filter, containerOf));
  const forest = cgroupForest({ ...tasks, processes });
  const children = ({ children: list }: CgroupNode): readonly CgroupNode[] => list;
  return {
    nodes: () =>
      indexed(drawTree(forest, children, plain), (node) => ({
        label: node.label,
        path: node.path,
        processes: node.processes.length,
        tasks: node.processes.reduce((sum, { threads }) => sum + threads, 0),
        leader: node.processes[0] === undefined ? null : { pid: node.processes[0].pid, comm: node.processes[0].comm },
        container: node.processes[0] === undefined ? null : containerIdOf(node.processes[0].pid, containerOf),
      })),
    lines: (style) => tableLines(drawTree(forest, children, style), cgroupColumns(containerOf), style),
  };
}

function processBody({ capture, tasks, containerOf }: TreeInput, filter: TreeFilter): Body {
  const processes = tasks.processes.filter((process) => isWanted(process, filter, containerOf));
  const whole = processForest(processes);
  const forest = filter.pid === null ? whole : findNode(whole, filter.pid);
  const children = ({ children: list }: ProcessNode): readonly ProcessNode[] => list;
  return {
    nodes: () =>
      indexed(drawTree(forest, children, plain), ({ process, changes }) => ({
        ...processMembers(process, capture, containerOf),
        processes: 1,
        tasks: process.threads,
        changes,
      })),
    lines: (style) => tableLines(drawTree(forest, children, style), processColumns(capture, containerOf), style),
  };
}

function isWanted(process: ProcessFacts, { kthreads, container }: TreeFilter, containerOf: ContainerOf): boolean {
  return (kthreads || !process.kthread) && (container === null || containerOf(process.pid) === container);
}

function findNode(forest: readonly ProcessNode[], pid: number): ProcessNode[] {
  const stack = [...forest];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.process.pid === pid) return [node];
    for (const child of node.children) stack.push(child);
  }
  return [];
}
