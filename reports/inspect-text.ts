/** The answer of `inspect` for a person: headings with a word and its value a line. */
import { CAPABILITIES } from '../src/model/capabilities.ts';
import type {
  ContainerReport,
  InspectDocument,
  MountReport,
  NamespaceRow,
  ProcessId,
  ProcessReport,
} from '../src/schema/documents.ts';
import type { Name } from '../src/schema/name.ts';
import { nameText } from '../src/text/bytes.ts';
import { refText } from '../src/text/ns-ref.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { containerText } from './namespace-columns.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

type Line = readonly [word: string, value: string];

/** The lines of the answer. */
export function inspectLines(document: InspectDocument, style: Style): string[] {
  const sections: [string, Line[]][] = [];
  const { container, process, namespace, cgroup, mount } = document;
  if (container !== undefined) sections.push([containerText(container), containerLines(container)]);
  if (process !== undefined) {
    const of = container === undefined ? '' : ', its first process';
    const heading = `pid ${String(process.pid)} (${nameText(process.comm)})`;
    sections.push([document.target.kind === 'container' ? heading + of : heading, processLines(process)]);
    sections.push(['namespaces', namespaceLines(process)]);
    sections.push(['cgroups', cgroupLines(process)]);
  }
  if (namespace !== undefined) sections.push([refText(namespace), rowLines(namespace)]);
  if (cgroup !== undefined) {
    sections.push([
      `cgroup ${cgroup.path}`,
      [
        ['hierarchies', cgroup.hierarchies.map(({ controllers }) => controllers.join() || 'v2').join(' ')],
        ['processes', listText(cgroup.processes)],
        ['containers', cgroup.containers.map(containerText).join(' ') || '-'],
      ],
    ]);
  }
  if (mount !== undefined) sections.push([`mount ${nameText(mount.path)}`, mountLines(mount)]);
  return sections.flatMap(([heading, lines], i) => [
    ...(i > 0 ? [''] : []),
    style.bold(terminalSafe(heading)),
    ...aligned(lines, style),
  ]);
}

/** Words in a column, values beside them; a value that is too long goes on below itself. */
function aligned(lines: readonly Line[], style: Style): string[] {
  const width = lines.reduce((widest, [word]) => Math.max(widest, word.length), 0);
  const indent = ' '.repeat(width + 4);
  return lines.flatMap(([word, value]) => {
    const room = style.columns === null ? Infinity : Math.max(20, style.columns - indent.length);
    const [first = '', ...rest] = wrap(terminalSafe(value), room, style);
    return [`  ${style.cyan(word.padEnd(width))}  ${first}`, ...rest.map((line) => indent + line)];
  });
}

function listText({ count, sample }: { count: number; sample: readonly ProcessId[] }): string {
  const named = sample.map(({ pid, comm }) => `${String(pid)} (${nameText(comm)})`).join(', ');
  return count > sample.length ? `${named} and ${String(count - sample.length)} more` : named || 'none';
}

function containerLines(container: ContainerReport): Line[] {
  const { pod, parent, namespace } = container;
  const lines: Line[] = [
    ['id', container.id],
    ['image', text(container.image)],
    ['started', container.startedAt ?? '-'],
  ];
  if (namespace !== null) lines.push(['namespace', `${namespace} (of containerd)`]);
  if (pod !== null)
    lines.push([
      'pod',
      `${text(pod.namespace)}/${text(pod.name)}${pod.container === null ? '' : `/${text(pod.container)}`}`,
    ]);
  if (parent !== null) lines.push(['inside', containerText(parent)]);
  lines.push(['processes', listText(container.processes)]);
  for (const { kind, path, pid, role, source } of container.evidence) {
    if (path !== undefined) lines.push(['known by', `${kind} ${text(path)}`]);
    else if (source !== undefined) lines.push(['known by', `${kind} ${text(source)}`]);
    else lines.push(['known by', `its ${role ?? kind}, pid ${String(pid ?? 0)}`]);
  }
  return lines;
}

function text(name: Name | null): string {
  return name === null ? '-' : nameText(name);
}

const STATES: Readonly<Record<string, string>> = {
  R: 'running',
  S: 'sleeping',
  D: 'waiting, uninterruptible',
  Z: 'zombie',
  T: 'stopped',
  t: 'traced',
  X: 'dead',
  I: 'idle',
  P: 'parked',
};

const SECCOMP: Readonly<Record<number, string>> = { 0: 'off', 1: 'strict', 2: 'filter' };

function processLines(process: ProcessReport): Line[] {
  const lines: Line[] = [];
  if (process.argv !== undefined) lines.push(['command', process.argv.map(nameText).join(' ') || '-']);
  if (process.exe !== undefined) lines.push(['executable', nameText(process.exe)]);
  lines.push(
    ['parent', String(process.ppid)],
    ...(process.startedAt === undefined ? [] : [['started', process.startedAt] as const]),
    ['state', (STATES[process.state] ?? process.state) + (process.kernel ? ', thread of the kernel' : '')],
    ['threads', String(process.threads)],
  );
  for (const { tid, comm, namespaces, ownFds } of process.differing) {
    const what = [...namespaces.map(refText), ...(ownFds ? ['open files of its own'] : [])].join(' ');
    lines.push([`thread ${String(tid)}`, `(${nameText(comm)}) differs in ${what || 'its cgroup'}`]);
  }
  if (process.nspid !== undefined && process.nspid.length > 1)
    lines.push(['pids', `${process.nspid.join(' > ')}, outermost first`]);
  if (process.root !== undefined)
    lines.push(['root', nameText(process.root) === '/' ? '/' : `${nameText(process.root)} (chroot)`]);
  if (process.uids !== undefined) lines.push(['uids', idsText(process.uids)]);
  if (process.gids !== undefined) lines.push(['gids', `${idsText(process.gids)}${groupsText(process.groups ?? [])}`]);
  const { capabilities } = process;
  if (capabilities !== undefined) {
    lines.push(['effective', capText(capabilities.effective)], ['bounding', capText(capabilities.bounding)]);
    if (capabilities.ambient.length > 0) lines.push(['ambient', capText(capabilities.ambient)]);
  }
  if (process.noNewPrivs !== undefined) lines.push(['no new privs', process.noNewPrivs ? 'yes' : 'no']);
  if (process.seccomp !== undefined) lines.push(['seccomp', SECCOMP[process.seccomp] ?? String(process.seccomp)]);
  if (process.label !== undefined)
    lines.push(['LSM label', process.label === null ? 'none (no module labels tasks)' : nameText(process.label)]);
  for (const [member, outcome] of Object.entries(process.unknown ?? {})) lines.push([member, `? ${outcome}`]);
  return lines;
}

function idsText(ids: readonly number[]): string {
  const [real = 0, effective = 0, saved = 0, fs = 0] = ids;
  return real === effective && effective === saved && saved === fs
    ? String(real)
    : `real ${String(real)}, effective ${String(effective)}, saved ${String(saved)}, file system ${String(fs)}`;
}

function groupsText(groups: readonly number[]): string {
  return groups.length === 0 ? '' : `, groups ${groups.join(' ')}`;
}

/** A set that lacks at most this many is told by what it lacks. */
const FEW = 8;

function capText(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const held = new Set(names);
  const missing = CAPABILITIES.filter((name) => !held.has(name));
  if (missing.length === 0) return 'all';
  return missing.length <= FEW ? `all but ${missing.join(' ')}` : names.join(' ');
}

function namespaceLines(process: ProcessReport): Line[] {
  return process.namespaces.map(({ type, inum, initial, processes, sharedWith, unknown }): Line => {
    if (inum === undefined) return [type, `? ${unknown?.inum ?? ''}`];
    const whose = initial === undefined ? '' : initial ? "the host's" : 'own';
    const shared = sharedWith.length === 0 ? '' : `, shared with ${sharedWith.map(containerText).join(' ')}`;
    const word = initial === false && sharedWith.length > 0 ? '' : whose;
    return [
      type,
      `${String(inum)}  ${word}${shared.replace(/^, /, word === '' ? '' : ', ')}, ${formatPlural(processes, 'process', 'processes')}`,
    ];
  });
}

function cgroupLines(process: ProcessReport): Line[] {
  // Engines give a container the same path in every hierarchy: one line says it.
  const byPath = new Map<string, string[]>();
  for (const { controllers, path } of process.cgroups ?? []) {
    const list = byPath.get(nameText(path)) ?? [];
    list.push(controllers.join() || 'v2');
    byPath.set(nameText(path), list);
  }
  // The path stands by itself: it is too long to be a word beside a value.
  const lines = [...byPath].flatMap(([path, names]): Line[] => [
    ['path', path],
    ['in', names.join(' ')],
  ]);
  const { cssSet } = process;
  if (cssSet === undefined) return lines;
  if (cssSet === null) return [...lines, ['css_set', 'none of its own: a zombie has left its cgroups']];
  const { id, tasks, processes } = cssSet;
  const members = `${formatPlural(tasks, 'task')} of ${formatPlural(processes, 'process', 'processes')}`;
  return [...lines, ['css_set', `${String(id)}, with ${members} in it`]];
}

function rowLines(row: NamespaceRow): Line[] {
  const known = (value: string | number | null | undefined, member: 'id' | 'parent' | 'owner' | 'ownerUid'): string =>
    value === undefined ? `? ${row.unknown?.[member] ?? ''}` : value === null ? '-' : String(value);
  const lines: Line[] = [
    ['id', known(row.id, 'id')],
    [
      'initial',
      row.initial === undefined ? `? ${row.unknown?.initial ?? ''}` : row.initial ? 'yes, made at boot' : 'no',
    ],
  ];
  if (row.type === 'user' || row.type === 'pid') lines.push(['parent', known(row.parent, 'parent')]);
  lines.push([
    'owner',
    row.owner === undefined || row.owner === null ? known(row.owner, 'owner') : `user:[${String(row.owner)}]`,
  ]);
  if (row.type === 'user') lines.push(['owner uid', known(row.ownerUid, 'ownerUid')]);
  lines.push(
    ['processes', String(row.processes)],
    ['threads', String(row.tasks)],
    ['leader', row.leader === null ? '-' : `${String(row.leader.pid)} (${nameText(row.leader.comm)})`],
    ['container', row.container === null ? '-' : containerText(row.container)],
    [
      'held by',
      row.holders.map(({ kind, count }) => `${kind} ${String(count)}`).join(', ') || 'nothing that was found',
    ],
  );
  return lines;
}

function mountLines(mount: MountReport): Line[] {
  const others = mount.elsewhere.sample
    .map(({ mntns, path }) => `${nameText(path)} in mnt:[${String(mntns)}]`)
    .join(', ');
  const rest = mount.elsewhere.count - mount.elsewhere.sample.length;
  return [
    ['in', `mnt:[${String(mount.mntns)}]`],
    ['id', `${String(mount.id)}, below ${String(mount.parent)}`],
    ['file system', `${nameText(mount.fsType)} on ${nameText(mount.source)}, device ${mount.dev}`],
    ['directory', nameText(mount.root)],
    ['options', mount.options.map(nameText).join(',')],
    ['superblock', mount.superOptions.map(nameText).join(', ')],
    ['propagation', mount.propagation.join(' ') || 'private'],
    ['also mounted', others === '' ? 'nowhere else' : others + (rest > 0 ? ` and ${String(rest)} more` : '')],
  ];
}
