/** Whose limits the report tells: containers, then cgroups of the host that set one. */
import type { CgroupNode } from '../../../src/model/cgroup-index.ts';
import { summaryOf } from '../../../src/model/cgroup-summary.ts';
import type { CgroupSummary } from '../../../src/model/cgroup-summary.ts';
import type { Container } from '../../../src/model/containers.ts';
import type { CssGraph } from '../../../src/model/css-sets.ts';
import { cgroupSubject } from '../../../src/model/limits.ts';
import { eventsOf, reclaimable } from '../../../src/model/limits/events.ts';
import type { LimitEvents } from '../../../src/model/limits/events.ts';
import type { LimitReport } from '../../../src/schema/limits-document.ts';
import type { ItemId } from '../../../src/schema/report.ts';
import { nameKey, nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { terminalSafe } from '../../../src/text/safe.ts';
import { isOfContainer } from '../container-cgroup.ts';
import { cgroupItem, containerItem } from '../items.ts';
import { reportOf } from '../../limits.ts';
import { containerText } from '../../namespace-columns.ts';
import type { World } from '../world.ts';

/** Something with limits. */
export interface Bounded {
  readonly kind: 'container' | 'cgroup';
  readonly label: string;
  readonly item: ItemId;
  /** Its own cgroups, one of a hierarchy. */
  readonly nodes: readonly CgroupNode[];
  readonly limits: readonly LimitReport[];
  readonly events: LimitEvents;
  readonly pressure: CgroupSummary['pressure'];
  /** Bytes of its memory that can be had back at once; null: not counted. */
  readonly reclaimable: bigint | null;
}

/** Containers by name, those of a name by key; then cgroups by path. */
export function boundedOf(world: World): Bounded[] {
  const { graph, containers } = world;
  const byName = containers.map((container) => ({ container, label: terminalSafe(containerText(container)) }));
  byName.sort((a, b) => byText(a.label, b.label) || byText(a.container.key, b.container.key));
  return [
    ...byName.map(({ container, label }): Bounded => {
      const nodes = nodesOfLeader(container, world);
      const limits = world.limitsOf(container).map(reportOf);
      return { kind: 'container', label, item: containerItem(container), limits, ...countsOf(nodes) };
    }),
    ...cgroupsOf(graph, containers).map(([first, ...others]): Bounded => {
      const nodes = [first, ...others];
      const label = terminalSafe(nameText(first.path));
      const limits = world.limitsOfSubject(cgroupSubject(label, nodes)).map(reportOf);
      return { kind: 'cgroup', label, item: cgroupItem(first.key), limits, ...countsOf(nodes) };
    }),
  ];
}

function countsOf(nodes: readonly CgroupNode[]): Pick<Bounded, 'nodes' | 'events' | 'pressure' | 'reclaimable'> {
  return { nodes, events: eventsOf(nodes), pressure: summaryOf(nodes).pressure, reclaimable: reclaimable(nodes) };
}

function nodesOfLeader({ leader }: Container, { graph }: World): CgroupNode[] {
  return [...(graph.setOfTid.get(leader)?.cgroups.values() ?? [])];
}

/** Cgroups outside of containers that set a limit and have tasks in them or below: those of one path together. */
function cgroupsOf(graph: CssGraph, containers: readonly Container[]): [CgroupNode, ...CgroupNode[]][] {
  const populated = new Set<CgroupNode>();
  const ofContainer = new Set<CgroupNode>();
  for (const node of [...graph.index.walked].reverse()) {
    if (graph.setsOf.has(node.key)) populated.add(node);
    if (populated.has(node) && node.parent !== null) populated.add(node.parent);
  }
  const byPath = new Map<string, [CgroupNode, ...CgroupNode[]]>();
  const limiting = new Set<string>();
  for (const node of graph.index.walked) {
    const isInside = node.parent !== null && ofContainer.has(node.parent);
    if (isInside || isOfContainer(node, containers)) {
      ofContainer.add(node);
      continue;
    }
    if (node.parent === null || !populated.has(node)) continue;
    const key = nameKey(node.path);
    const same = byPath.get(key);
    if (same === undefined) byPath.set(key, [node]);
    else same.push(node);
    if (setsLimit(node)) limiting.add(key);
  }
  return [...byPath]
    .filter(([key]) => limiting.has(key))
    .sort(([a], [b]) => byText(a, b))
    .map(([, nodes]) => nodes);
}

/** Whether it sets any: what of memory, tasks, time or disks is not as by default. */
function setsLimit(node: CgroupNode): boolean {
  const { memory, pids, cpu } = summaryOf([node]);
  if ([memory.limit, pids.limit, cpu.limit].some((limit) => limit?.kind === 'value')) return true;
  const files = node.facts?.files ?? {};
  return Object.entries(files).some(([name, value]) => {
    if (name === 'io.max') return value.kind === 'nested' && value.entries.length > 0;
    if (name.startsWith('blkio.throttle.') && /_(?:bps|iops)_device$/.test(name))
      return value.kind === 'lines' && value.lines.length > 0;
    return (name === 'memory.high' || name === 'memory.swap.max') && value.kind === 'number';
  });
}
