/** The answer of `mounts` for a person: the tree of mounts, each with what it is and where it comes from. */
import type { MountRow, MountsDocument } from '../src/schema/mounts-document.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { displayWidth, truncateMiddle } from '../src/text/width.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';
import { drawTree } from './tree-draw.ts';

/** The lines of the answer. `all`: pseudo file systems, too. */
export function mountsLines({ target, mounts, notes }: MountsDocument, all: boolean, style: Style): string[] {
  const byId = new Map(mounts.map((row) => [row.id, row]));
  const shown = all ? mounts : mounts.filter((row) => isNotable(row, byId.get(row.parent ?? row.id)));
  const drawn = drawTree(...forestOf(byId, shown), style);
  const rows = drawn.map(({ value, prefix }) => ({ ...value, prefix }));
  const [header = '', ...cells] = tableLines(rows, columnsFor(rows, style), style);
  const title = `${target.text}  mnt:[${String(target.mntns)}]`;
  const hidden = mounts.length - shown.length;
  return [
    style.bold(terminalSafe(title.startsWith('mnt:') ? target.text : title)),
    ...notes.map((note) => `  ${terminalSafe(note)}`),
    '',
    ...(rows.length === 0 ? ['no mounts are seen from there'] : [header]),
    ...rows.map((row, i) => painted(cells[i] ?? '', row, style)),
    ...legend(rows, style),
    ...(hidden === 0
      ? []
      : ['', style.dim(`${formatPlural(hidden, 'mount')} of the kernel's own file systems not shown: --all`)]),
  ];
}

/** A mount on its line. */
interface Row extends MountRow {
  readonly prefix: string;
}

/**
 * What is worth a line without being asked for: all but the kernel's own file systems, of which every container has its own,
 * and the empty ones that mask a part of those. The host's in another place are shown.
 */
function isNotable(row: MountRow, parent: MountRow | undefined): boolean {
  const { kind, host, path, fsType, source } = row;
  const isOnKernels = parent?.kind === 'pseudo' && MASKED.has(nameText(parent.fsType));
  if (isOnKernels && fsType === 'tmpfs' && (host === null || host === undefined) && nameText(source) === 'tmpfs')
    return false;
  if (kind !== 'pseudo') return true;
  if (host === null || host === undefined || PRIVATE.has(nameText(fsType))) return false;
  return nameText(host.path) !== nameText(path);
}

/** On these runtimes put a tmpfs, or /dev/null from one, over what a container is not to see. */
const MASKED: ReadonlySet<string> = new Set(['proc', 'sysfs']);

/** Of these every container has parts of the host's. */
const PRIVATE: ReadonlySet<string> = new Set(['cgroup', 'cgroup2', 'cpuset', 'mqueue', 'devpts']);

/** Those that are shown as a forest: each below the nearest that is shown. */
function forestOf(
  byId: ReadonlyMap<number, MountRow>,
  shown: readonly MountRow[],
): [readonly MountRow[], (row: MountRow) => readonly MountRow[]] {
  const isShown = new Set(shown);
  const children = new Map<MountRow, MountRow[]>();
  const roots: MountRow[] = [];
  for (const row of shown) {
    let parent = row.parent === null ? undefined : byId.get(row.parent);
    while (parent !== undefined && !isShown.has(parent)) {
      parent = parent.parent === null ? undefined : byId.get(parent.parent);
    }
    if (parent === undefined) roots.push(row);
    else {
      const list = children.get(parent);
      if (list === undefined) children.set(parent, [row]);
      else list.push(row);
    }
  }
  return [roots, (row) => children.get(row) ?? []];
}

/** From so many columns on all options have room. */
const WIDE = 120;

/** What the origin is cut to at most, and the share of what paths and origins have together that it gets at least. */
const NARROWEST_FROM = 20;
const SHARE_FROM = 0.45;

function columnsFor(rows: readonly Row[], style: Style): Column<Row>[] {
  const isWide = style.columns === null || style.columns >= WIDE;
  const options = isWide ? optionsText : shortOptions;
  const fixed: Column<Row>[] = [
    { name: 'type', help: 'of the file system', text: typeText, value: typeText },
    { name: 'options', help: 'what they forbid', text: options, value: options },
    {
      name: 'propagation',
      header: isWide ? 'PROPAGATION' : 'SPREADS',
      help: 'whether mounts below it appear elsewhere',
      text: isWide ? spreadText : propagationText,
      value: propagationText,
    },
  ];
  const fullFrom = (row: Row): string => fromText(row, isWide);
  const ends: Column<Row>[] = [
    { name: 'mount', help: 'where it is mounted', text: mountText, value: mountText },
    { name: 'from', help: 'what is mounted', text: fullFrom, value: fullFrom },
  ];
  const room = style.columns === null ? Infinity : style.columns - widthOf(rows, fixed) - GAP;
  const [wantsMount = 0, wantsFrom = 0] = ends.map((column) => widthOf(rows, [column]) - GAP);
  const least = Math.max(NARROWEST_FROM, Math.floor(room * SHARE_FROM));
  const from = Math.max(Math.min(wantsFrom, least), room - wantsMount);
  const mount = room - Math.min(from, wantsFrom);
  // The table escapes what it is given: only what must be cut is escaped before, since its width counts.
  const cut = (text: string, width: number): string => {
    const safe = terminalSafe(text);
    return displayWidth(safe) <= width ? text : truncateMiddle(safe, width, style.ellipsis);
  };
  const mountCut = (row: Row): string =>
    row.prefix + cut(pathText(row), Math.max(mount - displayWidth(row.prefix), NARROWEST_PATH));
  const fromCut = (row: Row): string => cut(fullFrom(row), from);
  return [
    { name: 'mount', help: 'where it is mounted', shrink: true, text: mountCut, value: mountText },
    ...fixed,
    { name: 'from', help: 'what is mounted', text: fromCut, value: fullFrom },
  ];
}

/** What a path is cut to at most, however deep in the tree it stands. */
const NARROWEST_PATH = 12;

/** Blanks between columns. */
const GAP = 2;

function widthOf(rows: readonly Row[], columns: readonly Column<Row>[]): number {
  return columns.reduce((sum, { name, header = name, text }) => {
    const widest = rows.reduce((most, row) => Math.max(most, displayWidth(terminalSafe(text(row)))), header.length);
    return sum + widest + GAP;
  }, 0);
}

function mountText(row: Row): string {
  return row.prefix + pathText(row);
}

function pathText({ path, coveredBy, unreachable }: Row): string {
  const mark = coveredBy !== null ? ' (covered)' : unreachable ? ' (unreachable)' : '';
  return nameText(path) + mark;
}

function typeText({ fsType }: Row): string {
  return nameText(fsType);
}

/** Those that take something away; when times of access are written is no matter of isolation. */
const OPTIONS = ['nosuid', 'nodev', 'noexec', 'nosymfollow', 'idmapped'] as const;

function optionsText({ readOnly, options }: Row): string {
  return [readOnly ? 'ro' : 'rw', ...OPTIONS.filter((option) => options.includes(option))].join();
}

const LETTERS = { nosuid: 's', nodev: 'd', noexec: 'x', nosymfollow: 'l', idmapped: 'i' } as const;

function shortOptions({ readOnly, options }: Row): string {
  const letters = OPTIONS.filter((option) => options.includes(option)).map((option) => LETTERS[option]);
  return [readOnly ? 'ro' : 'rw', letters.join('')].filter((one) => one !== '').join(' ');
}

function propagationText({ propagation }: Row): string {
  return propagation.text;
}

/** With who hears of mounts below it and from whom it hears, by number. */
function spreadText({ propagation: { text, peers, receivesFrom, sendsTo } }: Row): string {
  const parts = [
    ...(peers.count === 0 ? [] : [formatPlural(peers.count, 'peer')]),
    ...(receivesFrom.count === 0 ? [] : [`from ${String(receivesFrom.count)}`]),
    ...(sendsTo.count === 0 ? [] : [`to ${formatPlural(sendsTo.count, 'slave')}`]),
  ];
  return parts.length === 0 ? text : `${text}: ${parts.join(', ')}`;
}

/** What it is and where that comes from, the host's path first of all. */
function fromText({ kind, host, here, source, root, fsType, overlay }: Row, isWide: boolean): string {
  const place = host === null || host === undefined ? null : nameText(host.path);
  const writable = isWide && host?.writable === true ? ', writable' : '';
  const part = nameText(root) === '/' ? nameText(source) : `${nameText(source)}[${nameText(root)}]`;
  switch (kind) {
    case 'volume':
      return `volume ${nameText(host?.volume ?? '')} ${place ?? ''}${writable}`;
    case 'bind':
      return place === null ? `bind of ${here === null ? part : nameText(here)}` : `bind of ${place}${writable}`;
    case 'engine':
      return `engine's ${place ?? part}${writable}`;
    case 'namespace':
      return nameText(root);
    case 'pseudo':
      return place === null ? part : `the host's ${place}${writable}`;
    case 'root':
    case 'filesystem':
      if (overlay !== null && overlay !== undefined) {
        const upper = overlay.upper === null ? ', no upper' : '';
        return `${formatPlural(overlay.lower.length, 'lower layer')}${upper}`;
      }
      return nameText(source) === '' || nameText(source) === 'none' ? nameText(fsType) : part;
  }
}

/** What can be written on the host stands out; what cannot be seen steps back. */
function painted(line: string, { coveredBy, unreachable, kind, host }: Row, style: Style): string {
  if (coveredBy !== null || unreachable) return style.dim(line);
  const isForeign = kind === 'bind' || kind === 'volume' || kind === 'pseudo';
  return isForeign && host?.writable === true ? style.yellow(line) : line;
}

function legend(rows: readonly Row[], style: Style): string[] {
  if (style.columns === null || style.columns >= WIDE) return [];
  const used = OPTIONS.filter((option) => rows.some(({ options }) => options.includes(option)));
  const letters = used.map((option) => `${LETTERS[option]} ${option}`).join('  ');
  return [
    ...(used.length === 0 ? [] : [style.dim(`OPTIONS: ${letters}`)]),
    ...(rows.some(({ host }) => host?.writable === true)
      ? [style.dim("rw on a volume, a bind mount or the host's own: writing there writes on the host")]
      : []),
  ];
}
