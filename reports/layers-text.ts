/** The stack of a root for a person, topmost first, as one would look down on it. */
import type { LayerReport, LayersDocument, LayerSharer, MountedBelow } from '../src/schema/layers-document.ts';
import { nameText } from '../src/text/bytes.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatAge, formatBytes, formatPlural } from '../src/text/units.ts';
import { truncate, truncateMiddle } from '../src/text/width.ts';
import { shortDigest, tagsText } from './layers-words.ts';
import type { Style } from './style.ts';
import { tableLines } from './table.ts';
import type { Column } from './table.ts';

/** From so many columns on there is room for the directory of each layer. */
const WIDE = 140;

const ROOT_SET_BY: Readonly<Record<string, string>> = {
  pivot_root: 'set by pivot_root',
  chroot: 'set by chroot',
  host: "the host's own",
};

/** The lines of `layers TARGET`. */
export function layersLines(document: LayersDocument, style: Style): string[] {
  const { layers, notes, mounts } = document;
  const cut = (text: string): string =>
    style.columns === null ? terminalSafe(text) : truncate(terminalSafe(text), style.columns, style.ellipsis);
  const lines = headLines(document, style);
  const now = Date.parse(document.takenAt);
  if (layers.length > 0) {
    const [header = '', ...rows] = tableLines([...layers].reverse(), columnsFor(style, now), style);
    lines.push('', header, ...rows.map((row, i) => painted(row, layers[layers.length - 1 - i], style)));
  }
  const others = mounts.filter(isOfHost);
  if (others.length > 0) {
    lines.push('', style.bold(cut('mounted over it, in no layer:')));
    lines.push(...others.map((mount) => cut(`  ${mountText(mount)}`)));
  }
  if (mounts.length > others.length) {
    lines.push(
      style.dim(cut(`  and ${formatPlural(mounts.length - others.length, 'mount')} of the kernel's file systems`)),
    );
  }
  if (notes.length > 0) lines.push('', ...notes.map((note) => style.yellow(cut(note))));
  return lines;
}

function headLines(
  { target, engine, driver, image, candidates, rootSetBy, layers }: LayersDocument,
  style: Style,
): string[] {
  const cut = (text: string): string =>
    style.columns === null ? terminalSafe(text) : truncate(terminalSafe(text), style.columns, style.ellipsis);
  const pid = target.pid === null || target.kind === 'process' ? '' : `, pid ${String(target.pid)}`;
  const about = [
    engine ?? 'no engine that is known',
    driver === null ? null : nameText(driver),
    rootText(rootSetBy, target.kind),
    formatPlural(layers.length, 'layer'),
  ].filter((part) => part !== null);
  const lines = [style.bold(cut(`${target.text}${pid}`)), cut(about.join(` ${style.dot} `))];
  if (image !== null) lines.push(cut(`image ${tagsText(image)}`));
  if (image === null && candidates.length > 0) {
    lines.push(style.yellow(cut('no record says which image it is; candidates, the likeliest first:')));
    for (const one of candidates.slice(0, 5)) {
      const fits = one.exact ? 'exactly these layers' : `the lowest ${formatPlural(one.layers, 'layer')}`;
      lines.push(cut(`  ${tagsText(one)} ${style.dot} ${fits}`));
    }
    if (candidates.length > 5) lines.push(style.dim(`  and ${String(candidates.length - 5)} more (--json)`));
  }
  return lines;
}

function rootText(setBy: LayersDocument['rootSetBy'], kind: LayersDocument['target']['kind']): string | null {
  if (setBy === undefined) return 'root ?denied';
  if (setBy === null) return kind === 'container' ? 'not running' : null;
  return `root ${ROOT_SET_BY[setBy] ?? ''}`;
}

function columnsFor(style: Style, now: number): Column<LayerReport>[] {
  const isWide = style.columns === null || style.columns >= WIDE;
  const column = (
    name: string,
    help: string,
    text: (row: LayerReport) => string,
    rest: Partial<Column<LayerReport>> = {},
  ): Column<LayerReport> => ({ name, help, text, value: text, ...rest });
  const path = ({ path: at }: LayerReport): string => truncateMiddle(terminalSafe(nameText(at)), 60, style.ellipsis);
  return [
    column('index', 'place in the stack', ({ index }) => String(index), { header: '#', align: 'right' }),
    column('kind', 'what it is', ({ kind }) => kind),
    column(
      'diffId',
      'digest',
      (row) => (row.unknown?.diffId !== undefined ? `?${row.unknown.diffId}` : shortDigest(row.diffId ?? null)),
      {
        header: 'DIFFID',
      },
    ),
    column('bytes', 'size', ({ bytes }) => (bytes === null || bytes === undefined ? '' : formatBytes(BigInt(bytes))), {
      header: 'SIZE',
      align: 'right',
    }),
    column('age', 'how long ago it was made', (row) => ageText(row, now), { align: 'right' }),
    column('sharedWith', 'how many others have it', sharedText, { header: 'SHARED WITH' }),
    ...(isWide ? [column('path', 'its directory', path, { header: 'DIRECTORY' })] : []),
    column('instruction', 'the build step that made it', stepText, { header: 'BUILD STEP', shrink: 'last' }),
  ];
}

function ageText({ createdAt }: LayerReport, now: number): string {
  const at = Date.parse(createdAt ?? '');
  return Number.isNaN(at) || Number.isNaN(now) ? '' : formatAge(Math.max(0, (now - at) / 1000));
}

function stepText({ instruction, kind, unknown }: LayerReport): string {
  if (unknown?.instruction !== undefined) return `?${unknown.instruction}`;
  if (kind === 'writable') return 'what it writes itself';
  if (kind === 'init') return 'what its engine put there: /etc/hosts and the like';
  return (instruction ?? '').replaceAll(/\s+/g, ' ');
}

function sharedText({ sharedWith }: LayerReport): string {
  const isContainer = ({ container }: LayerSharer): boolean => container !== null;
  const containers = sharedWith.filter(isContainer).length;
  const images = sharedWith.length - containers;
  const parts = [
    containers === 0 ? null : formatPlural(containers, 'container'),
    images === 0 ? null : formatPlural(images, 'image'),
  ];
  return parts.filter((part) => part !== null).join(', ');
}

function painted(line: string, layer: LayerReport | undefined, style: Style): string {
  if (layer?.kind === 'writable') return style.green(line);
  return layer?.kind === 'init' ? style.dim(line) : line;
}

/** File systems that the kernel makes up hold nothing that could be looked for in an image. */
const MADE_UP =
  /^(?:proc|sysfs|cgroup2?|devpts|mqueue|devtmpfs|securityfs|debugfs|tracefs|bpf|nsfs|fusectl|configfs|pstore)$/;

function isOfHost({ fsType, root, path }: MountedBelow): boolean {
  // Masked files of /proc are bind mounts of a tmpfs' nodes.
  return !MADE_UP.test(nameText(fsType)) && !(nameText(fsType) === 'tmpfs' && (nameText(root) !== '/' || isMask(path)));
}

function isMask(path: MountedBelow['path']): boolean {
  return /^\/(?:proc|sys|dev)(?:\/|$)/.test(nameText(path));
}

function mountText({ path, fsType, source, root, readOnly, propagation }: MountedBelow): string {
  const from = nameText(root) === '/' ? nameText(source) : `${nameText(root)} of ${nameText(source)}`;
  const words = [readOnly ? 'read-only' : 'writable', ...propagation.filter((one) => !one.startsWith('propagate'))];
  return `${nameText(path)} (${words.join(', ')}): ${nameText(fsType)} ${from}`;
}
