/** Start-up and density on the kernel that runs: counts, what was made and what is left; no time is judged. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

import { afterEach, describe, expect, it } from 'vitest';

import { refuseUnknown } from '../../src/cli/bench-suites.ts';
import { briefChildren, CLONE_NEW, type BriefChildren } from '../../src/kernel/brief-child.ts';
import type { Launcher, LaunchSpec, Probe } from '../../src/probe/launch/launcher.ts';
import { launcherOf } from '../../src/probe/launch/launchers.ts';
import { MARK_PREFIX } from '../../src/probe/mark.ts';
import { measureDensity } from '../../src/probe/probes/density.ts';
import { measureStartup } from '../../src/probe/probes/startup/startup.ts';
import { TimerProcess } from '../../src/probe/probes/startup/timer-process.ts';
import { lookAround } from '../../src/probe/probes/world.ts';
import { stateRoot } from '../../src/probe/state.ts';
import type { ProbeResult } from '../../src/schema/bench.ts';
import { describeWith, missingOf } from '../support/components.ts';
import { findGuestKernel } from '../vm/kernel.ts';

const OWN_MARK = `${MARK_PREFIX}${process.pid}-`;

/** Everything of this process's probes: cgroups, directories, processes. */
function left(): string[] {
  const cgroups = readdirSync('/sys/fs/cgroup').flatMap((name) => below(path.join('/sys/fs/cgroup', name)));
  const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(OWN_MARK));
  return [...cgroups, ...below(stateRoot()), ...processes];
}

function below(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.startsWith(OWN_MARK));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return '';
    throw error;
  }
}

function resultOf(results: readonly ProbeResult[], id: string): ProbeResult {
  const found = results.find((result) => result.id === id);
  if (found === undefined) throw new Error(`no ${id} among ${results.map((result) => result.id).join(' ')}`);
  return found;
}

const valuesOf = ({ metrics }: ProbeResult, name: string): number[] =>
  metrics.find((metric) => metric.name === name)?.samples.map(({ value }) => value) ?? [];

describe.skipIf(process.arch !== 'x64')('processes without a program', () => {
  const children = briefChildren() as BriefChildren;

  const linkOf = (pid: number | 'self', name: string) => readlinkSync(`/proc/${pid}/ns/${name}`);

  it('has a child of this process that shares its memory, and is gone when reaped', () => {
    const pid = children.make(0);
    expect(pid).toBeGreaterThan(0);
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    expect(stat.slice(stat.lastIndexOf(')')).split(' ')[2]).toBe(String(process.pid));
    expect(linkOf(pid, 'uts')).toBe(linkOf('self', 'uts'));
    expect(children.release()).toBe(1);
    expect(children.reap(pid)).toBe(pid);
    expect(() => readFileSync(`/proc/${pid}/stat`)).toThrow('ENOENT');
  });

  it('gives what the kernel says to flags that it does not take', () => {
    // CLONE_THREAD without CLONE_SIGHAND.
    expect(children.make(0x10000)).toBe(-22);
  });

  it('keeps many at once, each with its own', () => {
    const pids = Array.from({ length: 5 }, () => children.make(CLONE_NEW.user));
    const seen = new Set(pids.map((pid) => linkOf(pid, 'user')));
    for (const _ of pids) children.release();
    for (const pid of pids) expect(children.reap(pid)).toBe(pid);
    expect(seen.size).toBe(5);
    expect(seen).not.toContain(linkOf('self', 'user'));
  });
});

describeWith(['root'], 'the timer', () => {
  let timer: TimerProcess | undefined;

  afterEach(() => {
    timer?.close();
    timer = undefined;
    expect(left()).toEqual([]);
  });

  it('is charged for what it makes, and lets go of it', async () => {
    timer = await TimerProcess.start(['pids']);
    const pids = () => timer?.scope.pids().length;
    const before = pids();
    expect(await timer.memoryOf({ flags: CLONE_NEW.net }, 50)).toBeGreaterThan(10_000);
    expect(pids()).toBe(before);
    const { timings } = await timer.time([{ flags: 0 }, { flags: 0x10000 }]);
    expect(timings[0]).toMatchObject({ joinNs: null, seen: {} });
    expect(timings[1]).toBe('EINVAL');
  });

  it('makes no cgroup outside of a scope', async () => {
    timer = await TimerProcess.start(['pids']);
    await expect(timer.time([{ below: '/sys/fs/cgroup/pids', first: {} }])).rejects.toThrow('not of a probe');
  });

  it('says why a cgroup cannot be made', async () => {
    timer = await TimerProcess.start(['pids']);
    const below = path.join(timer.scope.directory('pids', '') ?? '', 'not-there');
    const { timings } = await timer.time([{ below, first: {} }]);
    expect(timings).toEqual(['mkdir: ENOENT']);
  });
});

describeWith(['root', 'unshare'], 'bench startup', () => {
  it('measures every kind in turn and leaves nothing', async () => {
    const launcher = launcherOf('native');
    const rounds: number[] = [];
    const results = await measureStartup({
      launchers: [launcher],
      world: lookAround(launcher),
      quick: true,
      guestKernel: findGuestKernel()?.image ?? null,
      progress: (done) => rounds.push(done),
    });
    expect(left()).toEqual([]);
    // Who requires one by its name is not told that there is none.
    const ids = results.map(({ id }) => id);
    expect(() => refuseUnknown(ids, ['startup'], [])).not.toThrow();
    for (const id of ['startup/process/child', ...Object.keys(CLONE_NEW).map((type) => `startup/namespace/${type}`)]) {
      const result = resultOf(results, id);
      expect(result).toMatchObject({ verdict: 'pass', runtime: 'native', suite: 'startup' });
      expect(valuesOf(result, 'start')).toHaveLength(rounds.length);
      expect(valuesOf(result, 'tear-down')).toHaveLength(rounds.length);
      expect(valuesOf(result, 'memory')).toHaveLength(1);
      expect(result.invariants.every(({ holds }) => holds)).toBe(true);
    }
    expect(resultOf(results, 'startup/namespace/uts').invariants).toHaveLength(1);
    const cgroups = results.filter(({ id }) => id.startsWith('startup/cgroup/'));
    expect(cgroups.length).toBeGreaterThan(0);
    for (const result of cgroups) {
      expect(result).toMatchObject({ verdict: 'pass', invariants: [{ id: 'process-moved', holds: true }] });
    }
    const container = resultOf(results, 'startup/container');
    expect(container).toMatchObject({ verdict: 'pass', invariants: [{ id: 'nothing-left', holds: true }] });
    expect(valuesOf(container, 'start').length).toBeGreaterThanOrEqual(2);
    expect(valuesOf(resultOf(results, 'startup/process/program'), 'memory').every((bytes) => bytes > 0)).toBe(true);

    const vm = results.find(({ id }) => id.startsWith('startup/vm/'));
    if (missingOf(['qemu', 'guest-kernel']) !== null) expect(vm?.verdict).toBe('unsupported');
    else {
      expect(vm?.verdict).toBe('pass');
      for (const { informative } of vm?.metrics ?? []) expect(informative).toBe(vm?.id === 'startup/vm/tcg');
      // The guest's own memory, as far as it has touched it.
      expect(valuesOf(vm!, 'memory')[0]).toBeGreaterThan(32 * 1024 * 1024);
    }
  });

  it('ends a row whose container does not start, and no other', async () => {
    const broken: Launcher = { ...launcherWith(() => ({ controllers: ['nonsense'] })), runtime: 'runc' };
    const results = await measureStartup({
      launchers: [broken, launcherOf('native')],
      world: { version: () => null },
      quick: true,
      guestKernel: '/nonexistent',
    });
    const containers = results.filter(({ id }) => id === 'startup/container');
    expect(containers.map(({ runtime, verdict }) => [runtime, verdict])).toEqual([
      ['runc', 'error'],
      ['native', 'pass'],
    ]);
    expect(containers[0]?.why).toContain('nonsense');
    expect(left()).toEqual([]);
  });
});

/** The native launcher with other specs, and what becomes of its containers. */
function launcherWith(
  change: (spec: LaunchSpec) => Partial<LaunchSpec>,
  then?: (probe: Probe) => void | Promise<void>,
): Launcher {
  const native = launcherOf('native');
  return {
    runtime: 'native',
    check: () => native.check(),
    scope: (bounds, controllers) => native.scope(bounds, controllers),
    close: () => native.close(),
    launch: async (spec) => {
      const probe = await native.launch({ ...spec, ...change(spec) });
      await then?.(probe);
      return probe;
    },
  };
}

describeWith(['root', 'unshare'], 'bench density', () => {
  const setOf = (result: ProbeResult) => Object.fromEntries(result.set.map(({ name, value }) => [name, value]));

  it('starts as many as it may, and leaves nothing', async () => {
    const result = await measureDensity(launcherOf('native'), { most: 4, startMs: 60_000 });
    expect(left()).toEqual([]);
    expect(result).toMatchObject({ id: 'density/idle', verdict: 'pass' });
    expect(result.why).toBe('4 idle containers, as many as were asked for, within the budget');
    expect(setOf(result)['most containers']).toBe('4');
    expect(valuesOf(result, 'containers')).toEqual([4]);
    expect(valuesOf(result, 'start')).toHaveLength(4);
    expect(valuesOf(result, 'tear-down')).toHaveLength(4);
  });

  it('stops at the container that costs more memory than the budget', async () => {
    let launches = 0;
    const greedy = launcherWith(
      () => ({ script: 'head -c 8M /dev/zero > /tmp/file; echo filled; sleep 30' }),
      async (probe) => {
        if (++launches < 3) return;
        probe.go();
        await probe.said('filled');
      },
    );
    const result = await measureDensity(greedy, { most: 6, startMs: 60_000, memory: 4 * 1024 * 1024 });
    expect(left()).toEqual([]);
    expect(result.verdict).toBe('pass');
    expect(valuesOf(result, 'containers')).toEqual([2]);
    expect(result.why).toMatch(/^2 idle containers: the next took \d.* \(budget 4 MiB\), twice$/);
    expect(launches).toBe(4);
  });

  it('stops at the container that takes longer than the budget', async () => {
    const result = await measureDensity(launcherOf('native'), { most: 3, startMs: 0.001 });
    expect(result).toMatchObject({ verdict: 'pass' });
    expect(result.why).toMatch(/^0 idle containers: the next took \d+ ms \(budget 0.001 ms\), twice$/);
    expect(left()).toEqual([]);
  });

  it('fails when a container is gone before all are counted', async () => {
    const dying = launcherWith(
      () => ({}),
      (probe) => probe.kill(),
    );
    const result = await measureDensity(dying, { most: 2, startMs: 60_000 });
    expect(result.verdict).toBe('fail');
    expect(result.invariants).toContainEqual(
      expect.objectContaining({ id: 'all-there', holds: false, observed: '0 of 2' }),
    );
    expect(left()).toEqual([]);
  });

  it('is an error where none starts, and says why', async () => {
    const broken = launcherWith(() => ({ controllers: ['nonsense'] }));
    const result = await measureDensity(broken, { most: 2 });
    expect(result).toMatchObject({ verdict: 'error' });
    expect(result.why).toContain('the next did not start: ');
    expect(left()).toEqual([]);
  });

  it('refuses what the machine has no memory for', async () => {
    const result = await measureDensity(launcherOf('native'), { most: 1000, memory: 2 ** 40 });
    expect(result).toMatchObject({ verdict: 'refused', metrics: [] });
    await expect(measureDensity(launcherOf('native'), { most: 0 })).rejects.toThrow('containers must be 1 to 1000');
    expect(left()).toEqual([]);
  });
});
