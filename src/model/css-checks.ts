/** What must hold in every graph of css_sets, held against the kernel's other accounts of the same. */
import type { CgroupsFacet, HierarchyFacts } from '../schema/cgroups.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { nameText } from '../text/bytes.ts';
import { formatPlural } from '../text/units.ts';
import { keyedValue, wordsOf } from './cgroup-index.ts';
import type { CgroupNode } from './cgroup-index.ts';
import type { CssGraph } from './css-sets.ts';

/** One invariant and what came out. */
export interface Check {
  readonly name: string;
  /** False: broken, and no race explains it. */
  readonly ok: boolean;
  /** What was compared, and where it does not agree, in one sentence. */
  readonly detail: string;
}

/** Examples named in a detail. */
const NAMED = 5;

/** Checks every invariant for which the facts were collected. */
export function checkGraph(graph: CssGraph, tasks: TasksFacet, facet: CgroupsFacet): Check[] {
  return [
    everyThreadOnce(graph, tasks),
    oneCgroupPerHierarchy(graph, tasks),
    oneHierarchyPerController(facet.hierarchies),
    membersAgree(graph, facet),
    populatedAgrees(graph, facet),
    ...cssCountsAgree(graph, facet),
    ...subsystemCountsAgree(graph, facet),
  ];
}

function check(name: string, wrong: readonly string[], right: string): Check {
  if (wrong.length === 0) return { name, ok: true, detail: right };
  const rest = wrong.length > NAMED ? ` and ${String(wrong.length - NAMED)} more` : '';
  return { name, ok: false, detail: wrong.slice(0, NAMED).join('; ') + rest };
}

function everyThreadOnce({ cssSets, dead, ended, unplaced }: CssGraph, tasks: TasksFacet): Check {
  const seen = new Set<number>();
  const wrong: string[] = [];
  for (const tid of [...cssSets.flatMap(({ tids }) => tids), ...dead]) {
    if (seen.has(tid)) wrong.push(`thread ${String(tid)} is in two sets`);
    seen.add(tid);
  }
  for (const tid of unplaced) wrong.push(`the cgroups of thread ${String(tid)} were not readable`);
  const expected = tasks.processes.reduce((sum, { tids }) => sum + 1 + (tids?.length ?? 0), 0);
  const counted = seen.size + ended.length + unplaced.length;
  if (counted !== expected) wrong.push(`${String(counted)} threads are placed, ${String(expected)} were seen`);
  return check(
    'every-thread-once',
    wrong,
    `${formatPlural(seen.size - dead.length, 'live thread')} in ${formatPlural(cssSets.length, 'set')}`,
  );
}

function oneCgroupPerHierarchy({ cssSets }: CssGraph, tasks: TasksFacet): Check {
  const hierarchies = new Set(tasks.cgroups.flat().map(({ hierarchy }) => hierarchy));
  const wrong: string[] = [];
  for (const lines of tasks.cgroups) {
    const named = lines.map(({ hierarchy }) => hierarchy);
    if (new Set(named).size !== named.length) wrong.push('a thread has two cgroups in one hierarchy');
  }
  for (const { id, cgroups } of cssSets) {
    for (const hierarchy of hierarchies) {
      if (!cgroups.has(hierarchy)) wrong.push(`set ${String(id)} has no cgroup in hierarchy ${String(hierarchy)}`);
    }
  }
  return check(
    'one-cgroup-per-hierarchy',
    wrong,
    `${formatPlural(cssSets.length, 'set')} over ${formatPlural(hierarchies.size, 'hierarchy', 'hierarchies')}`,
  );
}

function oneHierarchyPerController(hierarchies: readonly HierarchyFacts[]): Check {
  const owners = new Map<string, number>();
  const wrong: string[] = [];
  for (const { id, controllers } of hierarchies) {
    for (const controller of controllers) {
      const other = owners.get(controller);
      if (other !== undefined) wrong.push(`${controller} is in hierarchies ${String(other)} and ${String(id)}`);
      owners.set(controller, id);
    }
  }
  return check('one-hierarchy-per-controller', wrong, `${formatPlural(owners.size, 'controller')}, each in one`);
}

/** The list of a cgroup's members equals the threads mapped to it. */
function membersAgree({ index, setsOf, setOfTid }: CssGraph, facet: CgroupsFacet): Check {
  const name = 'members';
  if (!facet.collected.tids)
    return { name, ok: true, detail: 'not compared: the members of cgroups were not collected' };
  const looks = new Map((facet.reread?.members ?? []).map(({ cgroup, tid, look }) => [pairKey(cgroup, tid), look]));
  const wrong: string[] = [];
  let compared = 0;
  let raced = 0;
  for (const [cgroup, node] of index.walked.entries()) {
    const listed = node.facts?.tids;
    if (listed === undefined) continue;
    compared++;
    const sets = setsOf.get(node.key) ?? [];
    const isMapped = (tid: number): boolean => setOfTid.get(tid)?.cgroups.get(node.hierarchy) === node;
    const mappedCount = sets.reduce((sum, { tids }) => sum + tids.length, 0);
    const onlyListed = listed.filter((tid) => !isMapped(tid));
    const isSame = onlyListed.length === 0 && mappedCount === listed.length;
    const listedSet = isSame ? null : new Set(listed);
    const onlyMapped = listedSet === null ? [] : sets.flatMap(({ tids }) => tids.filter((tid) => !listedSet.has(tid)));
    for (const [tids, says] of [
      [onlyListed, 'listed in'],
      [onlyMapped, 'not listed in'],
    ] as const) {
      for (const tid of tids) {
        const look = looks.get(pairKey(cgroup, tid)) ?? 'differs';
        const isHidden = says === 'not listed in' && isMembershipHidden(node);
        if (look !== 'differs' || isHidden) raced++;
        else wrong.push(`thread ${String(tid)} is ${says} ${node.key} (${nameText(node.path)})`);
      }
    }
  }
  const races = raced === 0 ? '' : `; ${formatPlural(raced, 'difference')} explained by threads that moved meanwhile`;
  return check(
    name,
    wrong,
    `${formatPlural(compared, 'cgroup')} ${compared === 1 ? 'lists' : 'list'} what /proc says${races}`,
  );
}

function pairKey(cgroup: number, tid: number): string {
  return `${String(cgroup)} ${String(tid)}`;
}

/** Tasks of pid namespaces that the reader does not see are in the list as 0, or not at all (cgroup_procs_show). */
function isMembershipHidden(node: CgroupNode): boolean {
  return (node.facts?.foreign ?? 0) > 0;
}

/** `populated` says whether a live task is in the subtree. */
function populatedAgrees({ index, setsOf }: CssGraph, { reread }: CgroupsFacet): Check {
  const looks = new Map((reread?.populated ?? []).map(({ cgroup, look }) => [cgroup, look]));
  const wrong: string[] = [];
  let compared = 0;
  let raced = 0;
  const hasTask = new Set<CgroupNode>();
  // Children stand after their parents: from the back every child is known before.
  for (const [cgroup, node] of [...index.walked.entries()].reverse()) {
    if (setsOf.has(node.key)) hasTask.add(node);
    const isPopulated = hasTask.has(node);
    if (isPopulated && node.parent !== null) hasTask.add(node.parent);
    const said = keyedValue(node, 'cgroup.events', 'populated');
    if (said === null) continue;
    compared++;
    if ((said === 1n) === isPopulated) continue;
    if ((looks.get(cgroup) ?? 'differs') !== 'differs') raced++;
    else wrong.push(`${node.key} says populated ${String(said)}, ${isPopulated ? 'a' : 'no'} live task is in it`);
  }
  const races =
    raced === 0 ? '' : `; ${formatPlural(raced, 'difference')} explained by tasks that came or went meanwhile`;
  return check(
    'populated',
    wrong,
    compared === 0 ? 'nothing to compare: no v2 cgroup below the root' : agree(compared, 'cgroup') + races,
  );
}

/** `cgroup.stat` counts the csses of a subtree, which proves the rule by which effective ones are found. Kernels since 6.12. */
function cssCountsAgree({ index }: CssGraph, facet: CgroupsFacet): Check[] {
  const wrong: string[] = [];
  let isThere = false;
  let compared = 0;
  for (const root of index.walked) {
    if (root.parent !== null || index.hierarchies.get(root.hierarchy)?.version !== 2) continue;
    for (const controller of index.hierarchies.get(root.hierarchy)?.controllers ?? []) {
      const said = keyedValue(root, 'cgroup.stat', `nr_subsys_${controller}`);
      if (said === null) continue;
      isThere = true;
      const counted = countCsses(root, controller);
      if (counted === null || isChanging(facet, root.hierarchy)) continue;
      compared++;
      if (BigInt(counted) !== said)
        wrong.push(`${controller} has ${String(said)} csses, ${String(counted)} follow from cgroup.subtree_control`);
    }
  }
  return isThere ? [check('css-counts', wrong, agreeing(compared, 'controller'))] : [];
}

function countCsses(root: CgroupNode, controller: string): number | null {
  let count = 1;
  const stack: CgroupNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.children.length === 0) continue;
    const enabled = wordsOf(node, 'cgroup.subtree_control');
    if (enabled === null) return null;
    // The io controller brings a hidden css of memory along (io_cgrp_subsys.depends_on, block/blk-cgroup.c).
    const isOn = enabled.includes(controller) || (controller === 'memory' && enabled.includes('io'));
    if (!isOn) continue;
    count += node.children.length;
    for (const child of node.children) stack.push(child);
  }
  return count;
}

/** Cgroups were made or removed while they were walked: counts from before and after say nothing about each other. */
function isChanging({ reread }: CgroupsFacet, hierarchy: number): boolean {
  return reread?.changing.includes(hierarchy) === true;
}

function agree(compared: number, what: string): string {
  return `${formatPlural(compared, what)} ${compared === 1 ? 'agrees' : 'agree'}`;
}

function agreeing(compared: number, what: string): string {
  return compared === 0 ? 'not compared: cgroups come and go' : agree(compared, what);
}

/** `/proc/cgroups` counts every cgroup of a hierarchy, dying ones included: never fewer than can be walked. */
function subsystemCountsAgree({ index }: CssGraph, facet: CgroupsFacet): Check[] {
  if (facet.subsystems === null || facet.collected.only !== null) return [];
  const walked = new Map<number, number>();
  for (const { hierarchy } of index.walked) walked.set(hierarchy, (walked.get(hierarchy) ?? 0) + 1);
  const wrong: string[] = [];
  const dying: string[] = [];
  let isThere = false;
  let compared = 0;
  for (const { name, hierarchy, cgroups } of facet.subsystems) {
    const seen = walked.get(hierarchy);
    if (hierarchy === 0 || seen === undefined) continue;
    isThere = true;
    if (isChanging(facet, hierarchy)) continue;
    compared++;
    if (cgroups < seen) wrong.push(`${name}: ${String(seen)} were walked, the kernel counts ${String(cgroups)}`);
    if (cgroups > seen) dying.push(`${name} ${String(cgroups - seen)}`);
  }
  if (!isThere) return [];
  const detail = `${agreeing(compared, 'v1 controller')}${dying.length === 0 ? '' : `; dying or hidden: ${dying.join(', ')}`}`;
  return [check('cgroup-counts', wrong, detail)];
}
