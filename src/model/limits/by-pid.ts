/** Processes by what limits are asked by. The limits of many subjects are asked of one capture: each list is gone through once. */
import type { LimitsFacet, ProcessLimits } from '../../schema/cgroups.ts';
import type { ProcessFacts, TasksFacet } from '../../schema/tasks.ts';

const PROCESSES = new WeakMap<TasksFacet['processes'], ReadonlyMap<number, ProcessFacts>>();
const LIMITS = new WeakMap<LimitsFacet['processes'], ReadonlyMap<number, ProcessLimits>>();
const OF_USERS = new WeakMap<TasksFacet['processes'], ReadonlyMap<number, bigint>>();

/** The processes of a capture by pid. */
export function processesByPid({ processes }: TasksFacet): ReadonlyMap<number, ProcessFacts> {
  return remembered(PROCESSES, processes, () => new Map(processes.map((one) => [one.pid, one])));
}

/** What was read of the limits of single processes, by pid. */
export function limitsByPid({ processes }: LimitsFacet): ReadonlyMap<number, ProcessLimits> {
  return remembered(LIMITS, processes, () => new Map(processes.map((one) => [one.pid, one])));
}

/** How many tasks have each real uid. */
export function tasksByUid({ processes }: TasksFacet): ReadonlyMap<number, bigint> {
  return remembered(OF_USERS, processes, () => {
    const counts = new Map<number, number>();
    for (const { detail, threads } of processes) {
      const uid = detail?.status?.uids[0];
      if (uid !== undefined) counts.set(uid, (counts.get(uid) ?? 0) + threads);
    }
    return new Map([...counts].map(([uid, count]) => [uid, BigInt(count)]));
  });
}

function remembered<K extends object, V>(known: WeakMap<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}
