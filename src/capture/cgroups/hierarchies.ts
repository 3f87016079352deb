/** Which hierarchies there are, and where they are mounted. */
import type { HierarchyFacts, HierarchyMount, SubsystemFacts } from '../../schema/cgroups.ts';
import type { MountFacts, MountsFacet } from '../../schema/mounts.ts';
import type { CgroupLine } from '../../schema/tasks.ts';
import { nameText } from '../../text/bytes.ts';

/** A hierarchy before it was walked. */
export type Hierarchy = Omit<HierarchyFacts, 'walked' | 'mounts'>;

const NAMED = 'name=';

/** Every hierarchy that `/proc/PID/cgroup`, `/proc/cgroups` or a mount shows, by number. */
export function hierarchiesOf(
  lines: Iterable<CgroupLine>,
  subsystems: readonly SubsystemFacts[],
  mounts: Iterable<MountFacts>,
): Hierarchy[] {
  const found = new Map<number, Hierarchy>();
  for (const { hierarchy: id, controllers } of lines) if (!found.has(id)) found.set(id, hierarchyOf(id, controllers));
  for (const id of new Set(subsystems.map(({ hierarchy }) => hierarchy))) {
    // 0: of v2, if at all, which says itself what it has.
    if (id === 0 || found.has(id)) continue;
    found.set(
      id,
      hierarchyOf(
        id,
        subsystems.filter(({ hierarchy }) => hierarchy === id).map(({ name }) => name),
      ),
    );
  }
  for (const mount of mounts) {
    if (mount.fsType === 'cgroup2' && !found.has(0)) found.set(0, hierarchyOf(0, []));
    const known = hierarchyOfMount(mount, [...found.values()]);
    if (known?.version === 1 && mount.superOptions.includes('noprefix'))
      found.set(known.id, { ...known, noprefix: true });
  }
  return [...found.values()].sort((a, b) => a.id - b.id);
}

function hierarchyOf(id: number, controllers: readonly string[]): Hierarchy {
  const name = controllers.find((controller) => controller.startsWith(NAMED))?.slice(NAMED.length) ?? null;
  return {
    id,
    version: id === 0 ? 2 : 1,
    controllers: controllers.filter((controller) => !controller.startsWith(NAMED)),
    name,
    noprefix: false,
  };
}

/** Whether a mount is one of cgroups: `cpuset` is what v1's looks like when mounted by its old name (kernel/cgroup/cpuset.c). */
export function isCgroupMount({ fsType }: MountFacts): boolean {
  return fsType === 'cgroup' || fsType === 'cgroup2' || fsType === 'cpuset';
}

/**
 * Of which hierarchy a mount is: v1's options name its controllers and itself (cgroup1_show_options). Undefined: of none of
 * these, or of no hierarchy at all.
 */
export function hierarchyOfMount(mount: MountFacts, hierarchies: readonly Hierarchy[]): Hierarchy | undefined {
  if (!isCgroupMount(mount)) return undefined;
  if (mount.fsType === 'cgroup2') return hierarchies.find(({ version }) => version === 2);
  const options = new Set(mount.superOptions.map(nameText));
  return hierarchies.find(
    ({ version, controllers, name }) =>
      version === 1 &&
      (name !== null ? options.has(NAMED + name) : controllers.some((controller) => options.has(controller))),
  );
}

/** Where the hierarchy is mounted, in every mount namespace that was read. */
export function mountsOf(hierarchy: Hierarchy, all: readonly Hierarchy[], facet: MountsFacet): HierarchyMount[] {
  return facet.tables.flatMap(({ mntns, mounts }) =>
    mounts
      .filter((mount) => hierarchyOfMount(mount, all) === hierarchy)
      .map(({ path, root }) => ({ mntns, path, root })),
  );
}
