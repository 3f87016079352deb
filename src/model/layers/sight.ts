/** Where a mount is seen: what its directories are called depends on that. */
import type { MountFacts, MountsFacet } from '../../schema/mounts.ts';
import type { Name } from '../../schema/name.ts';
import type { TasksFacet } from '../../schema/tasks.ts';
import { hostMountNamespace } from '../host-mount-namespace.ts';

/** Where a mount is seen. */
export interface Sight {
  /** Its file system is mounted in the mount namespace in which paths of the host are meant. */
  readonly isOnHost: boolean;
  /** Processes that see the whole of it, each with the path at which it does; the one whose root it is first. */
  readonly places: readonly { readonly pid: number; readonly path: Name }[];
}

/** Of what is not mounted. */
export const UNSEEN: Sight = { isOnHost: false, places: [] };

/** Who sees a mount. `pid`: the process whose root it is; null: none is asked for. */
export function sightOf(
  { dev }: MountFacts,
  pid: number | null,
  { tasks, mounts: { tables } }: { readonly tasks: TasksFacet; readonly mounts: MountsFacet },
): Sight {
  const host = hostMountNamespace(tasks);
  const own = pid === null ? [] : [{ pid, path: '/' }];
  const others = tables.flatMap(({ pid: task, mounts }) => {
    const mount = mounts.find((one) => one.dev === dev && one.root === '/');
    return mount === undefined || task === null ? [] : [{ pid: task, path: mount.path }];
  });
  const isOnHost = tables.some(({ mntns, mounts }) => mntns === host && mounts.some((mount) => mount.dev === dev));
  return { isOnHost, places: [...own, ...others] };
}
