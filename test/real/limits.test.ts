/** Nested limits in cgroups of this machine: the answer of `limits`, and the same from what the kernel then does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test, type TestContext } from 'vitest';

import type { LimitReport, LimitsDocument } from '../../src/schema/limits-document.ts';
import { displayWidth } from '../../src/text/width.ts';
import {
  catCgroup,
  cgroupFor,
  hierarchyWith,
  idleProcess,
  makeCgroup,
  setCgroup,
  type MountedHierarchy,
} from '../support/cgroups.ts';
import { cli, cliJson, run } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { busyboxRoot, type Client, Lab, labsLeft, startDockerd } from '../support/daemons.ts';
import { expectDocument } from '../support/schema.ts';
import { temporaryDirectory } from '../support/temporary.ts';

const MIB = 1 << 20;

/** A cgroup within a cgroup within one, all with the controller. */
interface Nest {
  readonly hierarchy: MountedHierarchy;
  readonly isV1: boolean;
  /** Directories, the outermost first. */
  readonly levels: readonly [string, string, string];
  /** Paths below the root of the hierarchy. */
  readonly paths: readonly [string, string, string];
}

/** Makes the nest; skips the test where this machine has no such controller to give. */
function nestFor(context: TestContext, controller: string, v1Name = controller): Nest {
  const hierarchy = hierarchyWith(v1Name) ?? hierarchyWith(controller);
  if (hierarchy === undefined) return context.skip(`no hierarchy with ${controller}`);
  const isV1 = hierarchy.version === 1;
  if (!isV1 && !catCgroup(hierarchy.path, 'cgroup.subtree_control').split(/\s/).includes(controller)) {
    return context.skip(`${controller} is not enabled below the root`);
  }
  const enable = (directory: string): string => {
    if (!isV1) setCgroup(directory, 'cgroup.subtree_control', `+${controller}`);
    return directory;
  };
  const outer = enable(cgroupFor(context, hierarchy));
  const middle = enable(makeCgroup(`${outer}/b`));
  const inner = makeCgroup(`${middle}/c`);
  const levels = [outer, middle, inner] as const;
  const below = (directory: string): string => directory.slice(hierarchy.path.length);
  return { hierarchy, isV1, levels, paths: [below(outer), below(middle), below(inner)] };
}

/** A process of the test's own in the innermost cgroup. */
async function inhabit(context: TestContext, { levels }: Nest): Promise<number> {
  const pid = await idleProcess(context);
  setCgroup(levels[2], 'cgroup.procs', String(pid));
  return pid;
}

async function limitsOf(target: number | string): Promise<LimitsDocument> {
  const document = await cliJson<LimitsDocument>('limits', String(target), '--json');
  expectDocument(document);
  return document;
}

/** The answer about a resource, or about one device of it. */
function about({ resources }: LimitsDocument, resource: string, device?: string): LimitReport {
  const found = resources.filter((one) => one.resource === resource && (device === undefined || one.device === device));
  expect(found).toHaveLength(1);
  return found[0]!;
}

/** Who imposes a limit, with the key that the cgroup's directory tells. */
function by({ hierarchy, levels, paths }: Nest, level: 0 | 1 | 2, file: string): unknown {
  const name = hierarchy.version === 2 ? 'v2' : hierarchy.controllers.join();
  return { kind: 'cgroup', key: `${name}:${statSync(levels[level]).ino}`, path: paths[level], file };
}

const value = (amount: number): unknown => ({ kind: 'value', value: String(amount) });

describeWith(['root', 'python3'], 'nested limits', () => {
  test('memory: the least counts, as the kernel says itself', async (context) => {
    const nest = nestFor(context, 'memory');
    const file = nest.isV1 ? 'memory.limit_in_bytes' : 'memory.max';
    setCgroup(nest.levels[0], file, String(64 * MIB));
    setCgroup(nest.levels[1], file, String(256 * MIB));
    const pid = await inhabit(context, nest);

    const memory = about(await limitsOf(pid), 'memory');
    expect(memory).toMatchObject({ unit: 'bytes', effective: value(64 * MIB), imposedBy: by(nest, 0, file) });
    expect(memory.chain.map(({ limit }) => limit).slice(0, 3)).toEqual([
      { kind: 'max' },
      value(256 * MIB),
      value(64 * MIB),
    ]);
    expect(memory.notes).toEqual([]);
    if (nest.isV1) {
      const stat = catCgroup(nest.levels[2], 'memory.stat');
      expect(stat).toContain(`hierarchical_memory_limit ${64 * MIB}\n`);
    }

    setCgroup(nest.levels[2], file, String(32 * MIB));
    expect(about(await limitsOf(pid), 'memory')).toMatchObject({
      effective: value(32 * MIB),
      imposedBy: by(nest, 2, file),
    });
  });

  test('cpu: the least share of time counts, not the least quota', async (context) => {
    const nest = nestFor(context, 'cpu');
    const set = (level: 0 | 1 | 2, quota: number, period: number): void => {
      if (!nest.isV1) setCgroup(nest.levels[level], 'cpu.max', `${quota} ${period}`);
      else {
        setCgroup(nest.levels[level], 'cpu.cfs_period_us', String(period));
        setCgroup(nest.levels[level], 'cpu.cfs_quota_us', String(quota));
      }
    };
    set(0, 50_000, 100_000);
    // v1 admits no child with a larger share than its parent's (__cfs_schedulable): the nearest of equals, then.
    set(1, nest.isV1 ? 10_000 : 40_000, nest.isV1 ? 20_000 : 50_000);
    const pid = await inhabit(context, nest);
    const file = nest.isV1 ? 'cpu.cfs_quota_us' : 'cpu.max';
    expect(about(await limitsOf(pid), 'cpu.time')).toMatchObject({
      unit: 'usec/s',
      effective: value(500_000),
      imposedBy: by(nest, nest.isV1 ? 1 : 0, file),
    });
    set(2, 1_000, 100_000);
    expect(about(await limitsOf(pid), 'cpu.time')).toMatchObject({
      effective: value(10_000),
      imposedBy: by(nest, 2, file),
    });
  });

  test('pids: the least counts, and just so many forks succeed', async (context) => {
    const nest = nestFor(context, 'pids');
    setCgroup(nest.levels[0], 'pids.max', '9');
    setCgroup(nest.levels[2], 'pids.max', '20');
    const before = about(await limitsOf(`${nest.hierarchy.path}${nest.paths[2]}`), 'pids');
    expect(before).toMatchObject({
      unit: 'tasks',
      effective: value(9),
      imposedBy: by(nest, 0, 'pids.max'),
      usage: '0',
      headRoom: '9',
    });
    const forks = await run([
      'sh',
      '-c',
      // A shell of one task, whose children wait for the end of its standard input.
      'echo $$ > "$1/cgroup.procs"; exec python3 -c "$2"',
      'sh',
      nest.levels[2],
      FORK_UNTIL_EAGAIN,
    ]);
    expect(forks.stdout.trim()).toBe(String(Number(before.headRoom) - 1));
  });

  test('cpuset: the narrowest mask counts, and tasks may run nowhere else', async (context) => {
    const nest = nestFor(context, 'cpuset');
    const online = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
    if (online === '0') return context.skip('one CPU alone');
    for (const [level, cpus] of [online, '0', '0'].entries()) {
      setCgroup(nest.levels[level]!, 'cpuset.cpus', nest.isV1 || level < 2 ? cpus : '\n');
      if (nest.isV1) setCgroup(nest.levels[level]!, 'cpuset.mems', '0');
    }
    const pid = await inhabit(context, nest);
    const document = await limitsOf(pid);
    // v1: the innermost has to state its own, v2: it takes what its parent has.
    const imposedBy = by(nest, nest.isV1 ? 2 : 1, 'cpuset.cpus');
    expect(about(document, 'cpu.set')).toMatchObject({ effective: { kind: 'value', value: [0] }, imposedBy });
    expect(about(document, 'cpu.time')).toMatchObject({ effective: value(1_000_000), imposedBy });
    expect(readFileSync(`/proc/${pid}/status`, 'latin1')).toContain('Cpus_allowed_list:\t0\n');
  });

  test('affinity that is narrower than the cgroups', async (context) => {
    const online = readFileSync('/sys/devices/system/cpu/online', 'latin1').trim();
    if (online === '0') return context.skip('one CPU alone');
    const pid = await idleProcess(context);
    expect((await run(['taskset', '--all-tasks', '--cpu-list', '--pid', '1', String(pid)])).status).toBe(0);
    const document = await limitsOf(pid);
    const imposedBy = { kind: 'affinity', key: null, path: null, file: `/proc/${pid}/status` };
    expect(about(document, 'cpu.set')).toMatchObject({ effective: { kind: 'value', value: [1] }, imposedBy });
  });

  test('rlimits of the process', async (context) => {
    const pid = await idleProcess(context);
    expect((await run(['prlimit', '--pid', String(pid), '--nofile=123:456', '--as=1073741824'])).status).toBe(0);
    const document = await limitsOf(pid);
    expect(about(document, 'nofile')).toMatchObject({
      unit: 'files',
      effective: value(123),
      imposedBy: { kind: 'rlimit', key: null, path: null, file: `/proc/${pid}/limits` },
      notes: ['may be raised to 456 (hard limit)'],
    });
    expect(Number(about(document, 'nofile').usage)).toBeGreaterThan(2);
    expect(about(document, 'as')).toMatchObject({ effective: value(1 << 30) });
  });

  test('a cgroup without tasks: by path and by key, only what its own hierarchy limits', async (context) => {
    const nest = nestFor(context, 'pids');
    setCgroup(nest.levels[1], 'pids.max', '5');
    const key = `${nest.isV1 ? nest.hierarchy.controllers.join() : 'v2'}:${statSync(nest.levels[2]).ino}`;
    for (const target of [nest.levels[2], nest.paths[2], key]) {
      const document = await limitsOf(target);
      expect(document.target).toMatchObject({ kind: 'cgroup', pid: null });
      expect(about(document, 'pids')).toMatchObject({ effective: value(5), imposedBy: by(nest, 1, 'pids.max') });
      expect(document.resources.some(({ resource }) => resource === 'nofile')).toBe(false);
      if (nest.isV1) expect(document.resources.map(({ resource }) => resource)).toEqual(['pids']);
    }
  });

  test('a table that is legible at 80 and 160 columns', async (context) => {
    const nest = nestFor(context, 'memory');
    setCgroup(nest.levels[1], nest.isV1 ? 'memory.limit_in_bytes' : 'memory.max', String(96 * MIB));
    const pid = await inhabit(context, nest);
    for (const columns of [80, 160]) {
      const { stdout } = await run([process.execPath, 'bin/run.js', 'limits', String(pid)], {
        COLUMNS: String(columns),
      });
      for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(columns);
      expect(stdout).toMatch(columns === 80 ? /^memory +96 MiB .*\/b$/m : /^memory +96 MiB .*\/b +memory\.\S+$/m);
    }
  });
});

/** Forks until the kernel refuses, and prints how often it did not. */
const FORK_UNTIL_EAGAIN = `
import os, signal
children = []
try:
    while len(children) < 100:
        pid = os.fork()
        if pid == 0:
            signal.pause()
        children.append(pid)
except BlockingIOError:
    print(len(children))
for pid in children:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
`;

/** The disk on which a directory is, as `major:minor` of the whole disk; null where it is on none. */
function diskOf(directory: string): string | null {
  const { dev } = statSync(directory);
  // gnu_dev_major and gnu_dev_minor for numbers that fit into 32 bits.
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  const node = `/sys/dev/block/${number}`;
  if (!existsSync(node)) return null;
  const real = realpathSync(node);
  const disk = existsSync(`${real}/partition`) ? path.dirname(real) : real;
  return readFileSync(`${disk}/dev`, 'latin1').trim();
}

describeWith(['root'], 'disks', () => {
  test('v1: a child of a throttled parent is free, and what is throttled itself is not', async (context) => {
    const nest = nestFor(context, 'io', 'blkio');
    if (!nest.isV1) return context.skip('blkio is not on v1');
    const directory = temporaryDirectory(context);
    const device = diskOf(directory);
    if (device === null) return context.skip('no disk below the temporary directory');
    const file = 'blkio.throttle.write_bps_device';
    // At one byte a second a write of 1 MiB takes twelve days.
    setCgroup(nest.levels[1], file, `${device} 1`);
    const pid = await inhabit(context, nest);
    const free = about(await limitsOf(pid), 'io.wbps', device);
    expect(free).toMatchObject({ unit: 'bytes/s', effective: { kind: 'max' }, imposedBy: null });
    expect(free.chain.map(({ limit }) => limit)).toContainEqual(value(1));
    expect(free.notes).toHaveLength(1);

    const bound = writer(nest.levels[1], `${directory}/bound`);
    context.onTestFinished(() => setCgroup(nest.levels[1], file, `${device} 0`));
    expect(about(await limitsOf(nest.levels[1]), 'io.wbps', device)).toMatchObject({
      effective: value(1),
      imposedBy: by(nest, 1, file),
    });
    expect(await once(writer(nest.levels[2], `${directory}/free`), 'exit')).toEqual([0, null]);
    expect(bound.exitCode).toBeNull();
    // The limit gone, it ends as well.
    const ended = once(bound, 'exit');
    setCgroup(nest.levels[1], file, `${device} 0`);
    expect(await ended).toEqual([0, null]);
  });
});

/** Writes 1 MiB past the page cache from within a cgroup. */
function writer(cgroup: string, file: string) {
  const script = 'echo $$ > "$1/cgroup.procs"; exec dd if=/dev/zero "of=$2" bs=1M count=1 oflag=direct status=none';
  return spawn('sh', ['-c', script, 'sh', cgroup, file], { stdio: 'ignore' });
}

describe('no such target', () => {
  test.each([
    ['/nsinspect-test-none', 'no-such-target'],
    ['memory:4294967295', 'no-such-target'],
    ['/proc/self/ns/net', 'no-such-target'],
    ['net:[4026531840]', 'no-limits'],
    [`/proc/${process.pid}/ns/net`, 'no-limits'],
  ])('%s', async (target, code) => {
    const { status, stdout } = await cli('limits', target, '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'nsinspect/error/1', error: { code } });
  });
});

describeWith(['root', 'docker', 'busybox-static', 'unshare', 'nsenter', 'ip'], 'a container of docker', () => {
  let lab: Lab;
  let docker: Client;
  let device: string | null;
  beforeAll(async () => {
    lab = await Lab.start();
    await busyboxRoot(lab);
    docker = await startDockerd(lab);
    await docker('import', `${lab.dir}/root.tar`, 'nsi/busybox:1');
    device = diskOf(lab.dir);
    const disk = device === null ? null : `/dev/${path.basename(realpathSync(`/sys/dev/block/${device}`))}`;
    await docker(
      ...['run', '--detach', '--name', 'bound', '--memory', '64m', '--memory-swap', '96m', '--cpus', '0.4'],
      ...['--pids-limit', '37', '--cpuset-cpus', '0', '--cpu-shares', '512', '--ulimit', 'nofile=77:99'],
      ...(disk === null || !existsSync(disk) ? [] : ['--device-write-bps', `${disk}:3mb`]),
      ...['nsi/busybox:1', 'sleep', '3600'],
    );
  });
  afterAll(async () => {
    await lab.stop();
    expect(labsLeft()).not.toContain(lab.tag);
  });

  test('has the limits that docker inspect tells', async () => {
    const [{ Id, HostConfig: host, State }] = JSON.parse(await docker('inspect', 'bound')) as [
      {
        Id: string;
        State: { Pid: number };
        HostConfig: {
          Memory: number;
          NanoCpus: number;
          PidsLimit: number;
          CpusetCpus: string;
          CpuShares: number;
          BlkioDeviceWriteBps: { Path: string; Rate: number }[] | null;
        };
      },
    ];
    for (const target of ['docker:bound', Id.slice(0, 12), String(State.Pid)]) {
      const document = await limitsOf(target);
      expect(document.target.pid).toBe(State.Pid);
      for (const [resource, limit] of [
        ['memory', host.Memory],
        ['cpu.time', host.NanoCpus / 1000],
        ['pids', host.PidsLimit],
        ['nofile', 77],
      ] as const) {
        expect(about(document, resource).effective, resource).toEqual(value(limit));
      }
      for (const resource of ['memory', 'cpu.time', 'pids', 'cpu.set']) {
        const { imposedBy } = about(document, resource);
        expect(imposedBy, resource).toMatchObject({ kind: 'cgroup', path: expect.stringContaining(Id) as string });
      }
      expect(about(document, 'cpu.set').effective).toEqual({ kind: 'value', value: [Number(host.CpusetCpus)] });
      const weight = about(document, 'cpu.weight');
      if (weight.unit === 'shares') expect(weight.effective).toEqual(value(host.CpuShares));
      const [write] = host.BlkioDeviceWriteBps ?? [];
      if (write !== undefined && device !== null) {
        expect(about(document, 'io.wbps', device)).toMatchObject({
          effective: value(write.Rate),
          imposedBy: { kind: 'cgroup', path: expect.stringContaining(Id) as string },
        });
      }
      expect(document.notes).toEqual([]);
    }
  });

  test('has the same in a capture that is read later', async () => {
    const file = `${lab.dir}/host.nsc`;
    await cliJson('capture', '--output', file, '--json');
    const now = await limitsOf('docker:bound');
    const later = await cliJson<LimitsDocument>('limits', 'docker:bound', '--from', file, '--json');
    expectDocument(later);
    const settled = ({ resource, device: disk, effective, imposedBy, chain }: LimitReport): unknown => ({
      resource,
      disk,
      effective,
      imposedBy,
      chain,
    });
    expect(later.resources.map(settled)).toEqual(now.resources.map(settled));
  });
});
