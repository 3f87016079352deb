/** How documents name a cgroup: by its hierarchy's controllers and its inode, both of which outlive a remount. */
import type { CgroupFacts, HierarchyFacts } from '../schema/cgroups.ts';
import type { Name } from '../schema/name.ts';

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
  return `${hierarchyKey(hierarchy)}:${cgroup.inode === null ? nameInKey(cgroup.path) : String(cgroup.inode)}`;
}

/** A name as a part of a key that people read: two that read the same stay two. */
export function nameInKey(name: Name): string {
  return typeof name === 'string' ? name : `${name.text}#${name.base64}`;
}
