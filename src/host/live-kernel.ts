/** Answers the typed questions of the port by system calls. */
import { openSync } from 'node:fs';
import * as libc from '../kernel/libc.ts';
import * as file from '../kernel/file.ts';
import * as mount from '../kernel/mount.ts';
import * as nsfs from '../kernel/nsfs.ts';
import * as pidfd from '../kernel/pidfd.ts';
import { parseNsLink } from '../parse/ns-link.ts';
import type { NamespaceFacts, NsMount, NsRef, NsType } from '../schema/namespace.ts';
import type { Outcome } from '../schema/outcome.ts';
import { nameOf } from '../text/bytes.ts';
import { refKey } from '../text/ns-ref.ts';
import { failureOf } from './live-failure.ts';
import { mountsOfNamespace } from './live-mounts.ts';
import { openMounted, openNsfsFd, openPidForChildren, openSocketNamespace } from './live-open.ts';
import { Failure } from './port.ts';
import type { Dir, Kernel, Read, TaskQueries } from './port.ts';

type Known = (ns: NsRef) => boolean;

const GONE = new Failure('vanished', 'ESRCH');
const OTHER = new Failure('absent', 'another namespace is there now');

/** Facts of one namespace, and what it led to. */
class Walk {
  readonly found: NamespaceFacts[] = [];
  /** Those that were found, and those that are next. */
  readonly #met = new Set<number>();
  readonly #known: Known;

  constructor(known: Known) {
    this.#known = known;
  }

  /** Describes the namespace that `fd` refers to, closes `fd`, then goes on to its owner and parent. */
  visit(fd: number, type: NsType, inum: number): void {
    this.#met.add(refKey({ type, inum }));
    const unknown: Record<string, Outcome> = {};
    const next: { fd: number; type: NsType; inum: number }[] = [];
    const facts: { -readonly [K in keyof NamespaceFacts]: NamespaceFacts[K] } = { type, inum };

    const id = nsfs.nsId(fd, type);
    if (typeof id === 'bigint') facts.id = id.toString();
    else if (asOutcome(id) === 'unsupported') facts.id = null;
    else unknown['id'] = asOutcome(id);

    const owner = this.#related(nsfs.openOwner(fd), 'user', 'owner', unknown, next);
    if (owner !== null) facts.owner = owner;
    const hasParents = type === 'user' || type === 'pid';
    const parent = hasParents ? this.#related(nsfs.openParent(fd), type, 'parent', unknown, next) : null;
    if (parent !== null || !hasParents) facts.parent = parent;
    if (type === 'user') {
      const uid = nsfs.ownerUid(fd);
      if (uid >= 0) facts.ownerUid = uid;
      else unknown['ownerUid'] = asOutcome(uid);
    }
    libc.close(fd);
    if (Object.keys(unknown).length > 0) facts.unknown = unknown;
    this.found.push(facts);
    for (const one of next) this.visit(one.fd, one.type, one.inum);
  }

  #related(
    fd: number,
    type: NsType,
    member: 'owner' | 'parent',
    unknown: Record<string, Outcome>,
    next: { fd: number; type: NsType; inum: number }[],
  ): number | null {
    if (fd < 0) {
      // EPERM stands for "there is none", too (ns_get_owner, kernel/user_namespace.c): who knows the initial ones decides.
      unknown[member] = asOutcome(fd);
      return null;
    }
    const inum = nsfs.inumOf(fd);
    if (this.#met.has(refKey({ type, inum })) || this.#known({ type, inum })) {
      libc.close(fd);
    } else {
      this.#met.add(refKey({ type, inum }));
      next.push({ fd, type, inum });
    }
    return inum;
  }
}

function asOutcome(negative: number): Outcome {
  return failureOf(-negative).asOutcome;
}

/** Describes an open nsfs file and closes it. */
function describe(fd: number, expect: NsRef | null, known: Known): Read<NamespaceFacts[]> {
  const type = nsfs.nsType(fd);
  if (type === null) {
    libc.close(fd);
    return new Failure('absent', 'no namespace');
  }
  const inum = nsfs.inumOf(fd);
  if (expect !== null && (expect.type !== type || expect.inum !== inum)) {
    libc.close(fd);
    return OTHER;
  }
  const walk = new Walk(known);
  walk.visit(fd, type, inum);
  return walk.found;
}

function mountNamespaces(): Read<NamespaceFacts[]> {
  const walk = new Walk(() => false);
  let fd = openSync('/proc/self/ns/mnt', 'r');
  for (;;) {
    const before = nsfs.openMountNamespace(fd, 'prev');
    if (typeof before === 'number') {
      if (before !== -libc.ENOENT) {
        libc.close(fd);
        return failureOf(-before);
      }
      break;
    }
    libc.close(fd);
    fd = before.fd;
  }
  for (;;) {
    const after = nsfs.openMountNamespace(fd, 'next');
    const inum = nsfs.inumOf(fd);
    walk.visit(fd, 'mnt', inum);
    if (typeof after === 'number') return after === -libc.ENOENT ? walk.found : failureOf(-after);
    fd = after.fd;
  }
}

function nsfsMounts(mntnsId: string, mntns: number): Read<NsMount[]> {
  const id = BigInt(mntnsId);
  const ids = mount.listMounts(id);
  if (typeof ids === 'number') return failureOf(-ids);
  const found: NsMount[] = [];
  for (const one of ids) {
    const nsfsMount = mount.nsfsMount(one, id);
    // A mount that went away since it was listed is no failure of the whole.
    if (nsfsMount === null || typeof nsfsMount === 'number') continue;
    const ref = parseNsLink(nsfsMount.root);
    if (ref !== null) found.push({ ...ref, mntns, path: nameOf(nsfsMount.point) });
  }
  return found;
}

/** The mounted namespace file seen from a task whose root is the root of the mount namespace; if that fails, from inside. */
function namespaceAt(
  mounted: NsMount,
  mntnsId: string | null,
  task: Dir | null,
  known: Known,
  fdOf: (dir: Dir) => number,
): Read<NamespaceFacts[]> {
  const fd = openMounted(mounted, mntnsId, task === null ? null : fdOf(task));
  return fd < 0 ? failureOf(-fd) : describe(fd, mounted, known);
}

function taskQueries(fdOf: (dir: Dir) => number): TaskQueries {
  return {
    sharesFds(task, pid, tid) {
      const order = pidfd.compareFiles(pid, tid);
      if (order < 0) return failureOf(-order);
      return file.exists(fdOf(task), `task/${String(tid)}/stat`) ? order === 0 : GONE;
    },
    socketNamespace(task, pid, tid, fd, expect, known) {
      const netns = openSocketNamespace(fdOf(task), pid, tid, fd);
      if (netns < 0) return failureOf(-netns);
      if (nsfs.inumOf(netns) === expect) {
        libc.close(netns);
        return [];
      }
      return describe(netns, null, known);
    },
    pidForChildren(task, pid, tid, known) {
      const fd = openPidForChildren(fdOf(task), pid, tid);
      return fd < 0 ? failureOf(-fd) : describe(fd, null, known);
    },
  };
}

/** The typed questions, answered by this kernel. `ownPids`: the pids that are read are the reader's own. */
export function liveKernel(ownPids: boolean, fdOf: (dir: Dir) => number): Kernel {
  return {
    namespace(dir, name, expect, known) {
      const fd =
        name.includes('/fd/') || name.startsWith('fd/') ? openNsfsFd(fdOf(dir), name) : file.openFile(fdOf(dir), name);
      return fd < 0 ? failureOf(-fd) : describe(fd, expect, known);
    },
    mountNamespaces,
    nsfsMounts,
    mounts: mountsOfNamespace,
    namespaceAt: (mounted, mntnsId, task, known) => namespaceAt(mounted, mntnsId, task, known, fdOf),
    tasks: ownPids ? taskQueries(fdOf) : null,
  };
}
