/**
 * Containers by docker and podman, which name the container's cgroup themselves: it is made below the payload's parent group,
 * and found by where the payload is. The image holds empty directories only; programs are bound from the host.
 */
import { spawnSync } from 'node:child_process';

import { NsinspectError } from '../../text/error.ts';
import { MARK_VARIABLE } from '../mark.ts';
import { pause } from '../live.ts';
import { innerPid, tasksNaming, variableOf } from '../tasks.ts';
import type { Place } from './container.ts';
import { Container } from './container.ts';
import { Gated, PATH, supervised } from './gated.ts';
import type { AppliedSetting, Bind, CgroupSetting, LaunchSpec, OwnNamespace, Probe } from './launcher.ts';
import { CAPABILITIES } from './native.ts';
import { lastLine } from './text.ts';

/** An engine's client: the program with the options that say which engine, and the environment for it. */
export interface Engine {
  readonly runtime: 'docker' | 'podman';
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Options of `run` for files of cgroups; those of v2 only where one file is one option. */
const OPTIONS: Readonly<Record<string, string>> = {
  'cpu.cfs_quota_us': '--cpu-quota',
  'cpu.cfs_period_us': '--cpu-period',
  'cpu.shares': '--cpu-shares',
  'cpuset.cpus': '--cpuset-cpus',
  'cpuset.mems': '--cpuset-mems',
  'memory.limit_in_bytes': '--memory',
  'memory.max': '--memory',
  'memory.soft_limit_in_bytes': '--memory-reservation',
  'pids.max': '--pids-limit',
};

/** The smallest limits that engines take: 6 MiB (docker, daemon_unix.go: linuxMinMemory), 1 ms (the kernel's own). */
const LEAST_MEMORY = 6 << 20;

/** The options of `run` that make the settings, and each setting with who makes it. */
export function engineOptions(settings: readonly CgroupSetting[]): { options: string[]; settings: AppliedSetting[] } {
  const options: string[] = [];
  const applied = settings.map((setting): AppliedSetting => {
    const { file, value, group } = setting;
    const option = group === undefined ? OPTIONS[file] : undefined;
    const isMemory = option === '--memory';
    const says = option !== undefined && (/cpus$|mems$/.test(file) || /^\d+$/.test(value));
    if (!says || (isMemory && Number(value) < LEAST_MEMORY)) return { ...setting, by: 'nsinspect' };
    // Left alone, engines make memory and swap together twice as much, which is a limit of its own.
    options.push(option, value, ...(isMemory ? ['--memory-swap', '-1'] : []));
    return { ...setting, by: 'runtime' };
  });
  return { options, settings: applied };
}

/** Runs a command of the engine to its end; gives what it printed. Error with what it said last. */
export function ask({ runtime, command, env }: Engine, args: readonly string[], input?: string): string {
  const [program = '', ...options] = command;
  const { status, stdout, stderr, error } = spawnSync(program, [...options, ...args], {
    env: { PATH: `${process.env['PATH'] ?? ''}:${PATH}`, LC_ALL: 'C', ...env },
    encoding: 'utf8',
    timeout: 60_000,
    ...(input === undefined ? { stdio: ['ignore', 'pipe', 'pipe'] } : { input }),
  });
  if (status === 0) return stdout.trim();
  const why = error === undefined ? lastLine(stderr) : error.message;
  throw new NsinspectError(`${runtime} ${args[0] ?? ''}: ${why}`, { code: 'probe-failed', cause: error });
}

/** What `run` is told of namespaces: none has one of time, only podman has words for ids, and cgroup's is there on v2 only. */
export function namespaceOptions(
  runtime: Engine['runtime'],
  { namespaces: names, ids }: Pick<LaunchSpec, 'namespaces' | 'ids'>,
): string[] {
  const own = (name: OwnNamespace) => names === undefined || names.includes(name);
  const lacks: readonly OwnNamespace[] = runtime === 'podman' ? ['time'] : ['time', 'user'];
  const lack = names?.find((name) => lacks.includes(name));
  if (lack !== undefined) {
    throw new NsinspectError(`${runtime} has no option to give a container a namespace of type ${lack} of its own`, {
      code: 'probe-failed',
    });
  }
  const { inside, outside, count } = ids ?? { inside: 0, outside: process.geteuid?.() ?? 0, count: 1 };
  return [
    // A bridge would put devices and rules into the host's network namespace.
    ...['--network', own('net') ? 'none' : 'host', '--ipc', own('ipc') ? 'private' : 'host'],
    ...(own('uts') ? [] : ['--uts', 'host']),
    ...(names?.includes('user') === true
      ? ['uid', 'gid'].flatMap((kind) => [`--${kind}map`, `${inside}:${outside}:${count}`])
      : []),
    ...(names === undefined ? [] : ['--cgroupns', own('cgroup') ? 'private' : 'host']),
  ];
}

/** What is launched: `image` is the words of `run` that name it. */
export interface EngineProbe {
  readonly spec: LaunchSpec;
  readonly image: readonly string[];
  readonly binds: readonly Bind[];
}

/** Runs the container and waits until it is at the gate. */
export async function launchByEngine(
  engine: Engine,
  { spec, image, binds }: EngineProbe,
  place: Place,
  began: number,
): Promise<Probe> {
  const { scope, bounds, mark } = place;
  if (scope.directory('memory', '') === null) {
    throw new NsinspectError('no cgroup can be made to bound the container in', { code: 'probe-failed' });
  }
  const parent = place.group.split('/').slice(0, -1).join('/');
  if (parent !== '') scope.makeGroup(parent, place.controllers);
  const { options, settings } = engineOptions(spec.settings ?? []);
  const own = settings.filter(({ by }) => by === 'nsinspect');
  place.set(own.filter(({ group }) => group !== undefined));
  const capabilities = CAPABILITIES.flatMap((name) => ['--cap-add', name.toUpperCase()]);
  const [script, ...words] = supervised(spec, bounds);
  const run = [
    ...['run', '--interactive', '--rm', '--name', mark, '--label', `${MARK_VARIABLE}=${mark}`],
    ...['--cgroup-parent', [scope.path, parent].filter((name) => name !== '').join('/')],
    ...['--read-only', '--tmpfs', `/tmp:rw,nosuid,exec,dev,mode=1777,size=${bounds.disk}`],
    ...['--cap-drop', 'ALL', ...capabilities, '--security-opt', 'no-new-privileges'],
    ...['--env', `PATH=${PATH}`, '--env', 'LC_ALL=C', '--env', `${MARK_VARIABLE}=${mark}`, '--log-driver', 'none'],
    ...namespaceOptions(engine.runtime, spec),
    ...(spec.namespaces?.includes('uts') === false ? [] : ['--hostname', spec.name]),
    ...binds.flatMap(({ source, target, writable }) => ['--volume', `${source}:${target}:${writable ? 'rw' : 'ro'}`]),
    ...options,
    ...['--entrypoint', script ?? '/bin/sh'],
    ...image,
    ...words,
  ];
  let isFound = false;
  const kill = () => {
    if (isFound) place.kill();
    else scope.kill();
  };
  const gated = new Gated({
    command: [...engine.command, ...run],
    mark,
    bounds,
    env: engine.env,
    translate: true,
    kill,
    ended: kill,
  });
  place.before(() => {
    kill();
    place.killSetUp();
    removeContainer(engine, mark);
    gated.killGroup();
    gated.release();
  });
  const inner = await gated.stage('gate');
  const pid = scope
    .pids()
    .find((candidate) => innerPid(candidate) === inner && variableOf(candidate, MARK_VARIABLE) === mark);
  const group = pid === undefined ? null : scope.groupOf(pid);
  if (pid === undefined || group === null) {
    throw new NsinspectError(`the container is not in a cgroup of this host: another host's ${engine.runtime}?`, {
      code: 'probe-failed',
    });
  }
  place.group = group;
  isFound = true;
  place.found(pid);
  // podman's monitor is beside the container, that is within the limits of the parent; it has the name in its arguments.
  const monitors = tasksNaming(mark, scope.pids()).map((task) => task.pid);
  place.setApart(pid, [...scope.pids(group), ...monitors]);
  place.verify(pid);
  place.set(own.filter((setting) => setting.group === undefined));
  return new Container(engine.runtime, place, gated, { pid, settings, startMs: performance.now() - began, kill });
}

/** Removes a container, which may be gone: with `--rm` the engine does so by itself when it has ended, in its own time. */
export function removeContainer(engine: Engine, name: string): void {
  const there = () => ask(engine, ['ps', '--all', '--quiet', '--filter', `name=^${name}$`]) !== '';
  for (let attempt = 0; there(); attempt++) {
    try {
      ask(engine, ['rm', '--force', name]);
    } catch (error) {
      // "removal is already in progress": it is done when it is no longer listed.
      if (attempt > 20) throw error;
      pause(50);
    }
  }
}
