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
  const shown = all ? mounts : mounts.filter(isNotable);
  const drawn = drawTree(...forestOf(mounts, shown), style);
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
    ...(hidden === 0 ? [] : ['', style.dim(`${formatPlural(hidden, 'pseudo file system')} not shown: --all`)]),
  ];
}

/** A mount on its line. */
interface Row extends MountRow {
  readonly prefix: string;
}

/**
 * What is worth a line without being asked for: all but the kernel's own file systems, of which every container has its own;
 * those of the host in a place of their own are shown, and what covers or hides something.
 */
function isNotable({ kind, host, path, fsType }: MountRow): boolean {
  if (kind !== 'pseudo') return true;
  if (host === null || host === undefined || PRIVATE.has(nameText(fsType))) return false;
  return nameText(host.path) !== nameText(path);
}

/** Of these every container has parts of the host's. */
const PRIVATE: ReadonlySet<string> = new Set(['cgroup', 'cgroup2', 'cpuset', 'mqueue', 'devpts']);

/** Those that are shown as a forest: each below the nearest that is shown. */
function forestOf(
  all: readonly MountRow[],
  shown: readonly MountRow[],
): [readonly MountRow[], (row: MountRow) => readonly MountRow[]] {
  const byId = new Map(all.map((row) => [row.id, row]));
  const isShown = new Set(shown);
  const children = new Map<MountRow, MountRow[]>();
  const roots: MountRow[] = [];
  for (const row of shown) {
    let parent = row.parent === null ? undefined : byId.get(row.parent);
    while (parent !== undefined && !isShown.has(parent)) {
      parent = parent.parent === null ? undefined : byId.get(parent.parent);
    }
    if (parent === undefined) roots.push(row);
    else children.set(parent, [...(children.get(parent) ?? []), row]);
  }
  return [roots, (row) => children.get(row) ?? []];
}

/** From so many columns on all options have room. */
const WIDE = 120;

/** What the origin is cut to at most. */
const NARROWEST_FROM = 20;

function columnsFor(rows: readonly Row[], style: Style): Column<Row>[] {
  const isWide = style.columns === null || style.columns >= WIDE;
  const options = isWide ? optionsText : shortOptions;
  const before: Column<Row>[] = [
    { name: 'mount', help: 'where it is mounted', shrink: 'last', text: mountText, value: mountText },
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
  const room = style.columns === null ? Infinity : style.columns - widthOf(rows, before);
  const from = (row: Row): string =>
    truncateMiddle(terminalSafe(fromText(row)), Math.max(room, NARROWEST_FROM), style.ellipsis);
  return [...before, { name: 'from', help: 'what is mounted', text: from, value: from }];
}

function widthOf(rows: readonly Row[], columns: readonly Column<Row>[]): number {
  return columns.reduce((sum, { name, header = name, text }) => {
    const widest = rows.reduce((most, row) => Math.max(most, displayWidth(terminalSafe(text(row)))), header.length);
    return sum + widest + 2;
  }, 0);
}

function mountText({ prefix, path, coveredBy, unreachable }: Row): string {
  const mark = coveredBy !== null ? ' (covered)' : unreachable ? ' (unreachable)' : '';
  return `${prefix}${nameText(path)}${mark}`;
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
function fromText({ kind, host, here, source, root, fsType, overlay }: Row): string {
  const place = host === null || host === undefined ? null : nameText(host.path);
  const writable = host?.writable === true ? 'writable ' : '';
  const part = nameText(root) === '/' ? nameText(source) : `${nameText(source)}[${nameText(root)}]`;
  switch (kind) {
    case 'volume':
      return `volume ${nameText(host?.volume ?? '')}, ${writable}${place ?? ''}`;
    case 'bind':
      return place === null ? `bind of ${here === null ? part : nameText(here)}` : `bind of ${writable}${place}`;
    case 'engine':
      return `engine's ${writable}${place ?? part}`;
    case 'namespace':
      return nameText(root);
    case 'pseudo':
      return place === null ? part : `the host's ${writable}${place}`;
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
  const isWide = style.columns === null || style.columns >= WIDE;
  const used = OPTIONS.filter((option) => rows.some(({ options }) => options.includes(option)));
  const text = used.map((option) => `${LETTERS[option]} ${option}`).join('  ');
  return isWide || used.length === 0 ? [] : [style.dim(`OPTIONS: ${text}`)];
}
