/**
 * Containers by podman, which needs no daemon: its storage and state are in the probe's own directory, so that nothing of the
 * user's podman is touched, and its root is a directory instead of an image.
 */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { TaskStat } from '../../parse/task-stat.ts';
import { MARK_VARIABLE } from '../mark.ts';
import { argumentsOf, killFound, rlimitsOf, tasksNaming, variableOf, waitForEnd } from '../tasks.ts';
import { shortcut, type Shortcut } from '../state.ts';
import type { Place } from './container.ts';
import { launchByEngine, type Engine } from './engine.ts';
import type { LaunchSpec, Probe } from './launcher.ts';
import { ProgramLauncher } from './program.ts';
import { makeRoot, programPath, versionOf } from './root.ts';

/** podman with everything it keeps in this directory. */
function engine(directory: string, isV2: boolean): Engine {
  // vfs: no file system is mounted for an image that there is none of.
  const own = [
    ...['--root', `${directory}/root`, '--runroot', `${directory}/run`, '--tmpdir', `${directory}/tmp`],
    // What the runtime knows of the container, otherwise in /run/runc.
    ...['--runtime-flag', `root=${directory}/state`],
  ];
  // A runtime is taken by its path, or by a name that podman's configuration knows.
  const runtime = isV2 || versionOf('runc') === null ? [] : ['--runtime', programPath('runc')];
  return {
    runtime: 'podman',
    command: [
      'podman',
      ...own,
      '--storage-driver',
      'vfs',
      '--cgroup-manager',
      'cgroupfs',
      '--events-backend',
      'none',
      ...runtime,
    ],
    // Its default runtime, crun, refuses v1 beside v2.
    env: {
      XDG_RUNTIME_DIR: directory,
      HOME: directory,
      CONTAINERS_CONF: configuration(directory),
    },
  };
}

/**
 * Instead of the host's: locks in files below `--tmpdir`. Those in shared memory, which is the default, are of all podmans of the
 * host, 2,048 in number, and one that dies with its container keeps it for ever. Networks there are none of.
 */
function configuration(directory: string): string {
  const file = path.join(directory, 'containers.conf');
  writeFileSync(file, `[engine]\nlock_type = "file"\n[network]\nnetwork_config_dir = "${directory}/networks"\n`);
  return file;
}

/**
 * Left alone, podman asks for more open files and processes than its own limits may allow, which root without CAP_SYS_RESOURCE
 * is refused; also the very limits of its caller are too many for what it starts (seen with 4.3: 96,365 processes).
 */
function ulimits(): string[] {
  const own = rlimitsOf('self');
  const most = { nofile: ['Max open files', 1024], nproc: ['Max processes', 30_000] } as const;
  return Object.entries(most).flatMap(([name, [word, enough]]) => {
    const hard = own[word]?.hard ?? 'unlimited';
    const limit = hard === 'unlimited' ? enough : Math.min(enough, Number(hard));
    return ['--ulimit', `${name}=${limit}:${limit}`];
  });
}

/**
 * What podman runs for a probe, of those that have its directory in their arguments: podman itself bears the mark in its
 * environment; its monitor (conmon) and the podman that this starts at the end have environments of their own, and are known
 * by their names. Whoever else names the directory only looks at it.
 */
export function podmanTasks({ at, mark }: Shortcut): TaskStat[] {
  return tasksNaming(`${at}/`).filter(
    ({ pid }) => variableOf(pid, MARK_VARIABLE) === mark || isPodman(argumentsOf(pid), at),
  );
}

function isPodman([program = '', ...words]: readonly string[], at: string): boolean {
  return ['podman', 'conmon'].includes(path.basename(program)) && words.some((word) => word.startsWith(`${at}/`));
}

/** See the head of this file. */
export class PodmanLauncher extends ProgramLauncher<'podman'> {
  constructor() {
    super('podman');
  }

  protected start(spec: LaunchSpec, place: Place, began: number): Promise<Probe> {
    const root = place.make('root');
    const binds = makeRoot(root, spec, place.scratch);
    // podman takes no path of its state that is longer than 50 bytes: sockets in it must be shorter than 108 (unix(7)).
    const short = shortcut(place.make('p'), place.mark);
    place.before(() => {
      // Its monitor starts podman once more when the container has ended, which would make what is removed anew.
      waitForEnd(killFound(() => podmanTasks({ at: short, mark: place.mark })));
      rmSync(short, { force: true });
    });
    const podman = engine(short, place.scope.version('memory') === 2);
    return launchByEngine(podman, { spec, image: [...ulimits(), '--rootfs', root], binds }, place, began);
  }
}
