/** What the history has for a report: the earlier side, and what became of the host from snapshot to snapshot. */
import { hostname } from 'node:os';

import type { TimelinePoint } from '../../reports/report/world.ts';
import { compareCaptures } from '../diff/compare.ts';
import { containersOf } from '../model/containers.ts';
import type { BenchDocument } from '../schema/bench.ts';
import type { Capture } from '../schema/capture.ts';
import type { HostId } from '../schema/documents.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import type { Store } from '../store/store.ts';
import { runOfStore } from './bench-stored.ts';
import { byTime, findSnapshot, hostnameOf, parseMoment } from './moment.ts';
import { terminalSafe } from '../text/safe.ts';
import { captureOf } from './stored-capture.ts';

/** More snapshots have no room in a picture. */
const MOST_POINTS = 60;

/**
 * Processes of all snapshots that are compared, together: putting one of 5,000 processes together and comparing it takes a tenth of
 * a second, and the report is to be there after three. Newer ones are compared first.
 */
const MOST_PROCESSES = 20_000;

/** The snapshot that a moment names; of the host that the other side is of, where it names none. */
export function snapshotAt(store: Store, text: string, host: HostId | null): SnapshotInfo {
  const moment = parseMoment(text, Date.now());
  const own = host === null ? null : hostnameOf({ host });
  const isKnown = own !== null && store.hostnames().includes(own);
  const placed = moment.kind === 'id' || !isKnown ? moment : { ...moment, host: moment.host ?? own };
  return findSnapshot(store, placed, hostname());
}

/** The history of a host, the oldest first; empty where there is none. `wanted`: ids that are among the points. */
export function timelineOf(store: Store, host: HostId, wanted: readonly (number | null)[]): TimelinePoint[] {
  const name = hostnameOf({ host });
  if (name === null) return [];
  const all = byTime(store.list({ hostname: name }));
  const picked = thinned(all, wanted);
  const counts = store.containers(picked.map(({ id }) => id));
  const compared = comparedFrom(picked);
  let before: Capture | null = null;
  return picked.map((info, at): TimelinePoint => {
    const { id, takenAt, label, processes } = info;
    const base = { snapshot: id, takenAt, label, processes };
    // None may mean that nobody looked.
    const seen = counts[at] ?? 0;
    const unlooked = { containers: seen > 0 ? seen : null, changes: null, loosened: null };
    if (at < compared) return { ...base, ...unlooked };
    const capture = captureOf(store, id);
    const { tasks, engines, host: facts } = capture;
    const containers = tasks === undefined ? null : containersOf(tasks, engines, facts).containers.length;
    const earlier = before;
    before = capture;
    if (earlier === null) return { ...base, ...unlooked, containers };
    const changes = compareCaptures(earlier, capture).changes.filter(({ importance }) => importance !== 'noise');
    const loosened = changes.filter(({ kind }) => kind === 'loosened').length;
    return { ...base, containers, changes: changes.length, loosened };
  });
}

/** Evenly, with the first, the last and those that are asked for. */
function thinned(all: readonly SnapshotInfo[], wanted: readonly (number | null)[]): readonly SnapshotInfo[] {
  if (all.length <= MOST_POINTS) return all;
  const kept = new Set(all.flatMap(({ id }, at) => (wanted.includes(id) ? [at] : [])));
  const room = MOST_POINTS - kept.size;
  for (let i = 0; i < room; i++) kept.add(Math.round((i * (all.length - 1)) / (room - 1)));
  return all.filter((_, at) => kept.has(at));
}

/** The place of the first snapshot that is put together: with those behind it as many as can be afforded. */
function comparedFrom(snapshots: readonly SnapshotInfo[]): number {
  let processes = 0;
  for (let at = snapshots.length - 1; at >= 0; at--) {
    processes += snapshots[at]?.processes ?? 0;
    if (processes > MOST_PROCESSES) return at + 1;
  }
  return 0;
}

/** More runs make no better line, and each has some megabytes of samples. */
const MOST_RUNS = 20;

/** The newest runs of benchmarks of a host, the oldest first. */
export function runsOf(store: Store, host: HostId): BenchDocument[] {
  const name = hostnameOf({ host });
  if (name === null) return [];
  const own = store.runs().filter(({ hostname: of }) => of === terminalSafe(name));
  return own.slice(-MOST_RUNS).map(({ id }) => runOfStore(store, id));
}
