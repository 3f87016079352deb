/** Hosts with containers as a test describes them, for what reports make of them. */
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupFacts } from '../../src/schema/cgroups.ts';
import type { EngineContainer } from '../../src/schema/engines.ts';
import type { Name } from '../../src/schema/name.ts';
import { NS_TYPES, type NamespaceFacts, type NamespacesFacet, type NsType } from '../../src/schema/namespace.ts';
import type { CgroupLine, ProcessFacts, StatusFacts } from '../../src/schema/tasks.ts';
import { madeFacet, VAST, type MadeFiles } from '../model/limits/made-cgroups.ts';
import {
  captureOfFacts,
  DOCKERS_STATUS,
  namespaceOf,
  namespacesFacetOf,
  processOf,
  tasksOf,
} from '../support/facts.ts';

/** A container of a made host. */
export interface MadeContainer {
  readonly engine?: 'docker' | 'cri';
  /** Namespaces that are not its own: the host's, those of a container by name, a number, or not to be read. */
  readonly share?: Readonly<Partial<Record<NsType, 'host' | 'denied' | number | { readonly of: string }>>>;
  /** How many processes; one unless told otherwise. */
  readonly processes?: number;
  readonly image?: Name;
  readonly pod?: { readonly namespace: string; readonly name: string; readonly container: string | null };
  /** Files of its cgroup, which is one of v2. */
  readonly files?: MadeFiles;
  readonly status?: Partial<StatusFacts>;
}

/** Types that engines keep apart. */
const APART: readonly NsType[] = ['mnt', 'pid', 'net', 'ipc', 'uts'];

/** All capabilities. */
export const ALL = '000001ffffffffff';

/** A host to which a test adds containers and processes. */
export class MadeHost {
  readonly #processes: ProcessFacts[] = [];
  readonly #cgroups: CgroupLine[][] = [];
  readonly #records: EngineContainer[] = [];
  readonly #namespaces: NamespaceFacts[] = [];
  readonly #homes = new Map<string, ReadonlyMap<NsType, number>>();
  readonly #files: CgroupFacts[] = [];
  #pid = 100;
  #inum = 1000;

  constructor() {
    const status = { ...DOCKERS_STATUS, capEff: ALL, capPrm: ALL, capBnd: ALL, seccomp: 0 };
    this.#processes.push(
      processOf(1, { comm: 'init', detail: { status } }),
      processOf(2, { ppid: 0, comm: 'kthreadd', kthread: true, detail: { status } }),
    );
  }

  /** Adds a container; gives the pid of its first process. */
  container(name: string | null, made: MadeContainer = {}): number {
    const { engine = 'docker', share = {}, processes = 1, image = 'shop/web:1', pod, files, status } = made;
    const id = (this.#records.length + 1).toString(16).padStart(64, '0');
    const path = engine === 'docker' ? `/docker/${id}` : `/kubepods/pod${String(this.#records.length)}/${id}`;
    const home = new Map<NsType, number>();
    const ns: Record<string, number | null> = {};
    for (const type of NS_TYPES) {
      const said = share[type] ?? (APART.includes(type) ? 'own' : 'host');
      if (said === 'host') continue;
      const inum =
        said === 'denied'
          ? null
          : typeof said === 'number'
            ? said
            : said === 'own'
              ? this.namespace(type)
              : this.#homes.get(said.of)!.get(type)!;
      ns[type] = inum;
      if (inum !== null) home.set(type, inum);
    }
    if (name !== null) this.#homes.set(name, home);
    const leader = this.#pid;
    const detail = { status: { ...DOCKERS_STATUS, ...status } };
    const unknownNs = Object.fromEntries(
      Object.entries(ns).flatMap(([type, one]) => (one === null ? [[type, 'denied']] : [])),
    );
    for (let i = 0; i < processes; i++) {
      this.process({
        comm: i === 0 ? 'server' : 'worker',
        ppid: i === 0 ? 1 : leader,
        ns: ns,
        cgroup: this.#cgroup(path),
        detail,
        ...(Object.keys(unknownNs).length > 0 && { unknownNs }),
      });
    }
    this.#records.push({
      ...{ engine, id, name, image, createdAt: null, startedAt: null, pid: leader, source: '/state', via: null },
      ...(pod !== undefined && { pod }),
    });
    if (files !== undefined) {
      const own = madeFacet([{ version: 2, controllers: [], chain: [[path, files]] }]).cgroups[0]!;
      this.#files.push({ ...own, inode: 1000 + this.#files.length, parent: 0 });
    }
    return leader;
  }

  /** Adds a process of the host, or what is said; gives its pid. */
  process(facts: Parameters<typeof processOf>[1] = {}): number {
    const pid = this.#pid++;
    this.#processes.push(processOf(pid, facts));
    return pid;
  }

  /** Adds a namespace; gives its number. */
  namespace(type: NsType, rest: Partial<NamespaceFacts> = {}): number {
    const inum = this.#inum++;
    this.#namespaces.push(namespaceOf(type, inum, rest));
    return inum;
  }

  /** The namespace of a container. */
  of(name: string, type: NsType): number {
    return this.#homes.get(name)!.get(type)!;
  }

  /** The capture of all of it, with what else holds namespaces. */
  capture(holders: Partial<Omit<NamespacesFacet, 'namespaces'>> = {}): Capture {
    const containers = this.#records;
    const all = captureOfFacts(tasksOf(this.#processes, this.#cgroups), namespacesFacetOf(this.#namespaces, holders), {
      version: 1,
      processes: [],
      containers,
      coverage: { unread: [] },
    });
    if (this.#files.length === 0) return all;
    const root = madeFacet([{ version: 2, controllers: ['memory', 'cpu', 'pids'], chain: [['/', {}]] }]);
    return {
      ...all,
      cgroups: { ...root, cgroups: [...root.cgroups, ...this.#files] },
      limits: { version: 1, host: VAST, processes: [] },
    };
  }

  #cgroup(path: string): number {
    const known = this.#cgroups.findIndex((lines) => lines[0]?.path === path);
    // The first of the facet is the root.
    return 1 + (known >= 0 ? known : this.#cgroups.push([{ hierarchy: 0, controllers: [], path }]) - 1);
  }
}

/** A small shop, with what people do to containers. */
export function shop(): Capture {
  const host = new MadeHost();
  host.container('web', {
    processes: 3,
    files: {
      'memory.max': '67108864',
      'memory.current': '60129542',
      'cpu.max': '50000 100000',
      'pids.max': '20',
      'pids.current': '3',
    },
  });
  host.container('sidecar', {
    share: { net: { of: 'web' } },
    files: { 'memory.max': 'max', 'memory.current': '4096' },
  });
  host.container('agent', {
    image: 'ops/agent:7',
    share: { pid: 'host', net: 'host' },
    status: { capEff: ALL, capBnd: ALL, seccomp: 0 },
  });
  host.container('db', {
    share: { user: host.namespace('user'), cgroup: host.namespace('cgroup') },
    status: { noNewPrivs: true, capEff: '0000000000000000' },
    files: { 'memory.max': '1073741824', 'memory.current': '1073741824', 'pids.max': '100', 'pids.current': '81' },
  });
  const pod = { namespace: 'default', name: 'cart-1' };
  host.container('sandbox', { engine: 'cri', pod: { ...pod, container: null } });
  for (const container of ['app', 'proxy']) {
    const shared = { net: { of: 'sandbox' }, ipc: { of: 'sandbox' }, uts: { of: 'sandbox' } };
    host.container(container, { engine: 'cri', share: shared, pod: { ...pod, container } });
  }
  host.container('locked', { share: { mnt: 'denied', net: 'denied' } });
  host.process({ comm: 'tcpdump', ns: { net: host.of('web', 'net') } });
  const sandbox = host.process({ comm: 'bash', ns: { mnt: host.namespace('mnt'), net: host.namespace('net') } });
  const holder = host.process({ comm: 'keeper' });
  const kept = host.namespace('net');
  const named = host.namespace('net');
  const above = host.namespace('user');
  host.process({
    comm: 'nested',
    ppid: sandbox,
    ns: { user: host.namespace('user', { parent: above, owner: above }) },
  });
  return host.capture({
    fds: [{ type: 'net', inum: kept, pid: holder, tid: holder, fd: 5 }],
    mounts: [{ type: 'net', inum: named, mntns: 102, path: '/run/netns/blue' }],
  });
}

/** Many containers, most of them alike. */
export function crowd(count: number, processes = 5): Capture {
  const host = new MadeHost();
  for (let i = 0; i < count; i++) {
    const name = `job-${String(i).padStart(3, '0')}`;
    const isAgent = i % 40 === 7;
    const joins = i % 10 === 4 ? { net: { of: `job-${String(i - 1).padStart(3, '0')}` } } : {};
    host.container(name, {
      processes,
      share: isAgent ? { net: 'host', pid: 'host' } : joins,
      status: i % 50 === 9 ? { capEff: ALL, capBnd: ALL } : {},
      files: {
        'memory.max': i % 3 === 0 ? 'max' : String(64 * 1024 * 1024 * (1 + (i % 4))),
        'memory.current': String(1024 * 1024 * (i % 60)),
        'pids.max': '100',
        'pids.current': String(processes),
      },
    });
  }
  return host.capture();
}
