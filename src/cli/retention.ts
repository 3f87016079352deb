/** Which snapshots stay when the history is pruned. */
import type { SnapshotInfo } from '../schema/history.ts';
import type { StoredRun } from '../store/store.ts';
import { byTime, hostnameOf } from './moment.ts';

/** How many to keep of each host: the newest ones, and the newest one of each of the last hours and days that have any. */
export interface Retention {
  readonly last: number;
  readonly hourly: number;
  readonly daily: number;
}

/** The snapshots that none of the rules keeps, by id. Hours and days are those of the clock on the wall. */
export function notKept(list: readonly SnapshotInfo[], rules: Retention): SnapshotInfo[] {
  const kept = new Set<number>();
  const byHost = Map.groupBy(list, (info) => hostnameOf(info));
  for (const ofHost of byHost.values()) {
    const newestFirst = byTime(ofHost).reverse();
    for (const { id } of newestFirst.slice(0, rules.last)) kept.add(id);
    for (const id of newestOfEach(newestFirst, hourOf, rules.hourly)) kept.add(id);
    for (const id of newestOfEach(newestFirst, dayOf, rules.daily)) kept.add(id);
  }
  return list.filter(({ id }) => !kept.has(id)).toSorted((a, b) => a.id - b.id);
}

/** The runs of benchmarks, oldest first, that are not among the newest `most` of their host and kernel; their numbers. */
export function runsNotKept(runs: readonly StoredRun[], most: number): number[] {
  const byMachine = Map.groupBy(runs, ({ hostname, kernel }) => JSON.stringify([hostname, kernel]));
  return [...byMachine.values()].flatMap((ofOne) => ofOne.slice(0, -most).map(({ id }) => id)).sort((a, b) => a - b);
}

function newestOfEach(newestFirst: readonly SnapshotInfo[], spanOf: (date: Date) => string, most: number): number[] {
  const newest = new Map<string, number>();
  for (const { id, takenAt } of newestFirst) {
    const span = spanOf(new Date(takenAt));
    if (newest.has(span)) continue;
    if (newest.size === most) break;
    newest.set(span, id);
  }
  return [...newest.values()];
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth(), date.getDate()].join('-');
}

/** When clocks are set back an hour comes twice: the zone's offset tells the two apart. */
function hourOf(date: Date): string {
  return [dayOf(date), date.getHours(), date.getTimezoneOffset()].join('-');
}
