/** Numbers of a target's cgroups over its life. */
import type { LogSeries, SnapshotInfo } from '../schema/history.ts';
import type { SampleNumbers, Store } from '../store/store.ts';

/** Of more snapshots than this not each is looked at: it is wider than any terminal. */
const MOST_POINTS = 500;

/** How a number is called in samples, and what is made of it. The first name that a cgroup has is taken. */
interface Wanted {
  readonly name: string;
  readonly unit: LogSeries['unit'];
  readonly samples: readonly string[];
  /** A counter: how much a second, divided by this, is told. */
  readonly perSecond?: number;
}

const WANTED: readonly Wanted[] = [
  { name: 'memory', unit: 'bytes', samples: ['memory.current', 'memory.usage_in_bytes'] },
  { name: 'cpu', unit: 'cpus', samples: ['cpu.stat usage_usec'], perSecond: 1e6 },
  { name: 'cpu', unit: 'cpus', samples: ['cpuacct.usage'], perSecond: 1e9 },
  { name: 'tasks', unit: 'count', samples: ['pids.current'] },
  { name: 'cpu pressure', unit: 'percent', samples: ['cpu.pressure some avg10'] },
  { name: 'memory pressure', unit: 'percent', samples: ['memory.pressure some avg10'] },
  { name: 'io pressure', unit: 'percent', samples: ['io.pressure some avg10'] },
];

/** The numbers of these cgroups in these snapshots (ascending); a series that nothing is known of is left out. */
export function seriesOf(store: Store, cgroups: readonly string[], snapshots: readonly SnapshotInfo[]): LogSeries[] {
  const picked = thinned(snapshots);
  const found = new Map<string, LogSeries>();
  for (const cgroup of cgroups) {
    const samples = store.samples(
      cgroup,
      picked.map(({ id }) => id),
    );
    for (const wanted of WANTED) {
      const series = found.has(wanted.name) ? null : oneSeries(wanted, cgroup, picked, samples);
      if (series !== null) found.set(wanted.name, series);
    }
  }
  return [...new Set(WANTED.map(({ name }) => name))].flatMap((name) => found.get(name) ?? []);
}

function oneSeries(
  { name, unit, samples: names, perSecond }: Wanted,
  cgroup: string,
  snapshots: readonly SnapshotInfo[],
  samples: readonly (SampleNumbers | null)[],
): LogSeries | null {
  const raw = samples.map((one) => numberOf(one, names));
  const times = snapshots.map(({ takenAt }) => Date.parse(takenAt) / 1_000);
  const values = perSecond === undefined ? raw : rates(raw, times, perSecond);
  const known = values.filter((value) => value !== null);
  const last = known.at(-1);
  if (last === undefined) return null;
  return {
    name,
    unit,
    cgroup,
    min: known.reduce((a, b) => Math.min(a, b)),
    max: known.reduce((a, b) => Math.max(a, b)),
    last,
    points: snapshots.map(({ takenAt }, at) => ({ takenAt, value: values[at] ?? null })),
  };
}

function numberOf(sample: SampleNumbers | null, names: readonly string[]): number | null {
  for (const name of names) {
    const value = sample?.[name];
    if (value !== undefined && Number.isFinite(Number(value))) return Number(value);
  }
  return null;
}

/** What a counter gained a second; where it fell, it began anew. */
function rates(counts: readonly (number | null)[], times: readonly number[], divisor: number): (number | null)[] {
  return counts.map((count, at) => {
    const before = at === 0 ? null : (counts[at - 1] ?? null);
    const seconds = (times[at] ?? 0) - (times[at - 1] ?? 0);
    if (count === null || before === null || count < before || !(seconds > 0)) return null;
    return Math.round(((count - before) / divisor / seconds) * 10_000) / 10_000;
  });
}

function thinned<T>(list: readonly T[]): readonly T[] {
  if (list.length <= MOST_POINTS) return list;
  return Array.from(
    { length: MOST_POINTS },
    (_, i) => list[Math.round((i * (list.length - 1)) / (MOST_POINTS - 1))],
  ).filter((one) => one !== undefined);
}
