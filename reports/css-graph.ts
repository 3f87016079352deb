/** The graph of css_sets as a document and as text. */
import type { Check } from '../src/model/css-checks.ts';
import type { CssGraph, CssSet } from '../src/model/css-sets.ts';
import type { CgroupNode } from '../src/model/cgroup-index.ts';
import { hierarchyKey } from '../src/model/cgroup-key.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { CgroupsFacet } from '../src/schema/cgroups.ts';
import type { CssGraphDocument, GraphCgroup, GraphHierarchy } from '../src/schema/css-graph-document.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatCount, formatPlural } from '../src/text/units.ts';
import { truncate, truncateMiddle } from '../src/text/width.ts';
import { documentHead } from './head.ts';
import { containerText } from './namespace-columns.ts';
import { containerId } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

/** The document. */
export function cssGraphDocument(
  capture: Capture,
  facet: CgroupsFacet,
  graph: CssGraph,
  checks: readonly Check[],
): CssGraphDocument {
  return {
    ...documentHead('nsinspect/css-graph/1', capture, ['engines']),
    truth: 'inferred',
    hierarchies: graphHierarchies(facet),
    cgroups: nodesOf(graph).map(graphCgroup),
    cssSets: graph.cssSets.map(({ id, tids, processes, cgroups }) => ({
      id,
      tasks: tids.length,
      processes: processes.length,
      tids,
      cgroups: Object.fromEntries([...cgroups].map(([hierarchy, { key }]) => [String(hierarchy), key])),
    })),
    links: graph.cssSets.flatMap(({ id, cgroups }) =>
      [...cgroups.values()].map(({ key }): [number, string] => [id, key]),
    ),
    dead: graph.dead,
    checks,
  };
}

/** The hierarchies as documents have them. */
export function graphHierarchies({ hierarchies }: CgroupsFacet): GraphHierarchy[] {
  return hierarchies.map(({ id, version, controllers, name, mounts, walked }) => ({
    id,
    version,
    controllers,
    name,
    mounts,
    walked: walked === true,
  }));
}

/** All cgroups: those of the walk, then those that only tasks name. */
export function nodesOf({ index, cssSets }: CssGraph): CgroupNode[] {
  const nodes = new Map(index.walked.map((node) => [node.key, node]));
  for (const { cgroups } of cssSets) for (const node of cgroups.values()) nodes.set(node.key, node);
  return [...nodes.values()];
}

/** A cgroup as documents have it. */
export function graphCgroup({ key, hierarchy, inode, path, parent, facts }: CgroupNode): GraphCgroup {
  const type = facts?.files['cgroup.type'];
  return {
    key,
    hierarchy,
    inode,
    path,
    parent: parent?.key ?? null,
    type: type?.kind === 'words' ? type.words.join(' ') : null,
  };
}

/** Name of each hierarchy for a heading. */
export function hierarchyNames(facet: CgroupsFacet): ReadonlyMap<number, string> {
  return new Map(facet.hierarchies.map((hierarchy) => [hierarchy.id, hierarchyKey(hierarchy)]));
}

/** Who is in a set, in a few words: the containers, else the first processes. */
export function membersText({ processes }: CssSet, containerOf: ContainerOf): string {
  const containers = new Set(
    processes.flatMap(({ pid }) => {
      const container = containerOf(pid);
      return container === undefined ? [] : [containerText(containerId(container))];
    }),
  );
  if (containers.size > 0) return [...containers].join(' ');
  const named = processes.slice(0, 3).map(({ pid, comm }) => `${String(pid)} ${nameText(comm)}`);
  return named.join(', ') + (processes.length > named.length ? ', …' : '');
}

/** The text: every css_set with its cgroups, hierarchies that agree on a path together; then the checks. */
export function cssGraphLines(
  graph: CssGraph,
  facet: CgroupsFacet,
  checks: readonly Check[],
  containerOf: ContainerOf,
  style: Style,
): string[] {
  const names = hierarchyNames(facet);
  const lines = [
    style.bold(
      `${formatPlural(graph.cssSets.length, 'css_set')} join ${formatPlural(graph.setOfTid.size, 'task')} to ${formatPlural(nodesOf(graph).length, 'cgroup')} of ${formatPlural(names.size, 'hierarchy', 'hierarchies')}`,
    ),
  ];
  for (const set of graph.cssSets) {
    const name = `css_set ${String(set.id)}`;
    const size = `${formatPlural(set.tids.length, 'task')}, ${formatPlural(set.processes.length, 'process', 'processes')}`;
    const room = roomAfter(name.length + size.length + 4, style);
    const members = truncate(terminalSafe(membersText(set, containerOf)), room, style.ellipsis);
    lines.push('', `${style.bold(name)}  ${size}  ${style.dim(members)}`);
    for (const [path, keys] of pathsOf(set, names)) lines.push(...pathLines(path, keys, style));
  }
  const unwalked = facet.hierarchies.filter(({ walked }) => walked !== true);
  if (unwalked.length > 0) {
    lines.push(
      '',
      `not walked: ${unwalked.map((one) => `${hierarchyKey(one)} (${one.walked === 'absent' ? 'not mounted' : String(one.walked)})`).join(', ')}`,
    );
  }
  if (graph.dead.length > 0)
    lines.push(
      '',
      `${formatPlural(graph.dead.length, 'zombie')}, in no css_set of theirs any more: ${someOf(graph.dead)}`,
    );
  lines.push('', style.bold('checks'), ...checks.flatMap((one) => checkLines(one, style)));
  return lines;
}

function someOf(tids: readonly number[]): string {
  return tids.slice(0, 8).join(' ') + (tids.length > 8 ? ` and ${formatCount(tids.length - 8)} more` : '');
}

/** Columns that are left after what stands before on the line. */
function roomAfter(before: number, { columns }: Style): number {
  return columns === null ? Infinity : Math.max(16, columns - before);
}

/** The cgroups of a css_set by path: engines make the same ones in all hierarchies. */
export function pathsOf({ cgroups }: CssSet, names: ReadonlyMap<number, string>): Map<string, string[]> {
  const byPath = new Map<string, string[]>();
  for (const [hierarchy, { path, inode }] of cgroups) {
    const text = nameText(path);
    const name = `${names.get(hierarchy) ?? String(hierarchy)}${inode === null ? '' : `:${String(inode)}`}`;
    byPath.set(text, [...(byPath.get(text) ?? []), name]);
  }
  return byPath;
}

function pathLines(path: string, keys: readonly string[], style: Style): string[] {
  const shown = truncateMiddle(terminalSafe(path), roomAfter(2, style), style.ellipsis);
  const lines = wrap(terminalSafe(keys.join(' ')), roomAfter(4, style), style);
  return [`  ${style.cyan(shown)}`, ...lines.map((line) => `    ${line}`)];
}

function checkLines({ name, ok, detail }: Check, style: Style): string[] {
  const [first = '', ...rest] = wrap(terminalSafe(detail), roomAfter(38, style), style);
  return [
    `  ${ok ? style.green('ok  ') : style.red('FAIL')}  ${name.padEnd(28)}  ${first}`,
    ...rest.map((line) => ' '.repeat(38) + line),
  ];
}
