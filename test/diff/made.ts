/** Small captures with one container of docker's, `web`, for tests of what changes. */
import { compareCaptures } from '../../src/diff/compare.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupFacts, CgroupsFacet, FileValue, HostLimits, LimitsFacet } from '../../src/schema/cgroups.ts';
import type { DiffChange } from '../../src/schema/diff-document.ts';
import type { EngineContainer, EngineProcess } from '../../src/schema/engines.ts';
import type { MountFacts, MountsFacet, MountTable } from '../../src/schema/mounts.ts';
import type { NamespaceFacts, NamespacesFacet } from '../../src/schema/namespace.ts';
import type { ProcessFacts, StatusFacts } from '../../src/schema/tasks.ts';
import {
  DOCKERS_STATUS,
  INITIAL,
  captureOfFacts,
  cgroupLines,
  namespaceOf,
  namespacesFacetOf,
  processOf,
  tasksOf,
  type Links,
} from '../support/facts.ts';

/** Id of the container that most tests are about, and of the one that takes its place. */
export const WEB = '773bf90a2c1d4e5f'.repeat(4);
export const WEB2 = '99aa00112233ffee'.repeat(4);

/** Namespaces of `web`: numbers from 201 on. */
export const WEB_NS: Links = { mnt: 202, pid: 203, net: 204, ipc: 205, uts: 206 };

/** What the first process of `web` may do: docker's default. */
export const STATUS: StatusFacts = { ...DOCKERS_STATUS, nspid: [100, 1], groups: [0] };

/** What a test says of the host; all else is as usual. */
export interface Made {
  readonly id?: string;
  readonly name?: string;
  readonly image?: string;
  /** Of the container's first process; null: no container runs. */
  readonly leader?: Partial<Omit<ProcessFacts, 'ns'>> | null;
  readonly ns?: Links;
  readonly status?: Partial<StatusFacts>;
  /** Further processes; their cgroup is an index: 0 the root, 1 that of `web`, then those of `paths`. */
  readonly processes?: readonly ProcessFacts[];
  readonly paths?: readonly string[];
  readonly namespaces?: readonly NamespaceFacts[];
  readonly holders?: Partial<Omit<NamespacesFacet, 'namespaces'>>;
  readonly engineProcesses?: readonly EngineProcess[];
  readonly records?: readonly EngineContainer[];
  /** Files of the cgroup of `web` by hierarchy. */
  readonly memory?: Readonly<Record<string, FileValue>>;
  readonly files?: Readonly<Record<string, FileValue>>;
  /** Further cgroups of the memory hierarchy, by path; those of `memory` and their parents are there. */
  readonly cgroups?: readonly (Partial<CgroupFacts> & { readonly path: string })[];
  readonly webMounts?: readonly MountFacts[];
  readonly hostMounts?: readonly MountFacts[];
  readonly tables?: readonly MountTable[];
  readonly limits?: Partial<HostLimits>;
  readonly rest?: Partial<Capture>;
}

/** A number as a file of a cgroup has it. */
export function number(value: bigint | number): FileValue {
  return { kind: 'number', value: String(value) };
}

let mountIds = 1000;

/** A mount; a bind mount of the host's file system unless told otherwise. */
export function mountOf(path: string, rest: Partial<MountFacts> = {}): MountFacts {
  const id = mountIds++;
  return {
    id,
    parent: 1,
    dev: '8:1',
    root: path,
    path,
    options: ['rw', 'relatime'],
    propagation: [],
    fsType: 'ext4',
    source: '/dev/sda1',
    superOptions: ['rw'],
    ...rest,
  };
}

/** The roots of the host and of `web`: the same objects in each capture. */
export const HOST_ROOT = mountOf('/', { id: 1, parent: 0 });
export const WEB_ROOT = mountOf('/', {
  id: 2,
  parent: 1,
  dev: '0:40',
  root: '/',
  fsType: 'overlay',
  source: 'overlay',
});

const MIB = 1n << 20n;

/** A capture of such a host. */
export function made(say: Made = {}): Capture {
  const { id = WEB, name = 'web', image = 'busybox', leader = {}, ns = WEB_NS, status = {}, paths = [] } = say;
  const web = `/docker/${id}`;
  const own: ProcessFacts[] =
    leader === null
      ? []
      : [
          processOf(40, { comm: 'shim' }),
          processOf(100, {
            ppid: 40,
            comm: 'httpd',
            cgroup: 1,
            detail: { status: { ...STATUS, ...status } },
            ...leader,
            ns,
          }),
        ];
  const processes = [
    processOf(1, { comm: 'init' }),
    processOf(2, { comm: 'kthreadd', ppid: 0, kthread: true }),
    ...own,
    ...(say.processes ?? []),
  ];
  const tasks = tasksOf(
    processes,
    [web, ...paths].map((path) => cgroupLines(path, path)),
  );
  const types = Object.entries(ns).flatMap(([type, inum]) =>
    typeof inum === 'number' && inum >= 200 && leader !== null ? [namespaceOf(type as 'net', inum)] : [],
  );
  const namespaces = namespacesFacetOf([...types, ...(say.namespaces ?? [])], say.holders);
  const capture = captureOfFacts(tasks, namespaces, {
    version: 1,
    processes: [
      ...(leader === null
        ? []
        : [{ pid: 40, start: 400, role: 'shim', engine: 'docker', containerId: id, paths: {} } as const]),
      ...(say.engineProcesses ?? []),
    ],
    containers: [...(leader === null ? [] : [recordOf(id, name, image)]), ...(say.records ?? [])],
    coverage: { unread: [] },
  });
  return { ...capture, cgroups: cgroupsOf(web, say), limits: limitsOf(say), mounts: mountsOf(say), ...say.rest };
}

/** What docker writes down of a container. */
export function recordOf(id: string, name: string, image: string): EngineContainer {
  return {
    engine: 'docker',
    id,
    name,
    image,
    createdAt: null,
    startedAt: null,
    pid: null,
    source: '/state',
    via: null,
  };
}

function limitsOf({ limits }: Made): LimitsFacet {
  const host = { memory: String(4096n * MIB), swap: '0', cpus: '0-3', pidMax: 32768, threadsMax: 32000, ...limits };
  return { version: 1, host, processes: [] };
}

function mountsOf({ webMounts = [], hostMounts = [], tables = [], leader }: Made): MountsFacet {
  const host: MountTable = { mntns: INITIAL.mnt, pid: 1, root: '/', mounts: [HOST_ROOT, ...hostMounts] };
  const web: MountTable = { mntns: 202, pid: 100, root: '/', mounts: [WEB_ROOT, ...webMounts] };
  return { version: 1, tables: [host, ...(leader === null ? [] : [web]), ...tables], unread: [] };
}

/** Cgroups of both hierarchies: the root, `/docker`, that of `web`, and further ones of the memory hierarchy. */
function cgroupsOf(web: string, { memory = {}, files = {}, cgroups = [], leader }: Made): CgroupsFacet {
  const list: CgroupFacts[] = [];
  const inodes = new Map<string, number>();
  const add = (hierarchy: number, path: string, rest: Partial<CgroupFacts>): void => {
    const above = path === '/' ? null : path.slice(0, path.lastIndexOf('/')) || '/';
    const parent = above === null ? null : list.findIndex((one) => one.hierarchy === hierarchy && one.path === above);
    const inode = path === '/' ? 1 : inodeOf(path, inodes);
    list.push({ hierarchy, inode, path, parent, files: {}, ...rest });
  };
  for (const hierarchy of [1, 0]) {
    add(hierarchy, '/', {});
    add(hierarchy, '/docker', { files: hierarchy === 1 ? { 'memory.limit_in_bytes': number(1024n * MIB) } : {} });
    const own = hierarchy === 1 ? { 'memory.limit_in_bytes': number(64n * MIB), ...memory } : files;
    if (leader !== null) add(hierarchy, web, { files: own });
    if (hierarchy === 1) for (const { path, ...rest } of cgroups) add(1, path, rest);
  }
  return {
    version: 1,
    hierarchies: [
      { id: 1, version: 1, controllers: ['memory'], name: null, noprefix: false, mounts: [], walked: true },
      { id: 0, version: 2, controllers: ['pids'], name: null, noprefix: false, mounts: [], walked: true },
    ],
    cgroups: list,
    subsystems: null,
    collected: { tids: false, files: 'limits', only: null },
    reread: null,
    coverage: { cgroups: list.length, vanished: 0, denied: 0 },
  };
}

/** A number that follows from the path, so that one path is one cgroup in every capture. */
function inodeOf(path: string, taken: Map<string, number>): number {
  let sum = 17;
  for (const character of path) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 1_000_003;
  taken.set(path, sum);
  return sum;
}

/** What is not noise, each change in a line: importance, aspect, kind, subject, field, values, note. */
export function said(a: Capture, b: Capture, all = false): string[] {
  return compareCaptures(a, b)
    .changes.filter(({ importance }) => all || importance !== 'noise')
    .map(lineOf);
}

/** A change in a line. */
export function lineOf(change: DiffChange): string {
  const { importance, kind, subject, field, from, to, added, removed, container, note, certain, count } = change;
  const values = [...removed.map((one) => `-${text(one)}`), ...added.map((one) => `+${text(one)}`)];
  if (from !== null || to !== null) values.push(`${text(from)} -> ${text(to)}`);
  return [
    importance === 'high' ? '!' : null,
    kind,
    `${subject.type} ${text(subject.name)}`,
    field,
    ...values,
    note === null ? null : `(${text(note)})`,
    subject.type === 'container' || container === null ? null : `in ${text(container.name)}`,
    count === 1 ? null : `x${count}`,
    certain ? null : 'uncertain',
  ]
    .filter((part) => part !== null)
    .join(' ')
    .replaceAll(WEB, 'WEB')
    .replaceAll(WEB2, 'WEB2');
}

function text(name: DiffChange['from']): string {
  return name === null ? 'none' : typeof name === 'string' ? name : name.text;
}
