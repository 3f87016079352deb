/** What makers of probes leave: of one by its mark, and of others, which must be left alone. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

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

/** Of a cgroup of others: the same one is there, and the tasks that still live are in it. */
export interface Foreign {
  readonly inode: number;
  /** Pid and start time. */
  readonly tasks: readonly string[];
}

const startOf = (pid: string) =>
  fileOf(pid, 'stat')
    .replace(/^.*\) /, '')
    .split(' ')[19] ?? '';

/** Names of cgroups of probes and tests. */
const OWN = /\/(?:nsinspect-|nsi-[A-Za-z0-9]{6}(?:\/|$))/m;

/** All cgroups that are of no probe and no test, by path. */
export function foreignCgroups(): Map<string, Foreign> {
  const foreign = cgroupsBelow(CGROUPS).filter((at) => !OWN.test(at));
  return new Map(
    foreign.flatMap((at): [string, Foreign][] => {
      const facts = statSync(at, { throwIfNoEntry: false });
      // The root of a hierarchy, which is everybody's.
      if (facts?.dev !== statSync(path.dirname(at)).dev) return [];
      const members = existsSync(`${at}/cgroup.procs`) ? readProcs(at) : [];
      return [[at, { inode: facts.ino, tasks: members.map((pid) => `${pid} ${startOf(pid)}`) }]];
    }),
  );
}

function readProcs(at: string): string[] {
  try {
    return readFileSync(`${at}/cgroup.procs`, 'latin1')
      .split('\n')
      .filter((pid) => pid !== '' && pid !== '0');
  } catch (error) {
    // Removed meanwhile; a threaded one has no list (cgroup-v2.rst, "Threads").
    if (['ENOENT', 'ENODEV', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code!)) return [];
    throw error;
  }
}

/** What became of others' cgroups that cannot have come about by itself: made anew, removed with living tasks, or these moved. */
export function disturbed(before: ReadonlyMap<string, Foreign>, after: ReadonlyMap<string, Foreign>): string[] {
  return [...before].flatMap(([at, was]) => {
    const is = after.get(at);
    const living = was.tasks.filter((task) => startOf(task.split(' ')[0]!) === task.split(' ')[1]);
    if (is === undefined) return living.length === 0 ? [] : [`${at}: gone, with ${living.join(', ')} alive`];
    if (is.inode !== was.inode) return [`${at}: another`];
    // What starts a probe or a test elsewhere meanwhile goes into that one's by itself.
    const moved = living.filter((task) => !is.tasks.includes(task) && !OWN.test(fileOf(task.split(' ')[0]!, 'cgroup')));
    return moved.map((task) => `${at}: ${task} was moved`);
  });
}
