/** What the picture of the matrix shows, line by line: each container, or of many those that are alike as one. */
import type { Keeping } from '../../../src/model/isolation.ts';
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { ItemId } from '../../../src/schema/report.ts';
import { refText } from '../../../src/text/ns-ref.ts';
import { byText } from '../../../src/text/order.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { TYPE_NAMES } from '../../why.ts';
import { containerItem } from '../items.ts';
import { processLabel, rangeOf, someOf } from '../names.ts';
import type { Glance } from './glance.ts';
import type { Look, Sign } from '../signs.ts';
import { capabilitiesText, strongOf } from './rights.ts';
import type { Matrix, Row } from './rows.ts';

/** One cell of the eight. */
export interface LineCell extends Sign {
  /** In words. */
  readonly title: string;
  /** The group whose letter it has. */
  readonly letter: string | null;
}

/** One limit of a line. */
export interface LineLimit {
  readonly text: string;
  /** How much is used, as text; empty: not known. */
  readonly used: string;
  readonly ratio: number | null;
  readonly look: 'plain' | 'none' | 'near' | 'over' | 'unknown';
  /** In words; empty: nothing more than is to be seen. */
  readonly title: string;
}

/** One right of a line. */
export interface LineRight {
  readonly text: string;
  readonly isLoud: boolean;
  readonly title: string;
}

/** A line. */
export interface Line {
  readonly label: string;
  /** Below the label; empty: nothing. */
  readonly below: string;
  readonly item: ItemId | null;
  readonly cells: readonly LineCell[];
  readonly limits: readonly LineLimit[] | null;
  readonly rights: readonly LineRight[];
}

/** The columns of rights; widths in pixels. */
export const RIGHTS = [
  { title: 'caps', width: 50 },
  { title: 'seccomp', width: 66 },
  { title: 'no new privs', width: 80 },
] as const;

/** The line of each container. */
export function linesOf(matrix: Matrix): Line[] {
  return matrix.rows.map((row) => lineOf(row, matrix));
}

function lineOf(row: Row, matrix: Matrix): Line {
  const { container, label, isolation, limits } = row;
  return {
    label,
    below: '',
    item: containerItem(container),
    cells: isolation.keepings.map((keeping) => cellOf(keeping, matrix)),
    limits: limits === null ? null : limits.map(limitOf),
    rights: rightsOfRow(row),
  };
}

function cellOf(keeping: Keeping, matrix: Matrix): LineCell {
  const { type, standing, visitors } = keeping;
  const group = standing === 'shared' ? matrix.groupOf(keeping) : undefined;
  const letter = group?.letter ?? null;
  return {
    look: standing === 'host' && !matrix.isLoud(type) ? 'usual' : group?.isOutside === true ? 'outside' : standing,
    text: standing === 'own' ? '' : standing === 'host' ? 'host' : standing === 'shared' ? (letter ?? '') : '?',
    extra: visitors.length === 0 ? '' : `+${String(visitors.length)}`,
    title: keepingWords(keeping, matrix),
    letter,
  };
}

/** Whose a namespace is, in words. */
export function keepingWords(keeping: Keeping, matrix: Matrix): string {
  const { type, inum, standing, outcome, visitors } = keeping;
  const name = inum === null ? `${TYPE_NAMES[type]} namespace` : refText({ type, inum });
  const visits = visitors.length === 0 ? '' : `; visited by ${someOf(visitors.map(processLabel))}`;
  switch (standing) {
    case 'own':
      return `${name}: its own${visits}`;
    case 'host':
      return `${name}: the host's`;
    case 'shared':
      return `${name}: shared by ${matrix.groupOf(keeping)?.text ?? 'others'}${visits}`;
    case 'unknown':
      return `${name}: not known whose (${outcome ?? 'not collected'})`;
  }
}

function limitOf({ text, ratio, mark, note }: Glance): LineLimit {
  return {
    title: note ?? '',
    text,
    used: ratio === null ? '' : shareText(ratio),
    ratio,
    look: mark === 'absent' ? 'none' : mark === 'near' || mark === 'over' || mark === 'unknown' ? mark : 'plain',
  };
}

/** A whole percentage: there is no room for more. */
function shareText(ratio: number): string {
  return ratio > 0 && ratio < 0.01 ? '<1%' : `${String(Math.floor(ratio * 100))}%`;
}

/** Whether somebody should look at these rights: capabilities that reach beyond it, as they hold in the host's user namespace. */
export function isPrivileged({ rights, isolation }: Row): boolean {
  return strongOf(rights).length > 0 && isolation.keepings[NS_TYPES.indexOf('user')]?.standing === 'host';
}

function rightsOfRow(row: Row): LineRight[] {
  const { rights } = row;
  const title = (word: string): string => (rights.kind === 'unknown' ? `${word}: ${rights.outcome}` : word);
  if (rights.kind === 'unknown')
    return RIGHTS.map(({ title: name }) => ({ text: '?', isLoud: false, title: title(name) }));
  const { capabilities, seccomp, noNewPrivs } = rights;
  return [
    {
      text: capabilitiesText(rights),
      isLoud: isPrivileged(row),
      title: `effective capabilities: ${capabilities.length === 0 ? 'none' : capabilities.join(' ')}`,
    },
    { text: seccomp ?? '?', isLoud: seccomp === 'off', title: `seccomp: ${seccomp ?? 'this kernel does not say'}` },
    {
      text: noNewPrivs === null ? '?' : noNewPrivs ? 'yes' : 'no',
      isLoud: false,
      title: `no new privileges: ${noNewPrivs === null ? 'this kernel does not say' : noNewPrivs ? 'yes' : 'no'}`,
    },
  ];
}

/** Containers that are alike in what they keep apart, and whether they have all rights. */
export interface Pattern {
  readonly rows: readonly Row[];
  readonly line: Line;
}

/** Containers by what they keep apart, those that keep most apart first; equal ones by what it is. */
export function patternsOf(matrix: Matrix): Pattern[] {
  const byKey = new Map<string, Row[]>();
  for (const row of matrix.rows) {
    const cells = lineOf(row, matrix).cells.map(
      ({ look, extra }) => `${LOOKS.indexOf(look)}${extra === '' ? '' : '+'}`,
    );
    const worst = row.isolation.keepings.filter(({ standing }) => standing !== 'own').length;
    const key = `${String(worst)} ${String(Number(isPrivileged(row)))} ${cells.join(' ')}`;
    const alike = byKey.get(key);
    if (alike === undefined) byKey.set(key, [row]);
    else alike.push(row);
  }
  return [...byKey].sort(([a], [b]) => byText(a, b)).map(([, rows]) => ({ rows, line: lineOfPattern(rows, matrix) }));
}

/** Characters below a label: about what fits. */
const BELOW = 33;

const LOOKS: readonly Look[] = ['own', 'shared', 'usual', 'outside', 'host', 'unknown', 'around'];

function lineOfPattern(rows: readonly Row[], matrix: Matrix): Line {
  const lines = rows.map((row) => lineOf(row, matrix));
  const [first] = lines;
  if (first === undefined) throw new Error('a pattern is that of a container');
  if (rows.length === 1) return first;
  return {
    label: formatPlural(rows.length, 'container'),
    below: rangeOf(
      rows.map(({ label }) => label),
      BELOW,
    ),
    item: null,
    cells: first.cells.map((cell, i) => sameCell(cell, i, lines)),
    limits:
      first.limits === null
        ? null
        : first.limits.map((_, i) => sameLimit(lines.flatMap(({ limits }) => limits?.[i] ?? []))),
    rights: first.rights.map((_, i) => sameRight(lines.flatMap(({ rights }) => rights[i] ?? []))),
  };
}

function sameCell(cell: LineCell, at: number, lines: readonly Line[]): LineCell {
  const type = NS_TYPES[at] ?? 'user';
  const letters = new Set(lines.map(({ cells }) => cells[at]?.letter));
  const groups = formatPlural(letters.size, 'group');
  const words: Readonly<Record<Look, string>> = {
    own: 'their own',
    host: "the host's",
    usual: "the host's",
    shared: `shared, in ${groups}`,
    outside: `shared with the outside, in ${groups}`,
    around: 'that around them',
    unknown: 'not known whose',
  };
  return {
    look: cell.look,
    text: cell.letter !== null && letters.size > 1 ? `×${String(letters.size)}` : cell.text,
    extra: cell.extra === '' ? '' : '+',
    title: `${TYPE_NAMES[type]} namespaces: ${words[cell.look]}${cell.extra === '' ? '' : ', with visitors'}`,
    letter: letters.size === 1 ? cell.letter : null,
  };
}

function sameLimit(limits: readonly LineLimit[]): LineLimit {
  const texts = [...new Set(limits.map(({ text }) => text))];
  const highest = limits.reduce<LineLimit | null>(
    (most, one) => ((one.ratio ?? -1) > (most?.ratio ?? -1) ? one : most),
    null,
  );
  const none = limits.filter(({ look }) => look === 'none').length;
  return {
    text:
      texts.length === 1 ? (texts[0] ?? '') : none > 0 ? `${String(none)} without` : `${String(texts.length)} limits`,
    used: highest === null ? '' : `≤${highest.used}`,
    ratio: highest?.ratio ?? null,
    title: texts.length === 1 ? '' : someOf(texts, 12),
    look: highest?.look ?? (texts.length === 1 ? (limits[0]?.look ?? 'plain') : none > 0 ? 'none' : 'plain'),
  };
}

function sameRight(rights: readonly LineRight[]): LineRight {
  const texts = [...new Set(rights.map(({ text }) => text))];
  const [first] = rights;
  if (first !== undefined && texts.length === 1) return first;
  return {
    text: `${String(texts.length)} kinds`,
    isLoud: rights.some(({ isLoud }) => isLoud),
    title: `of the containers: ${texts.join(', ')}`,
  };
}
