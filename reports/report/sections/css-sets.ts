import { checkGraph } from '../../../src/model/css-checks.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { nodesOf } from '../../css-graph.ts';
import { cssFindings } from '../css-sets/findings.ts';
import { groupsOf } from '../css-sets/groups.ts';
import { cssPicture } from '../css-sets/picture.ts';
import { apartTable, cgroupsTable, checksTable, hierarchiesTable, setsTable } from '../css-sets/tables.ts';
import type { Content, Missing, Section } from '../section.ts';
import type { World } from '../world.ts';

const section: Section = {
  id: 'css-sets',
  order: 30,
  title: 'Css_sets and cgroups',
  question: 'Which tasks are in which cgroups, and what joins them?',
  needs: ['tasks', 'cgroups'],
  contentOf,
};

export default section;

/** Css_sets that the picture shows one by one. */
const DRAWN = 36;

function contentOf(world: World): Content | Missing {
  const { graph, tasks, cgroups: facet, containers } = world;
  if (!tasks.collected.cgroups) return { missing: `the cgroups of tasks: not collected in ${world.facts.side.name}` };
  const containerOf = (pid: number) => world.containerOf(pid);
  const groups = groupsOf(graph, tasks, containerOf);
  const checks = checkGraph(graph, tasks, facet);
  const broken = checks.filter(({ ok }) => !ok).length;
  const apart = apartTable(groups);
  const held =
    broken === 0
      ? `all ${String(checks.length)} checks of it hold`
      : `${String(broken)} of ${String(checks.length)} checks of it do not hold`;
  return {
    summary: `${formatPlural(graph.cssSets.length, 'css_set')} ${graph.cssSets.length === 1 ? 'joins' : 'join'} ${formatPlural(graph.setOfTid.size, 'task')} to ${formatPlural(nodesOf(graph).length, 'cgroup')} of ${formatPlural(facet.hierarchies.length, 'hierarchy', 'hierarchies')}; ${held}.`,
    findings: cssFindings({ graph, facet, groups, containers, checks }),
    blocks: [
      {
        kind: 'text',
        text: 'A task does not point to its cgroups but to one css_set, and that to one cgroup of each hierarchy. The kernel shows no css_sets: these are inferred from the cgroups of all threads in /proc. Hierarchies in which every css_set has the same path are one column.',
      },
      cssPicture(graph, groups, { facet, containerOf }, { most: DRAWN, links: true }),
      setsTable(graph, facet, groups),
      ...(apart === null ? [] : [apart]),
      cgroupsTable(graph, containerOf),
      hierarchiesTable(graph, facet),
      checksTable(checks),
    ],
  };
}
