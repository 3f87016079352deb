/** The picture of css_sets: groups of tasks, css_sets, and a column of cgroups for each hierarchy or several that agree. */
import type { CssGraph } from '../../../src/model/css-sets.ts';
import type { CgroupsFacet } from '../../../src/schema/cgroups.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { terminalSafe } from '../../../src/text/safe.ts';
import { formatCount, formatPlural } from '../../../src/text/units.ts';
import { hierarchyNames, membersText } from '../../css-graph.ts';
import type { ContainerOf } from '../../namespaces.ts';
import type { Picture } from '../section.ts';
import { Drawing } from './drawing.ts';
import type { Group } from './groups.ts';
import { layoutOf } from './layout.ts';
import type { Layout } from './layout.ts';
import { placesOf } from './places.ts';

/** How it is to be drawn. */
export interface CssPictureWishes {
  /** Css_sets that are drawn one by one; the rest is one more. */
  readonly most: number;
  /** Whether names lead to where items are at home, in a page that has them. */
  readonly links: boolean;
}

/** The picture. */
export function cssPicture(
  graph: CssGraph,
  groups: readonly Group[],
  { facet, containerOf }: { readonly facet: CgroupsFacet; readonly containerOf: ContainerOf },
  { most, links }: CssPictureWishes,
): Picture {
  const layout = layoutOf(graph, groups, most);
  const names = hierarchyNames(facet);
  const places = placesOf(layout, names);
  return {
    kind: 'picture',
    name: 'graph',
    title: 'Which css_set joins which tasks to which cgroups',
    description: [sumText(graph, layout), ...waysTexts(layout, containerOf, names)].join(' '),
    width: places.width,
    height: places.height,
    draw: ({ svg }) => {
      new Drawing(layout, places, links, containerOf).draw(svg);
    },
  };
}

function sumText({ cssSets, setOfTid }: CssGraph, { columns, lines }: Layout): string {
  const hierarchies = columns.reduce((sum, column) => sum + column.hierarchies.length, 0);
  const rest = lines.find(({ set }) => set === null);
  const drawn = rest === undefined ? '' : ` ${formatCount(rest.sets.length)} of the css_sets are drawn as one.`;
  return `${formatPlural(cssSets.length, 'css_set')} over ${formatPlural(hierarchies, 'hierarchy', 'hierarchies')}, ${formatPlural(setOfTid.size, 'task')}.${drawn}`;
}

/** Css_sets whose ways are told in words. */
const TOLD = 40;

function waysTexts({ lines, columns }: Layout, containerOf: ContainerOf, names: ReadonlyMap<number, string>): string[] {
  return lines.slice(0, TOLD).flatMap(({ set }) => {
    if (set === null) return [];
    const places = columns.flatMap(({ hierarchies }) => {
      const node = set.cgroups.get(hierarchies[0] ?? 0);
      const own = hierarchies.map((id) => terminalSafe(names.get(id) ?? String(id)));
      return node === undefined ? [] : [`${own.join(' ')} ${terminalSafe(nameText(node.path))}`];
    });
    const who = terminalSafe(membersText(set, containerOf));
    return [`css_set ${String(set.id)}, ${formatPlural(set.tids.length, 'task')} (${who}): ${places.join(', ')}.`];
  });
}
