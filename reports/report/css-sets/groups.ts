/** Tasks as groups: those of one container, or of the host in one css_set, and threads that are apart from their process. */
import type { Container } from '../../../src/model/containers.ts';
import type { CssGraph, CssSet } from '../../../src/model/css-sets.ts';
import type { ProcessFacts, TasksFacet } from '../../../src/schema/tasks.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { terminalSafe } from '../../../src/text/safe.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { containerText } from '../../namespace-columns.ts';
import type { ContainerOf } from '../../namespaces.ts';

/** A group. */
export interface Group {
  /** `apart`: processes whose threads are in several css_sets, the same ones. */
  readonly kind: 'container' | 'apart' | 'host';
  readonly label: string;
  /** Those that it is of; none of the host's. More than one where they share all of their css_sets. */
  readonly containers: readonly Container[];
  readonly processes: readonly ProcessFacts[];
  /** Threads. */
  readonly tasks: number;
  /** How many of them are in which css_set. */
  readonly sets: ReadonlyMap<CssSet, number>;
}

interface Growing {
  readonly owner: Container | null;
  readonly processes: ProcessFacts[];
  readonly sets: Map<CssSet, number>;
}

/** More containers in the same css_sets than this are one group. */
const TOGETHER = 3;

/** All groups: containers by name, those of a name by key, each followed by its processes that are apart; then the host's by path. */
export function groupsOf(graph: CssGraph, { processes }: TasksFacet, containerOf: ContainerOf): Group[] {
  const [whole, apart] = [new Map<string, Growing>(), new Map<string, Growing>()];
  for (const process of processes) {
    const owner = containerOf(process.pid) ?? null;
    const sets = setsOfProcess(process, graph);
    if (sets.size === 0) continue;
    const ids = [...sets.keys()].map(({ id }) => id).sort((a, b) => a - b);
    // Of the host, each css_set is a group: its services have nothing in common but that.
    const key = JSON.stringify([owner?.key ?? null, owner === null || sets.size > 1 ? ids : null]);
    add(sets.size > 1 ? apart : whole, key, { owner, process, sets });
  }
  const groups = [
    ...[...merged(whole)].map((group): Group => ({
      ...group,
      kind: group.containers.length > 0 ? 'container' : 'host',
    })),
    ...[...apart.values()].map((one): Group => ({ ...finished(one, apartText(one)), kind: 'apart' })),
  ];
  return groups
    .map((group) => ({ group, key: orderOf(group) }))
    .sort(byKey)
    .map(({ group }) => group);
}

function setsOfProcess({ pid, tids = [] }: ProcessFacts, { setOfTid }: CssGraph): Map<CssSet, number> {
  const sets = new Map<CssSet, number>();
  for (const tid of [pid, ...tids]) {
    const set = setOfTid.get(tid);
    if (set !== undefined) sets.set(set, (sets.get(set) ?? 0) + 1);
  }
  return sets;
}

function add(
  into: Map<string, Growing>,
  key: string,
  { owner, process, sets }: { owner: Container | null; process: ProcessFacts; sets: ReadonlyMap<CssSet, number> },
): void {
  let group = into.get(key);
  if (group === undefined) into.set(key, (group = { owner, processes: [], sets: new Map() }));
  group.processes.push(process);
  for (const [set, tasks] of sets) group.sets.set(set, (group.sets.get(set) ?? 0) + tasks);
}

/** Containers with the same css_sets together, where they are many: sandboxes that have no cgroups of their own. */
function merged(whole: ReadonlyMap<string, Growing>): Omit<Group, 'kind'>[] {
  const bySets = new Map<string, Growing[]>();
  for (const [key, one] of whole) {
    const ids =
      one.owner === null
        ? key
        : [...one.sets.keys()]
            .map(({ id }) => id)
            .sort((a, b) => a - b)
            .join();
    bySets.set(ids, [...(bySets.get(ids) ?? []), one]);
  }
  return [...bySets.values()].flatMap((same) => {
    if (same.length <= TOGETHER)
      return same.map((one) => finished(one, one.owner === null ? hostText(one) : ownerText(one.owner)));
    const sets = new Map<CssSet, number>();
    for (const one of same) for (const [set, tasks] of one.sets) sets.set(set, (sets.get(set) ?? 0) + tasks);
    const all = same.sort((a, b) => byText(nameOf(a.owner), nameOf(b.owner)));
    const processes = all.flatMap((one) => one.processes);
    const whole = finished(
      { owner: null, processes, sets },
      `${formatPlural(same.length, 'container')}: ${all.map(({ owner }) => nameOf(owner)).join(' ')}`,
    );
    return [{ ...whole, containers: all.flatMap(({ owner }) => owner ?? []) }];
  });
}

function finished({ owner, processes, sets }: Growing, label: string): Omit<Group, 'kind'> {
  const tasks = [...sets.values()].reduce((sum, count) => sum + count, 0);
  const sorted = new Map([...sets].sort(([a], [b]) => byText(placeOf(a), placeOf(b)) || a.id - b.id));
  return { label, containers: owner === null ? [] : [owner], processes, tasks, sets: sorted };
}

function ownerText(owner: Container): string {
  return terminalSafe(containerText(owner));
}

function nameOf(owner: Container | null): string {
  return owner === null ? '' : ownerText(owner);
}

function hostText({ processes }: Growing): string {
  return `host · ${namesText(processes)}`;
}

function apartText({ owner, processes }: Growing): string {
  const who =
    processes.length === 1 && processes[0] !== undefined
      ? `pid ${String(processes[0].pid)}`
      : formatPlural(processes.length, 'process', 'processes');
  return `${owner === null ? 'host' : ownerText(owner)} · threads apart: ${who} ${namesText(processes)}`;
}

/** The first names, each once; the kernel's own threads as what they are. */
function namesText(processes: readonly ProcessFacts[]): string {
  const own = processes.filter(({ kthread }) => !kthread);
  const names = [...new Set(own.map(({ comm }) => terminalSafe(nameText(comm))))];
  const all = own.length < processes.length ? [...names.slice(0, 1), 'kernel threads'] : names;
  return all.slice(0, 2).join(', ') + (names.length > 2 ? ` +${String(names.length - 2)}` : '');
}

/** Where a css_set is, in one path: the longest says most. */
function placeOf({ cgroups }: CssSet): string {
  const paths = [...cgroups.values()].map(({ path }) => nameText(path));
  return paths.reduce((longest, path) => (path.length > longest.length ? path : longest), '');
}

/** Sorts groups: of the host's, after all containers, by where they are. */
function orderOf({ kind, containers: [first], label, sets }: Group): readonly string[] {
  if (first !== undefined) return ['0', ownerText(first), first.key, kind === 'apart' ? '1' : '0', label];
  const [set] = sets.keys();
  return ['1', set === undefined ? '' : placeOf(set), '', kind === 'apart' ? '1' : '0', label];
}

function byKey(a: { readonly key: readonly string[] }, b: { readonly key: readonly string[] }): number {
  for (const [i, text] of a.key.entries()) {
    const difference = byText(text, b.key[i] ?? '');
    if (difference !== 0) return difference;
  }
  return 0;
}
