/** The one grammar by which every command takes what to look at. */
import { ENGINES } from '../schema/engines.ts';
import { NS_LINKS, NS_TYPES } from '../schema/namespace.ts';
import type { NsLink, NsMount, NsType } from '../schema/namespace.ts';
import type { MountFacts, MountsFacet } from '../schema/mounts.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { bytesOf, nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';
import { refText } from '../text/ns-ref.ts';
import type { Container } from './containers.ts';
import { hostMountNamespace } from './host-mount-namespace.ts';
import type { Namespace, Namespaces } from './namespaces.ts';

/** What a TARGET turned out to be. */
export type Target =
  | { readonly kind: 'process'; readonly process: ProcessFacts }
  | { readonly kind: 'container'; readonly container: Container }
  | { readonly kind: 'namespace'; readonly namespace: Namespace }
  | { readonly kind: 'cgroup'; readonly path: string; readonly processes: readonly ProcessFacts[] }
  | { readonly kind: 'mount'; readonly mntns: number; readonly mount: MountFacts };

/** Where targets are looked up; what a command did not collect is not looked through. */
export interface Targets {
  readonly tasks: TasksFacet;
  readonly namespaces?: Namespaces;
  readonly containers?: readonly Container[];
  readonly mounts?: MountsFacet;
}

/** The grammar in one line, for `--help`. */
export const TARGET_HELP =
  'a pid, a container (name, id prefix, docker:web, k8s:ns/pod/container), a namespace (net:[4026532184] or net:4026532184), a cgroup path, or the path of a namespace file or mount';

/**
 * Finds what `text` names. Throws a NsinspectError where it names nothing, or more than one thing: then the candidates are
 * listed in the words that tell them apart.
 */
export function resolveTarget(text: string, where: Targets): Target {
  const found = candidatesOf(text, where);
  if (found.length === 1 && found[0] !== undefined) return found[0];
  if (found.length === 0)
    throw new NsinspectError(notFound(text), { code: 'no-such-target', hint: '--help says what a TARGET can be.' });
  const list = found.slice(0, 8).map(describeTarget).join(', ');
  const more = found.length > 8 ? ` and ${String(found.length - 8)} more` : '';
  throw new NsinspectError(`${text} is ambiguous: it may be ${list}${more}`, { code: 'ambiguous-target' });
}

/** A target in the words that name it without doubt. */
export function describeTarget(target: Target): string {
  switch (target.kind) {
    case 'process':
      return `pid:${String(target.process.pid)} (${nameText(target.process.comm)})`;
    case 'container': {
      const { engine, name, id } = target.container;
      return name === null ? `${engine}:${id}` : `${engine}:${nameText(name)} (${id.slice(0, 12)})`;
    }
    case 'namespace':
      return refText(target.namespace.facts);
    case 'cgroup':
      return `cgroup ${target.path}`;
    case 'mount':
      return `the mount at ${nameText(target.mount.path)} in mnt:[${String(target.mntns)}]`;
  }
}

function notFound(text: string): string {
  if (text === '') return 'the TARGET is empty';
  if (/^(pid:)?[0-9]+$/.test(text))
    return `no process ${text.replace('pid:', '')}, and no container of that name or id`;
  if (parseNamespace(text) !== null) return `no namespace ${text} was found: it may have ended`;
  return `nothing here is called ${text}`;
}

function candidatesOf(text: string, where: Targets): Target[] {
  const ns = parseNamespace(text);
  if (ns !== null) {
    const namespace = where.namespaces?.get(ns);
    return namespace === undefined ? [] : [{ kind: 'namespace', namespace }];
  }
  if (text.startsWith('/')) return pathCandidates(text, where);
  const [, prefix, rest] = /^([a-z0-9-]+):(.+)$/s.exec(text) ?? [];
  if (prefix === 'pid' && rest !== undefined) return processCandidates(rest, where);
  const processes = processCandidates(text, where);
  const containers = containerCandidates(text, prefix, rest, where);
  // A whole pid or name is meant before the beginning of an id is: else a script's pids would be ambiguous by chance.
  return containers.isWhole || processes.length === 0 ? [...processes, ...containers.found] : processes;
}

function parseNamespace(text: string): { type: NsType; inum: number } | null {
  const [, type, bracketed, bare] = /^([a-z]+):(?:\[([0-9]+)\]|([0-9]+))$/.exec(text) ?? [];
  if (type === undefined || !NS_TYPES.includes(type as NsType) || type === 'pid') {
    // `pid:812` is a process, `pid:[4026531836]` a namespace.
    if (type !== 'pid' || (bracketed === undefined && Number(bare) < FIRST_INUM)) return null;
  }
  return { type: type as NsType, inum: Number(bracketed ?? bare) };
}

/** Inode numbers of namespaces begin here (PROC_DYNAMIC_FIRST, fs/proc/generic.c), far above any pid. */
const FIRST_INUM = 0xf000_0000;

function processCandidates(text: string, { tasks }: Targets): Target[] {
  if (!/^[0-9]+$/.test(text)) return [];
  const pid = Number(text);
  const process = tasks.processes.find((one) => one.pid === pid || one.tids?.includes(pid) === true);
  return process === undefined ? [] : [{ kind: 'process', process }];
}

/** Containers by name or id; where there is none, by the beginning of the id. */
function containerCandidates(
  text: string,
  prefix: string | undefined,
  rest: string | undefined,
  { containers = [] }: Targets,
): { readonly found: readonly Target[]; readonly isWhole: boolean } {
  const asTargets = (list: readonly Container[]): Target[] =>
    list.map((container) => ({ kind: 'container', container }));
  if (prefix === 'k8s' && rest !== undefined) {
    return { found: asTargets(containers.filter((one) => isPodContainer(one, rest))), isWhole: true };
  }
  const engine = ENGINES.find((name) => name === prefix);
  const among = engine === undefined ? containers : containers.filter((one) => one.engine === engine);
  const wanted = engine === undefined || rest === undefined ? text : rest;
  const named = among.filter(({ name, id }) => (name !== null && nameText(name) === wanted) || id === wanted);
  if (named.length > 0) return { found: asTargets(named), isWhole: true };
  return { found: asTargets(wanted.length < 2 ? [] : among.filter(({ id }) => id.startsWith(wanted))), isWhole: false };
}

function isPodContainer({ pod }: Container, text: string): boolean {
  if (pod === null) return false;
  const [namespace, name, container] = text.split('/');
  const isPod = nameText(pod.namespace) === namespace && nameText(pod.name) === name;
  return isPod && (container === undefined || (pod.container !== null && nameText(pod.container) === container));
}

function pathCandidates(path: string, where: Targets): Target[] {
  const [, pid, link] = /^\/proc\/([0-9]+)\/ns\/([a-z_]+)$/.exec(path) ?? [];
  if (pid !== undefined && link !== undefined) return linkCandidates(Number(pid), link, where);
  const [, holder, fd] = /^\/proc\/([0-9]+)\/(?:task\/[0-9]+\/)?fd\/([0-9]+)$/.exec(path) ?? [];
  if (holder !== undefined && fd !== undefined) return openFileCandidates(Number(holder), Number(fd), where);
  return [...mountedNamespaces(path, where), ...cgroupCandidates(path, where), ...mountCandidates(path, where)];
}

function linkCandidates(pid: number, link: string, { tasks, namespaces }: Targets): Target[] {
  const at = NS_LINKS.indexOf(link as NsLink);
  const inum = tasks.processes.find((process) => process.pid === pid)?.ns[at];
  const type = NS_TYPES[at] ?? (link === 'pid_for_children' ? 'pid' : 'time');
  const namespace = typeof inum === 'number' ? namespaces?.get({ type, inum }) : undefined;
  return namespace === undefined ? [] : [{ kind: 'namespace', namespace }];
}

function openFileCandidates(pid: number, fd: number, { namespaces }: Targets): Target[] {
  const found = namespaces?.all.filter((ns) => ns.fds.some((one) => one.pid === pid && one.fd === fd)) ?? [];
  return found.map((namespace) => ({ kind: 'namespace', namespace }));
}

/**
 * Namespaces mounted at that path: in each mount namespace the one on top, which is what the path leads to. Where the mount
 * namespace of the init process has one, that is meant; the same one mounted in several is one.
 */
function mountedNamespaces(path: string, { namespaces, tasks }: Targets): Target[] {
  const onTop = new Map<number, NsMount>();
  for (const mount of namespaces?.mounts ?? []) if (nameText(mount.path) === path) onTop.set(mount.mntns, mount);
  const own = onTop.get(hostMountNamespace(tasks) ?? -1);
  const meant = own === undefined ? [...onTop.values()] : [own];
  const found = new Set(meant.map((mount) => namespaces?.get(mount)));
  return [...found].flatMap((namespace) => (namespace === undefined ? [] : [{ kind: 'namespace', namespace }]));
}

/** A path below the root of a hierarchy, as `/proc/PID/cgroup` shows it, or one below where it is mounted. */
function cgroupCandidates(path: string, where: Targets): Target[] {
  const wanted = new Set([path === '/' ? path : path.replace(/\/+$/, '')]);
  for (const mount of where.mounts?.tables.flatMap((table) => table.mounts) ?? []) {
    const point = nameText(mount.path);
    // The mount point itself names the mount, not the root cgroup behind it.
    if ((mount.fsType === 'cgroup' || mount.fsType === 'cgroup2') && path.startsWith(`${point}/`)) {
      wanted.add(`${nameText(mount.root).replace(/\/$/, '')}${path.slice(point.length)}` || '/');
    }
  }
  if (path === '/') return [];
  const isInside = new Set<number>();
  for (const [index, lines] of where.tasks.cgroups.entries()) {
    if (lines.some((line) => wanted.has(nameText(line.path)))) isInside.add(index);
  }
  if (isInside.size === 0) return [];
  const processes = where.tasks.processes.filter(({ cgroup }) => cgroup !== null && isInside.has(cgroup));
  const [shown = path] = [...wanted].filter((one) =>
    where.tasks.cgroups.flat().some((line) => nameText(line.path) === one),
  );
  return [{ kind: 'cgroup', path: shown, processes }];
}

/** Mounts at that path in the mount namespace of the init process, or else in any. */
function mountCandidates(path: string, { mounts, tasks }: Targets): Target[] {
  const own = hostMountNamespace(tasks);
  const tables = mounts?.tables ?? [];
  const preferred = tables.filter(({ mntns }) => mntns === own);
  for (const among of [preferred, tables]) {
    const found = among.flatMap((table): Target[] => {
      // The last one mounted at a path is the one on top.
      const mount = table.mounts.findLast((one) => bytesOf(one.path) === bytesOf(path));
      return mount === undefined ? [] : [{ kind: 'mount', mntns: table.mntns, mount }];
    });
    if (found.length > 0) return found;
  }
  return [];
}
