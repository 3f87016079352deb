/** Hosts with as many containers as one likes, in cgroups with limits, as a capture has them. */
import { parseCgroupFile } from '../../src/parse/cgroup-files.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupFacts, CgroupsFacet, HierarchyFacts, LimitsFacet } from '../../src/schema/cgroups.ts';
import type { EngineContainer } from '../../src/schema/engines.ts';
import { NS_LINKS } from '../../src/schema/namespace.ts';
import type { CgroupLine, ProcessFacts, TasksFacet, ThreadFacts } from '../../src/schema/tasks.ts';

/** A container or a service of a made host. */
export interface MadeUnit {
  readonly name: string;
  /** Of a service of the host null. */
  readonly id: string | null;
  /** By hierarchy: its cgroup there; `/` where it says nothing. */
  readonly paths: Readonly<Record<number, string>>;
  readonly processes: number;
  /** Files of its cgroup, by hierarchy, as text without the newline at the end. */
  readonly files?: Readonly<Record<number, Readonly<Record<string, string>>>>;
  /** Threads of its first process that are elsewhere. */
  readonly apart?: Readonly<Record<number, string>>;
}

/** A hierarchy of a made host. */
export interface MadeTree {
  readonly id: number;
  readonly controllers: readonly string[];
  readonly name?: string;
  /** Files of cgroups that are in nobody's way, or of those above. */
  readonly files?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** The capture of a host of these. */
export function madeCapture(trees: readonly MadeTree[], units: readonly MadeUnit[]): Capture {
  const cgroupsOf: (readonly CgroupLine[])[] = [];
  const known = new Map<string, number>();
  const placed = (paths: Readonly<Record<number, string>>): number => {
    const lines = trees.map(({ id, controllers, name }): CgroupLine => ({
      hierarchy: id,
      controllers: id === 0 ? [] : name === undefined ? controllers : [`name=${name}`],
      path: paths[id] ?? '/',
    }));
    const key = JSON.stringify(lines);
    const index = known.get(key) ?? cgroupsOf.push(lines) - 1;
    known.set(key, index);
    return index;
  };
  const processes: ProcessFacts[] = [processOf(1, 'init', 0, placed({}))];
  const records: EngineContainer[] = [];
  let pid = 100;
  for (const [i, { name, id, paths, processes: count, apart }] of units.entries()) {
    const cgroup = placed(paths);
    const leader = pid;
    for (let n = 0; n < count; n++) {
      const own = processOf(
        pid,
        n === 0 ? name.slice(0, 15) : `worker-${n}`,
        id === null ? 0 : i + 1,
        cgroup,
        n === 0 ? 1 : leader,
      );
      if (n > 0 || apart === undefined) processes.push(own);
      else {
        const thread: ThreadFacts = {
          tid: ++pid,
          start: pid,
          state: 'S',
          comm: name,
          ns: own.ns,
          cgroup: placed(apart),
        };
        processes.push({ ...own, threads: 2, tids: [thread.tid], differing: [thread] });
      }
      pid++;
    }
    if (id === null) continue;
    records.push({
      engine: 'docker',
      id,
      name,
      image: null,
      createdAt: null,
      startedAt: null,
      pid: leader,
      pidStart: leader,
      source: '/state',
      via: null,
    });
  }
  const tasks: TasksFacet = {
    version: 1,
    processes,
    cgroups: cgroupsOf,
    collected: { detail: 'all', cgroups: true, root: true, threadCgroups: true },
    coverage: { processes: processes.length, tasks: processes.length, vanished: 0, denied: 0, malformed: 0 },
  };
  return {
    schema: 'nsinspect/capture/1',
    tool: { name: 'nsinspect', version: '0.0.0-test' },
    takenAt: '2026-03-01T12:00:00.000Z',
    durationMs: 1,
    source: { kind: 'live' },
    redacted: false,
    host: {
      version: 1,
      hostname: 'made',
      kernel: '6.18.0',
      bootId: '0f0f0f0f-1111-2222-3333-444455556666',
    } as Capture['host'],
    tasks,
    engines: { version: 1, processes: [], containers: records, coverage: { unread: [] } },
    cgroups: facetOf(trees, units),
    limits: limitsOf(processes),
  };
}

/** Namespaces of the host are those of number 0. */
function processOf(pid: number, comm: string, home: number, cgroup: number, ppid = 0): ProcessFacts {
  return {
    ...{ pid, ppid, start: pid, state: 'S', comm, kthread: false, threads: 1, cgroup },
    ns: NS_LINKS.map((_, link) => 4026531840 + home * 16 + link),
    detail: { argv: [comm] },
  };
}

function limitsOf(processes: readonly ProcessFacts[]): LimitsFacet {
  return {
    version: 1,
    host: { memory: '68719476736', swap: '0', cpus: '0-15', pidMax: 4194304, threadsMax: 500000 },
    processes: processes.map(({ pid }) => ({
      pid,
      rlimits: { 'Max open files': { soft: '1024', hard: '524288', unit: 'files' } },
      affinity: '0-15',
      openFiles: 7,
    })),
  };
}

function facetOf(trees: readonly MadeTree[], units: readonly MadeUnit[]): CgroupsFacet {
  const cgroups: CgroupFacts[] = [];
  for (const { id, files: shared = {} } of trees) {
    const indexes = new Map<string, number>();
    const texts = new Map<string, Readonly<Record<string, string>>>(Object.entries(shared));
    const add = (path: string): void => {
      if (indexes.has(path)) return;
      const above = path.slice(0, path.lastIndexOf('/')) || '/';
      if (path !== '/') add(above);
      indexes.set(path, cgroups.length);
      const files = Object.entries(texts.get(path) ?? {}).map(([file, text]) => [
        file,
        parseCgroupFile(file, `${text}\n`, id === 0 ? 2 : 1),
      ]);
      cgroups.push({
        hierarchy: id,
        inode: indexes.size,
        path,
        parent: path === '/' ? null : indexes.get(above)!,
        files: Object.fromEntries(files) as CgroupFacts['files'],
      });
    };
    for (const { paths, files = {} } of units)
      texts.set(paths[id] ?? '/', { ...texts.get(paths[id] ?? '/'), ...files[id] });
    add('/');
    for (const path of texts.keys()) add(path);
    for (const { apart } of units) if (apart !== undefined) add(apart[id] ?? '/');
  }
  return {
    version: 1,
    hierarchies: trees.map(({ id, controllers, name = null }): HierarchyFacts => ({
      id,
      version: id === 0 ? 2 : 1,
      controllers,
      name,
      noprefix: false,
      mounts: [
        {
          mntns: 4026531840,
          path: id === 0 ? '/sys/fs/cgroup' : `/sys/fs/cgroup/${name ?? controllers.join()}`,
          root: '/',
        },
      ],
      walked: true,
    })),
    cgroups,
    subsystems: null,
    collected: { tids: false, files: 'all', only: null },
    reread: null,
    coverage: { cgroups: cgroups.length, vanished: 0, denied: 0 },
  };
}

/** An id as docker gives it. */
export function madeId(n: number): string {
  return (n * 2654435761 + 12345).toString(16).padStart(10, '0').repeat(7).slice(0, 64);
}

/** Files of a cgroup on v2. */
export function v2Files({
  memory,
  used,
  pids,
  tasks,
  cpu = 'max',
  kills = 0,
  stopped = 0,
  stall = 0,
}: {
  readonly memory: string;
  readonly used: number;
  readonly pids: string;
  readonly tasks: number;
  readonly cpu?: string;
  readonly kills?: number;
  readonly stopped?: number;
  readonly stall?: number;
}): Readonly<Record<string, string>> {
  const pressure = (some: number): string =>
    `some avg10=${some.toFixed(2)} avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0`;
  return {
    'cgroup.type': 'domain',
    'cgroup.controllers': 'cpu memory pids',
    'cgroup.subtree_control': '',
    'cpu.max': `${cpu} 100000`,
    'cpu.stat': `usage_usec 1000\nuser_usec 600\nsystem_usec 400\nnr_periods 200\nnr_throttled ${stopped}\nthrottled_usec 0`,
    'memory.max': memory,
    'memory.current': String(used),
    'memory.events': `low 0\nhigh 0\nmax ${kills * 3}\noom ${kills}\noom_kill ${kills}`,
    'memory.stat': `anon ${used}\nfile 0\ninactive_file ${Math.floor(used / 8)}`,
    'pids.max': pids,
    'pids.current': String(tasks),
    'pids.events': 'max 0',
    'cpu.pressure': pressure(stall),
    'memory.pressure': pressure(0),
    'io.pressure': pressure(stall / 2),
  };
}

/** So many containers of so many processes each, and services of the host, on a host of v2 alone. */
export function madeCrowd({
  containers,
  processes,
  services,
  below,
}: {
  readonly containers: number;
  readonly processes: number;
  readonly services: number;
  readonly below: number;
}): Capture {
  const units: MadeUnit[] = [];
  for (let n = 0; n < containers; n++) {
    const limited = n % 7 !== 3;
    const used = 2 ** 20 * (8 + ((n * 37) % 500));
    units.push({
      name: `shop-${String(n).padStart(3, '0')}`,
      id: madeId(n),
      paths: { 0: `/system.slice/docker-${madeId(n)}.scope` },
      processes,
      files: {
        0: v2Files({
          memory: limited ? String(2 ** 20 * 512) : 'max',
          used,
          pids: limited ? '512' : 'max',
          tasks: processes,
          cpu: n % 3 === 0 ? '50000' : 'max',
          kills: n % 41 === 5 ? 2 : 0,
          stopped: n % 12 === 0 ? 120 : 0,
          stall: (n * 13) % 30,
        }),
      },
    });
  }
  for (let n = 0; n < services; n++) {
    const path = `/system.slice/service-${String(n).padStart(3, '0')}.service`;
    const files = { 0: v2Files({ memory: 'max', used: 2 ** 20 * n, pids: '4096', tasks: 2 }) };
    units.push({ name: `service-${n}`, id: null, paths: { 0: path }, processes: 2, files });
  }
  const empty: [string, Record<string, string>][] = Array.from({ length: below }, (_, n) => [
    `/user.slice/user-${n % 50}.slice/app-${n}.scope`,
    { 'cgroup.type': 'domain' },
  ]);
  const tree: MadeTree = { id: 0, controllers: ['cpu', 'memory', 'pids'], files: Object.fromEntries(empty) };
  return madeCapture([tree], units);
}
