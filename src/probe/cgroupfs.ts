/**
 * The only writer of cgroups. It makes cgroups of its own, each known by its mark, writes their settings, and removes them;
 * no path outside of a marked cgroup is ever written to. On v1 they are in the root of each hierarchy, so that one path serves
 * all of them, as runtimes want it; on v2 where controllers are handed on ({@link liveHierarchies}).
 */
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, rmdirSync, writeSync } from 'node:fs';
import path from 'node:path';

import { NsinspectError } from '../text/error.ts';
import { liveHierarchies, readOrNull, type Hierarchy } from './hierarchies.ts';
import type { Bounds, CgroupSetting, Scope } from './launch/launcher.ts';
import { pause, undoAtEnd } from './live.ts';
import { newMark, parseMark } from './mark.ts';
import { cgroupPathsOf, isRunning, killOne } from './tasks.ts';

/** How long tasks may take to die, and cgroups to become empty. A task that waits for a disk dies when that has answered. */
const PATIENCE_MS = 10_000;

/** Controllers that every scope is in where there are any. */
export const BOUNDING: readonly string[] = ['memory', 'pids', 'freezer'];

/** A group's name: plain names, none of them special to a file system. */
const GROUP = /^[a-z0-9][a-z0-9._-]*(?:\/[a-z0-9][a-z0-9._-]*)*$/;

/** The scope's own; all its tasks are in groups below. */
const SELF = '';

function withGroup(base: string, mark: string, group: string): string {
  if (group !== SELF && !GROUP.test(group)) throw new TypeError(`no name of a group: ${group}`);
  return path.join(base, mark, group);
}

/** Makes a scope: a cgroup in every hierarchy that has one of the controllers, bounded in memory and tasks where these are. */
export function makeScope(bounds: Pick<Bounds, 'memory' | 'tasks'>, controllers: readonly string[] = []): CgroupScope {
  const scope = new CgroupScope(newMark(), liveHierarchies());
  try {
    scope.makeGroup(
      SELF,
      [...BOUNDING, ...controllers].filter((controller) => scope.version(controller) !== null),
    );
    scope.bound(bounds);
  } catch (error) {
    scope.remove();
    throw error;
  }
  return scope;
}

/** See {@link Scope}. */
export class CgroupScope implements Scope {
  readonly mark: string;
  readonly lacks: ReadonlyMap<string, string>;
  readonly #hierarchies: readonly Hierarchy[];
  readonly #forget: () => void;

  constructor(mark: string, hierarchies: readonly Hierarchy[]) {
    if (parseMark(mark) === null) throw new TypeError(`no mark: ${mark}`);
    this.mark = mark;
    this.#hierarchies = hierarchies;
    this.lacks = lacksOf(hierarchies);
    this.#forget = undoAtEnd(() => this.remove());
  }

  version(controller: string): 1 | 2 | null {
    const hierarchy = this.#of(controller);
    return typeof hierarchy?.base === 'string' ? hierarchy.version : null;
  }

  /** Error, with the reason, where one of these cannot be used. */
  require(controllers: readonly string[]): void {
    for (const controller of controllers) this.#need(controller);
  }

  /** Path of the scope below the root of each hierarchy, as runtimes take it; the same in all that it is in. */
  get path(): string {
    const unified = this.#hierarchies.find(({ version }) => version === 2);
    return `/${path.join(typeof unified?.base === 'string' ? path.relative(unified.root, unified.base) : '', this.mark)}`;
  }

  directory(controller: string, group: string): string | null {
    const base = this.#of(controller)?.base ?? null;
    if (base === null) return null;
    const directory = withGroup(base, this.mark, group);
    return existsSync(directory) ? directory : null;
  }

  makeGroup(group: string, controllers: readonly string[]): void {
    const wanted = new Set<Hierarchy>();
    for (const controller of controllers) wanted.add(this.#need(controller));
    // v2 ends many processes at once, whatever its controllers (cgroup.kill).
    const unified = this.#of('v2');
    if (typeof unified?.base === 'string') wanted.add(unified);
    for (const hierarchy of wanted) this.#make(hierarchy, group, controllers);
  }

  /** Makes a group in every hierarchy in which another is, also in those that a runtime chose. */
  makeBeside(group: string, other: string, controllers: readonly string[]): void {
    for (const hierarchy of this.#hierarchies) {
      if (hierarchy.base === null || !existsSync(withGroup(hierarchy.base, this.mark, other))) continue;
      this.#make(hierarchy, group, controllers);
    }
  }

  #make({ base, version, controllers: offered }: Hierarchy, group: string, wanted: readonly string[]): void {
    if (base === null) return;
    const names = group === SELF ? [] : group.split('/');
    let at = path.join(base, this.mark);
    makeDirectory(at);
    if (version === 1 && offered.includes('cpuset')) inheritCpuset(base, at);
    for (const name of names) {
      if (version === 2)
        enable(
          at,
          offered.filter((controller) => wanted.includes(controller)),
        );
      const parent = at;
      at = path.join(at, name);
      makeDirectory(at);
      if (version === 1 && offered.includes('cpuset')) inheritCpuset(parent, at);
    }
  }

  /** Bounds everything in the scope. */
  bound({ memory, tasks }: Pick<Bounds, 'memory' | 'tasks'>): void {
    const memoryFile = this.version('memory') === 2 ? 'memory.max' : 'memory.limit_in_bytes';
    if (this.directory('memory', SELF) !== null) {
      this.set({ controller: 'memory', file: memoryFile, value: String(memory), group: SELF });
    }
    if (this.directory('pids', SELF) !== null) {
      this.set({ controller: 'pids', file: 'pids.max', value: String(tasks), group: SELF });
    }
  }

  set({ controller, file, value, group }: CgroupSetting & { readonly group: string }): void {
    const directory = this.directory(controller === 'cgroup' ? 'v2' : controller, group);
    if (directory === null) throw this.#lack(controller);
    if (!/^[\w.-]+$/.test(file)) throw new TypeError(`no file of a cgroup: ${file}`);
    try {
      writeInto(path.join(directory, file), value);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      throw new NsinspectError(`the kernel refuses ${JSON.stringify(value)} in ${file}: ${code}`, {
        code: 'setting-refused',
        cause: error,
      });
    }
  }

  read(controller: string, group: string, file: string): string | null {
    const directory = this.directory(controller === 'cgroup' ? 'v2' : controller, group);
    return directory === null ? null : readOrNull(path.join(directory, file));
  }

  join(group: string, pid: number): void {
    for (const directory of this.#directories(group)) {
      writeInto(path.join(directory, 'cgroup.procs'), String(pid));
    }
  }

  /** Words of sh that move it into the group before it executes anything, ending in `&&`; empty where there are no cgroups. */
  joinScript(group: string): string {
    const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`;
    return this.#directories(group)
      .map((directory) => `echo $$ > ${quoted(path.join(directory, 'cgroup.procs'))} && `)
      .join('');
  }

  /** Whether the process is in exactly this group of the controller's hierarchy. */
  holds(controller: string, group: string, pid: number): boolean {
    const directory = this.directory(controller, group);
    if (directory === null) return false;
    return (readOrNull(path.join(directory, 'cgroup.procs')) ?? '').split('\n').includes(String(pid));
  }

  /** The group that a process is in, as `/proc/PID/cgroup` has it; null where it is in none of this scope. */
  groupOf(pid: number): string | null {
    const [, group] = new RegExp(`/${this.mark}/(.+)$`, 'm').exec(cgroupPathsOf(pid)) ?? [];
    return group ?? null;
  }

  pids(group: string = SELF): number[] {
    return [...new Set(this.#directories(group).flatMap(pidsBelow))];
  }

  kill(group: string = SELF): void {
    killBelow(this.#directories(group));
  }

  remove(group: string = SELF): void {
    this.kill(group);
    for (const directory of this.#directories(group)) removeTree(directory);
    if (group === SELF) this.#forget();
  }

  /** Where the group is, in all hierarchies: also those in which a runtime made it. */
  #directories(group: string): string[] {
    return this.#hierarchies
      .map(({ base }) => (base === null ? null : withGroup(base, this.mark, group)))
      .filter((directory) => directory !== null && existsSync(directory)) as string[];
  }

  #of(controller: string): Hierarchy | undefined {
    if (controller === 'v2') return this.#hierarchies.find(({ version }) => version === 2);
    return this.#hierarchies.find(({ controllers }) => controllers.includes(controller));
  }

  #need(controller: string): Hierarchy {
    const hierarchy = this.#of(controller === 'cgroup' ? 'v2' : controller);
    if (typeof hierarchy?.base !== 'string') throw this.#lack(controller);
    return hierarchy;
  }

  #lack(controller: string): NsinspectError {
    const why = this.lacks.get(controller) ?? 'this kernel has it in no mounted hierarchy';
    return new NsinspectError(`the controller ${controller} cannot be used: ${why}`, { code: 'no-controller' });
  }
}

function lacksOf(hierarchies: readonly Hierarchy[]): Map<string, string> {
  const lacks = new Map<string, string>();
  for (const { version, controllers, withheld, base, lacks: why } of hierarchies) {
    if (why === null) continue;
    for (const controller of base === null ? [...controllers, ...withheld] : withheld) lacks.set(controller, why);
    if (version === 2 && base === null) lacks.set('v2', why);
  }
  return lacks;
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, { mode: 0o755 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** A new cpuset of v1 is empty and takes no task (ENOSPC, cgroup-v1/cpusets): it begins with what its parent has. */
function inheritCpuset(parent: string, directory: string): void {
  for (const name of ['cpus', 'mems']) {
    // `noprefix` drops the prefix from the names.
    const file = existsSync(path.join(directory, `cpuset.${name}`)) ? `cpuset.${name}` : name;
    if (readOrNull(path.join(directory, file))?.trim() !== '') continue;
    writeInto(path.join(directory, file), (readOrNull(path.join(parent, file)) ?? '').trim());
  }
}

/** Hands controllers on to the children of a cgroup of ours. */
function enable(directory: string, controllers: readonly string[]): void {
  if (controllers.length === 0) return;
  const text = controllers.map((controller) => `+${controller}`).join(' ');
  writeInto(path.join(directory, 'cgroup.subtree_control'), text);
}

function children(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => path.join(directory, name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Pids of a cgroup and all below; those of other pid namespaces, which v2 shows as 0, cannot be named. */
function pidsBelow(directory: string): number[] {
  const own = (readOrNull(path.join(directory, 'cgroup.procs')) ?? '').split('\n').map(Number);
  return [...own.filter((pid) => pid > 0), ...children(directory).flatMap(pidsBelow)];
}

/** Every directory below and the directory itself, deepest first. */
function below(directory: string): string[] {
  return [...children(directory).flatMap(below), directory];
}

/**
 * Ends all processes in these directories, which are of one group in several hierarchies. v2 does it at once (cgroup.kill, since
 * 5.14). Elsewhere they are frozen before they are counted: what is frozen neither forks nor ends, so that every number is
 * still that process when the signal is sent; where there is no freezer either, pids.max 0 ends the forking.
 */
export function killBelow(directories: readonly string[]): void {
  const end = Date.now() + PATIENCE_MS;
  const write = (file: string, value: string, where: readonly string[] = directories) => {
    for (const at of where.map((directory) => path.join(directory, file))) writeIfThere(at, value);
  };
  const living = () => [...new Set(directories.flatMap(pidsBelow))].filter(isRunning);
  write('cgroup.kill', '1');
  for (let left = living(); left.length > 0; left = living()) {
    if (Date.now() > end) {
      throw new NsinspectError(`processes of a probe do not end: ${left.slice(0, 5).join(' ')}`, {
        code: 'not-removed',
      });
    }
    write('pids.max', '0');
    write('freezer.state', 'FROZEN');
    for (const pid of living()) killOne(pid);
    // Each level by itself: what froze one below may have died before it thawed it.
    write('freezer.state', 'THAWED', directories.flatMap(below));
    pause(2);
  }
}

/** Writes a file that is there. It is not opened for reading: some are for writing only (cgroup.kill). */
function writeInto(file: string, value: string): void {
  const fd = openSync(file, constants.O_WRONLY);
  try {
    // At once: to these files every write is a word of its own.
    writeSync(fd, value);
  } finally {
    closeSync(fd);
  }
}

/** Writes a file that not every hierarchy has, of a cgroup that a runtime may remove at the same time. Error where it is another's. */
function writeIfThere(file: string, value: string): void {
  try {
    writeInto(file, value);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['ENOENT', 'ENODEV'].includes(code)) return;
    if (!isRefusal(error)) throw error;
    throw new NsinspectError(`${file} cannot be written to: ${code}`, { code: 'not-removed', cause: error });
  }
}

/** Whether an error says that something is not for this user to change. */
export function isRefusal(error: unknown): boolean {
  return ['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Removes a marked cgroup or one below it, with all that is in it. */
export function removeTree(directory: string): void {
  if (!directory.split('/').some((name) => parseMark(name) !== null)) throw new TypeError(`no mark: ${directory}`);
  const end = Date.now() + PATIENCE_MS;
  while (existsSync(directory)) {
    try {
      for (const at of below(directory)) rmdirSync(at);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      // A task that has been killed leaves its cgroup a moment later; a runtime removes at the same time what it made.
      if (!['EBUSY', 'ENOENT'].includes(code) || Date.now() > end) {
        throw new NsinspectError(`${directory} cannot be removed: ${code}`, { code: 'not-removed', cause: error });
      }
      pause(1);
    }
  }
}
