/** What this machine has to offer to probes: controllers and their files, CPUs, the disk behind /scratch. */
import { readdirSync } from 'node:fs';
import path from 'node:path';

import { liveHost } from '../../host/live.ts';
import { Failure, type Host } from '../../host/port.ts';
import { parseCpusAllowed } from '../../parse/cpus-allowed.ts';
import { parseCpuList } from '../../text/cpu-list.ts';
import type { Launcher, Scope } from '../launch/launcher.ts';
import { scratchRoot } from '../state.ts';
import type { Need } from './probe.ts';

/** All controllers that a kernel can have, of both versions. */
export const CONTROLLERS = [
  ...['cpu', 'cpuacct', 'cpuset', 'memory', 'pids', 'blkio', 'io', 'devices', 'freezer'],
  ...['hugetlb', 'net_cls', 'net_prio', 'rdma', 'misc', 'perf_event'],
] as const;

/** A block device. */
export interface Disk {
  /** `major:minor` of the whole disk, which is what limits are set on. */
  readonly dev: string;
}

/** See the head of this file. */
export interface World {
  /** In which version a cgroup of ours can have the controller; null: in none, see `lack`. `v2`: the unified hierarchy itself. */
  version(controller: string): 1 | 2 | null;
  /** Why not, in one line. */
  lack(controller: string): string;
  /** Whether cgroups of the controller have a file of this name. */
  has(controller: string, file: string): boolean;
  /** CPUs that this process may use. */
  readonly cpus: readonly number[];
  /** The disk that /scratch is on, or why no limit of a disk concerns it. */
  readonly disk: Disk | string;
}

/** Which of these is not met, and why; null: all are. */
export function lackOf(world: World, needs: readonly Need[]): string | null {
  for (const { controller, version, file } of needs) {
    const here = world.version(controller);
    if (here === null) return `${controller}: ${world.lack(controller)}`;
    if (version !== undefined && here !== version) return `${controller} is in a hierarchy of cgroup v${here}`;
    if (file !== undefined && !world.has(controller, file)) return `this kernel has no ${file}`;
  }
  return null;
}

/** Looks at this machine: makes a scope for a moment, to see what its cgroups have. */
export function lookAround(launcher: Pick<Launcher, 'scope'>): World {
  const lacks = new Map<string, string>();
  const versions = new Map<string, 1 | 2>();
  const files = new Map<string, readonly string[]>();
  const scope = launcher.scope({}, []);
  try {
    for (const controller of [...CONTROLLERS, 'v2']) {
      const version = scope.version(controller);
      const lack = scope.lacks.get(controller) ?? (version === null ? NOWHERE : whyNot(scope, controller));
      if (lack === null && version !== null) versions.set(controller, version);
      else lacks.set(controller, lack ?? NOWHERE);
    }
    // When all have been tried: on v2 one directory has the files of all of them.
    for (const controller of versions.keys()) {
      const directory = scope.directory(controller, LOOK);
      files.set(controller, directory === null ? [] : readdirSync(directory));
    }
  } finally {
    scope.remove();
  }
  const host = liveHost();
  return {
    version: (controller) => versions.get(controller) ?? null,
    lack: (controller) => lacks.get(controller) ?? NOWHERE,
    has: (controller, file) => files.get(controller)?.includes(file) ?? false,
    cpus: ownCpus(host),
    disk: diskOf(host, path.dirname(scratchRoot())),
  };
}

const NOWHERE = 'in no hierarchy that is mounted here';
const LOOK = 'look';

function whyNot(scope: Scope, controller: string): string | null {
  try {
    scope.makeGroup(LOOK, [controller]);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function read(host: Host, directory: string, name: string): string {
  const dir = host.open(directory);
  if (dir instanceof Failure) return '';
  const text = dir.read(name);
  dir.close();
  return text instanceof Failure ? '' : text;
}

function ownCpus(host: Host): readonly number[] {
  return parseCpuList(parseCpusAllowed(read(host, '/proc', 'self/status')) ?? '') ?? [];
}

/** The whole disk below a directory: throttling goes by queues, which partitions do not have (`blkg_conf_open_bdev`). */
function diskOf(host: Host, directory: string): Disk | string {
  const dir = host.open(directory);
  const facts = dir instanceof Failure ? dir : dir.stat('.');
  if (!(dir instanceof Failure)) dir.close();
  if (facts instanceof Failure) return `${directory}: ${facts.errno}`;
  const device = host.open(`/sys/dev/block/${facts.dev}`);
  if (device instanceof Failure)
    return `${directory} is on no block device (a tmpfs, an overlay, a network): ${facts.dev}`;
  const whole = device.stat('partition') instanceof Failure ? null : device.open('..');
  const dev = (whole === null || whole instanceof Failure ? device : whole).read('dev');
  if (whole !== null && !(whole instanceof Failure)) whole.close();
  device.close();
  return dev instanceof Failure ? `/sys/dev/block/${facts.dev}/dev: ${dev.errno}` : { dev: dev.trim() };
}
