/** The answer of `diff` for a person: by container, what matters first. */
import type { DiffChange, DiffDocument, DiffKind, DiffSide } from '../src/schema/diff-document.ts';
import type { ContainerId } from '../src/schema/documents.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatLocalTime } from '../src/text/time.ts';
import { formatCount, formatDuration, formatPlural } from '../src/text/units.ts';
import { displayWidth, truncateMiddle } from '../src/text/width.ts';
import { changesText, togetherKey } from './diff-words.ts';
import type { Style } from './style.ts';

/** The lines of the answer. `all`: noise too, and every name of a list. */
export function diffLines(document: DiffDocument, all: boolean, style: Style): string[] {
  const { notCompared, noise, ignored } = document;
  const changes = document.changes.filter(({ importance }) => all || importance !== 'noise');
  const groups = groupsOf(changes);
  const lines = headLines(document, style);
  for (const { title, changes: its } of groups)
    lines.push('', style.bold(fitted(title, style)), ...groupLines(its, all, style));
  if (groups.length === 0) lines.push('', 'nothing changed');
  else lines.push('', ...wrapped(legendOf(changes), '', style, GAP).map(style.dim));
  for (const { facet, why } of notCompared) {
    lines.push(...wrapped(`not compared: ${facet}, ${terminalSafe(why)}`, '', style).map(style.yellow));
  }
  const left = [
    all || noise === 0 ? null : `${formatPlural(noise, 'everyday change')} not shown: --all`,
    ignored === 0 ? null : `${formatPlural(ignored, 'change')} left out by --only and --ignore`,
  ].filter((line) => line !== null);
  return [...lines, ...left.map((line) => style.dim(line))];
}

function headLines({ from, to, sameBoot }: DiffDocument, style: Style): string[] {
  const seconds = (Date.parse(to.takenAt) - Date.parse(from.takenAt)) / 1000;
  const span = Number.isNaN(seconds)
    ? ''
    : seconds < 0
      ? `, ${formatDuration(-seconds)} earlier`
      : `, ${formatDuration(seconds)} later`;
  const lines = [`from  ${sideText(from)}`, `to    ${sideText(to)}${span}`];
  if (!sameBoot) lines.push('another start of the machine: only containers, images and the host itself are compared');
  return lines.flatMap((line) => wrapped(terminalSafe(line), '      ', style));
}

function sideText({ name, takenAt, host, snapshot, redacted }: DiffSide): string {
  const number = snapshot === null || name === String(snapshot) ? null : `snapshot ${String(snapshot)}`;
  const hostname = host.hostname === undefined ? null : nameText(host.hostname);
  return [
    snapshot === null || number !== null ? name : `snapshot ${name}`,
    number,
    hostname,
    formatLocalTime(takenAt),
    redacted ? 'redacted' : null,
  ]
    .filter((part) => part !== null)
    .join('  ');
}

interface Group {
  readonly title: string;
  readonly changes: readonly DiffChange[];
}

const RANKS = { high: 0, normal: 1, noise: 2 } as const;

/** By container, the one with the gravest change first; what belongs to none last of its equals. */
function groupsOf(changes: readonly DiffChange[]): Group[] {
  const groups = new Map<string, DiffChange[]>();
  for (const change of changes) {
    const key = change.container === null ? '' : `${change.container.engine}:${change.container.id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [change]);
    else group.push(change);
  }
  const rankOf = ([key, [first]]: readonly [string, readonly DiffChange[]]): number =>
    2 * RANKS[first?.importance ?? 'noise'] + (key === '' ? 1 : 0);
  return [...groups]
    .sort((a, b) => rankOf(a) - rankOf(b))
    .map(([, its]) => ({ title: titleOf(its[0]?.container ?? null), changes: its }));
}

function titleOf(container: ContainerId | null): string {
  if (container === null) return 'host';
  const { engine, id, name } = container;
  const short = /^[0-9a-f]{64}$/.test(id) ? id.slice(0, 12) : id;
  const text = name === null ? short : nameText(name);
  return `container ${text}  ${engine}${text === short ? '' : ` ${short}`}`;
}

/** How many subjects of one sentence are named. */
const MOST_NAMED = 8;

function groupLines(changes: readonly DiffChange[], all: boolean, style: Style): string[] {
  const together = new Map<string, DiffChange[]>();
  for (const [i, change] of changes.entries()) {
    const key = togetherKey(change) ?? String(i);
    const list = together.get(key);
    if (list === undefined) together.set(key, [change]);
    else list.push(change);
  }
  return [...together.values()].flatMap((list) => {
    const [first] = list;
    if (first === undefined) return [];
    const mark = `${first.importance === 'high' ? '!' : ' '}${MARKS[first.kind][0]} `;
    const text = terminalSafe(changesText(list, all ? Infinity : MOST_NAMED));
    return wrapped(mark + text, '     ', style).map((line) => painted(line, first, style));
  });
}

/** Signs that say the same as the colours. */
const MARKS: Readonly<Record<DiffKind, readonly [string, string]>> = {
  created: ['+', 'new'],
  ended: ['-', 'gone'],
  recreated: ['*', 'another in its place'],
  renamed: ['=', 'renamed'],
  moved: ['>', 'moved'],
  loosened: ['^', 'loosened'],
  tightened: ['v', 'tightened'],
  changed: ['~', 'changed'],
};

/** Between the words of a legend: a mark and its meaning stay on one line. */
const GAP = '\n';

function legendOf(changes: readonly DiffChange[]): string {
  const met = new Set(changes.map(({ kind }) => kind));
  const marks = Object.entries(MARKS).flatMap(([kind, [mark, word]]) =>
    met.has(kind as DiffKind) ? [`${mark} ${word},`] : [],
  );
  const isGrave = changes.some(({ importance }) => importance === 'high');
  const signs = [...(isGrave ? ['! weakens isolation or needs a look,'] : []), ...marks];
  return [...signs, `${formatCount(changes.length)} in all`].join(GAP);
}

function painted(line: string, { importance, kind }: DiffChange, style: Style): string {
  if (importance === 'noise') return style.dim(line);
  if (importance === 'high') return style.red(line);
  if (kind === 'created' || kind === 'tightened') return style.green(line);
  if (kind === 'loosened' || kind === 'changed' || kind === 'recreated') return style.yellow(line);
  return kind === 'moved' || kind === 'renamed' ? style.cyan(line) : line;
}

function fitted(text: string, style: Style): string {
  const safe = terminalSafe(text);
  return style.columns === null ? safe : truncateMiddle(safe, style.columns, style.ellipsis);
}

/** Ids of containers and digests are known by their beginning. */
const LONG_ID = /[0-9a-f]{64}/g;

/** Words in lines that fit, those below the first set in; a word that is longer alone is cut in its middle. */
function wrapped(text: string, indent: string, style: Style, gap = ' '): string[] {
  const { columns, ellipsis } = style;
  const whole = text.replaceAll(gap, ' ');
  if (columns === null || displayWidth(whole) <= columns) return [whole];
  const shorter = text.replaceAll(LONG_ID, (id) => id.slice(0, 12) + ellipsis);
  const line = shorter.replaceAll(gap, ' ');
  return displayWidth(line) <= columns ? [line] : broken(shorter.split(gap), indent, columns, ellipsis);
}

function broken(words: readonly string[], indent: string, columns: number, ellipsis: string): string[] {
  const lines: string[] = [];
  let line: string | null = null;
  for (const word of words) {
    const cut = truncateMiddle(word, columns - indent.length, ellipsis);
    const longer: string = line === null ? cut : `${line} ${cut}`;
    if (line !== null && displayWidth(longer) > columns) {
      lines.push(line);
      line = indent + cut;
    } else line = longer;
  }
  return line === null ? lines : [...lines, line];
}
