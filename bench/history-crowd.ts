/** A host that is not there: captures of any size, each like the one before but for a share that moved on. */
import { CAPTURE_SCHEMA } from '../src/schema/capture.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { CgroupFacts, FileValue, ProcessLimits } from '../src/schema/cgroups.ts';
import type { MountFacts, MountTable } from '../src/schema/mounts.ts';
import type { NamespaceFacts } from '../src/schema/namespace.ts';
import type { ProcessFacts } from '../src/schema/tasks.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import { LayerCrowd, type MadeContainer } from './layer-crowd.ts';

/** How large the host is. */
export interface HistoryCrowd {
  readonly tasks: number;
  readonly containers: number;
  /** Mounts of a container. */
  readonly mounts?: number;
  /** Whether the engine's records of layers are there, too. */
  readonly layers?: boolean;
}

/** What differs from one capture to the next. */
export interface Passing {
  /** Of all tasks: half of them end and others start, half run something else. */
  readonly churn: number;
  /** Of all cgroups: their usage moves on. */
  readonly busy: number;
}

const INUM = 4026531840;
const HEX = '0123456789abcdef';

/** Numbers that look random and are the same each time (Park and Miller's generator). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed % 2147483646) + 1;
  }

  below(bound: number): number {
    this.#state = (this.#state * 48271) % 2147483647;
    return this.#state % bound;
  }
}

/** A host with a crowd. */
export class HistoryHost {
  readonly #dice = new Dice(20);
  readonly #crowd: HistoryCrowd;
  readonly #layers: LayerCrowd | null;
  readonly #mounts: readonly MountTable[];
  readonly #namespaces: readonly NamespaceFacts[];
  readonly #containers: readonly MadeContainer[];
  readonly #limits: readonly ProcessLimits[];
  #processes: ProcessFacts[];
  #cgroups: CgroupFacts[];
  #nextPid: number;
  #seconds = 0;

  constructor(crowd: HistoryCrowd) {
    this.#crowd = crowd;
    const { tasks, containers } = crowd;
    const numbers = Array.from({ length: containers + 1 }, (_, at) => at);
    this.#processes = Array.from({ length: tasks }, (_, at) => this.#process(at + 1, at % (containers + 1), 'worker'));
    this.#nextPid = tasks + 1;
    this.#cgroups = numbers.map((at) => cgroupOf(at));
    this.#namespaces = numbers.flatMap((at) =>
      NS_TYPES.map((type, index) => ({
        type,
        inum: namespaceInum(at, index),
        id: String(at * 16 + index),
        parent: null,
        owner: INUM,
        initial: at === 0,
      })),
    );
    this.#containers = numbers.slice(1).map((at) => ({
      engine: 'docker',
      id: idOf(at),
      name: `service-${at}`,
      image: `sha256:${idOf(at % 20)}`,
      createdAt: '2026-01-01T00:00:00Z',
      startedAt: '2026-01-01T00:00:01Z',
      pid: at + 1,
      labels: { 'com.example.service': `service-${at}`, 'com.example.version': '1.2.3' },
      source: `/var/lib/docker/containers/${idOf(at)}/config.v2.json`,
      via: null,
    }));
    this.#layers = crowd.layers === true ? new LayerCrowd(this.#containers) : null;
    this.#mounts = numbers.map((at) => this.#mountTable(at));
    this.#limits = numbers.map((at) => limitsOf(at + 1));
  }

  /** What a capture holds now. */
  capture(): Capture {
    const { tasks } = this.#crowd;
    return {
      schema: CAPTURE_SCHEMA,
      tool: { name: 'nsinspect', version: '0.0.0-bench' },
      takenAt: new Date(Date.UTC(2026, 0, 1) + this.#seconds * 1000).toISOString(),
      durationMs: 100,
      source: { kind: 'live' },
      redacted: false,
      host: {
        version: 1,
        bootId: '4f1c2e1e-0b7d-4a53-9d4e-6d6c5a4b3c2d',
        hostname: 'bench',
        kernel: '6.12.0',
        bootTime: 1767225600,
        uptime: 1000 + this.#seconds,
        ticksPerSecond: 100,
        reader: { pid: 999999, uid: 0, capEff: '000001ffffffffff' },
      },
      tasks: {
        version: 1,
        processes: this.#processes,
        cgroups: this.#cgroups.map(({ path }) => [{ hierarchy: 0, controllers: [], path }]),
        collected: { detail: 'all', cgroups: true, root: true, threadCgroups: true },
        coverage: { processes: tasks, tasks, vanished: 0, denied: 0, malformed: 0 },
      },
      namespaces: {
        version: 1,
        namespaces: this.#namespaces,
        fds: [],
        sockets: [],
        mounts: [],
        coverage: {
          notSearched: [],
          socketsExamined: this.#seconds,
          socketsDenied: 0,
          fdTablesDenied: 0,
          fdInfosMalformed: 0,
          mountNamespacesSearched: 1,
          mountNamespacesNotSearched: {},
          mountNamespacesWithoutTask: 0,
        },
      },
      mounts: { version: 1, tables: this.#mounts, unread: [] },
      ...(this.#layers === null ? {} : { layers: this.#layers.facet }),
      engines: { version: 1, processes: [], containers: this.#containers, coverage: { unread: [] } },
      cgroups: {
        version: 1,
        hierarchies: [
          {
            id: 0,
            version: 2,
            controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'],
            name: null,
            noprefix: false,
            mounts: [{ mntns: INUM, path: '/sys/fs/cgroup', root: '/' }],
            walked: true,
          },
        ],
        cgroups: this.#withMembers(),
        subsystems: null,
        collected: { tids: true, files: 'limits', only: null },
        reread: { members: [], populated: [], changing: [] },
        coverage: { cgroups: this.#cgroups.length, vanished: 0, denied: 0 },
      },
      limits: {
        version: 1,
        host: { memory: '68719476736', swap: '0', cpus: '0-15', pidMax: 4194304, threadsMax: 500000 },
        processes: this.#limits,
      },
    };
  }

  /** Time goes by. */
  pass({ churn, busy }: Passing): void {
    this.#seconds += 5;
    const processes = [...this.#processes];
    const count = Math.round(processes.length * churn);
    for (let at = 0; at < count; at++) {
      const place = this.#dice.below(processes.length);
      const old = processes[place];
      if (old === undefined) continue;
      if (at % 2 === 0) processes[place] = { ...old, comm: `run-${this.#dice.below(1000)}` };
      else {
        processes.splice(place, 1);
        processes.push(this.#process(this.#nextPid++, old.cgroup ?? 0, 'new'));
      }
    }
    // The kernel tells pids in order.
    this.#processes = processes;
    this.#cgroups = this.#cgroups.map((cgroup) =>
      this.#dice.below(1000) < busy * 1000 ? { ...cgroup, files: movedOn(cgroup.files, this.#dice) } : cgroup,
    );
  }

  #process(pid: number, container: number, comm: string): ProcessFacts {
    const caps = container === 0 ? '000001ffffffffff' : '00000000a80425fb';
    const numbers = NS_TYPES.map((_, index) => namespaceInum(container, index));
    return {
      pid,
      ppid: pid === 1 ? 0 : 1,
      start: 1000 + pid,
      state: 'S',
      comm: `${comm}-${pid % 7}`,
      kthread: false,
      threads: 1,
      ns: [...numbers, numbers[2] ?? 0, numbers[7] ?? 0],
      cgroup: container,
      detail: {
        status: {
          nspid: container === 0 ? [pid] : [pid, (pid % 50) + 1],
          uids: [0, 0, 0, 0],
          gids: [0, 0, 0, 0],
          groups: [],
          capInh: '0000000000000000',
          capPrm: caps,
          capEff: caps,
          capBnd: caps,
          capAmb: '0000000000000000',
          noNewPrivs: false,
          seccomp: container === 0 ? 0 : 2,
          seccompFilters: container === 0 ? 0 : 1,
        },
        argv: ['/usr/bin/service', '--listen', `0.0.0.0:${8000 + (pid % 100)}`, '--config', '/etc/service/config.yaml'],
        exe: '/usr/bin/service',
        label: null,
      },
    };
  }

  #mountTable(container: number): MountTable {
    const mounts = Array.from({ length: this.#crowd.mounts ?? 30 }, (_, at) =>
      mountOf(container * 100 + at, at, container, this.#layers?.stacks[container - 1]),
    );
    return { mntns: namespaceInum(container, 1), pid: container + 1, root: '/', mounts };
  }

  #withMembers(): CgroupFacts[] {
    const tids = this.#cgroups.map((): number[] => []);
    for (const { pid, cgroup } of this.#processes) tids[cgroup ?? 0]?.push(pid);
    return this.#cgroups.map((cgroup, at) => ({ ...cgroup, tids: tids[at] ?? [] }));
  }
}

function namespaceInum(container: number, index: number): number {
  return INUM + container * 16 + index;
}

function idOf(number: number): string {
  const dice = new Dice(number + 7);
  return Array.from({ length: 64 }, () => HEX[dice.below(16)]).join('');
}

function mountOf(id: number, at: number, container: number, stack?: readonly string[]): MountFacts {
  const layer = (name: string): string => `/var/lib/docker/overlay2/${idOf(container)}/${name}`;
  const [upper = layer('diff'), ...lower] = stack ?? [layer('diff'), layer('l1'), layer('l2')];
  const isRoot = at === 0 && container > 0;
  return {
    id,
    parent: Math.max(1, id - at),
    dev: isRoot ? `0:${100 + container}` : `0:${20 + at}`,
    root: '/',
    path: at === 0 ? '/' : `/proc/some/path/${at}`,
    options: ['rw', 'nosuid', 'nodev', 'relatime'],
    propagation: at % 2 === 0 ? [] : [`shared:${at}`],
    fsType: isRoot ? 'overlay' : 'tmpfs',
    source: isRoot ? 'overlay' : 'tmpfs',
    superOptions: isRoot
      ? ['rw', `lowerdir=${lower.join(':')}`, `upperdir=${upper}`, `workdir=${upper.replace(/diff$/, 'work')}`]
      : ['rw', 'size=65536k', 'mode=755'],
  };
}

function limitsOf(pid: number): ProcessLimits {
  const names = ['cpu time', 'file size', 'data size', 'stack size', 'core file size', 'processes', 'open files'];
  return {
    pid,
    rlimits: Object.fromEntries(
      names.map((name) => [`Max ${name}`, { soft: '1048576', hard: 'unlimited', unit: 'bytes' }]),
    ),
    affinity: '0-15',
    openFiles: 20 + (pid % 10),
  };
}

const number = (value: number): FileValue => ({ kind: 'number', value: String(value) });

const keyed = (entries: Readonly<Record<string, number>>): FileValue => ({
  kind: 'keyed',
  entries: Object.entries(entries).map(([key, value]) => [key, String(value)]),
});

const pressure = (total: number): FileValue => ({
  kind: 'nested',
  entries: ['some', 'full'].map((key) => ({
    key,
    values: { avg10: `${total % 10}.${(total % 90) + 10}`, avg60: '0.12', avg300: '0.05', total: String(total) },
  })),
});

/** The files that `files: 'limits'` asks of a container of docker. */
function cgroupOf(container: number): CgroupFacts {
  const use = 1000 * (container + 1);
  return {
    hierarchy: 0,
    inode: container + 1,
    path: container === 0 ? '/' : `/system.slice/docker-${idOf(container)}.scope`,
    parent: container === 0 ? null : 0,
    uid: 0,
    files: {
      'cgroup.type': { kind: 'words', words: ['domain'] },
      'cgroup.controllers': { kind: 'words', words: ['cpuset', 'cpu', 'io', 'memory', 'pids'] },
      'cgroup.subtree_control': { kind: 'words', words: [] },
      'cgroup.events': keyed({ populated: 1, frozen: 0 }),
      'cgroup.freeze': number(0),
      'cgroup.stat': keyed({ nr_descendants: 0, nr_dying_descendants: 0 }),
      'cgroup.max.depth': { kind: 'max' },
      'cgroup.max.descendants': { kind: 'max' },
      'cpu.max': { kind: 'pair', first: 'max', second: '100000' },
      'cpu.weight': number(100),
      'cpu.stat': keyed({
        usage_usec: use * 977,
        user_usec: use * 600,
        system_usec: use * 377,
        nr_periods: 0,
        nr_throttled: 0,
        throttled_usec: 0,
        nr_bursts: 0,
        burst_usec: 0,
      }),
      'cpu.pressure': pressure(use),
      'cpuset.cpus': { kind: 'list', list: '' },
      'cpuset.cpus.effective': { kind: 'list', list: '0-15' },
      'io.max': { kind: 'nested', entries: [] },
      'io.stat': {
        kind: 'nested',
        entries: [
          {
            key: '259:0',
            values: { rbytes: String(use * 4096), wbytes: '0', rios: String(use), wios: '0', dbytes: '0', dios: '0' },
          },
        ],
      },
      'io.pressure': pressure(use),
      'memory.max': number(536870912),
      'memory.high': { kind: 'max' },
      'memory.low': number(0),
      'memory.min': number(0),
      'memory.current': number(use * 4096),
      'memory.peak': number(use * 8192),
      'memory.swap.max': { kind: 'max' },
      'memory.swap.current': number(0),
      'memory.events': keyed({ low: 0, high: 0, max: 0, oom: 0, oom_kill: 0, oom_group_kill: 0 }),
      'memory.pressure': pressure(use),
      'pids.max': { kind: 'max' },
      'pids.current': number(25),
      'pids.peak': number(30),
      'pids.events': keyed({ max: 0 }),
    },
  };
}

/** Time used, memory used, and what waited for them. */
function movedOn(files: CgroupFacts['files'], dice: Dice): CgroupFacts['files'] {
  const usec = dice.below(5_000_000);
  return {
    ...files,
    'cpu.stat': keyed({
      usage_usec: 10_000_000 + usec * 3,
      user_usec: 5_000_000 + usec * 2,
      system_usec: 5_000_000 + usec,
      nr_periods: 0,
      nr_throttled: 0,
      throttled_usec: 0,
      nr_bursts: 0,
      burst_usec: 0,
    }),
    'cpu.pressure': pressure(usec),
    'memory.current': number(dice.below(100_000) * 4096),
  };
}
