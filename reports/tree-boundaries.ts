/** The default tree: one line per isolation boundary. */
import { NS_TYPES } from '../src/schema/namespace.ts';
import type { NsType } from '../src/schema/namespace.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { Name } from '../src/schema/name.ts';
import type { CgroupLine, ProcessFacts } from '../src/schema/tasks.ts';
import type { Boundary, Change } from '../src/model/boundaries.ts';
import type { Belonging } from '../src/model/places.ts';
import type { Container } from '../src/model/containers.ts';
import { nameText } from '../src/text/bytes.ts';
import { formatAge } from '../src/text/units.ts';
import { containerText } from './namespace-columns.ts';
import { containerId } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';
import type { Style } from './style.ts';
import type { Column } from './table.ts';

/** A boundary with what is said of it. */
export interface BoundaryRow {
  readonly boundary: Boundary;
  readonly prefix: string;
  readonly container: Container | null;
  readonly kind: BoundaryKind;
  readonly label: string;
  readonly belongings: readonly Belonging[];
  readonly cgroup: Name | null;
  readonly uid: number | null;
  /** Seconds since its leader started; null where the host's uptime is not known. */
  readonly age: number | null;
}

/** What the rows are made from. */
export interface BoundaryContext {
  readonly capture: Capture;
  readonly containerOf: ContainerOf;
  readonly belongings: ReadonlyMap<Boundary, readonly Belonging[]>;
  readonly cgroups: readonly (readonly CgroupLine[])[];
}

/** The row of one boundary. */
export function boundaryRow(boundary: Boundary, prefix: string, context: BoundaryContext): BoundaryRow {
  const { leader, parent } = boundary;
  const container = context.containerOf(leader.pid) ?? null;
  const outer = parent === null ? null : (context.containerOf(parent.leader.pid) ?? null);
  const belongings = context.belongings.get(boundary) ?? [];
  const cgroup = tellingCgroup(leader, parent?.leader ?? null, context.cgroups);
  const kind = kindOf(boundary, container !== null && container !== outer, belongings);
  return {
    boundary,
    prefix,
    container,
    kind,
    label: labelOf(kind, boundary, container, cgroup, belongings, context.capture),
    belongings,
    cgroup,
    uid: leader.detail?.status?.uids[1] ?? null,
    age: ageOf(leader, context.capture),
  };
}

/** How long ago a process started, in seconds. */
export function ageOf({ start }: ProcessFacts, { host }: Capture): number | null {
  return host.uptime === undefined ? null : Math.max(0, host.uptime - start / host.ticksPerSecond);
}

/** What a boundary is: the container, what else has namespaces of its own, another root, or nothing but another cgroup. */
export type BoundaryKind = 'host' | 'kernel' | 'container' | 'sandbox' | 'chroot' | 'cgroup';

function kindOf(
  { leader, changes, parent }: Boundary,
  isContainer: boolean,
  belongings: readonly Belonging[],
): BoundaryKind {
  if (isContainer) return 'container';
  if (leader.kthread) return 'kernel';
  if (parent === null) return 'host';
  // Where the parent's namespaces cannot be read, that these are not the host's still says it.
  const isApart = belongings.some(({ relation }) => relation === 'own' || relation === 'shared');
  if (isApart || NS_TYPES.some((type) => changes.has(type))) return 'sandbox';
  return changes.has('root') ? 'chroot' : 'cgroup';
}

function labelOf(
  kind: BoundaryKind,
  { leader, parent, changes }: Boundary,
  container: Container | null,
  cgroup: Name | null,
  belongings: readonly Belonging[],
  capture: Capture,
): string {
  switch (kind) {
    case 'container':
      return container === null ? 'container' : containerText(containerId(container));
    case 'host':
      return leader.pid === 1 ? nameText(capture.host.hostname ?? 'host') : 'entered from outside';
    case 'kernel':
      return parent === null ? 'kernel threads' : 'kernel thread';
    case 'sandbox':
      return sandboxLabel(belongings, changes, capture);
    case 'chroot':
      return `chroot ${nameText(leader.root ?? '/')}`;
    case 'cgroup':
      return `cgroup ${cgroup === null ? '' : lastPart(nameText(cgroup))}`.trim();
  }
}

/** Long paths begin alike: the end tells them apart. The whole stands in the column and in JSON. */
function lastPart(path: string): string {
  const at = path.lastIndexOf('/');
  return at <= 0 ? path : `…${path.slice(at)}`;
}

/** Where `ip netns` and its kin mount the network namespaces to which they give a name (ip-netns(8)). */
const NETNS = /^(?:\/var)?\/run\/netns\/([^/]+)$/;

/** A sandbox by the name of its network namespace, where that is its own and has one. */
function sandboxLabel(belongings: readonly Belonging[], changes: ReadonlySet<Change>, { namespaces }: Capture): string {
  const net = belongings.find(({ type }) => type === 'net');
  if (net === undefined || !(changes.has('net') || net.relation === 'own')) return 'sandbox';
  for (const { type, inum, path } of namespaces?.mounts ?? []) {
    const name = type === 'net' && inum === net.inum ? NETNS.exec(nameText(path))?.[1] : undefined;
    if (name !== undefined) return `netns ${name}`;
  }
  return 'sandbox';
}

/** Of the paths in all hierarchies the longest that is not the parent's: the others say less, or the same. */
function tellingCgroup(
  leader: ProcessFacts,
  parent: ProcessFacts | null,
  cgroups: readonly (readonly CgroupLine[])[],
): Name | null {
  if (leader.cgroup === null) return null;
  const before = new Map((cgroups[parent?.cgroup ?? -1] ?? []).map((line) => [line.hierarchy, nameText(line.path)]));
  let telling: Name | null = null;
  for (const line of cgroups[leader.cgroup] ?? []) {
    const isChanged = parent === null || before.get(line.hierarchy) !== nameText(line.path);
    if (isChanged && (telling === null || nameText(line.path).length > nameText(telling).length)) telling = line.path;
  }
  return telling;
}

/** One letter a type, for narrow terminals; `h` for uts, the hostname. */
const LETTERS: Readonly<Record<NsType, string>> = {
  user: 'u',
  mnt: 'm',
  pid: 'p',
  net: 'n',
  ipc: 'i',
  uts: 'h',
  cgroup: 'c',
  time: 't',
};

function letters(belongings: readonly Belonging[], style: Style): string {
  return belongings
    .map(({ type, relation }) => {
      if (relation === 'own') return LETTERS[type];
      if (relation === 'host') return style.dot;
      return relation === 'inherited' ? '^' : relation === 'shared' ? '=' : '?';
    })
    .join('');
}

function ownTypes(belongings: readonly Belonging[]): string {
  const own = belongings.filter(({ relation }) => relation === 'own').map(({ type }) => type);
  const isUnknown = belongings.some(({ relation }) => relation === 'unknown');
  return own.join(' ') + (isUnknown ? `${own.length > 0 ? ' ' : ''}?` : '');
}

/** What it shares with others than the host, and with whom: `net=docker:web`. */
export function sharedWith(belongings: readonly Belonging[], containerOf: ContainerOf): string {
  return belongings
    .flatMap(({ type, with: other }) => {
      if (other === null) return [];
      const container = containerOf(other.leader.pid);
      return [
        `${type}=${container === undefined ? `pid:${String(other.leader.pid)}` : containerText(containerId(container))}`,
      ];
    })
    .join(' ');
}

/** What explains the letters; none where words are shown. */
export function legendLines(style: Style): string[] {
  if (isWide(style)) return [];
  const meaning = `${style.dot} the host's  ^ that of the one around it  = another's`;
  return [`OWN: u user  m mnt  p pid  n net  i ipc  h uts  c cgroup  t time`, `     ${meaning}`];
}

function isWide({ columns }: Style): boolean {
  return columns === null || columns >= 140;
}

/** The columns of the default tree, as many as the terminal is wide enough for. */
export function boundaryColumns(
  rows: readonly BoundaryRow[],
  containerOf: ContainerOf,
  style: Style,
): Column<BoundaryRow>[] {
  const wide = isWide(style);
  const room = style.columns ?? Infinity;
  const all: (Column<BoundaryRow> & { readonly from?: number; readonly onlyIf?: boolean })[] = [
    {
      name: 'boundary',
      help: 'the container, sandbox, cgroup or root',
      shrink: 'last',
      prefix: (row) => row.prefix,
      text: (row) => row.prefix + row.label,
      value: (row) => row.label,
    },
    {
      name: 'image',
      help: 'image of the container',
      shrink: true,
      onlyIf: rows.some(({ container }) => (container?.image ?? null) !== null),
      text: (row) => (row.container?.leader !== row.boundary.leader.pid ? '' : nameText(row.container.image ?? '')),
      value: (row) => row.container?.image ?? null,
    },
    {
      name: 'pid',
      align: 'right',
      help: 'its first process',
      text: (row) => String(row.boundary.leader.pid),
      value: (row) => row.boundary.leader.pid,
    },
    {
      name: 'command',
      help: 'command of that process',
      shrink: true,
      text: (row) => commandText(row.boundary.leader, wide),
      value: (row) => row.boundary.leader.comm,
    },
    {
      name: 'since',
      align: 'right',
      help: 'how long ago it started',
      text: (row) => (row.age === null ? '?' : formatAge(row.age)),
      value: (row) => row.age,
    },
    {
      name: 'processes',
      header: wide ? 'PROCS' : 'PROC',
      align: 'right',
      help: 'processes in it',
      text: (row) => String(row.boundary.processes.length),
      value: (row) => row.boundary.processes.length,
    },
    {
      name: 'tasks',
      header: 'THR',
      align: 'right',
      help: 'threads in it',
      text: (row) => String(row.boundary.tasks),
      value: (row) => row.boundary.tasks,
    },
    {
      name: 'own',
      header: wide ? 'OWN NAMESPACES' : 'OWN',
      help: 'which namespaces are its own',
      text: (row) => (wide ? ownTypes(row.belongings) : letters(row.belongings, style)),
      value: (row) => ownTypes(row.belongings),
    },
    {
      name: 'sharedWith',
      header: 'SHARED WITH',
      help: 'namespaces that it shares, other than with the host, and with whom',
      shrink: true,
      onlyIf: rows.some(({ belongings }) => belongings.some((one) => one.with !== null)),
      from: 100,
      text: (row) => sharedWith(row.belongings, containerOf),
      value: (row) => sharedWith(row.belongings, containerOf),
    },
    {
      name: 'uid',
      header: 'USER',
      align: 'right',
      from: 90,
      help: 'effective user of that process',
      text: (row) => (row.uid === null ? '' : row.uid === 0 ? 'root' : String(row.uid)),
      value: (row) => row.uid,
    },
    {
      name: 'cgroup',
      help: 'where its cgroup is, in the hierarchy that says most',
      shrink: true,
      from: 110,
      text: (row) => nameText(row.cgroup ?? ''),
      value: (row) => row.cgroup,
    },
  ];
  return all.filter(({ from = 0, onlyIf = true }) => room >= from && onlyIf);
}

/** More of a command line than this tells nobody what it is; `inspect` shows the whole. */
const MOST_COMMAND = 72;

/** The command line where there is room and it is known, else the name. */
function commandText({ comm, detail }: ProcessFacts, wide: boolean): string {
  const argv = detail?.argv ?? [];
  return wide && argv.length > 0 ? argv.map(nameText).join(' ').slice(0, MOST_COMMAND) : nameText(comm);
}
