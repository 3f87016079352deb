/** What makers of probes leave: of one by its mark, and of others, which must be left alone. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';

import { MARK_PREFIX } from '../../src/probe/mark.ts';
import { scratchRoot, shortcuts, stateRoot } from '../../src/probe/state.ts';

export const CGROUPS = '/sys/fs/cgroup';

/** Every cgroup below, by path. Others come and go meanwhile. */
export function cgroupsBelow(directory: string): string[] {
  return readdirOrGone(directory).flatMap((name) => [`${directory}/${name}`, ...cgroupsBelow(`${directory}/${name}`)]);
}

function readdirOrGone(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function fileOf(pid: string, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch (error) {
    // It ended, or is of the kernel.
    if (['ENOENT', 'ESRCH', 'EACCES'].includes((error as NodeJS.ErrnoException).code!)) return '';
    throw error;
  }
}

const pids = () => readdirSync('/proc').filter((name) => /^\d+$/.test(name));

/** What a process made for its probes and is still there: other makers may be at work meanwhile. */
export function leftOf(maker: number) {
  const mark = `${MARK_PREFIX}${maker}-`;
  const roots = [stateRoot(), scratchRoot()].filter((root) => existsSync(root));
  return {
    cgroups: cgroupsBelow(CGROUPS).filter((at) => at.includes(mark)),
    directories: roots.flatMap((root) => readdirSync(root)).filter((name) => name.startsWith(mark)),
    links: shortcuts().filter((link) => link.mark.startsWith(mark)),
    mounts: readFileSync('/proc/self/mountinfo', 'latin1')
      .split('\n')
      .filter((line) => line.includes(mark)),
    processes: pids().filter((pid) => fileOf(pid, 'environ').includes(mark) || fileOf(pid, 'cmdline').includes(mark)),
  };
}

/** {@link leftOf} a maker that left nothing. */
export const NOTHING = { cgroups: [], directories: [], links: [], mounts: [], processes: [] };

/** Files and directories anywhere that programs write to by themselves, named by the maker's mark. */
export function filesOf(maker: number): string[] {
  const args = ['/run', '/tmp', '/var', '/dev/shm', '-xdev', '-name', `${MARK_PREFIX}${maker}-*`, '-prune'];
  // Others remove theirs meanwhile, of which find complains.
  const { stdout } = spawnSync('find', args, { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Where runtimes keep what they know of containers unless they are told otherwise, with what is in it. */
export function runtimeState(): string[] {
  return ['/run/runc', '/run/crun', '/run/lxc/lock/run', '/run/libpod', '/run/containers'].flatMap((at) =>
    readdirOrGone(at).map((name) => `${at}/${name}`),
  );
}

/** Names of cgroups of probes and tests. */
const OWN = /\/(?:nsinspect-|nsi-[A-Za-z0-9]{6}(?:\/|$))/m;

/** Inode numbers of all cgroups that are of no probe and no test, by path. */
export function foreignCgroups(): Map<string, number> {
  const foreign = cgroupsBelow(CGROUPS).filter((at) => !OWN.test(at));
  return new Map(
    foreign.flatMap((at): [string, number][] => {
      const facts = statSync(at, { throwIfNoEntry: false });
      return facts === undefined ? [] : [[at, facts.ino]];
    }),
  );
}

/** Those that were removed and made anew. (That others remove theirs meanwhile is their business.) */
export function remade(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>): string[] {
  return [...before].filter(([at, inode]) => (after.get(at) ?? inode) !== inode).map(([at]) => at);
}

/** Cgroups as other software has them, in every hierarchy, with a limit and a task: what they are like, and their removal. */
export class Foreign {
  readonly #tops: readonly string[];
  readonly #sleeper: ChildProcess;

  constructor() {
    const roots = existsSync(`${CGROUPS}/cgroup.procs`)
      ? [CGROUPS]
      : ['memory', 'pids', 'freezer', 'cpu', 'unified'].map((name) => `${CGROUPS}/${name}`);
    this.#tops = roots.filter((root) => existsSync(root)).map((root) => `${root}/foreign-${process.pid}`);
    this.#sleeper = spawn('sleep', ['10000'], { stdio: 'ignore' });
    for (const top of this.#tops) {
      // One looks nearly like a mark.
      for (const name of ['inner', `inner/${MARK_PREFIX}1-2`]) mkdirSync(`${top}/${name}`, { recursive: true });
      if (existsSync(`${top}/inner/pids.max`)) writeFileSync(`${top}/inner/pids.max`, '7');
      writeFileSync(`${top}/inner/cgroup.procs`, String(this.#sleeper.pid));
    }
  }

  /** All that would tell that somebody was at it: directories, tasks, limit. */
  look(): unknown {
    return {
      alive: this.#sleeper.exitCode === null && this.#sleeper.signalCode === null,
      groups: this.#tops.flatMap((top) =>
        [top, ...cgroupsBelow(top)].map((at) => {
          // (Times of directories tell nothing: kernfs keeps them only where somebody has set an attribute.)
          const { ino } = statSync(at);
          const [tasks, limit] = ['cgroup.procs', 'pids.max'].map((name) => readOrNull(`${at}/${name}`));
          return { at, ino, tasks, limit };
        }),
      ),
    };
  }

  async remove(): Promise<void> {
    const ended = once(this.#sleeper, 'exit');
    this.#sleeper.kill('SIGKILL');
    await ended;
    for (const at of this.#tops.flatMap((top) => [top, ...cgroupsBelow(top)]).reverse()) rmdirSync(at);
  }
}

function readOrNull(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'latin1') : null;
}
