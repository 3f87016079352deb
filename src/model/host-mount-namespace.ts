import { NS_TYPES } from '../schema/namespace.ts';
import type { TasksFacet } from '../schema/tasks.ts';

const MNT = NS_TYPES.indexOf('mnt');

/**
 * The mount namespace in which paths of the host are meant: that of the init process; or, where that is not to be read, which
 * happens even to root, that of kthreadd, with which the kernel started both. Null: neither is known.
 */
export function hostMountNamespace({ processes }: TasksFacet): number | null {
  const init = processes.find(({ pid }) => pid === 1)?.ns[MNT] ?? null;
  // In a pid namespace of its own the second process is anybody.
  return init ?? processes.find(({ pid, kthread }) => pid === 2 && kthread)?.ns[MNT] ?? null;
}
