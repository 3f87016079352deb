/** Which hierarchies of cgroups there are for probes, and where in each a probe may have a cgroup of its own. */
import { accessSync, constants, readFileSync } from 'node:fs';
import path from 'node:path';

import { liveHost } from '../host/live.ts';
import { Failure } from '../host/port.ts';
import { parseCgroup } from '../parse/cgroup.ts';
import { parseCgroups } from '../parse/cgroups.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseMountinfo } from '../parse/mountinfo.ts';
import type { MountFacts } from '../schema/mounts.ts';
import { nameText } from '../text/bytes.ts';
import { NsinspectError } from '../text/error.ts';

/** A hierarchy, mounted where this process sees it. */
export interface Hierarchy {
  readonly version: 1 | 2;
  /** v1: its controllers, none for a named one. v2: those that children of `base` can have. */
  readonly controllers: readonly string[];
  /** Mount point. */
  readonly root: string;
  /** Directory in which cgroups are made; null: in none, for the reason in `lacks`. */
  readonly base: string | null;
  readonly lacks: string | null;
  /** v2: controllers that the hierarchy has and children of `base` cannot. */
  readonly withheld: readonly string[];
}

/** What {@link hierarchies} goes by, so that it can be asked about any machine. */
export interface CgroupWorld {
  readonly mounts: readonly MountFacts[];
  /** Names that can be controllers of v1. */
  readonly controllers: readonly string[];
  /** Path of this process in v2; null where it has none. */
  readonly own: string | null;
  readonly privileged: boolean;
  /** Content of a file; null where there is none or it cannot be read. */
  read(file: string): string | null;
  /** Whether cgroups can be made in the directory, and processes moved there. */
  writable(directory: string): boolean;
}

/** The hierarchies of this machine. */
export function liveHierarchies(): Hierarchy[] {
  return hierarchies(liveWorld());
}

function liveWorld(): CgroupWorld {
  const proc = liveHost().open('/proc');
  const read = (name: string) => (proc instanceof Failure ? proc : proc.read(name));
  const mountinfo = read('self/mountinfo');
  const mounts = mountinfo instanceof Failure ? mountinfo : parseMountinfo(mountinfo);
  const cgroup = read('self/cgroup');
  const lines = cgroup instanceof Failure ? cgroup : parseCgroup(cgroup);
  const cgroups = read('cgroups');
  const subsystems = cgroups instanceof Failure ? cgroups : parseCgroups(cgroups);
  if (!(proc instanceof Failure)) proc.close();
  if (mounts instanceof Failure || isMalformed(mounts) || lines instanceof Failure || isMalformed(lines)) {
    throw new NsinspectError('/proc/self does not tell where cgroups are', { code: 'no-cgroups' });
  }
  const own = lines.find(({ hierarchy }) => hierarchy === 0);
  return {
    mounts,
    // Newest kernels without any v1 controller may lack the file.
    controllers: subsystems instanceof Failure || isMalformed(subsystems) ? [] : subsystems.map(({ name }) => name),
    own: own === undefined ? null : nameText(own.path),
    privileged: process.geteuid?.() === 0,
    read: readOrNull,
    writable: (directory) => {
      try {
        accessSync(directory, constants.W_OK);
        accessSync(path.join(directory, 'cgroup.procs'), constants.W_OK);
        return true;
      } catch (error) {
        if (['EACCES', 'EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
        throw error;
      }
    },
  };
}

/** Content of a file of a cgroup; null where there is none: its controller is not enabled, or the cgroup is gone. */
export function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // ENODEV: the cgroup was removed while its file was open. EOPNOTSUPP: not of this kind of cgroup.
    if (['ENOENT', 'ENODEV', 'EACCES', 'EOPNOTSUPP'].includes(code ?? '')) return null;
    throw error;
  }
}

/** The hierarchies that are mounted, each once. */
export function hierarchies(world: CgroupWorld): Hierarchy[] {
  const found = new Map<string, Hierarchy>();
  for (const mount of world.mounts) {
    const { fsType, superOptions, dev } = mount;
    // The same hierarchy can be mounted several times: all mounts of it have one device number. The first that shows its root.
    if ((fsType !== 'cgroup' && fsType !== 'cgroup2') || found.has(dev) || mount.root !== '/') continue;
    const root = nameText(mount.path);
    if (fsType === 'cgroup2') found.set(dev, unified(root, world));
    else {
      const controllers = world.controllers.filter((name) => superOptions.includes(name));
      const usable = world.writable(root);
      const lacks = usable ? null : `${root} cannot be written to`;
      found.set(dev, { version: 1, controllers, root, base: usable ? root : null, lacks, withheld: [] });
    }
  }
  return [...found.values()];
}

const words = (text: string | null): string[] => (text ?? '').split(/\s+/).filter((word) => word !== '');

/**
 * v2 has a cgroup only hand on controllers that its own `cgroup.subtree_control` names, and that only to cgroups in which
 * itself no task is (cgroups(7), "no internal processes"). What is set there is other software's: a place is looked for that
 * hands them on already, nearest to the root for the privileged (as few limits above as can be), and among the ancestors of
 * this process for others, who may move it only within what was delegated to them.
 */
function unified(root: string, world: CgroupWorld): Hierarchy {
  const all = words(world.read(path.join(root, 'cgroup.controllers')));
  const way = world.own === null || world.own.startsWith('/..') ? [root] : ancestors(root, world.own);
  const candidates = (world.privileged ? way : way.reverse()).filter((directory) => world.writable(directory));
  const offer = (directory: string) => words(world.read(path.join(directory, 'cgroup.subtree_control')));
  let base: string | null = null;
  for (const directory of candidates) {
    if (base === null || offer(directory).length > offer(base).length) base = directory;
  }
  const controllers = base === null ? [] : offer(base);
  const withheld = all.filter((name) => !controllers.includes(name));
  const place = base ?? root;
  const lacks =
    base === null
      ? `no cgroup below ${root} is delegated to this user`
      : `not enabled in ${place}/cgroup.subtree_control`;
  return { version: 2, controllers, root, base, lacks: withheld.length > 0 || base === null ? lacks : null, withheld };
}

/** The root, and every directory on the way down to `own`, topmost first. */
function ancestors(root: string, own: string): string[] {
  const names = own.split('/').filter((name) => name !== '');
  return [root, ...names.map((_, index) => path.join(root, ...names.slice(0, index + 1)))];
}
