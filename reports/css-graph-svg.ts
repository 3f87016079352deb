/** The graph of css_sets as a picture that stands alone: the report's, with every css_set in it. */
import type { CssGraph } from '../src/model/css-sets.ts';
import type { CgroupsFacet } from '../src/schema/cgroups.ts';
import type { TasksFacet } from '../src/schema/tasks.ts';
import type { ContainerOf } from './namespaces.ts';
import { groupsOf } from './report/css-sets/groups.ts';
import { cssPicture } from './report/css-sets/picture.ts';
import { Studio } from './report/picture.ts';

/** The picture as an SVG document. */
export function cssGraphSvg(graph: CssGraph, tasks: TasksFacet, facet: CgroupsFacet, containerOf: ContainerOf): string {
  const groups = groupsOf(graph, tasks, containerOf);
  const picture = cssPicture(graph, groups, { facet, containerOf }, { most: Infinity, links: false });
  return new Studio().drawFile(picture, 'css-sets-graph');
}
