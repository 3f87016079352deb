/** How documents name a cgroup: by its hierarchy's controllers and its inode, both of which outlive a remount. */
import type { CgroupFacts, HierarchyFacts } from '../schema/cgroups.ts';
import type { Name } from '../schema/name.ts';
import { nameText } from '../text/bytes.ts';

/** What of a hierarchy names it. */
export type HierarchyIdentity = Pick<HierarchyFacts, 'version' | 'controllers' | 'name'>;

/**
 * What names a hierarchy on this host: `cpu,cpuacct`, `name=systemd` where it has no controllers, `v2`. Not its number,
 * which the kernel gives out anew at each mount (cgroup_init_root_id, kernel/cgroup/cgroup.c).
 */
export function hierarchyKey({ version, controllers, name }: HierarchyIdentity): string {
  if (version === 2) return 'v2';
  return controllers.length > 0 || name === null ? controllers.join() : `name=${name}`;
}

/** What names a cgroup while it lives: `memory:812`, `v2:1`. By its path where the inode is not known: `memory:/web`. */
export function cgroupKey(
  hierarchy: HierarchyIdentity,
  cgroup: Pick<CgroupFacts, 'path'> & { readonly inode: number | null },
): string {
  return `${hierarchyKey(hierarchy)}:${cgroup.inode === null ? pathText(cgroup.path) : String(cgroup.inode)}`;
}

/** Two paths that read the same must not become one key. */
function pathText(path: Name): string {
  return typeof path === 'string' ? path : `${nameText(path)}#${path.base64}`;
}
