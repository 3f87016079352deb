/** Launchers on the kernel that runs: what a payload finds, what bounds it, and that nothing is left of it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

import { afterAll, afterEach, beforeAll, expect, it, type TestContext } from 'vitest';

import { clean } from '../../src/probe/clean.ts';
import type { Launcher, LaunchSpec, Probe } from '../../src/probe/launch/launcher.ts';
import { launcherOf } from '../../src/probe/launch/launchers.ts';
import { MARK_PREFIX } from '../../src/probe/mark.ts';
import type { ProbeRuntime, RuntimeFacts } from '../../src/schema/bench.ts';
import { describeWith } from '../support/components.ts';
import { Lab, startDockerd } from '../support/daemons.ts';
import { CGROUPS, cgroupsBelow, leftOf, NOTHING } from '../support/left.ts';

/** Which file of pids' limit is set how: the same in v1 and v2. */
const FOUR_TASKS = { controller: 'pids', file: 'pids.max', value: '4' };

/** Forks until it cannot, keeping its children; each is forked by a shell that is a task, too, so that n + 2 make n. */
const FORKS =
  'n=0; while [ $n -lt 9 ] && (sleep 5 & echo $! > /tmp/pid) 2>/dev/null; do n=$((n+1)); done; echo "forked $n"; exit 0';

const probes: Probe[] = [];

async function launched(runtime: ProbeRuntime, spec: LaunchSpec): Promise<Probe> {
  const probe = await launcherOf(runtime).launch(spec);
  probes.push(probe);
  return probe;
}

async function ran(probe: Probe): Promise<Awaited<ReturnType<Probe['wait']>>> {
  probe.go();
  return probe.wait();
}

afterEach(() => {
  for (const probe of probes.splice(0)) probe.remove();
});

describeWith(['root', 'unshare', 'setpriv'], 'a native probe', () => {
  it('is in its cgroups at the gate, alone, with its settings, and has not begun', async () => {
    const probe = await launched('native', { name: 'gate', script: 'echo begun', settings: [FOUR_TASKS] });
    expect(probe.read('pids', 'pids.max')).toBe('4\n');
    expect(probe.read('pids', 'pids.current')).toBe('1\n');
    expect(probe.read('pids', 'cgroup.procs')).toBe(`${probe.pid}\n`);
    const paths = readFileSync(`/proc/${probe.pid}/cgroup`, 'latin1');
    for (const controller of ['memory', 'pids', 'freezer'])
      expect(paths).toMatch(new RegExp(`${controller}.*:.*/probe\n`));
    expect(probe.output()).toBe('');
    const { status, output, signal } = await ran(probe);
    expect({ status, output, signal }).toEqual({ status: 0, output: 'begun\n', signal: null });
  });

  it('hands on status, signal and standard input, and cuts what is too much', async () => {
    const status = await launched('native', { name: 'status', script: 'read -r word; echo "got $word"; exit 9' });
    status.go();
    status.write('this\n');
    expect(await status.wait()).toMatchObject({ status: 9, signal: null, output: 'got this\n', truncated: false });
    const signal = await launched('native', { name: 'signal', script: 'sleep 60' });
    signal.go();
    signal.kill();
    expect(await signal.wait()).toMatchObject({ status: null, signal: 'SIGKILL', timedOut: false });
    const flood = await launched('native', {
      name: 'flood',
      script: 'head -c 100000 /dev/zero',
      bounds: { output: 1000 },
    });
    const { output, truncated } = await ran(flood);
    expect([output.length, truncated]).toEqual([1000, true]);
  });

  it('has a root, host name, network and pids of its own, few rights, and the host read-only', async () => {
    const script = [
      'cat /proc/sys/kernel/hostname; echo $$; ls /sys/class/net; awk "/^CapBnd/{print \\$2}" /proc/self/status',
      'cat /proc/self/cgroup | grep -c nsinspect; touch /new; touch /usr/new; echo 1 > /proc/sys/vm/swappiness; touch /tmp/new',
    ].join('; ');
    const { output, errors, status } = await ran(await launched('native', { name: 'own-root', script }));
    expect(output).toBe('own-root\n1\nlo\n00000000a80425fb\n0\n');
    expect(errors.match(/Read-only file system/g)).toHaveLength(3);
    expect(status).toBe(0);
  });

  it('maps ids, and has /scratch on a disk', async () => {
    const ids = { inside: 0, outside: 200_000, count: 1000 };
    const script = 'cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g';
    const mapped = await launched('native', { name: 'ids', script, namespaces: ['user'], ids });
    expect(readFileSync(`/proc/${mapped.pid}/status`, 'latin1')).toContain('Uid:\t200000\t');
    const { output } = await ran(mapped);
    expect(output.trim().split(/\s+/)).toEqual(['0', '200000', '1000', '0', '200000', '1000', '0', '0']);
    const disk = await launched('native', { name: 'disk', script: 'echo written > /scratch/file', scratch: true });
    await ran(disk);
    expect(readFileSync(`${disk.scratch!}/file`, 'latin1')).toBe('written\n');
  });

  it('ends when its time is over, also what it left behind', async () => {
    const script = 'setsid sleep 1000 & echo started; wait';
    const probe = await launched('native', { name: 'time', script, bounds: { seconds: 1 } });
    expect(await ran(probe)).toMatchObject({ signal: 'SIGKILL', timedOut: true, output: 'started\n' });
    expect(probe.scope.pids()).toEqual([]);
  });

  it('is bounded in memory and tasks by its scope, whatever it sets itself', async () => {
    const bounds = { memory: 32 << 20, tasks: 6, disk: 1 << 20 };
    const memory = await launched('native', { name: 'memory', script: 'head -c 64M /dev/zero | tail', bounds });
    expect((await ran(memory)).output).toBe('');
    const tasks = await launched('native', { name: 'tasks', script: FORKS, bounds });
    // Two more are in the scope: timeout, which waits, and the payload itself.
    expect((await ran(tasks)).output).not.toContain('forked 9');
    const file = await launched('native', {
      name: 'file',
      script: 'head -c 2M /dev/zero > /tmp/file; stat -c %s /tmp/file',
      bounds,
    });
    expect((await ran(file)).output).toBe(`${1 << 20}\n`);
  });

  it('says in one line what the kernel refuses, and leaves nothing', async () => {
    const refused = launched('native', { name: 'refused', script: '', settings: [{ ...FOUR_TASKS, value: 'many' }] });
    await expect(refused).rejects.toThrow('the kernel refuses "many" in pids.max: EINVAL');
    const absent = launched('native', { name: 'absent', script: '', controllers: ['nosuch'] });
    await expect(absent).rejects.toThrow(
      'the controller nosuch cannot be used: this kernel has it in no mounted hierarchy',
    );
    expect(leftOf(process.pid)).toEqual(NOTHING);
  });

  it('stands beside others in one scope', async () => {
    const launcher = launcherOf('native');
    const scope = launcher.scope({ tasks: 40 }, ['cpu']);
    const spec = { script: 'echo here; sleep 30', scope, controllers: ['cpu'] };
    const first = await launched('native', { ...spec, name: 'first', group: 'first' });
    const second = await launched('native', { ...spec, name: 'second', group: 'nested/second' });
    expect(scope.pids().length).toBeGreaterThanOrEqual(4);
    first.remove();
    expect(scope.pids('nested')).toEqual([second.pid]);
    second.remove();
    scope.remove();
    expect(leftOf(process.pid)).toEqual(NOTHING);
  });
});

/** What has to be there for each runtime besides root. */
const OTHERS = ['runc', 'crun', 'docker', 'podman', 'lxc', 'bwrap'] as const;

for (const runtime of OTHERS) {
  describeWith(['root', runtime], `a probe by ${runtime}`, () => {
    let lab: Lab | null = null;
    let launcher: Launcher;
    let facts: RuntimeFacts;
    const ours = process.env['DOCKER_HOST'];

    beforeAll(async () => {
      if (runtime === 'docker') {
        lab = await Lab.start();
        await startDockerd(lab);
        process.env['DOCKER_HOST'] = `unix://${lab.dir}/docker/docker.sock`;
      }
      launcher = launcherOf(runtime);
      facts = await launcher.check();
    });

    afterAll(async () => {
      launcher.close();
      if (ours === undefined) delete process.env['DOCKER_HOST'];
      else process.env['DOCKER_HOST'] = ours;
      await lab?.stop();
      expect(leftOf(process.pid)).toEqual(NOTHING);
    });

    const launch = async (context: TestContext, spec: LaunchSpec): Promise<Probe> => {
      if (!facts.usable) context.skip(facts.why!);
      const probe = await launcher.launch(spec);
      probes.push(probe);
      return probe;
    };

    it('works here, or says why not in one line', () => {
      expect(facts.version).toMatch(/^\d/);
      if (facts.usable) expect(facts.why).toBeNull();
      else expect(facts.why).toMatch(/^[^\n]+$/);
      // What does not work on a hybrid host, and only there; all others do.
      const isHybrid = existsSync(`${CGROUPS}/unified/cgroup.procs`);
      if (runtime !== 'crun' || !isHybrid) expect(facts.why).toBeNull();
      else expect(facts.why).toContain('hybrid');
    });

    it('has the payload at the gate, alone in its cgroup, within its limit', async (context) => {
      const probe = await launch(context, {
        name: 'gate',
        script: `echo "$1"; ${FORKS}`,
        args: ['a b'],
        settings: [FOUR_TASKS],
      });
      expect(probe.read('pids', 'cgroup.procs')).toBe(`${probe.pid}\n`);
      expect(probe.read('pids', 'pids.max')).toBe('4\n');
      expect(probe.output()).toBe('');
      expect(probe.settings).toEqual([{ ...FOUR_TASKS, by: runtime === 'bwrap' ? 'nsinspect' : 'runtime' }]);
      const { output } = await ran(probe);
      expect(output).toBe('a b\nforked 2\n');
      // The runtime would have removed it by now: what was counted is still to be read, and nothing runs on.
      expect(probe.read('pids', 'pids.events')).toMatch(/^max [1-9]/);
      expect(probe.scope.pids(probe.group)).toEqual([]);
    });

    it('hands on status, signal, standard input and files', async (context) => {
      const script = 'read -r word; echo "$word" > /scratch/word; cat /scratch/word; touch /new || exit 9';
      const status = await launch(context, { name: 'status', script, scratch: true });
      status.go();
      status.write('this\n');
      expect(await status.wait()).toMatchObject({ status: 9, signal: null, output: 'this\n' });
      const signal = await launch(context, {
        name: 'signal',
        script: 'kill -KILL $$; sleep 1',
        bounds: { seconds: 20 },
      });
      signal.go();
      signal.kill();
      expect(await signal.wait()).toMatchObject({ status: null, signal: 'SIGKILL', timedOut: false });
    });

    it('has ids of its own where the runtime can map them, and then a disk, too', async (context) => {
      if (!facts.usable) context.skip(facts.why!);
      const ids = { inside: 0, outside: 200_000, count: 1000 };
      const script = 'cat /proc/self/uid_map /proc/self/gid_map; id -u; id -g; echo own > /scratch/file';
      const spec: LaunchSpec = { name: 'ids', script, namespaces: ['user', 'net', 'ipc', 'uts'], ids, scratch: true };
      const lack = { docker: 'has no option to give', bwrap: 'one id only' }[runtime as string];
      if (lack !== undefined) {
        await expect(launch(context, spec)).rejects.toThrow(lack);
        return;
      }
      const mapped = await launch(context, spec);
      expect(readFileSync(`/proc/${mapped.pid}/status`, 'latin1')).toContain('Uid:\t200000\t');
      const { output, errors } = await ran(mapped);
      expect(errors).toBe('');
      expect(output.trim().split(/\s+/)).toEqual(['0', '200000', '1000', '0', '200000', '1000', '0', '0']);
      expect(readFileSync(`${mapped.scratch!}/file`, 'latin1')).toBe('own\n');
    });

    it('is within a scope that others share, and ends with its time', async (context) => {
      if (!facts.usable) context.skip(facts.why!);
      const scope = launcher.scope({}, ['cpu']);
      const probe = await launch(context, {
        ...{ name: 'time', script: 'sleep 100', scope, group: 'level/probe', bounds: { seconds: 2 } },
        settings: [{ ...FOUR_TASKS, value: '64', group: 'level' }],
      });
      expect(probe.read('pids', 'pids.max', 'level')).toBe('64\n');
      expect(scope.pids('level')).toContain(probe.pid);
      expect(await ran(probe)).toMatchObject({ timedOut: true });
      probe.remove();
      // Two at once, made alike.
      const spec = { script: 'read -r word; echo "$word"', scope };
      const [first, second] = [
        await launch(context, { ...spec, name: 'first', group: 'first' }),
        await launch(context, { ...spec, name: 'second', group: 'second' }),
      ];
      expect(new Set([first.pid, second.pid]).size).toBe(2);
      for (const each of [first, second]) expect(each.read('pids', 'cgroup.procs')).toBe(`${each.pid}\n`);
      for (const each of [second, first]) each.go();
      first.write('one\n');
      second.write('two\n');
      expect([(await second.wait()).output, (await first.wait()).output]).toEqual(['two\n', 'one\n']);
      first.remove();
      second.remove();
      scope.remove();
    });

    it('leaves nothing that clean does not find after kill -9', async (context) => {
      if (!facts.usable) context.skip(facts.why!);
      for (let round = 0; round < 3; round++) {
        const maker = startMaker(runtime);
        await once(maker.stdout!, 'data');
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
        const ended = once(maker, 'exit');
        maker.kill('SIGKILL');
        await ended;
        const { kept } = clean();
        expect(kept.filter(({ what }) => what.includes(`-${maker.pid!}-`))).toEqual([]);
        expect({ round, ...leftOf(maker.pid!) }).toEqual({ round, ...NOTHING });
      }
      if (lab !== null) {
        expect(await lab.onHost('docker', '--host', process.env['DOCKER_HOST']!, 'ps', '--all', '--quiet')).toBe('');
      }
    });
  });
}

/** Ends the maker and all of its group that is left, whatever the test came to. */
const makers: ChildProcess[] = [];

function startMaker(runtime: ProbeRuntime): ChildProcess {
  const maker = spawn(process.execPath, [path.join(import.meta.dirname, 'probe-maker.ts'), runtime], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  makers.push(maker);
  return maker;
}

afterAll(() => {
  for (const maker of makers) maker.kill('SIGKILL');
  clean();
});

describeWith(['root', 'unshare', 'setpriv'], 'what is left of probes', () => {
  const foreign = path.join(CGROUPS, existsIn('pids'), `nsi-foreign-${process.pid}`);
  let sleeper: ChildProcess;
  /** What is not of probes: planted cgroups with a task, and those of other software that stay as they are. */
  const others = () => ({
    planted: cgroupsBelow(foreign),
    members: readFileSync(`${foreign}/inner/cgroup.procs`, 'latin1'),
    limit: readFileSync(`${foreign}/inner/pids.max`, 'latin1'),
    mounts: readFileSync('/proc/self/mountinfo', 'latin1'),
    alive: sleeper.exitCode === null && sleeper.signalCode === null,
  });

  beforeAll(() => {
    // One looks nearly like a mark.
    for (const name of ['inner', `inner/${MARK_PREFIX}1-2`]) mkdirSync(path.join(foreign, name), { recursive: true });
    sleeper = spawn('sleep', ['1000'], { stdio: 'ignore' });
    writeFileSync(`${foreign}/inner/pids.max`, '7');
    writeFileSync(`${foreign}/inner/cgroup.procs`, String(sleeper.pid));
  });

  afterAll(async () => {
    const ended = once(sleeper, 'exit');
    sleeper.kill('SIGKILL');
    await ended;
    for (const at of [...cgroupsBelow(foreign).reverse(), foreign]) rmdirSync(at);
  });

  it('is found and removed after kill -9 at any moment, and nothing else', async () => {
    const before = others();
    for (let round = 0; round < 10; round++) {
      const maker = startMaker('native');
      // From the start of the first launch on: that is where there is something to leave.
      await once(maker.stdout!, 'data');
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 150));
      const ended = once(maker, 'exit');
      maker.kill('SIGKILL');
      await ended;
      clean();
      expect({ round, ...leftOf(maker.pid!) }).toEqual({ round, ...NOTHING });
    }
    expect(others()).toEqual(before);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('is nothing after %s', async (signal) => {
    const before = others();
    const maker = startMaker('native');
    await once(maker.stdout!, 'data');
    const ended = once(maker, 'exit');
    maker.kill(signal);
    expect(await ended).toEqual([null, signal]);
    expect(leftOf(maker.pid!)).toEqual(NOTHING);
    expect(others()).toEqual(before);
  });

  it('stays while its maker lives', async () => {
    const maker = startMaker('native');
    // The third stays.
    for (let said = ''; said.split('busy').length <= 3;) said += String((await once(maker.stdout!, 'data'))[0]);
    maker.kill('SIGSTOP');
    let standing = leftOf(maker.pid!);
    // What the maker had just started or killed goes on without it for a moment.
    await expect
      .poll(() => isDeepStrictEqual(standing, (standing = leftOf(maker.pid!))), { interval: 200, timeout: 10_000 })
      .toBe(true);
    expect(standing.cgroups).not.toEqual([]);
    const { kept, cgroups } = clean();
    expect(cgroups.filter((at) => standing.cgroups.includes(at))).toEqual([]);
    expect(kept.map(({ why }) => why)).toContain(`process ${maker.pid!} is using it`);
    expect(leftOf(maker.pid!)).toEqual(standing);
    const ended = once(maker, 'exit');
    maker.kill('SIGKILL');
    await ended;
    expect(clean().cgroups).not.toEqual([]);
    expect(leftOf(maker.pid!)).toEqual(NOTHING);
  });
});

/** Where the controller's hierarchy is mounted, relative to the usual place. */
function existsIn(controller: string): string {
  return readdirSync(CGROUPS).includes(controller) ? controller : '.';
}
