/** The graph of css_sets for graphviz: css_sets on the left, cgroups in one cluster a hierarchy, an edge for each link. */
import type { CssGraph } from '../src/model/css-sets.ts';
import type { CgroupNode } from '../src/model/cgroup-index.ts';
import type { CgroupsFacet } from '../src/schema/cgroups.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { hierarchyNames, membersText } from './css-graph.ts';
import type { ContainerOf } from './namespaces.ts';

/** The graph in the DOT language (https://graphviz.org/doc/info/lang.html). Only cgroups that a set leads to are drawn. */
export function cssGraphDot(graph: CssGraph, facet: CgroupsFacet, containerOf: ContainerOf): string {
  const lines = [
    'graph css_sets {',
    '  rankdir=LR; splines=line; ranksep=3;',
    '  node [shape=box, fontname="sans-serif", fontsize=10];',
    '  edge [tailport=e, headport=w, color=gray40];',
  ];
  for (const set of graph.cssSets) {
    const label = `css_set ${String(set.id)}\n${formatPlural(set.tids.length, 'task')}\n${membersText(set, containerOf)}`;
    lines.push(`  ${quote(`set ${String(set.id)}`)} [label=${quote(label)}, style=rounded];`);
  }
  for (const [hierarchy, name] of hierarchyNames(facet)) {
    const nodes = linkedIn(graph, hierarchy);
    if (nodes.length === 0) continue;
    lines.push(
      `  subgraph ${quote(`cluster ${String(hierarchy)}`)} {`,
      `    label=${quote(name)}; fontname="sans-serif"; color=gray;`,
    );
    for (const { key, path } of nodes) lines.push(`    ${quote(key)} [label=${quote(nameText(path))}];`);
    lines.push('  }');
  }
  for (const { id, cgroups } of graph.cssSets) {
    for (const { key } of cgroups.values()) lines.push(`  ${quote(`set ${String(id)}`)} -- ${quote(key)};`);
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

/** Cgroups of a hierarchy to which a css_set leads, by path. */
export function linkedIn({ cssSets }: CssGraph, hierarchy: number): CgroupNode[] {
  const nodes = new Map<string, CgroupNode>();
  for (const { cgroups } of cssSets) {
    const node = cgroups.get(hierarchy);
    if (node !== undefined) nodes.set(node.key, node);
  }
  return [...nodes.values()].sort((a, b) => (nameText(a.path) < nameText(b.path) ? -1 : 1));
}

/** In a quoted string of DOT only the quote and the backslash mean something; `\n` is a line of the label. */
function quote(text: string): string {
  const lines = text.split('\n').map((line) => terminalSafe(line).replaceAll('\\', '\\\\').replaceAll('"', '\\"'));
  return `"${lines.join('\\n')}"`;
}
