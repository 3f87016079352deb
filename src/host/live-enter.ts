/** Gets hold of namespaces of the running host, as descriptors that another program can be given. */
import { readlinkSync } from 'node:fs';
import * as file from '../kernel/file.ts';
import * as libc from '../kernel/libc.ts';
import * as nsfs from '../kernel/nsfs.ts';
import { parseIdMap } from '../parse/id-map.ts';
import type { IdExtent } from '../parse/id-map.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseNsLink } from '../parse/ns-link.ts';
import { parseTaskStat } from '../parse/task-stat.ts';
import type { Entrance, ProcessRef } from '../schema/entrance.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { NsRef, NsType } from '../schema/namespace.ts';
import { failureOf } from './live-failure.ts';
import { openMounted, openNsfsFd, openPidForChildren, openSocketNamespace } from './live-open.ts';
import { descriptorOf, liveHost } from './live.ts';
import { Failure } from './port.ts';
import type { Dir, Read } from './port.ts';

const GONE = new Failure('vanished', 'ESRCH');
const OTHER = new Failure('absent', 'it leads to another namespace by now');

/** The reader's own namespaces. */
export function ownNamespaces(): ReadonlyMap<NsType, number> {
  const found = NS_TYPES.flatMap((type): [NsType, number][] => {
    const link = file.readlinkAt(libc.AT_FDCWD, `/proc/self/ns/${type}`);
    const ref = typeof link === 'number' ? null : parseNsLink(link);
    return ref === null ? [] : [[type, ref.inum]];
  });
  return new Map(found);
}

/** Where another program finds descriptor `fd` of this one, while this one runs. */
export function pathOfDescriptor(fd: number): string {
  // Not process.pid: /proc may be that of the pid namespace around.
  return `/proc/${readlinkSync('/proc/self')}/fd/${String(fd)}`;
}

/**
 * Opens the namespace `expect` by one of the ways to it. Whatever they lead to by now, only that namespace is handed out:
 * a process is known by its start time, and what was opened by its type and inode number.
 */
export function openNamespace(expect: NsRef, ways: readonly Entrance[]): Read<number> {
  let failure: Failure = new Failure('absent', 'nothing leads to it');
  for (const way of ways) {
    const fd = open(way);
    if (fd instanceof Failure) {
      failure = fd;
      continue;
    }
    if (nsfs.nsType(fd) === expect.type && nsfs.inumOf(fd) === expect.inum) return fd;
    libc.close(fd);
    failure = OTHER;
  }
  return failure;
}

/** Opens the user namespace that owns an open namespace. */
export function openOwner(fd: number): Read<{ readonly fd: number; readonly inum: number }> {
  const owner = nsfs.openOwner(fd);
  return owner < 0 ? failureOf(-owner) : { fd: owner, inum: nsfs.inumOf(owner) };
}

/** Opens the root directory of a process. */
export function openRoot(process: ProcessRef): Read<number> {
  return withProcess(process, (dir) => file.openHandle(descriptorOf(dir), 'root'));
}

/** What a user namespace says about the ids in it. */
export interface IdMaps {
  readonly uids: readonly IdExtent[];
  readonly gids: readonly IdExtent[];
  /** Whether setgroups(2) is allowed in it (user_namespaces(7)). */
  readonly setgroups: boolean;
}

/** The id maps of the user namespace that a process is in. */
export function idMapsOf(process: ProcessRef): Read<IdMaps> {
  const dir = openProcess(process);
  if (dir instanceof Failure) return dir;
  const [uids, gids] = ['uid_map', 'gid_map'].map((name) => {
    const text = dir.read(name);
    return text instanceof Failure ? text : parseIdMap(text);
  });
  const setgroups = dir.read('setgroups');
  dir.close();
  if (uids instanceof Failure) return uids;
  if (gids instanceof Failure) return gids;
  if (uids === undefined || gids === undefined || isMalformed(uids) || isMalformed(gids)) {
    return new Failure('malformed', 'uid_map');
  }
  return { uids, gids, setgroups: setgroups === 'allow\n' };
}

function open(way: Entrance): Read<number> {
  switch (way.kind) {
    case 'link':
      return withProcess(way.process, (dir) => openLink(descriptorOf(dir), way.process.pid, way.path));
    case 'fd':
      return withProcess(way.process, (dir) =>
        openNsfsFd(descriptorOf(dir), `task/${String(way.tid)}/fd/${String(way.fd)}`),
      );
    case 'socket':
      return withProcess(way.process, (dir) =>
        openSocketNamespace(descriptorOf(dir), way.process.pid, way.tid, way.fd),
      );
    case 'mount':
      return openMount(way);
    case 'parent':
    case 'owner': {
      const fd = openNamespace(way.of, way.through);
      if (fd instanceof Failure) return fd;
      const found = way.kind === 'parent' ? nsfs.openParent(fd) : nsfs.openOwner(fd);
      libc.close(fd);
      return found < 0 ? failureOf(-found) : found;
    }
  }
}

/** Before the first child, `pid_for_children` gives ENOENT although the namespace is there. */
function openLink(dir: number, pid: number, path: string): number {
  const fd = file.openFile(dir, path);
  const [, tid] = /^task\/([0-9]+)\/ns\/pid_for_children$/.exec(path) ?? [];
  return fd === -libc.ENOENT && tid !== undefined ? openPidForChildren(dir, pid, Number(tid)) : fd;
}

function openMount({ mount, mntnsId, processes }: Extract<Entrance, { kind: 'mount' }>): Read<number> {
  for (const process of processes) {
    const fd = withProcess(process, (dir) => openMounted(mount, null, descriptorOf(dir)));
    if (!(fd instanceof Failure)) return fd;
  }
  const fd = openMounted(mount, mntnsId, null);
  return fd < 0 ? failureOf(-fd) : fd;
}

function withProcess(process: ProcessRef, use: (dir: Dir) => number): Read<number> {
  const dir = openProcess(process);
  if (dir instanceof Failure) return dir;
  const fd = use(dir);
  dir.close();
  return fd < 0 ? failureOf(-fd) : fd;
}

/** What is read through the directory stays that process's: its pid may be given away, the directory is not. */
function openProcess({ pid, start }: ProcessRef): Read<Dir> {
  const proc = liveHost().open('/proc');
  if (proc instanceof Failure) return proc;
  const dir = proc.open(String(pid));
  proc.close();
  if (dir instanceof Failure) return dir;
  const stat = dir.read('stat');
  const parsed = stat instanceof Failure ? null : parseTaskStat(stat);
  if (parsed !== null && !isMalformed(parsed) && parsed.start === start) return dir;
  dir.close();
  return GONE;
}
