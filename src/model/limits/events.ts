/** What the kernel counted when a limit was met. The counts are since the cgroup was made. */
import type { Name } from '../../schema/name.ts';
import type { CgroupNode } from '../cgroup-index.ts';
import { entryOf, fileOf, numberOf } from './values.ts';

/** A quota that was used up before its period was over. */
export interface Throttled {
  readonly key: string;
  readonly path: Name;
  /** Periods in which anything ran, and those of them in which it was stopped (`cpu.stat`). */
  readonly periods: bigint;
  readonly stopped: bigint;
}

/** What was met. Null: no such count. */
export interface LimitEvents {
  /** Of the cgroups with a quota the one that was stopped in most of its periods. */
  readonly throttled: Throttled | null;
  /** Processes that were killed for want of memory (`memory.events` of v2, `memory.oom_control` of v1). */
  readonly oomKills: bigint | null;
  /** How often memory was full, so that something was reclaimed or the charge failed (`max` of `memory.events`; `memory.failcnt`). */
  readonly memoryFull: bigint | null;
  /** How often a fork failed (`pids.events`). */
  readonly forksRefused: bigint | null;
}

/** The events of a task that is in these cgroups, one of each hierarchy. A quota of an ancestor stops it, too. */
export function eventsOf(nodes: readonly CgroupNode[]): LimitEvents {
  return {
    throttled: mostThrottled(nodes),
    oomKills: counted(nodes, ['memory.events', 'oom_kill'], ['memory.oom_control', 'oom_kill']),
    memoryFull: counted(nodes, ['memory.events', 'max']) ?? failures(nodes),
    forksRefused: counted(nodes, ['pids.events', 'max']),
  };
}

function mostThrottled(nodes: readonly CgroupNode[]): Throttled | null {
  let most: Throttled | null = null;
  for (const own of nodes) {
    for (let node: CgroupNode | null = own; node !== null; node = node.parent) {
      if (node.facts === null) continue;
      const periods = entryOf(node.facts, 'cpu.stat', 'nr_periods');
      const stopped = entryOf(node.facts, 'cpu.stat', 'nr_throttled');
      if (periods === null || stopped === null || periods <= 0n) continue;
      // a / b > c / d without a rounded quotient.
      if (most !== null && stopped * most.periods <= most.stopped * periods) continue;
      most = { key: node.key, path: node.path, periods, stopped };
    }
  }
  return most;
}

function counted(
  nodes: readonly CgroupNode[],
  ...places: readonly (readonly [file: string, key: string])[]
): bigint | null {
  for (const { facts } of nodes) {
    if (facts === null) continue;
    for (const [file, key] of places) {
      const count = entryOf(facts, file, key);
      if (count !== null) return count;
    }
  }
  return null;
}

function failures(nodes: readonly CgroupNode[]): bigint | null {
  for (const { facts } of nodes) {
    const file = facts === null ? undefined : fileOf(facts, 'memory.failcnt');
    if (file?.kind === 'number') return numberOf(file.value);
  }
  return null;
}

/** Bytes of memory that can be had back at once: file pages that were not used lately (`memory.stat`). Null: no such count. */
export function reclaimable(nodes: readonly CgroupNode[]): bigint | null {
  return counted(nodes, ['memory.stat', 'total_inactive_file'], ['memory.stat', 'inactive_file']);
}
