/** The answer of `limits` for a person: what binds first, the rest in a line. */
import type { LimitReport, LimitsDocument, LimitUnit, StatedLimit } from '../src/schema/limits-document.ts';
import { nameText } from '../src/text/bytes.ts';
import { formatCpuList } from '../src/text/cpu-list.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPercent } from '../src/text/units.ts';
import { displayWidth, truncateMiddle } from '../src/text/width.ts';
import { amountText } from './amounts.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

/** The lines of the answer. `all`: a row for what is not limited, too. */
export function limitsLines({ target, resources, notes }: LimitsDocument, all: boolean, style: Style): string[] {
  const rows = all ? [...resources] : resources.filter(isNotable);
  rows.sort((a, b) => rankOf(a) - rankOf(b));
  const lines = [style.bold(terminalSafe(target.text)), ...notes.map((note) => `  ${terminalSafe(note)}`), ''];
  const [header = '', ...cells] = tableLines(rows, columnsFor(rows, style), style);
  if (rows.length === 0) lines.push('no limit but those of the machine');
  else lines.push(header);
  for (const [i, row] of rows.entries()) {
    lines.push(painted(cells[i] ?? '', row, style), ...belowRow(row, style));
  }
  if (!all)
    lines.push(
      ...folded(
        resources.filter((row) => !isNotable(row)),
        style,
      ),
    );
  return lines;
}

/** Worth a row: what a cgroup, an rlimit or an affinity imposes, what is not known, and what looks like a limit and is none. */
export function isNotable(row: LimitReport): boolean {
  const { effective, imposedBy, chain } = row;
  if (effective.kind === 'unknown') return true;
  if (effective.kind === 'max') return chain.some(({ limit }) => limit.kind === 'value');
  if (imposedBy?.kind === 'host') return effective.atMost !== undefined;
  return !isWeight(row) || typeof effective.value !== 'string' || !DEFAULT_WEIGHTS.has(effective.value);
}

/** Of cpu.shares and of cpu.weight (kernel/sched/sched.h, NICE_0_LOAD; include/linux/sched.h, CGROUP_WEIGHT_DFL). */
const DEFAULT_WEIGHTS: ReadonlySet<string> = new Set(['1024', '100']);

function isWeight({ unit }: LimitReport): boolean {
  return unit === 'shares' || unit === 'weight';
}

/** Cgroups first, in the order of the document; then what tasks chose themselves; last what was not known or not limited. */
function rankOf({ effective, imposedBy }: LimitReport): number {
  if (effective.kind === 'max') return 4;
  if (effective.kind === 'unknown') return 3;
  if (imposedBy?.kind === 'host') return 2;
  return imposedBy?.kind === 'rlimit' ? 1 : 0;
}

/** From so many columns on there is room for the file that states the limit beside a path. */
const WIDE = 140;

/** What a path is cut to at most. */
const NARROWEST_PATH = 16;

function columnsFor(rows: readonly LimitReport[], style: Style): Column<LimitReport>[] {
  const isWide = style.columns === null || style.columns >= WIDE;
  const isUnicode = style.ellipsis.length === 1;
  const hasUsage = rows.some(({ usage }) => usage !== null && usage !== undefined);
  const bar = (row: LimitReport): string => barText(row, isWide ? 10 : 5, isUnicode);
  const before: Column<LimitReport>[] = [
    { name: 'resource', help: 'what is limited', text: resourceText, value: resourceText },
    { name: 'limit', align: 'right', help: 'what binds', text: limitText, value: limitText },
    { name: 'used', align: 'right', help: 'how much of it is used', text: usageText, value: usageText },
    { name: 'bar', header: '', help: 'how full it is', text: bar, value: bar },
    { name: 'room', align: 'right', help: 'how much is left', text: roomText, value: roomText },
  ].filter(({ name }) => hasUsage || !USAGE.has(name)) as Column<LimitReport>[];
  const after: Column<LimitReport>[] = isWide
    ? [{ name: 'file', help: 'where it is stated', text: fileText, value: fileText }]
    : [];
  const room = style.columns === null ? Infinity : style.columns - widthOf(rows, [...before, ...after]);
  const imposer = (row: LimitReport): string =>
    truncateMiddle(terminalSafe(imposerText(row)), Math.max(room, NARROWEST_PATH), style.ellipsis);
  return [
    ...before,
    { name: 'imposedBy', header: 'IMPOSED BY', help: 'who imposes it', text: imposer, value: imposer },
    ...after,
  ];
}

/** What these columns take of a line, with the gaps after them. */
function widthOf(rows: readonly LimitReport[], columns: readonly Column<LimitReport>[]): number {
  return columns.reduce((sum, { name, header = name, text }) => {
    const widest = rows.reduce((most, row) => Math.max(most, displayWidth(terminalSafe(text(row)))), header.length);
    return sum + widest + 2;
  }, 0);
}

const USAGE: ReadonlySet<string> = new Set(['used', 'bar', 'room']);

/** The resource, and of what where there are several: `io.rbps 254:0`. */
export function resourceText({ resource, device, pageSize, name }: LimitReport): string {
  return [resource, device, pageSize, name].filter((one) => one !== undefined).join(' ');
}

/** The limit that binds in words: `64 MiB`, `<= 2 CPUs` where it may be less, `no limit`, `unknown`. */
export function limitText({ effective, unit }: LimitReport): string {
  if (effective.kind === 'unknown') return 'unknown';
  const text = statedText(effective, unit);
  return effective.kind === 'value' && effective.atMost !== undefined ? `<= ${text}` : text;
}

/** A limit in words: `no limit`, `64 MiB`, `0.5 CPUs`. */
function statedText(limit: StatedLimit, unit: LimitUnit): string {
  if (limit.kind === 'unknown') return 'unknown';
  if (limit.kind === 'max') return 'no limit';
  const { value } = limit;
  return typeof value === 'string' ? amountText(value, unit) : formatCpuList(value);
}

/** What is used in words; empty where nothing counts it. */
export function usageText({ usage, unit, unknown, effective }: LimitReport): string {
  if (unknown !== undefined) return effective.kind === 'unknown' ? '' : `?${unknown.usage}`;
  return usage === null || usage === undefined ? '' : amountText(usage, unit);
}

/** Which share of its limit is used; null: no limit or no count. */
export function ratioOf({ usage, effective }: LimitReport): number | null {
  if (usage === null || usage === undefined || effective.kind !== 'value') return null;
  const limit = typeof effective.value === 'string' ? Number(effective.value) : 0;
  return limit > 0 ? Number(usage) / limit : null;
}

function barText(row: LimitReport, width: number, isUnicode: boolean): string {
  const ratio = ratioOf(row);
  if (ratio === null) return '';
  // Anything used shows, and only a full one is full.
  const full = Math.min(width, ratio > 0 ? Math.max(1, Math.floor(ratio * width)) : 0);
  const bar = (isUnicode ? '█' : '#').repeat(full) + (isUnicode ? '░' : '.').repeat(width - full);
  return `${bar} ${formatPercent(Math.floor(ratio * 100) / 100)}`;
}

/** What is left in words; empty: not known. */
export function roomText({ headRoom, unit }: LimitReport): string {
  return headRoom === null ? '' : amountText(headRoom, unit);
}

/** Who imposes it, in words. */
export function imposerText({ imposedBy, resource }: LimitReport): string {
  switch (imposedBy?.kind) {
    case undefined:
      return '-';
    case 'cgroup':
      return imposedBy.path === null ? 'a cgroup that cannot be seen' : nameText(imposedBy.path);
    case 'rlimit':
      return 'rlimit';
    case 'affinity':
      return 'its affinity';
    case 'host':
      return resource === 'memory' ? 'RAM' : 'the machine';
  }
}

function fileText({ imposedBy }: LimitReport): string {
  return imposedBy?.file ?? '';
}

/** Red where it is full, yellow from nine tenths on. */
function painted(line: string, row: LimitReport, style: Style): string {
  if (row.effective.kind === 'unknown') return style.yellow(line);
  const ratio = ratioOf(row) ?? 0;
  if (ratio >= 1) return style.red(line);
  return ratio >= 0.9 ? style.yellow(line) : line;
}

/** Looser limits of the chain and what must be known, below the row. */
function belowRow(row: LimitReport, style: Style): string[] {
  return remarksOn(row).flatMap((text) =>
    wrapped(terminalSafe(text).split(' '), '    ', style).map((line) => style.dim(line)),
  );
}

/** Looser limits of the chain and what must be known, a sentence each. */
export function remarksOn(row: LimitReport): string[] {
  const { chain, imposedBy, unit, effective, notes } = row;
  const looser = chain.flatMap(({ key, path, file, limit }) => {
    if (limit.kind !== 'value' || (key === imposedBy?.key && file === imposedBy.file)) return [];
    // The root has no siblings, and all CPUs.
    if (nameText(path) === '/' && (isWeight(row) || Array.isArray(limit.value))) return [];
    const said = statedText(limit, unit);
    // A set of CPUs is stated again and again on v1: each cgroup must have one.
    return Array.isArray(limit.value) && said === statedText(effective, unit) ? [] : [`${said} at ${nameText(path)}`];
  });
  const words = effective.kind === 'max' ? 'does not bind' : isWeight(row) ? 'above' : 'looser';
  const texts = looser.length === 0 ? [] : [`${words}: ${looser.join(', ')}`];
  if (effective.kind === 'unknown') texts.push(effective.reason);
  if (effective.kind === 'value' && effective.atMost !== undefined) texts.push(`it may be less: ${effective.atMost}`);
  return [...texts, ...notes];
}

/** What is not limited, in two lines: what only the machine bounds, and what nothing does. */
function folded(rows: readonly LimitReport[], style: Style): string[] {
  const byHost = rows.filter(({ imposedBy }) => imposedBy?.kind === 'host');
  const byDefault = rows.filter(({ effective, imposedBy }) => effective.kind === 'value' && imposedBy?.kind !== 'host');
  const free = rows.filter(({ effective }) => effective.kind === 'max');
  const withLimit = (row: LimitReport): string => `${resourceText(row)} ${limitText(row)}`;
  const lines = [
    ...list('by the machine alone', byHost.map(withLimit), style),
    ...list('as by default', byDefault.map(withLimit), style),
    ...list('not limited', [...new Set(free.map(resourceText))], style),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

function list(heading: string, items: readonly string[], style: Style): string[] {
  if (items.length === 0) return [];
  const words = items.map((item, i) => terminalSafe(item) + (i < items.length - 1 ? ',' : ''));
  return wrapped([`${heading}:`, ...words], '', style);
}

/** Words in lines that fit, two columns to spare for those below the first; a word that is longer alone is cut. */
function wrapped(words: readonly string[], indent: string, style: Style): string[] {
  const room = (style.columns ?? Infinity) - 2;
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line !== '' && displayWidth(longer) > room) {
      lines.push(line);
      line = `${indent}  ${word}`;
    } else line = longer;
  }
  return [...lines, line].map((one) =>
    style.columns === null ? one : truncateMiddle(one, style.columns, style.ellipsis),
  );
}
