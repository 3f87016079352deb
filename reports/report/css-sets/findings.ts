/** What of css_sets and cgroups a reader should know. */
import { keyedValue, wordsOf } from '../../../src/model/cgroup-index.ts';
import type { CgroupNode } from '../../../src/model/cgroup-index.ts';
import { hierarchyKey } from '../../../src/model/cgroup-key.ts';
import type { Container } from '../../../src/model/containers.ts';
import type { Check } from '../../../src/model/css-checks.ts';
import type { CssGraph, CssSet } from '../../../src/model/css-sets.ts';
import type { CgroupsFacet } from '../../../src/schema/cgroups.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatCount, formatPlural } from '../../../src/text/units.ts';
import { hierarchyNames } from '../../css-graph.ts';
import { containerText, shortId } from '../../namespace-columns.ts';
import { namedText } from '../names.ts';
import { namesContainer } from '../container-cgroup.ts';
import { cgroupItem, containerItem, processItem } from '../items.ts';
import type { Finding } from '../section.ts';
import type { Group } from './groups.ts';
import { dyingIn } from './tables.ts';

/** What findings are made of. */
export interface CssFacts {
  readonly graph: CssGraph;
  readonly facet: CgroupsFacet;
  readonly groups: readonly Group[];
  readonly containers: readonly Container[];
  readonly checks: readonly Check[];
}

/** All of them. */
export function cssFindings(facts: CssFacts): Finding[] {
  return [
    ...contradictions(facts),
    ...outsiders(facts),
    ...sharers(facts),
    ...threadsApart(facts),
    ...innerTasks(facts),
    ...leftBehind(facts),
    ...dying(facts),
  ];
}

function contradictions({ checks }: CssFacts): Finding[] {
  return checks
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => ({
      kind: 'css-graph-contradicted',
      severity: 'high',
      text: `The kernel's accounts of tasks and cgroups contradict each other (${name}): ${detail}.`,
      count: 1,
      item: null,
    }));
}

/** Tasks of a container that are outside of the cgroups of its first process: what these limit does not bind them. */
function outsiders({ graph, facet, groups, containers }: CssFacts): Finding[] {
  const names = hierarchyNames(facet);
  return containers.flatMap((container) => {
    const home = graph.setOfTid.get(container.leader);
    if (home === undefined) return [];
    let tasks = 0;
    const where = new Set<string>();
    for (const group of groups) {
      if (group.containers.length !== 1 || group.containers[0] !== container) continue;
      for (const [set, count] of group.sets) {
        const outside = [...set.cgroups].filter(
          ([hierarchy, node]) => !isWithin(node, home.cgroups.get(hierarchy), container),
        );
        if (outside.length > 0) tasks += count;
        for (const [hierarchy] of outside) where.add(names.get(hierarchy) ?? String(hierarchy));
      }
    }
    if (tasks === 0) return [];
    return [
      {
        kind: 'container-task-outside-cgroup',
        severity: 'medium',
        text: `${formatPlural(tasks, 'task')} of ${containerText(container)} ${tasks === 1 ? 'is' : 'are'} outside of its cgroups (${[...where].join(', ')}): its limits there do not bind ${tasks === 1 ? 'it' : 'them'}.`,
        count: tasks,
        item: containerItem(container),
      } as const,
    ];
  });
}

/** Whether a cgroup is the container's or below: what bears the container's id, else where its first process is. */
function isWithin({ path }: CgroupNode, home: CgroupNode | undefined, container: Container): boolean {
  if (home === undefined) return true;
  const parts = nameText(home.path).split('/');
  const named = parts.findIndex((part) => namesContainer(part, container));
  // An init within it has moved itself one further down.
  const end = named >= 0 ? named + 1 : parts.at(-1) === 'init.scope' ? parts.length - 1 : parts.length;
  const base = parts.slice(0, end).join('/');
  return `${nameText(path)}/`.startsWith(base.endsWith('/') ? base : `${base}/`);
}

/** Containers that have no cgroup of their own in any hierarchy. */
function sharers({ graph, groups, containers }: CssFacts): Finding[] {
  const byKey = new Map(containers.map((container) => [container.key, container]));
  const isBelow = (inner: Container, outer: Container): boolean => {
    for (
      let at: Container | undefined = inner;
      at !== undefined;
      at = at.parent === null ? undefined : byKey.get(at.parent)
    ) {
      if (at === outer) return true;
    }
    return false;
  };
  const ownersOf = new Map<CssSet, (Container | null)[]>(graph.cssSets.map((set) => [set, []]));
  for (const { containers: own, sets } of groups) {
    for (const set of sets.keys()) ownersOf.get(set)?.push(...(own.length === 0 ? [null] : own));
  }
  const found = new Set<Container>();
  for (const owners of ownersOf.values()) {
    for (const owner of owners) {
      if (owner !== null && owners.some((other) => other === null || !isBelow(other, owner))) found.add(owner);
    }
  }
  const sharing = containers.filter((container) => found.has(container));
  if (sharing.length === 0) return [];
  const [only] = sharing;
  // bubblewrap makes no cgroups: nobody expects any.
  const isExpected = sharing.every(({ engine }) => engine === 'bwrap');
  return [
    {
      kind: 'container-without-cgroup',
      severity: isExpected ? 'low' : 'medium',
      text: `${formatPlural(sharing.length, 'container')} ${sharing.length === 1 ? 'has tasks' : 'have tasks'} in the same cgroup of every hierarchy as others outside, so that no limit there is for ${sharing.length === 1 ? 'it' : 'them'} alone: ${namedText(sharing.map(containerText))}.`,
      count: sharing.length,
      item: sharing.length === 1 && only !== undefined ? containerItem(only) : null,
    },
  ];
}

function threadsApart({ groups }: CssFacts): Finding[] {
  const processes = groups.filter(({ kind }) => kind === 'apart').flatMap((group) => group.processes);
  const [first] = processes;
  if (first === undefined) return [];
  const names = processes.map(({ pid, comm }) => `${String(pid)} ${nameText(comm)}`);
  return [
    {
      kind: 'threads-in-different-cgroups',
      severity: 'low',
      text: `Threads of ${formatPlural(processes.length, 'process', 'processes')} are in different cgroups: ${namedText(names)}.`,
      count: processes.length,
      item: processes.length === 1 ? processItem(first) : null,
    },
  ];
}

/** v2: where tasks are beside populated children, no controller can be enabled for these (cgroups(7), no internal processes). */
function innerTasks({ graph, facet }: CssFacts): Finding[] {
  const found = graph.index.walked.filter((node) => {
    const hierarchy = graph.index.hierarchies.get(node.hierarchy);
    if (hierarchy?.version !== 2 || node.parent === null || !graph.setsOf.has(node.key)) return false;
    const isThreaded = wordsOf(node, 'cgroup.type')?.includes('threaded') === true;
    const available = wordsOf(node, 'cgroup.controllers') ?? [];
    return (
      !isThreaded &&
      available.length > 0 &&
      node.children.some((child) => keyedValue(child, 'cgroup.events', 'populated') === 1n)
    );
  });
  const [first] = found;
  if (first === undefined || facet.collected.only !== null) return [];
  return [
    {
      kind: 'cgroup-inner-tasks',
      severity: 'low',
      text: `Tasks are in ${formatPlural(found.length, 'v2 cgroup')} beside populated children, for which no controller can be enabled while they are: ${namedText(found.map(({ path }) => nameText(path)))}.`,
      count: found.length,
      item: found.length === 1 ? cgroupItem(first.key) : null,
    },
  ];
}

/** An id as engines give it: 256 bits in hexadecimal. */
const ID = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/;

/** Cgroups that were made for a container, by their name, and in which nothing runs any more. */
function leftBehind({ graph, containers }: CssFacts): Finding[] {
  const living = new Set(containers.map(({ id }) => id));
  const populated = new Set<CgroupNode>();
  for (const node of [...graph.index.walked].reverse()) {
    if (graph.setsOf.has(node.key) || (node.facts?.foreign ?? 0) > 0) populated.add(node);
    if (populated.has(node) && node.parent !== null) populated.add(node.parent);
  }
  const byId = new Map<string, CgroupNode[]>();
  for (const node of graph.index.walked) {
    const path = nameText(node.path);
    const [id] = ID.exec(path.slice(path.lastIndexOf('/'))) ?? [];
    if (id === undefined || living.has(id) || populated.has(node)) continue;
    byId.set(id, [...(byId.get(id) ?? []), node]);
  }
  const [first] = byId;
  if (first === undefined) return [];
  const cgroups = [...byId.values()].reduce((sum, nodes) => sum + nodes.length, 0);
  return [
    {
      kind: 'cgroup-left-behind',
      severity: 'low',
      text: `${formatPlural(cgroups, 'cgroup')} of ${formatPlural(byId.size, 'container')} that ${byId.size === 1 ? 'has' : 'have'} no task left: ${namedText([...byId.keys()].map(shortId))}.`,
      count: byId.size,
      item: byId.size === 1 && first[1][0] !== undefined ? cgroupItem(first[1][0].key) : null,
    },
  ];
}

/** Fewer than this many go within the coming and going of containers. */
const MANY_DYING = 100;

function dying({ graph, facet }: CssFacts): Finding[] {
  return facet.hierarchies.flatMap((hierarchy) => {
    const count = dyingIn(hierarchy, graph, facet);
    const walked = graph.index.walked.filter((node) => node.hierarchy === hierarchy.id).length;
    if (count === null || count < Math.max(MANY_DYING, walked)) return [];
    return [
      {
        kind: 'cgroups-dying',
        severity: 'low',
        text: `${formatPlural(count, 'cgroup')} of ${hierarchyKey(hierarchy)} ${count === 1 ? 'is' : 'are'} removed and still held by what is charged to ${count === 1 ? 'it' : 'them'}, beside ${formatCount(walked)} that are there.`,
        count,
        item: null,
      } as const,
    ];
  });
}
