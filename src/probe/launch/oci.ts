/**
 * Containers by runc and crun: a bundle whose configuration is the runtime's own default (`spec`), with the probe's root,
 * process, cgroup and limits in it. The runtime makes the payload's group below the scope, sets what its configuration can say,
 * and has the payload join before it executes it; what it has no word for is written while the payload waits at the gate.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { NsinspectError } from '../../text/error.ts';
import { MARK_VARIABLE } from '../mark.ts';
import { Container, type Place } from './container.ts';
import { Gated, PATH, supervised } from './gated.ts';
import type { AppliedSetting, Bind, Bounds, CgroupSetting, LaunchSpec, Probe } from './launcher.ts';
import type { OwnNamespace } from './launcher.ts';
import { BOOT_TIME_OFFSET, CAPABILITIES, rlimits } from './native.ts';
import { ProgramLauncher } from './program.ts';
import { makeRoot } from './root.ts';

/** What is changed of a runtime's configuration (runtime-spec, config.md and config-linux.md). */
interface OciConfig {
  hostname?: string;
  root: { path: string; readonly: boolean };
  process: {
    terminal: boolean;
    args: string[];
    env: string[];
    capabilities?: Record<string, string[]>;
    [key: string]: unknown;
  };
  mounts: { destination: string; type?: string; source: string; options: string[] }[];
  linux: {
    namespaces: { type: string }[];
    cgroupsPath?: string;
    resources?: Record<string, unknown>;
    uidMappings?: OciMapping[];
    gidMappings?: OciMapping[];
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

interface OciMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

/** The names of namespaces in runtime-spec. */
const TYPES: Readonly<Record<OwnNamespace, string>> = {
  ...{ cgroup: 'cgroup', ipc: 'ipc', mnt: 'mount', net: 'network' },
  ...{ pid: 'pid', time: 'time', user: 'user', uts: 'uts' },
};

/** Of the clocks of a time namespace (config-linux.md, "Offset for Time Namespace"). */
const OFFSET = { secs: BOOT_TIME_OFFSET, nanosecs: 0 };

/** Where the value of a file of v1 goes in `linux.resources`. */
const NUMBERS: Readonly<Record<string, readonly [section: string, member: string]>> = {
  'cpu.cfs_quota_us': ['cpu', 'quota'],
  'cpu.cfs_period_us': ['cpu', 'period'],
  'cpu.shares': ['cpu', 'shares'],
  'memory.limit_in_bytes': ['memory', 'limit'],
  'memory.soft_limit_in_bytes': ['memory', 'reservation'],
  'memory.memsw.limit_in_bytes': ['memory', 'swap'],
  'pids.max': ['pids', 'limit'],
};

const WORDS: Readonly<Record<string, readonly [section: string, member: string]>> = {
  'cpuset.cpus': ['cpu', 'cpus'],
  'cpuset.mems': ['cpu', 'mems'],
};

const THROTTLES: Readonly<Record<string, string>> = {
  'blkio.throttle.read_bps_device': 'throttleReadBpsDevice',
  'blkio.throttle.write_bps_device': 'throttleWriteBpsDevice',
  'blkio.throttle.read_iops_device': 'throttleReadIOPSDevice',
  'blkio.throttle.write_iops_device': 'throttleWriteIOPSDevice',
};

/** The settings as `linux.resources`, and each with who makes it. `version` tells the hierarchy of a controller. */
export function ociResources(
  settings: readonly CgroupSetting[],
  version: (controller: string) => 1 | 2 | null,
): { resources: Record<string, Record<string, unknown>>; settings: AppliedSetting[] } {
  const resources: Record<string, Record<string, unknown>> = {};
  const applied = settings.map((setting): AppliedSetting => {
    const taken = setting.group === undefined && put(resources, setting, version(setting.controller));
    return { ...setting, by: taken ? 'runtime' : 'nsinspect' };
  });
  return { resources, settings: applied };
}

/** Whether the configuration has a word for it. */
function put(
  resources: Record<string, Record<string, unknown>>,
  { file, value }: CgroupSetting,
  version: 1 | 2 | null,
): boolean {
  const section = (name: string) => (resources[name] ??= {});
  if (version === 2) {
    section('unified')[file] = value;
    return true;
  }
  const [numbers, words, throttle] = [NUMBERS[file], WORDS[file], THROTTLES[file]];
  const [, major, minor, rate] = /^(\d+):(\d+) (\d+)$/.exec(value) ?? [];
  // `max` and the like have numbers of their own in each place: left to the kernel's words.
  if (numbers !== undefined && /^-?\d+$/.test(value)) section(numbers[0])[numbers[1]] = Number(value);
  else if (words !== undefined) section(words[0])[words[1]] = value;
  else if (throttle !== undefined && rate !== undefined) {
    const list = (section('blockIO')[throttle] ??= []) as unknown[];
    list.push({ major: Number(major), minor: Number(minor), rate: Number(rate) });
  } else return false;
  return true;
}

/** What of the probe goes into the runtime's own configuration. */
export interface OciProbe {
  readonly spec: LaunchSpec;
  readonly bounds: Bounds;
  readonly mark: string;
  readonly root: string;
  readonly binds: readonly Bind[];
  /** Null: it makes no cgroup. */
  readonly cgroupsPath: string | null;
  readonly resources: Readonly<Record<string, unknown>>;
}

/** The runtime's default configuration, made that of the probe. */
export function ociConfig(
  base: OciConfig,
  { spec, bounds, mark, root, binds, cgroupsPath, resources }: OciProbe,
): OciConfig {
  const wanted = spec.namespaces === undefined ? null : new Set<OwnNamespace>([...spec.namespaces, 'mnt', 'pid']);
  const namespaces = wanted === null ? base.linux.namespaces : [...wanted].map((name) => ({ type: TYPES[name] }));
  const has = (type: string) => namespaces.some((namespace) => namespace.type === type);
  const { inside, outside, count } = spec.ids ?? { inside: 0, outside: process.geteuid?.() ?? 0, count: 1 };
  const mapping = [{ containerID: inside, hostID: outside, size: count }];
  const names = CAPABILITIES.map((name) => `CAP_${name.toUpperCase()}`);
  const config: OciConfig = {
    ...base,
    root: { path: root, readonly: true },
    process: {
      ...base.process,
      terminal: false,
      args: [...(cgroupsPath === null ? rlimits(bounds) : []), ...supervised(spec, bounds)],
      env: [`PATH=${PATH}`, 'LC_ALL=C', `${MARK_VARIABLE}=${mark}`],
      capabilities: { bounding: names, effective: names, permitted: names },
    },
    mounts: [
      ...base.mounts,
      {
        destination: '/tmp',
        type: 'tmpfs',
        source: 'tmpfs',
        options: ['nosuid', 'mode=1777', `size=${bounds.disk}`],
      },
      ...binds.map(({ source, target, writable }) => ({
        destination: target,
        type: 'bind',
        source,
        options: ['rbind', writable ? 'rw' : 'ro'],
      })),
    ],
    linux: {
      ...base.linux,
      namespaces,
      ...(has('user') ? { uidMappings: mapping, gidMappings: mapping } : {}),
      ...(has('time') ? { timeOffsets: { boottime: OFFSET, monotonic: OFFSET } } : {}),
      ...(cgroupsPath === null ? {} : { cgroupsPath }),
      resources: { ...(cgroupsPath === null ? {} : base.linux.resources), ...resources },
    },
  };
  // Without a UTS namespace of its own it would be the host's name.
  if (has('uts')) config.hostname = spec.name;
  else delete config.hostname;
  return config;
}

/** See the head of this file. */
export class OciLauncher extends ProgramLauncher<'runc' | 'crun'> {
  protected start(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
    return launch(this.runtime, spec, place, began);
  }
}

/** Error where the runtime says of itself that it has no such namespaces: runc before 1.2 knows none of time. */
function requireNamespaces(runtime: string, names: readonly OwnNamespace[], env: NodeJS.ProcessEnv): void {
  const { status, stdout } = spawnSync(runtime, ['features'], { env, encoding: 'utf8', timeout: 10_000 });
  // Before 1.1 it does not say. Then it says what it lacks when it is started.
  if (status !== 0) return;
  const { linux } = JSON.parse(stdout) as { linux?: { namespaces?: readonly string[] } };
  const lack = names.find((name) => linux?.namespaces?.includes(TYPES[name]) === false);
  if (lack === undefined) return;
  throw new NsinspectError(`this version of ${runtime} makes no namespaces of type ${lack}`, { code: 'probe-failed' });
}

async function launch(runtime: 'runc' | 'crun', spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
  const { scope, bounds, directory, mark } = place;
  const bundle = place.make('bundle');
  const root = place.make('root');
  const binds = makeRoot(root, spec, place.scratch);
  const env = {
    PATH: `${process.env['PATH'] ?? ''}:${PATH}`,
    LC_ALL: 'C',
    XDG_RUNTIME_DIR: directory,
    TMPDIR: directory,
  };
  if (spec.namespaces?.includes('time') === true) requireNamespaces(runtime, ['time'], env);
  const privileged = process.geteuid?.() === 0;
  const made = spawnSync(runtime, ['spec', ...(privileged ? [] : ['--rootless'])], {
    cwd: bundle,
    env,
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    const why = made.error?.message ?? made.stderr.trim();
    throw new NsinspectError(`${runtime} spec failed: ${why}`, { code: 'probe-failed' });
  }
  const file = path.join(bundle, 'config.json');
  const base = JSON.parse(readFileSync(file, 'utf8')) as OciConfig;
  const { resources, settings } = ociResources(spec.settings ?? [], (controller) => scope.version(controller));
  const cgroupsPath = place.bounding.length === 0 ? null : `${scope.path}/${place.group}`;
  writeFileSync(file, JSON.stringify(ociConfig(base, { spec, bounds, mark, root, binds, cgroupsPath, resources })));

  // Also the levels between the scope and the group, which no configuration of this container speaks of.
  if (cgroupsPath !== null) place.makeGroup();
  const own = settings.filter(({ by }) => by === 'nsinspect');
  place.set(own.filter(({ group }) => group !== undefined));
  const command = [runtime, '--root', path.join(directory, 'state')];
  const kill = () => place.kill();
  const gated = new Gated({
    command: [...command, 'run', '--bundle', bundle, mark],
    ...{ mark, bounds, env, translate: true, kill, ended: kill },
  });
  place.before(() => {
    kill();
    place.killSetUp();
    spawnSync(command[0] ?? '', [...command.slice(1), 'delete', '--force', mark], {
      env,
      stdio: 'ignore',
      timeout: 10_000,
    });
    gated.killGroup();
    gated.release();
  });
  const pid = gated.pidOf(await gated.stage('gate'));
  place.found(pid);
  place.setApart(pid);
  place.verify(pid);
  place.set(own.filter(({ group }) => group === undefined));
  return new Container(runtime, place, gated, { pid, settings, startMs: performance.now() - began, kill });
}
