/** Which mount a task's root is on, and how it came to be its root. */
import { isMalformed } from '../../parse/malformed.ts';
import type { LayersFacet } from '../../schema/layers.ts';
import type { MountFacts, MountsFacet, MountTable } from '../../schema/mounts.ts';
import { NS_TYPES } from '../../schema/namespace.ts';
import type { ProcessFacts, TasksFacet } from '../../schema/tasks.ts';
import { bytesOf, sameName } from '../../text/bytes.ts';
import type { ByteString } from '../../text/bytes.ts';
import { overlayOf } from '../mounts/overlay.ts';
import type { Overlay } from '../mounts/overlay.ts';

const MNT = NS_TYPES.indexOf('mnt');

/** The root of a task. */
export interface TaskRoot {
  /** `unknown`: whether it is the host's, since the reader may not see where the host's first tasks are. */
  readonly setBy: 'pivot_root' | 'chroot' | 'host' | 'unknown';
  readonly mount: MountFacts | null;
  /** All mounts of its mount namespace, as far as they were seen. */
  readonly table: MountTable | null;
}

/**
 * The root of a process. A chrooted task's root reads as another path than `/` (proc(5), `/proc/PID/root`), and lies on the mount
 * that its path leads into. Else the mount at `/` is its root: the host's, where it is the same directory of the same file
 * system as that of the first process, or one that pivot_root(2), or a mount moved over the root, put there.
 */
export function rootOf(process: ProcessFacts, tasks: TasksFacet, { tables }: MountsFacet): TaskRoot {
  const table = tables.find(({ mntns }) => mntns === process.ns[MNT]) ?? null;
  const path = process.root === undefined ? '/' : bytesOf(process.root);
  // A table that a chrooted task told has paths from that task's root.
  const isSeenFrom = table !== null && bytesOf(table.root) !== '/' && bytesOf(table.root) === path;
  const mount = table === null ? null : mountOver(table, isSeenFrom ? '/' : path);
  if (path !== '/') return { setBy: 'chroot', mount, table };
  const first = hostMountNamespace(tasks);
  if (first === null) return { setBy: 'unknown', mount, table };
  const host = tables.find(({ mntns }) => mntns === first);
  const hostRoot = host === undefined ? null : mountOver(host, '/');
  const isHost =
    process.ns[MNT] === first ||
    (mount !== null && hostRoot !== null && mount.dev === hostRoot.dev && sameName(mount.root, hostRoot.root));
  return { setBy: isHost ? 'host' : 'pivot_root', mount, table };
}

/** That of init, or of kthreadd, which stays in the one that the kernel made at boot. */
function hostMountNamespace({ processes }: TasksFacet): number | null {
  for (const wanted of [1, 2]) {
    const mntns = processes.find(({ pid, kthread }) => pid === wanted && (wanted === 1 || kthread))?.ns[MNT];
    if (typeof mntns === 'number') return mntns;
  }
  return null;
}

/** The mount that a path leads into: the longest one that begins it, of several at one place the last. */
function mountOver({ mounts }: MountTable, path: ByteString): MountFacts | null {
  let found: MountFacts | null = null;
  for (const mount of mounts) {
    const at = bytesOf(mount.path);
    const leads = at === '/' || path === at || path.startsWith(`${at}/`);
    if (leads && (found === null || at.length >= bytesOf(found.path).length)) found = mount;
  }
  return found;
}

/** What a root file system was stacked from. */
export interface Stacked {
  /** Topmost first. */
  readonly lower: Overlay['lower'];
  readonly upper: Overlay['upper'];
  readonly work: Overlay['work'];
  /** What of it could not be known. */
  readonly notes: readonly string[];
}

/** The directories that a mount was stacked from: of overlay by its options, of aufs by its branches. Null: it is no stack. */
export function stackedFrom(mount: MountFacts, mounts: MountsFacet, { aufs }: LayersFacet): Stacked | null {
  if (mount.fsType === 'aufs') {
    const si = mount.superOptions.map(bytesOf).find((option) => option.startsWith('si='));
    const found = aufs.find((one) => `si=${one.si}` === si);
    if (found === undefined) {
      return { lower: [], upper: null, work: null, notes: ['the branches of this aufs mount could not be read'] };
    }
    const [top, ...rest] = found.branches;
    const isWritable = top?.mode.startsWith('rw') === true;
    const lower = (isWritable ? rest : found.branches).map(({ path }) => ({ path, dataOnly: false }));
    return { lower, upper: isWritable ? top.path : null, work: null, notes: [] };
  }
  const overlay = overlayOf(mount, mounts);
  if (overlay === null) return null;
  if (isMalformed(overlay)) {
    return {
      lower: [],
      upper: null,
      work: null,
      notes: [`the options of this overlay are malformed: ${overlay.what}`],
    };
  }
  const notes = overlay.unresolved
    ? ['the directories of this overlay are relative, and nothing tells to what: they are as the mount names them']
    : [];
  return { lower: overlay.lower, upper: overlay.upper, work: overlay.work, notes };
}
