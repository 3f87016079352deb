/** What the picture of css_sets shows, whole: css_sets, cgroups, hierarchies, and what was checked. */
import { keyedValue, wordsOf } from '../../../src/model/cgroup-index.ts';
import type { CgroupNode } from '../../../src/model/cgroup-index.ts';
import { hierarchyKey } from '../../../src/model/cgroup-key.ts';
import { summaryOf } from '../../../src/model/cgroup-summary.ts';
import type { Container } from '../../../src/model/containers.ts';
import type { Check } from '../../../src/model/css-checks.ts';
import type { CssGraph } from '../../../src/model/css-sets.ts';
import type { Limit, Usage } from '../../../src/model/limits/types.ts';
import type { CgroupsFacet, HierarchyFacts } from '../../../src/schema/cgroups.ts';
import type { ReportCell, ReportTable } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatBytes, formatCount } from '../../../src/text/units.ts';
import { hierarchyNames, nodesOf, pathsOf } from '../../css-graph.ts';
import { containerText } from '../../namespace-columns.ts';
import { countCell, numberColumn, textColumn } from '../cells.ts';
import { cgroupItem, containerItem, processItem } from '../items.ts';
import { shortPath } from '../path-text.ts';
import type { Group } from './groups.ts';

/** Rows that are shown at once. */
const SHOWN = 20;

/** Who is in each css_set, and of which cgroups it is the tuple. */
export function setsTable(graph: CssGraph, facet: CgroupsFacet, groups: readonly Group[]): ReportTable {
  const names = hierarchyNames(facet);
  const groupsOf = new Map<number, Group[]>();
  for (const group of groups)
    for (const { id } of group.sets.keys()) groupsOf.set(id, [...(groupsOf.get(id) ?? []), group]);
  return {
    kind: 'table',
    name: 'sets',
    caption: 'Css_sets: tasks that are in the same cgroup of every hierarchy',
    columns: [
      numberColumn('set', 'Css_set', 'count'),
      numberColumn('tasks', 'Tasks', 'count'),
      numberColumn('processes', 'Processes', 'count'),
      textColumn('who', 'Tasks of'),
      textColumn('cgroups', 'Cgroups'),
    ],
    rows: graph.cssSets.map((set) => {
      const own = groupsOf.get(set.id) ?? [];
      return {
        item: null,
        cells: [
          countCell(set.id),
          countCell(set.tids.length),
          countCell(set.processes.length),
          { text: own.map((group) => groupText(group, group.sets.get(set) ?? 0)).join('; '), ...itemOf(own) },
          { text: [...pathsOf(set, names)].map(([path, keys]) => `${shortPath(path)} (${keys.join(' ')})`).join(', ') },
        ],
      };
    }),
    shown: SHOWN,
  };
}

function groupText({ label, sets, tasks }: Group, here: number): string {
  return sets.size === 1 ? label : `${label} (${formatCount(here)} of ${formatCount(tasks)} tasks)`;
}

/** Where all are of one container, that one. */
function itemOf(groups: readonly Group[]): Pick<ReportCell, 'item'> {
  const containers = new Set(groups.flatMap((group) => group.containers));
  const [only] = containers;
  return containers.size === 1 && only !== undefined ? { item: containerItem(only) } : {};
}

/** Processes whose threads are in several css_sets; null: there are none. */
export function apartTable(groups: readonly Group[]): ReportTable | null {
  const apart = groups.filter(({ kind }) => kind === 'apart');
  if (apart.length === 0) return null;
  return {
    kind: 'table',
    name: 'apart',
    caption: 'Processes whose threads are in different css_sets',
    columns: [
      numberColumn('pid', 'Pid', 'count'),
      textColumn('comm', 'Command'),
      textColumn('container', 'Container'),
      numberColumn('threads', 'Threads', 'count'),
      textColumn('sets', 'Css_sets'),
    ],
    rows: apart.flatMap(({ processes, containers, sets }) =>
      processes.map((process) => ({
        item: null,
        cells: [
          { text: String(process.pid), value: String(process.pid), item: processItem(process) },
          { text: nameText(process.comm) },
          containerCell(containers),
          countCell(process.threads),
          { text: [...sets.keys()].map(({ id }) => String(id)).join(', ') },
        ],
      })),
    ),
    shown: SHOWN,
  };
}

function containerCell(containers: readonly Container[]): ReportCell {
  const [only] = containers;
  const all = containers.map(containerText).join(' ');
  return containers.length === 1 && only !== undefined ? { text: all, item: containerItem(only) } : { text: all };
}

/** Every cgroup: where items of cgroups are at home. */
export function cgroupsTable(graph: CssGraph, containerOf: (pid: number) => Container | undefined): ReportTable {
  return {
    kind: 'table',
    name: 'cgroups',
    caption: 'Cgroups: what each sets and counts itself',
    columns: [
      textColumn('cgroup', 'Cgroup'),
      textColumn('path', 'Path'),
      textColumn('container', 'Containers'),
      numberColumn('tasks', 'Tasks', 'count'),
      textColumn('type', 'Type'),
      textColumn('subtree', 'Enabled below'),
      numberColumn('memory', 'Memory', 'bytes'),
      numberColumn('pids', 'Pids', 'count'),
      textColumn('cpu', 'Cpu limit'),
      textColumn('pressure', 'Pressure, some of 10 s: cpu, memory, io'),
    ],
    rows: nodesOf(graph).map((node) => {
      const sets = graph.setsOf.get(node.key) ?? [];
      const tasks = sets.reduce((sum, { tids }) => sum + tids.length, 0);
      const containers = new Set(
        sets.flatMap(({ processes }) => processes.flatMap(({ pid }) => containerOf(pid) ?? [])),
      );
      return {
        item: cgroupItem(node.key),
        cells: [
          { text: node.key },
          { text: nameText(node.path) },
          containerCell([...containers]),
          countCell(tasks),
          ...fileCells(node),
        ],
      };
    }),
    shown: SHOWN,
  };
}

function fileCells(node: CgroupNode): ReportCell[] {
  const { memory, pids, cpu, pressure } = summaryOf([node]);
  const stalls = (['cpu', 'memory', 'io'] as const).map((one) => pressure[one]);
  return [
    { text: node.facts === null ? 'not walked' : (wordsOf(node, 'cgroup.type')?.join(' ') ?? '') },
    { text: wordsOf(node, 'cgroup.subtree_control')?.join(' ') ?? '' },
    amountCell(memory.usage, memory.limit, formatBytes),
    amountCell(pids.usage, pids.limit, formatCount),
    { text: cpu.limit === null ? '' : limitText(cpu.limit, (usec) => `${String(Number(usec) / 1_000_000)} CPUs`) },
    {
      text: stalls.every((one) => one === undefined)
        ? ''
        : stalls.map((one) => (one === undefined ? '-' : `${one.some.toFixed(1)}%`)).join(' '),
    },
  ];
}

function amountCell(usage: Usage, limit: Limit | null, format: (amount: bigint) => string): ReportCell {
  const used = usage.kind === 'value' ? format(usage.value) : usage.kind === 'unknown' ? `? (${usage.outcome})` : '';
  const words =
    limit === null || limit.kind === 'max'
      ? used
      : `${used === '' ? 'limit' : `${used} of`} ${limitText(limit, format)}`;
  return { text: words, ...(usage.kind === 'value' && { value: String(usage.value) }) };
}

function limitText(limit: Limit, format: (amount: bigint) => string): string {
  return limit.kind === 'value' ? format(limit.value) : limit.kind === 'max' ? 'no limit' : `? (${limit.reason})`;
}

/** The hierarchies, bundled ones by all of their controllers. */
export function hierarchiesTable(graph: CssGraph, facet: CgroupsFacet): ReportTable {
  return {
    kind: 'table',
    name: 'hierarchies',
    caption: 'Hierarchies of cgroups',
    columns: [
      textColumn('hierarchy', 'Hierarchy'),
      numberColumn('id', 'Number', 'count'),
      numberColumn('version', 'Version', 'count'),
      textColumn('controllers', 'Controllers'),
      textColumn('mounts', 'Mounted at'),
      numberColumn('cgroups', 'Cgroups', 'count'),
      numberColumn('dying', 'Removed and not gone', 'count'),
      textColumn('walked', 'Walked'),
    ],
    rows: facet.hierarchies.map((hierarchy) => {
      const { id, version, controllers, walked } = hierarchy;
      const cgroups = graph.index.walked.filter((node) => node.hierarchy === id).length;
      const dying = dyingIn(hierarchy, graph, facet);
      return {
        item: null,
        cells: [
          { text: hierarchyKey(hierarchy) },
          { text: String(id), value: String(id) },
          { text: String(version), value: String(version) },
          { text: controllers.join(' ') },
          { text: mountsText(hierarchy) },
          walked === true ? countCell(cgroups) : { text: `not known: ${walkedText(walked)}`, mark: 'unknown' },
          dying === null ? { text: 'not known', mark: 'unknown' } : countCell(dying),
          walked === true ? { text: 'yes' } : { text: `no: ${walkedText(walked)}`, mark: 'unknown' },
        ],
      };
    }),
    shown: SHOWN,
  };
}

/** Other mount namespaces have more of them. */
function mountsText({ mounts }: HierarchyFacts): string {
  const [first, ...others] = new Set(mounts.map(({ path }) => nameText(path)));
  return first === undefined ? '' : `${first}${others.length === 0 ? '' : ` and ${formatCount(others.length)} more`}`;
}

function walkedText(walked: Exclude<HierarchyFacts['walked'], true>): string {
  return walked === 'absent' ? 'mounted nowhere' : walked;
}

/**
 * Cgroups whose directory is removed and which the kernel keeps for what is charged to them. v2 counts them itself; on v1 it is what
 * `/proc/cgroups` counts beyond those that could be walked, which can be hidden ones where the reader sees a part. Null: not known.
 */
export function dyingIn(
  { id, version, walked, controllers }: HierarchyFacts,
  { index }: CssGraph,
  facet: CgroupsFacet,
): number | null {
  if (walked !== true) return null;
  const own = index.walked.filter((node) => node.hierarchy === id);
  const root = own.find(({ inode }) => inode === 1);
  if (root === undefined) return null;
  if (version === 2) {
    const said = keyedValue(root, 'cgroup.stat', 'nr_dying_descendants');
    return said === null ? null : Number(said);
  }
  if (facet.reread?.changing.includes(id) === true || facet.collected.only !== null) return null;
  const counted = (facet.subsystems ?? []).filter(
    ({ name, hierarchy }) => hierarchy === id && controllers.includes(name),
  );
  return counted.length === 0 ? null : Math.max(0, ...counted.map(({ cgroups }) => cgroups - own.length));
}

/** What was held against other accounts of the kernel. */
export function checksTable(checks: readonly Check[]): ReportTable {
  return {
    kind: 'table',
    name: 'checks',
    caption: 'What must hold in this graph, held against what the kernel says elsewhere',
    columns: [textColumn('check', 'Check'), textColumn('holds', 'Holds'), textColumn('detail', 'Compared')],
    rows: checks.map(({ name, ok, detail }) => ({
      item: null,
      cells: [{ text: name }, ok ? { text: 'yes', mark: 'pass' } : { text: 'no', mark: 'fail' }, { text: detail }],
      ...(!ok && { mark: 'fail' as const }),
    })),
    shown: SHOWN,
  };
}
