/** What `record` says while it runs, and at its end. */
import type { DiffChange } from '../src/schema/diff-document.ts';
import type { RecordSummary, SnapshotInfo } from '../src/schema/history.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatLocalClock, formatLocalTime } from '../src/text/time.ts';
import { formatBytes, formatCount, formatDuration, formatPercent, formatPlural } from '../src/text/units.ts';
import { truncate } from '../src/text/width.ts';
import { changesText, togetherKey } from './diff-words.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

/** How many subjects of one sentence are named. */
const MOST_NAMED = 4;

const INDENT = '    ';

/** The least that is left for a sentence. */
const NARROWEST = 20;

/** Ids of containers and digests are known by their beginning. */
const LONG_ID = /[0-9a-f]{64}/g;

/** What a pass came to. */
export interface PassFacts {
  readonly info: SnapshotInfo;
  readonly containers: number;
  readonly cpuShare: number;
}

/** The line that a terminal shows of the last pass, as wide as it is at most. */
export function passLine({ info, containers, cpuShare }: PassFacts, style: Style): string {
  const parts = [
    formatLocalClock(info.takenAt),
    `snapshot ${info.id}`,
    ...(info.tasks === null ? [] : [formatPlural(info.tasks, 'task')]),
    formatPlural(containers, 'container'),
    `own CPU ${formatPercent(cpuShare)}`,
    formatBytes(info.factBytes + info.sampleBytes),
  ];
  const line = parts.join('  ');
  // One column is left free: a terminal that is full goes to the next line.
  return style.columns === null ? line : truncate(line, style.columns - 1, style.ellipsis);
}

/** Changes a line each, below the line of their pass. */
export function changesBelow(changes: readonly DiffChange[], style: Style): string[] {
  return sentences(changes).flatMap(({ text, change }) => {
    const short = style.columns === null ? text : text.replaceAll(LONG_ID, (id) => id.slice(0, 12) + style.ellipsis);
    const lines =
      style.columns === null ? [short] : wrap(short, Math.max(NARROWEST, style.columns - INDENT.length - 2), style);
    return lines.map((line, at) => INDENT + (at === 0 ? '' : '  ') + painted(line, change, style));
  });
}

/** Changes a line each, with the time of their snapshot, for a pipe. */
export function changesAlone(
  { takenAt }: Pick<SnapshotInfo, 'takenAt'>,
  changes: readonly DiffChange[],
  style: Style,
): string[] {
  const time = formatLocalTime(takenAt);
  return sentences(changes).map(({ text, change }) => `${time}  ${painted(text, change, style)}`);
}

/** One sentence for changes that differ in their subject alone, with the container before it. */
function sentences(changes: readonly DiffChange[]): { readonly text: string; readonly change: DiffChange }[] {
  const groups = new Map<string, DiffChange[]>();
  for (const [at, change] of changes.entries()) {
    const together = togetherKey(change);
    const key = together === null ? String(at) : `${containerText(change)}\n${together}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  return [...groups.values()].flatMap((group) => {
    const [change] = group;
    if (change === undefined) return [];
    const container = containerText(change);
    const text = `${container === '' ? '' : `${container}: `}${changesText(group, MOST_NAMED)}`;
    return [{ change, text: terminalSafe(`${change.importance === 'high' ? '! ' : ''}${text}`) }];
  });
}

/** `docker:web`; nothing for what belongs to the host itself. */
export function containerText({ container }: DiffChange): string {
  if (container === null) return '';
  const { engine, id, name } = container;
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
  return `${engine}:${name === null ? short : nameText(name)}`;
}

/** In red what weakens isolation; other colours say what the sentence says. */
export function painted(line: string, { importance, kind }: DiffChange, style: Style): string {
  if (importance === 'noise') return style.dim(line);
  if (importance === 'high') return style.red(line);
  if (kind === 'created' || kind === 'tightened') return style.green(line);
  return kind === 'ended' ? line : style.yellow(line);
}

/** The end of a recording in one line or two. */
export function summaryLines(summary: RecordSummary): string[] {
  const { snapshots, skipped, pruned, changes, seconds, cpuMs, cpuShare, written, bytes } = summary;
  const each = snapshots === 0 ? 0 : Math.round(cpuMs / snapshots);
  const more = [
    skipped === 0 ? null : `${formatPlural(skipped, 'tick')} skipped`,
    pruned === 0 ? null : `${formatPlural(pruned, 'old snapshot')} removed`,
  ].filter((part) => part !== null);
  return [
    [
      `${formatPlural(snapshots, 'snapshot')} in ${formatDuration(Math.round(seconds))}`,
      formatPlural(changes, 'change'),
      ...more,
    ].join(', '),
    `${formatBytes(Number(written))} written, the file has ${formatBytes(Number(bytes))}; own CPU ${formatPercent(cpuShare)}, ${formatCount(each)} ms a snapshot`,
  ];
}
