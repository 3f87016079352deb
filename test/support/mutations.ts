/** Every limit that a probe drives, loosened or removed behind its back: the probe must notice. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

import type { Launcher, Probe } from '../../src/probe/launch/launcher.ts';
import { NativeLauncher } from '../../src/probe/launch/native.ts';
import { throttle } from '../../src/probe/probes/limits/io.ts';
import { LIMIT_PROBES } from '../../src/probe/probes/limits/index.ts';
import type { Tamper } from '../../src/probe/probes/probe.ts';
import { lackOf, lookAround, type World } from '../../src/probe/probes/world.ts';
import { runSuite } from '../../src/probe/suite.ts';
import type { ProbeResult } from '../../src/schema/bench.ts';

/** A change of the limit. */
export interface Mutation {
  /** Id of the probe. */
  readonly id: string;
  /** What is changed. */
  readonly what: string;
  readonly tamper: Tamper;
  /** Only where the machine is for probes alone, and has what it takes; see `--own-machine`. */
  readonly own?: boolean;
  /** Only in a hierarchy of this version is the limit enforced. */
  readonly version?: 1 | 2;
}

/** A value, with the names of both versions. */
const set =
  (controller: string, v1: [file: string, value: string], v2: [file: string, value: string], group?: string): Tamper =>
  (probe) => {
    const [file, value] = probe.scope.version(controller) === 1 ? v1 : v2;
    probe.scope.set({ controller, file, value, group: group ?? probe.group });
  };

const quota = (usec: number, period: number) =>
  set('cpu', ['cpu.cfs_quota_us', String(usec)], ['cpu.max', `${usec < 0 ? 'max' : usec} ${period}`]);

const memory = (bytes: number, group?: string): Tamper => {
  const value = String(bytes);
  const limit = set('memory', ['memory.limit_in_bytes', value], ['memory.max', value], group);
  return (probe) => {
    // Memory and swap together may never have less than memory alone: on the way up it goes first.
    if (probe.read('memory', 'memory.memsw.limit_in_bytes', group) !== null) {
      probe.scope.set({
        controller: 'memory',
        file: 'memory.memsw.limit_in_bytes',
        value,
        group: group ?? probe.group,
      });
    }
    limit(probe);
  };
};

/** The throttle is taken off the disk and put on another, if there is one. */
function elsewhere(world: World, direction: 'read' | 'write', kind: 'bps' | 'iops', limit: number): Tamper {
  return (probe: Probe) => {
    const { disk } = world;
    if (typeof disk === 'string') throw new Error(disk);
    const put = (dev: string, value: number | null) =>
      probe.scope.set({ ...throttle(world, dev, { direction, kind, limit: value }), group: probe.group });
    put(disk.dev, null);
    const others = readdirSync('/sys/block').map((name) => readFileSync(`/sys/block/${name}/dev`, 'latin1').trim());
    const other = others.find((dev) => dev !== disk.dev);
    if (other !== undefined) put(other, limit);
  };
}

const twice = (world: World, direction: 'read' | 'write', kind: 'bps' | 'iops', limit: number): Tamper => {
  return (probe) => {
    if (typeof world.disk === 'string') throw new Error(world.disk);
    probe.scope.set({
      ...throttle(world, world.disk.dev, { direction, kind, limit: 2 * limit }),
      group: probe.group,
    });
  };
};

/** The payload is moved to a cgroup beside its own, in every hierarchy. */
const moved: Tamper = (probe) => {
  const controller = probe.scope.version('perf_event') === null ? 'v2' : 'perf_event';
  probe.scope.makeGroup('elsewhere', [controller]);
  probe.scope.join('elsewhere', probe.pid);
};

const MIB = 1 << 20;

/** Those that concern this machine. */
export function mutations(world: World, ownMachine = false): Mutation[] {
  const cpus = world.cpus.join(',');
  const other = String(world.cpus[0]);
  const all: Mutation[] = [
    { id: 'limits/cpu-quota/10-of-100ms', what: '2 x quota', tamper: quota(20_000, 100_000) },
    { id: 'limits/cpu-quota/10-of-100ms', what: 'no quota', tamper: quota(-1, 100_000) },
    { id: 'limits/cpu-quota/50-of-100ms', what: '2 x quota', tamper: quota(100_000, 100_000) },
    { id: 'limits/cpu-quota/5-of-10ms', what: '2 x quota', tamper: quota(10_000, 10_000) },
    { id: 'limits/cpu-quota/1-of-100ms', what: '2 x quota', tamper: quota(2_000, 100_000) },
    {
      id: 'limits/cpu-burst',
      what: 'no burst',
      tamper: set('cpu', ['cpu.cfs_burst_us', '0'], ['cpu.max.burst', '0']),
    },
    {
      id: 'limits/cpu-weight',
      what: 'as much as the other',
      tamper: set('cpu', ['cpu.shares', '1024'], ['cpu.weight', '100']),
    },
    { id: 'limits/cpu-idle', what: 'not idle', tamper: set('cpu', ['cpu.idle', '0'], ['cpu.idle', '0']) },
    { id: 'limits/cpuset', what: 'all CPUs', tamper: set('cpuset', ['cpuset.cpus', cpus], ['cpuset.cpus', cpus]) },
    { id: 'limits/cpuset', what: 'another CPU', tamper: set('cpuset', ['cpuset.cpus', other], ['cpuset.cpus', other]) },
    { id: 'limits/memory-max', what: 'memory +50 %', tamper: memory(48 * MIB) },
    { id: 'limits/memory-nested', what: 'memory +50 %', tamper: memory(48 * MIB, 'outer') },
    { id: 'limits/memory-oom-group', what: 'no group', tamper: set('memory', ['', ''], ['memory.oom.group', '0']) },
    { id: 'limits/memory-high', what: 'no high', tamper: set('memory', ['', ''], ['memory.high', 'max']) },
    { id: 'limits/memory-min', what: 'no protection', tamper: set('memory', ['', ''], ['memory.min', '0']) },
    { id: 'limits/memory-low', what: 'no protection', tamper: set('memory', ['', ''], ['memory.low', '0']) },
    {
      id: 'limits/memory-swap',
      what: 'swap +50 %',
      tamper: set('memory', ['', ''], ['memory.swap.max', String(24 * MIB)]),
      own: true,
    },
    {
      id: 'limits/memory-swap',
      what: 'no swap',
      tamper: set('memory', ['', ''], ['memory.swap.max', '0']),
      own: true,
    },
    ...['limits/hugetlb/v1', 'limits/hugetlb/v2'].map((id) => ({
      id,
      what: 'pages +1',
      tamper: set('hugetlb', ['hugetlb.2MB.limit_in_bytes', String(6 * MIB)], ['hugetlb.2MB.max', String(6 * MIB)]),
      own: true,
    })),
    { id: 'limits/net-cls', what: 'another class', tamper: set('net_cls', ['net_cls.classid', '65538'], ['', '']) },
    {
      id: 'limits/net-prio',
      what: 'another priority',
      tamper: set('net_prio', ['net_prio.ifpriomap', 'lo 6'], ['', '']),
      own: true,
    },
    { id: 'limits/perf-event', what: 'in another cgroup', tamper: moved },
    { id: 'limits/pids', what: 'pids +1', tamper: set('pids', ['pids.max', '13'], ['pids.max', '13']) },
    { id: 'limits/io/write-bps', what: 'on another device', tamper: elsewhere(world, 'write', 'bps', 4 * MIB) },
    { id: 'limits/io/write-bps', what: '2 x limit', tamper: twice(world, 'write', 'bps', 4 * MIB) },
    { id: 'limits/io/read-bps', what: 'on another device', tamper: elsewhere(world, 'read', 'bps', 4 * MIB) },
    { id: 'limits/io/write-iops', what: 'on another device', tamper: elsewhere(world, 'write', 'iops', 200) },
    { id: 'limits/io/write-iops', what: '2 x limit', tamper: twice(world, 'write', 'iops', 200) },
    { id: 'limits/io/read-iops', what: 'on another device', tamper: elsewhere(world, 'read', 'iops', 200) },
    {
      id: 'limits/io/buffered-write',
      what: 'on another device',
      tamper: elsewhere(world, 'write', 'bps', 4 * MIB),
      version: 2,
    },
    {
      id: 'limits/devices',
      what: 'no device rule',
      tamper: set('devices', ['devices.allow', 'c 1:8 rwm'], ['', '']),
    },
    {
      id: 'limits/freezer/v1',
      what: 'thawed',
      tamper: set('freezer', ['freezer.state', 'THAWED'], ['', '']),
    },
    {
      id: 'limits/freezer/v2',
      what: 'thawed',
      tamper: set('cgroup', ['', ''], ['cgroup.freeze', '0']),
    },
  ];
  return all.filter(({ id, own = false, version }) => {
    const probe = LIMIT_PROBES.find((candidate) => candidate.id === id);
    if (probe === undefined) throw new Error(`no probe ${id}`);
    if ((own && !ownMachine) || (version !== undefined && world.version(probe.subject ?? '') !== version)) return false;
    return probe.needs.some((needs) => lackOf(world, needs) === null);
  });
}

/** The world as the native launcher finds it. */
export function nativeWorld(): World {
  return lookAround(new NativeLauncher());
}

/** Runs a probe once, quickly; with `tamper` against a changed limit. */
export async function runProbe(
  id: string,
  tamper?: Tamper,
  launcher: Launcher = new NativeLauncher(),
): Promise<ProbeResult> {
  const probes = LIMIT_PROBES.filter((probe) => probe.id === id);
  const options = { probes, launchers: [launcher], quick: true, rounds: 1, version: '0.0.0' };
  const { results, environment } = await runSuite(tamper === undefined ? options : { ...options, tamper });
  const [result] = results;
  if (result === undefined) throw new Error(`${id} did not run: ${environment.runtimes[0]?.why ?? 'no such probe'}`);
  return result;
}

/** Keeps a CPU busy until the function given back is called, or two minutes are over. */
export function keepBusy(cpu: number): () => void {
  const args = ['-c', String(cpu), 'timeout', '120', 'sh', '-c', 'while :; do :; done'];
  const child = spawn('taskset', args, { stdio: 'ignore' });
  return () => {
    child.kill('SIGTERM');
  };
}

/** A result in one line, for messages. */
export function saysOf({ verdict, why, invariants }: ProbeResult): string {
  return [verdict, why ?? '', ...invariants.map(({ id, holds, observed }) => `${id} ${holds}: ${observed}`)].join(
    ' | ',
  );
}
