/**
 * What the picture of css_sets shows where. A css_set has a row, and a line through it from its tasks on the left to its
 * cgroups; a hierarchy has a column. A cgroup stands in the row of the first css_set that leads to it: that of a container,
 * which shares its cgroups with nobody, lies straight on its line, and only what is shared has a branch.
 */
import type { CgroupNode } from '../../../src/model/cgroup-index.ts';
import type { CssGraph, CssSet } from '../../../src/model/css-sets.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatCount, formatPlural } from '../../../src/text/units.ts';
import { shortPath } from '../path-text.ts';
import type { Group } from './groups.ts';

/** A css_set, or all of those that are not drawn one by one. */
export interface Line {
  readonly row: number;
  /** Null: the rest together. */
  readonly set: CssSet | null;
  readonly sets: readonly CssSet[];
  readonly label: string;
  readonly tokens: readonly string[];
}

/** A group of tasks, and the lines that it joins. */
export interface Start {
  readonly row: number;
  /** Null: the groups that lead to css_sets which are not drawn one by one. */
  readonly group: Group | null;
  readonly label: string;
  readonly tasks: number;
  readonly lines: readonly Line[];
  readonly tokens: readonly string[];
}

/** A cgroup, the same one in every hierarchy of its column; or those to which only css_sets lead that are not drawn. */
export interface End {
  readonly row: number;
  /** One for each hierarchy of the column; of the rest those of the first hierarchy. */
  readonly nodes: readonly CgroupNode[];
  readonly isRest: boolean;
  readonly label: string;
  readonly tokens: readonly string[];
}

/** The way of one line to a cgroup that stands in another row. */
export interface Branch {
  readonly line: Line;
  readonly end: End;
  /** Which of the lanes before the column it takes. */
  readonly lane: number;
  readonly tokens: readonly string[];
}

/** Hierarchies in which every css_set has a cgroup of the same path: one column. */
export interface Column {
  readonly hierarchies: readonly number[];
  readonly ends: readonly End[];
  readonly branches: readonly Branch[];
  readonly lanes: number;
}

/** The picture before it has pixels. */
export interface Layout {
  readonly starts: readonly Start[];
  readonly lines: readonly Line[];
  readonly columns: readonly Column[];
  readonly rows: number;
}

/** Lays out at most so many css_sets one by one, the rest as one. */
export function layoutOf(graph: CssGraph, groups: readonly Group[], most: number): Layout {
  const shown = chosen(graph, groups, most);
  const rest = graph.cssSets.filter((set) => !shown.has(set));
  const { lines, starts } = rowsOf(groups, shown, rest);
  const columns = columnsOf(graph).map((hierarchies, index) => columnOf(hierarchies, index, lines));
  return { ...withTokens(starts, lines, columns), rows: 1 + Math.max(-1, ...starts.map(rowOf), ...lines.map(rowOf)) };
}

const rowOf = ({ row }: { readonly row: number }): number => row;

/** Of many containers two thirds of the rows at most, so that services of the host are seen, too. */
const CONTAINERS = 2 / 3;
/** And a third for what is not as usual: it must not be missed, nor be all that is seen. */
const UNUSUAL = 1 / 3;

/**
 * The css_sets that are drawn one by one, by the order of groups, which are named: what is bigger today need not be so in the
 * next report. First those to which more than one group leads, or one of threads that are apart.
 */
function chosen({ cssSets }: CssGraph, groups: readonly Group[], most: number): ReadonlySet<CssSet> {
  if (cssSets.length <= most) return new Set(cssSets);
  const leading = new Map<CssSet, number>();
  for (const group of groups) for (const set of group.sets.keys()) leading.set(set, (leading.get(set) ?? 0) + 1);
  const isUnusual = ({ kind, sets }: Group): boolean =>
    kind !== 'host' &&
    (kind === 'apart' || sets.size > 1 || [...sets.keys()].some((set) => (leading.get(set) ?? 0) > 1));
  const found = new Set<CssSet>();
  const take = (upTo: number, wanted: (group: Group) => boolean): void => {
    for (const group of groups.filter(wanted)) {
      for (const set of group.sets.keys()) if (found.size < upTo) found.add(set);
    }
  };
  take(most * UNUSUAL, isUnusual);
  take(most * CONTAINERS, ({ kind }) => kind !== 'host');
  take(most, ({ kind }) => kind === 'host');
  take(most, () => true);
  return found;
}

/** Rows for groups and css_sets side by side, so that most lead straight to theirs. */
function rowsOf(
  groups: readonly Group[],
  shown: ReadonlySet<CssSet>,
  rest: readonly CssSet[],
): { lines: Line[]; starts: Start[] } {
  const lineOf = new Map<CssSet, Line>();
  const placed: { row: number; group: Group; lines: Line[]; leadsOn: boolean }[] = [];
  let [nextStart, nextLine] = [0, 0];
  for (const group of groups) {
    const sets = [...group.sets.keys()].filter((set) => shown.has(set));
    if (sets.length === 0) continue;
    for (const set of sets) {
      if (lineOf.has(set)) continue;
      const row = Math.max(nextStart, nextLine);
      nextLine = row + 1;
      lineOf.set(set, { row, set, sets: [set], label: String(set.id), tokens: [] });
    }
    const lines = sets.flatMap((set) => lineOf.get(set) ?? []);
    const row = Math.max(nextStart, Math.min(...lines.map(rowOf)));
    nextStart = row + 1;
    placed.push({ row, group, lines, leadsOn: sets.length < group.sets.size });
  }
  const lines = [...lineOf.values()];
  const starts = placed.map(({ row, group, lines: own }): Start => ({
    row,
    group,
    label: group.label,
    tasks: group.tasks,
    lines: own,
    tokens: [],
  }));
  if (rest.length === 0) return { lines, starts };
  const row = Math.max(nextStart, nextLine);
  const more: Line = { row, set: null, sets: rest, label: `+${formatCount(rest.length)}`, tokens: [] };
  const hidden = groups.filter(({ sets }) => ![...sets.keys()].some((set) => shown.has(set)));
  return {
    lines: [...lines, more],
    starts: [
      ...starts.map((start, i) => (placed[i]?.leadsOn === true ? { ...start, lines: [...start.lines, more] } : start)),
      {
        row,
        group: null,
        label: formatPlural(hidden.length, 'more group'),
        tasks: hidden.reduce((sum, { tasks }) => sum + tasks, 0),
        lines: [more],
        tokens: [],
      },
    ],
  };
}

/** Hierarchies in columns, by number. Those that no css_set has a cgroup of are in none. */
function columnsOf({ cssSets }: CssGraph): number[][] {
  const columns = new Map<string, number[]>();
  const numbers = [...new Set(cssSets.flatMap(({ cgroups }) => [...cgroups.keys()]))].sort((a, b) => a - b);
  for (const hierarchy of numbers) {
    const paths = JSON.stringify(cssSets.map(({ cgroups }) => cgroups.get(hierarchy)?.path ?? null));
    const column = columns.get(paths);
    if (column === undefined) columns.set(paths, [hierarchy]);
    else column.push(hierarchy);
  }
  return [...columns.values()];
}

function columnOf(hierarchies: readonly number[], index: number, lines: readonly Line[]): Column {
  const [first = 0] = hierarchies;
  const ends = new Map<CgroupNode, End>();
  const branches: Omit<Branch, 'lane'>[] = [];
  for (const line of [...lines].sort((a, b) => a.row - b.row)) {
    const fresh: CgroupNode[] = [];
    const known = new Set<End>();
    for (const set of line.sets) {
      const node = set.cgroups.get(first);
      if (node === undefined) continue;
      const end = ends.get(node);
      if (end !== undefined) known.add(end);
      else if (line.set === null) fresh.push(node);
      else ends.set(node, endOf(line.row, [node], hierarchies, set, `c${String(index)}-${String(ends.size)}`));
    }
    for (const end of known) branches.push({ line, end, tokens: [] });
    const rest = [...new Set(fresh)];
    if (rest.length > 0 && rest[0] !== undefined) {
      const label = formatPlural(rest.length, 'more cgroup');
      ends.set(rest[0], { row: line.row, nodes: rest, isRest: true, label, tokens: [`c${String(index)}-more`] });
    }
  }
  return { hierarchies, ends: [...ends.values()], ...inLanes(branches) };
}

function endOf(
  row: number,
  [node]: readonly [CgroupNode],
  hierarchies: readonly number[],
  set: CssSet,
  token: string,
): End {
  const nodes = hierarchies.flatMap((hierarchy) => set.cgroups.get(hierarchy) ?? []);
  return { row, nodes, isRest: false, label: shortPath(nameText(node.path)), tokens: [token] };
}

/** Branches to different cgroups that would lie on each other get lanes of their own; the longest is the outermost. */
function inLanes(branches: readonly Omit<Branch, 'lane'>[]): { branches: Branch[]; lanes: number } {
  const spans = new Map<End, { readonly from: number; to: number }>();
  for (const { line, end } of branches) {
    const span = spans.get(end) ?? { from: end.row, to: end.row };
    spans.set(end, { from: span.from, to: Math.max(span.to, line.row) });
  }
  const lanes: { readonly from: number; readonly to: number }[][] = [];
  const laneOf = new Map<End, number>();
  const sorted = [...spans].sort(([, a], [, b]) => a.to - a.from - (b.to - b.from) || a.from - b.from);
  for (const [end, span] of sorted) {
    const free = lanes.findIndex((taken) => taken.every((other) => other.to < span.from || span.to < other.from));
    const lane = free >= 0 ? free : lanes.push([]) - 1;
    lanes[lane]?.push(span);
    laneOf.set(end, lane);
  }
  return { branches: branches.map((one) => ({ ...one, lane: laneOf.get(one.end) ?? 0 })), lanes: lanes.length };
}

/**
 * What belongs together: an element's own token first, then those of all whose way it is on. Of a css_set that is all of its
 * tasks and cgroups, of a cgroup the css_sets that lead to it and their tasks.
 */
function withTokens(
  starts: readonly Start[],
  lines: readonly Line[],
  columns: readonly Column[],
): Pick<Layout, 'starts' | 'lines' | 'columns'> {
  const ownOf = new Map<Line, string>(lines.map((line) => [line, line.set === null ? 'more' : `s${line.label}`]));
  const startsOf = new Map<Line, string[]>();
  for (const [i, start] of starts.entries()) {
    for (const line of start.lines) startsOf.set(line, [...(startsOf.get(line) ?? []), `t${String(i)}`]);
  }
  const endsOf = new Map<Line, string[]>();
  const linesOf = new Map<End, Line[]>();
  const lineIn = new Map(lines.map((line) => [line.row, line]));
  for (const { ends, branches } of columns) {
    const pairs = [
      ...ends.map((end) => ({ end, line: lineIn.get(end.row) })),
      ...branches.map(({ end, line }) => ({ end, line })),
    ];
    for (const { end, line } of pairs) {
      if (line === undefined) continue;
      endsOf.set(line, [...(endsOf.get(line) ?? []), ...end.tokens]);
      linesOf.set(end, [...(linesOf.get(end) ?? []), line]);
    }
  }
  const unique = (tokens: readonly string[]): string[] => [...new Set(tokens)];
  const own = (line: Line): string => ownOf.get(line) ?? '';
  const named = new Map(
    lines.map((line) => [
      line,
      { ...line, tokens: unique([own(line), ...(startsOf.get(line) ?? []), ...(endsOf.get(line) ?? [])]) },
    ]),
  );
  const nameOf = (line: Line): Line => named.get(line) ?? line;
  return {
    lines: lines.map(nameOf),
    starts: starts.map((start, i) => ({
      ...start,
      lines: start.lines.map(nameOf),
      tokens: unique([`t${String(i)}`, ...start.lines.flatMap((line) => [own(line), ...(endsOf.get(line) ?? [])])]),
    })),
    columns: columns.map((column) => ({
      ...column,
      ends: column.ends.map((end) => ({
        ...end,
        tokens: unique([
          ...end.tokens,
          ...(linesOf.get(end) ?? []).flatMap((line) => [own(line), ...(startsOf.get(line) ?? [])]),
        ]),
      })),
      branches: column.branches.map((branch) => ({
        ...branch,
        line: nameOf(branch.line),
        tokens: unique([own(branch.line), ...(startsOf.get(branch.line) ?? []), ...branch.end.tokens]),
      })),
    })),
  };
}
