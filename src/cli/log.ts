/** The life of one container, process, namespace or cgroup, put together from the snapshots that may tell of it. */
import { compareCaptures } from '../diff/compare.ts';
import { containersOf } from '../model/containers.ts';
import type { Capture } from '../schema/capture.ts';
import type { LogDocument, LogEntry, SnapshotInfo } from '../schema/history.ts';
import type { Store } from '../store/store.ts';
import { nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { seriesOf } from './log-series.ts';
import { subjectIn } from './log-target.ts';
import type { LogSubject } from './log-target.ts';
import { captureOf } from './stored-capture.ts';

/** What `log` tells, but for what every document begins with. */
export type Life = Omit<LogDocument, 'schema' | 'tool' | 'database'>;

/** How often the search goes on with what it has found: members that came and went before lead to further ones. */
const ROUNDS = 3;

/** Containers that are named where a target was not found. */
const MOST_NAMED = 8;

/**
 * Follows what `text` names through these snapshots of one host (ascending by time). Throws a NsinspectError where none of them
 * has it. `all`: with the noise.
 */
export function lifeOf(store: Store, list: readonly SnapshotInfo[], text: string, all: boolean): Life {
  const history = new History(store, list);
  const subject = history.find(text);
  const points = history.pointsOf(subject);
  const present = points.map((at) => subject.isIn(history.at(at)));
  const first = points[present.indexOf(true)] ?? 0;
  const lastPoint = present.lastIndexOf(true);
  // It was there until the snapshot before the next one at which anything of it changed.
  const last = lastPoint === points.length - 1 ? list.length - 1 : (points[lastPoint + 1] ?? 1) - 1;
  const entries: LogEntry[] = [];
  let noise = 0;
  for (const at of points) {
    const [before, now] = [list[at - 1], list[at]];
    if (before === undefined || now === undefined) continue;
    const { changes } = compareCaptures(history.at(at - 1), history.at(at));
    for (const change of changes.filter(subject.isAbout)) {
      if (change.importance === 'noise' && !all && !subject.isItself(change)) noise++;
      else entries.push({ snapshot: now.id, takenAt: now.takenAt, after: before.takenAt, change });
    }
  }
  return {
    host: (list[last] ?? list[0])?.host ?? {},
    target: subject.target,
    firstSeen: momentOf(list[first]),
    lastSeen: momentOf(list[last]),
    present: last === list.length - 1,
    snapshots: list.length,
    entries,
    noise,
    series: seriesOf(store, subject.cgroups(history.at(last)), list.slice(first, last + 1)),
  };
}

function momentOf(info: SnapshotInfo | undefined): LogDocument['firstSeen'] {
  if (info === undefined) throw new RangeError('a subject is in some snapshot');
  return { snapshot: info.id, takenAt: info.takenAt };
}

/** Snapshots by their place in the list. */
class History {
  readonly #store: Store;
  readonly #list: readonly SnapshotInfo[];
  readonly #places: ReadonlyMap<number, number>;
  readonly #captures = new Map<number, Capture>();

  constructor(store: Store, list: readonly SnapshotInfo[]) {
    this.#store = store;
    this.#list = list;
    this.#places = new Map(list.map(({ id }, at) => [id, at]));
  }

  at(place: number): Capture {
    const known = this.#captures.get(place);
    if (known !== undefined) return known;
    const info = this.#list[place];
    if (info === undefined) throw new RangeError(`no snapshot at ${place}`);
    const capture = captureOf(this.#store, info.id);
    // Neighbours are asked for one after the other, and facts that did not change are the same objects.
    if (this.#captures.size > 8) this.#captures.clear();
    this.#captures.set(place, capture);
    return capture;
  }

  /** The subject in the newest snapshot that has it. */
  find(text: string): LogSubject {
    const newest = this.#list.length - 1;
    const [direct, why] = this.#try(text, newest);
    if (direct !== null) return direct;
    // It may have ended: then a fact that tells of it ended with it, or with the machine's run.
    const touched = this.#touching([needleOf(text)]).flatMap((at) => [at, at - 1]);
    const places = [...touched, ...this.#boots().map(([first]) => first - 1)];
    for (const at of [...new Set(places)].filter((one) => one >= 0).sort((a, b) => b - a)) {
      const [found] = this.#try(text, at);
      if (found !== null) return found;
    }
    throw new NsinspectError(`${why.message}, nor was it in any of ${this.#list.length} snapshots`, {
      code: why.code,
      hint: this.#candidates(newest) ?? why.hint,
    });
  }

  /** Places of snapshots at which something of the subject may have begun or ended, and of the first of each boot. */
  pointsOf(subject: LogSubject): number[] {
    const needles = new Set<string>();
    const points = new Set<number>(this.#boots().map(([first]) => first));
    let asked: ReadonlySet<number> = new Set();
    for (let round = 0; round < ROUNDS; round++) {
      const before = needles.size;
      const fresh = [...(round === 0 ? [this.#list.length - 1, ...points] : points)].filter((at) => !asked.has(at));
      for (const at of fresh.sort((a, b) => a - b)) for (const one of subject.needles(this.at(at))) needles.add(one);
      if (needles.size === before) break;
      asked = new Set(points);
      for (const at of this.#touching([...needles])) points.add(at);
    }
    return [...points].sort((a, b) => a - b);
  }

  #try(text: string, place: number): [LogSubject, null] | [null, NsinspectError] {
    try {
      return [subjectIn(text, this.at(place)), null];
    } catch (error) {
      if (error instanceof NsinspectError && error.code === 'no-such-target') return [null, error];
      throw error;
    }
  }

  #touching(needles: readonly string[]): number[] {
    const found = this.#boots().flatMap(([first]) => {
      const info = this.#list[first];
      return info === undefined ? [] : this.#store.touching(info.id, needles);
    });
    return [...new Set(found)].flatMap((id) => this.#places.get(id) ?? []).sort((a, b) => a - b);
  }

  /** The first place of each boot. */
  #boots(): (readonly [first: number, boot: string])[] {
    const boots = new Map<string, number>();
    for (const [at, { host }] of this.#list.entries()) {
      const boot = host.bootId ?? '';
      if (!boots.has(boot)) boots.set(boot, at);
    }
    return [...boots].map(([boot, first]) => [first, boot] as const);
  }

  #candidates(place: number): string | null {
    const { tasks, engines, host } = this.at(place);
    const containers = tasks === undefined ? [] : containersOf(tasks, engines, host).containers;
    if (containers.length === 0) return null;
    const names = containers.map(
      ({ engine, name, id }) => `${engine}:${name === null ? id.slice(0, 12) : nameText(name)}`,
    );
    const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
    return `The newest snapshot has the containers ${names.slice(0, MOST_NAMED).join(', ')}${more}.`;
  }
}

/** What of a target's text stands in the facts: `docker:web` is `web`, `net:[4026532184]` the number, a pod's container the last part. */
function needleOf(text: string): string {
  const bare = /^[a-z0-9-]+:\[?([^\]]+)\]?$/.exec(text)?.[1] ?? text;
  const last = text.startsWith('k8s:') ? bare.split('/').at(-1) : bare;
  return last === undefined || last === '' ? text : last;
}
