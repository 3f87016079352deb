/** The grammar of a moment in the history, and the snapshot that it means. */
import type { ListFilter } from '../store/store.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import { nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { formatLocalTime } from '../text/time.ts';

/** Which snapshot is meant. `host`: of which host; null: whichever {@link hostOf} finds. */
export type Moment =
  | { readonly kind: 'id'; readonly id: number }
  /** The newest but `back`. */
  | { readonly kind: 'latest'; readonly back: number; readonly host: string | null }
  /** As things stood then (milliseconds since the epoch): the newest snapshot that is not younger. */
  | { readonly kind: 'time'; readonly at: number; readonly host: string | null };

/** The grammar in one line, for `--help`. */
export const MOMENT_HELP =
  "a snapshot's number, latest, latest~1 (the one before), -10m (s m h d w), @14:30, @2026-03-01T14:30, @UNIXSECONDS; web1@… for the host web1";

const SPAN_UNITS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** A span of time such as `5s`, `90m`, `1.5h`, `7d`, `2w`, in milliseconds; null: it is none. Also several: `1h30m`. */
export function parseSpan(text: string): number | null {
  if (!/^(?:\d+(?:\.\d+)?[smhdw])+$/.test(text)) return null;
  let total = 0;
  for (const [, count = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g)) {
    total += Number(count) * (SPAN_UNITS[unit] ?? 0);
  }
  return total;
}

/** The moment that `text` names, `now` being milliseconds since the epoch. Throws a NsinspectError where it names none. */
export function parseMoment(text: string, now: number): Moment {
  const moment = momentOf(text, now);
  if (moment !== null) return moment;
  throw new NsinspectError(`${text === '' ? 'an empty text' : text} is no moment`, {
    code: 'bad-moment',
    hint: `One is ${MOMENT_HELP}.`,
  });
}

/** The same; null where it is none, such as the name of a file. */
export function momentOf(text: string, now: number): Moment | null {
  if (/^\d{1,15}$/.test(text)) return { kind: 'id', id: Number(text) };
  const at = text.lastIndexOf('@');
  const host = at > 0 ? text.slice(0, at) : null;
  const what = text.slice(at + 1);
  const [, back] = /^latest(?:~(\d{1,9}))?$/.exec(what) ?? [];
  if (what.startsWith('latest')) {
    return what === 'latest' || back !== undefined ? { kind: 'latest', back: Number(back ?? 0), host } : null;
  }
  if (at === -1 && !what.startsWith('-')) return null;
  const time = timeOf(what, now);
  return time === null ? null : { kind: 'time', at: time, host };
}

/** The most that a date of JavaScript can be away from the epoch. */
const MOST_MS = 8.64e15;

function timeOf(what: string, now: number): number | null {
  if (what.startsWith('-')) {
    const span = parseSpan(what.slice(1));
    // Longer ago than a date can be is no time.
    return span === null || now - span < -MOST_MS ? null : now - span;
  }
  const [, seconds] = /^(\d{1,12}(?:\.\d{1,3})?)$/.exec(what) ?? [];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  return clockOf(what, now) ?? calendarOf(what);
}

/** A time of day as the clock on the wall shows it: the last time it showed that. */
function clockOf(what: string, now: number): number | null {
  const [, hours, minutes, seconds = '0'] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(what) ?? [];
  if (hours === undefined || minutes === undefined) return null;
  const date = new Date(now);
  date.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  if (date.getTime() > now) date.setDate(date.getDate() - 1);
  return date.getTime();
}

/** ISO 8601; without a zone as the clock on the wall shows it, a date alone is its beginning. */
function calendarOf(what: string): number | null {
  const [, date, time, rest = ''] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|[+-]\d{2}:?\d{2})?)?$/.exec(what) ?? [];
  if (date === undefined) return null;
  const value = Date.parse(`${date}T${time ?? '00:00'}${rest}`);
  // Of 30 February JavaScript makes 2 March.
  const day = new Date(`${date}T00:00Z`);
  if (Number.isNaN(value) || Number.isNaN(day.getTime())) return null;
  return day.toISOString().startsWith(date) ? value : null;
}

/** What of a store is asked here. */
export interface Snapshots {
  readonly list: (filter?: ListFilter) => readonly SnapshotInfo[];
  readonly info: (id: number) => SnapshotInfo | null;
  readonly hostnames: () => readonly string[];
}

/**
 * The snapshot that is meant. Throws a NsinspectError where there is none, or where it is not clear of which host. `thisHost`:
 * the name of the machine this runs on.
 */
export function findSnapshot(store: Snapshots, moment: Moment, thisHost: string): SnapshotInfo {
  if (moment.kind === 'id') {
    const info = store.info(moment.id);
    if (info !== null) return info;
    throw noSnapshot(`there is no snapshot ${moment.id}`, 'nsinspect snapshot list shows which there are.');
  }
  const host = hostOf(store, moment.host, thisHost);
  const among = byTime(store.list(host === null ? {} : { hostname: host }));
  const of = host === null ? '' : ` of ${host}`;
  const [oldest] = among;
  if (oldest === undefined) throw noSnapshot(`there is no snapshot${of} yet`, 'nsinspect snapshot take makes one.');
  if (moment.kind === 'latest') {
    const found = among.at(-1 - moment.back);
    if (found !== undefined) return found;
    throw noSnapshot(`there are only ${among.length} snapshots${of}`, 'nsinspect snapshot list shows them.');
  }
  const found = among.findLast(({ takenAt }) => Date.parse(takenAt) <= moment.at);
  if (found !== undefined) return found;
  throw noSnapshot(
    `there is no snapshot${of} of ${formatLocalTime(new Date(moment.at).toISOString())} or before`,
    `The oldest is ${oldest.id}, of ${formatLocalTime(oldest.takenAt)}.`,
  );
}

/**
 * The host to look at: the one that was named; else the only one; else this machine, where it has snapshots. Null: all hosts, as
 * there are none with a name. Throws a NsinspectError where it is not clear.
 */
export function hostOf(store: Pick<Snapshots, 'hostnames'>, named: string | null, thisHost: string): string | null {
  const names = store.hostnames();
  if (named !== null) {
    if (names.includes(named)) return named;
    throw noSnapshot(`there is no snapshot of the host ${named}`, listed(names));
  }
  if (names.length < 2) return names[0] ?? null;
  if (names.includes(thisHost)) return thisHost;
  throw new NsinspectError(`there are snapshots of ${names.length} hosts: say of which`, {
    code: 'ambiguous-host',
    hint: `As in ${names[0] ?? ''}@latest. ${listed(names)}`,
  });
}

/** By when they were taken; what was imported later may be older. */
export function byTime(list: readonly SnapshotInfo[]): SnapshotInfo[] {
  return list.toSorted((a, b) => Date.parse(a.takenAt) - Date.parse(b.takenAt) || a.id - b.id);
}

/** The name of a snapshot's host as {@link Snapshots.hostnames} has it; null: not known. */
export function hostnameOf({ host }: Pick<SnapshotInfo, 'host'>): string | null {
  return host.hostname === undefined ? null : nameText(host.hostname);
}

function listed(names: readonly string[]): string {
  if (names.length === 0) return 'There is none at all.';
  const shown = names.slice(0, 12).join(', ');
  return `There are ${shown}${names.length > 12 ? ` and ${names.length - 12} more` : ''}.`;
}

function noSnapshot(message: string, hint: string): NsinspectError {
  return new NsinspectError(message, { code: 'no-such-snapshot', hint });
}
