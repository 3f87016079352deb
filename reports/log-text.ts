/** The answer of `log` for a person: a timeline, and numbers as lines of blocks. */
import type { LogDocument, LogEntry, LogSeries } from '../src/schema/history.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatLocalTime } from '../src/text/time.ts';
import { formatBytes, formatCount, formatPlural } from '../src/text/units.ts';
import { displayWidth, truncate } from '../src/text/width.ts';
import { changesText, togetherKey } from './diff-words.ts';
import { containerText, painted } from './record-text.ts';
import { sparkline } from './sparkline.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

/** Columns of a line of numbers where the terminal does not bound it. */
const WIDEST = 60;

/** How many subjects of one sentence are named. */
const MOST_NAMED = 6;

/** The lines of the answer. */
export function logLines(document: LogDocument, style: Style): string[] {
  const { target, host, firstSeen, lastSeen, present, snapshots, entries, noise, series } = document;
  const of = host.hostname === undefined ? '' : `  ${nameText(host.hostname)}`;
  const cut = (line: string): string => (style.columns === null ? line : truncate(line, style.columns, style.ellipsis));
  const until = present
    ? `still there in the newest (${formatLocalTime(lastSeen.takenAt)}, snapshot ${lastSeen.snapshot})`
    : `last seen ${formatLocalTime(lastSeen.takenAt)} (snapshot ${lastSeen.snapshot})`;
  return [
    style.bold(cut(terminalSafe(`${target.text}${of}  ${formatPlural(snapshots, 'snapshot')}`))),
    cut(`first seen ${formatLocalTime(firstSeen.takenAt)} (snapshot ${firstSeen.snapshot})`),
    cut(until),
    '',
    ...(entries.length === 0 ? ['nothing changed'] : timeline(entries, target.kind === 'container', style)),
    ...(noise === 0 ? [] : [style.dim(`${formatPlural(noise, 'everyday change')} not shown: --all`)]),
    ...(series.length === 0 ? [] : ['', ...seriesHead(target.kind), ...seriesLines(series, style)]),
  ];
}

/** One line a sentence; the time stands where it changes. */
function timeline(entries: readonly LogEntry[], isContainer: boolean, style: Style): string[] {
  let shown = '';
  const width = Math.max(...entries.map(({ snapshot }) => String(snapshot).length), 2);
  return grouped(entries).flatMap((group) => {
    const [entry] = group;
    if (entry === undefined) return [];
    const { change, takenAt, snapshot } = entry;
    const time = formatLocalTime(takenAt);
    const head = `${time}  ${String(snapshot).padStart(width)}  `;
    const container = isContainer ? '' : containerText(change);
    const sentence = changesText(
      group.map((one) => one.change),
      MOST_NAMED,
    );
    const mark = change.importance === 'high' ? '! ' : '  ';
    const text = terminalSafe(`${container === '' ? '' : `${container}: `}${sentence}`);
    const start = head === shown ? ' '.repeat(head.length) : style.dim(head);
    shown = head;
    const [first = '', ...more] = fitted(text, head.length + mark.length, style);
    return [
      start + painted(mark + first, change, style),
      ...more.map((line) => ' '.repeat(head.length + mark.length) + painted(line, change, style)),
    ];
  });
}

/** Ids of containers and digests are known by their beginning. */
const LONG_ID = /[0-9a-f]{64}/g;

/** The least that is left for a sentence. */
const NARROWEST = 20;

/** The sentence in lines that fit beside `taken` columns. */
function fitted(text: string, taken: number, style: Style): string[] {
  if (style.columns === null) return [text];
  const room = Math.max(NARROWEST, style.columns - taken);
  if (displayWidth(text) <= room) return [text];
  return wrap(
    text.replaceAll(LONG_ID, (id) => id.slice(0, 12) + style.ellipsis),
    room,
    style,
  );
}

/** Entries of one snapshot that one sentence can tell. */
function grouped(entries: readonly LogEntry[]): LogEntry[][] {
  const groups = new Map<string, LogEntry[]>();
  for (const [at, entry] of entries.entries()) {
    const together = togetherKey(entry.change);
    const key = together === null ? String(at) : `${entry.snapshot}\n${containerText(entry.change)}\n${together}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}

/** A process has no numbers of its own here. */
function seriesHead(kind: LogDocument['target']['kind']): string[] {
  return kind === 'process' ? ['of the cgroups that it is in, with all that is in them:'] : [];
}

function seriesLines(series: readonly LogSeries[], style: Style): string[] {
  const names = Math.max(...series.map(({ name }) => name.length));
  const said = series.map(({ unit, min, max, last }) =>
    [`min ${valueText(min, unit)}`, `max ${valueText(max, unit)}`, `last ${valueText(last, unit)}`].join('  '),
  );
  const widest = Math.max(...said.map(displayWidth));
  const room = style.columns === null ? WIDEST : Math.min(WIDEST, style.columns - names - widest - 4);
  return series.map(({ name, points }, i) => {
    const values = points.map(({ value }) => value);
    const line = room < 8 ? '' : `${sparkline(values, room, style).padEnd(Math.min(room, values.length))}  `;
    return `${name.padEnd(names)}  ${line}${said[i] ?? ''}`;
  });
}

function valueText(value: number, unit: LogSeries['unit']): string {
  switch (unit) {
    case 'bytes':
      return formatBytes(value);
    case 'cpus':
      return `${String(Math.round(value * 100) / 100)} CPUs`;
    case 'percent':
      return `${String(Math.round(value * 10) / 10)}%`;
    case 'count':
      return formatCount(value);
  }
}
