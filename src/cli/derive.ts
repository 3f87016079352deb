/** What models make of a capture, as rows that are stored beside its facts, for queries in SQL. */
import { containersOf } from '../model/containers.ts';
import type { Container } from '../model/containers.ts';
import { limitsOf, subjectOf } from '../model/limits.ts';
import type { ResourceLimit } from '../model/limits.ts';
import { MODEL_VERSION } from '../model/version.ts';
import type { Capture } from '../schema/capture.ts';
import type { CgroupsFacet, LimitsFacet } from '../schema/cgroups.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import type { Derived, DerivedRow } from '../store/store.ts';

/**
 * The containers of a capture, and what binds each, where the capture has what that follows from. What moves all the time (usage,
 * head room) is in no row: rows that stay the same cost nothing.
 */
export function derivedOf(capture: Capture): Derived & { readonly containers: readonly Container[] } {
  const { tasks, cgroups, limits } = capture;
  if (tasks === undefined) return { model: MODEL_VERSION, rows: [], containers: [] };
  const { containers } = containersOf(tasks, capture.engines, capture.host);
  const rows = containers.flatMap(containerRows);
  if (cgroups !== undefined && limits !== undefined && cgroups.collected.files !== 'structure') {
    // Siblings are counted for weights alone, of which no row is made; each time it is a walk through all cgroups.
    const alone = { ...cgroups, collected: { ...cgroups.collected, only: [] } };
    for (const container of containers) rows.push(...limitRows(container, { tasks, cgroups: alone, limits }));
  }
  return { model: MODEL_VERSION, rows, containers };
}

/** Who is in it comes and goes: apart from what it is, under a short key, so that little is written for it. */
function containerRows(container: Container): DerivedRow[] {
  const { key, evidence: _evidence, pids, ...rest } = container;
  return [
    { kind: 'container', key, body: rest },
    { kind: 'member', key: String(container.leader), body: pids },
  ];
}

interface World {
  readonly tasks: TasksFacet;
  readonly cgroups: CgroupsFacet;
  readonly limits: LimitsFacet;
}

function limitRows(container: Container, { tasks, cgroups, limits }: World): DerivedRow[] {
  const subject = subjectOf({ kind: 'container', container }, tasks);
  // What bounds its first process, from which the others have inherited what is outside of cgroups.
  const found = limitsOf({ ...subject, pids: subject.pids.slice(0, 1) }, cgroups, limits, tasks);
  const rows = new Map<string, DerivedRow>();
  for (const limit of found) {
    if (limit.effective.kind === 'max') continue;
    const key = [container.key, ...partsOf(limit)].join(' ');
    rows.set(key, { kind: 'limit', key, body: limitBody(container, limit) });
  }
  return [...rows.values()];
}

function partsOf({ resource, device, pageSize, name }: ResourceLimit): string[] {
  return [resource, device, pageSize, name].filter((part) => part !== undefined);
}

function limitBody(container: Container, limit: ResourceLimit): object {
  const { resource, device, pageSize, name, unit, effective, imposedBy } = limit;
  const value = effective.kind !== 'value' ? null : valueText(effective.value);
  return {
    container: container.key,
    resource,
    ...(device !== undefined && { device }),
    ...(pageSize !== undefined && { pageSize }),
    ...(name !== undefined && { name }),
    unit,
    value,
    ...(effective.kind === 'unknown' && { unknown: effective.reason }),
    imposedBy,
  };
}

/** Amounts as decimal text, as they can pass 2^53; CPUs as their numbers. */
function valueText(value: bigint | readonly number[]): string {
  return typeof value === 'bigint' ? value.toString() : value.join();
}
