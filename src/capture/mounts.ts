import { Failure } from '../host/port.ts';
import type { Dir, Host } from '../host/port.ts';
import { isMalformed } from '../parse/malformed.ts';
import { parseMountinfo } from '../parse/mountinfo.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { MountsFacet, MountTable } from '../schema/mounts.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';

const MNT = NS_TYPES.indexOf('mnt');

/** How many tasks of a mount namespace are tried: the first may have ended, or see nothing from under its chroot. */
const TRIES = 3;

/**
 * Reads the mounts of every mount namespace: through the task that sees most of it; where no task is in it, or only tasks
 * that changed their root, by asking the kernel with the namespace's id. A kernel that cannot be asked so leaves the part
 * that the task sees, and says nothing of namespaces without a task.
 */
export function captureMounts(host: Host, tasks: TasksFacet): MountsFacet {
  const proc = host.open('/proc');
  if (proc instanceof Failure) return { version: 1, tables: [], unread: [{ mntns: 0, outcome: proc.asOutcome }] };
  const tables: MountTable[] = [];
  const unread: { mntns: number; outcome: Outcome }[] = [];
  const ids = mountNamespaceIds(host);
  for (const [mntns, candidates] of tasksByMountNamespace(tasks.processes)) {
    const table = readTable(proc, mntns, candidates);
    const isWhole = !(table instanceof Failure) && table.root === '/';
    const asked = isWhole ? null : askedTable(host, mntns, ids.get(mntns));
    ids.delete(mntns);
    const best = asked === null || asked instanceof Failure ? table : asked;
    if (best instanceof Failure) unread.push({ mntns, outcome: best.asOutcome });
    else tables.push(best);
  }
  proc.close();
  for (const [mntns, id] of ids) {
    const table = askedTable(host, mntns, id);
    if (!(table instanceof Failure)) tables.push(table);
    // One that has ended since it was listed is none.
    else if (table.asOutcome !== 'absent') unread.push({ mntns, outcome: table.asOutcome });
  }
  return { version: 1, tables, unread };
}

/** The 64-bit ids of all mount namespaces that the kernel lists, by inode number; none where it has no such list. */
function mountNamespaceIds(host: Host): Map<number, string> {
  const listed = host.kernel.mountNamespaces();
  const ids = new Map<number, string>();
  // Their owners are in the list, too.
  for (const { type, inum, id } of listed instanceof Failure ? [] : listed) {
    if (type === 'mnt' && typeof id === 'string') ids.set(inum, id);
  }
  return ids;
}

function askedTable(host: Host, mntns: number, id: string | undefined): MountTable | Failure {
  if (id === undefined) return new Failure('unsupported', 'no id');
  const mounts = host.kernel.mounts(id);
  if (mounts instanceof Failure) return mounts;
  // kdevtmpfs and the like: mounts that nothing leads to have no path.
  return { mntns, pid: null, root: '/', mounts };
}

/** Tasks of each mount namespace, at most a few: those first whose root is the root of the namespace as far as their link tells. */
export function tasksByMountNamespace(processes: readonly ProcessFacts[]): Map<number, ProcessFacts[]> {
  const tasks = new Map<number, ProcessFacts[]>();
  for (const process of processes) {
    const inum = process.ns[MNT] ?? null;
    if (inum === null || process.state === 'Z') continue;
    const list = tasks.get(inum);
    if (list === undefined) tasks.set(inum, [process]);
    else if (process.root === undefined && list[0]?.root !== undefined) list.unshift(process);
    else if (list.length < TRIES) list.push(process);
  }
  return tasks;
}

/** The mounts as the first of the tasks sees them that sees any. */
export function readTable(proc: Dir, mntns: number, tasks: readonly ProcessFacts[]): MountTable | Failure {
  let failure = new Failure('absent', 'no task left');
  for (const task of tasks.slice(0, TRIES)) {
    const text = proc.read(`${String(task.pid)}/mountinfo`);
    const mounts = text instanceof Failure ? text : parseMountinfo(text);
    // Of several the first that tells more than that a task has ended.
    if (mounts instanceof Failure) failure = failure.asOutcome === 'absent' ? mounts : failure;
    else if (isMalformed(mounts)) failure = new Failure('malformed', mounts.what);
    // A chrooted task sees no mount that is not below its root: that is no answer for the namespace.
    else if (mounts.length > 0) return { mntns, pid: task.pid, root: task.root ?? '/', mounts };
  }
  return failure;
}
