/** A capture as if nothing but a lab were on the machine: what other software does meanwhile is no part of a test's story. */
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupsFacet } from '../../src/schema/cgroups.ts';
import { NS_LINKS, type NsLinks } from '../../src/schema/namespace.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';
import { nameText } from '../../src/text/bytes.ts';
import type { Lab } from './daemons.ts';

/**
 * The kernel's threads, process 1, and the lab's processes, which are those in cgroups named after it; the namespaces of these and
 * those that they have mounted; the lab's cgroups; what engines keep in its directory.
 */
export function onlyOf(capture: Capture, { dir, tag }: Pick<Lab, 'dir' | 'tag'>): Capture {
  const { tasks, namespaces, mounts, engines, cgroups, limits, layers } = capture;
  if (!tasks || !namespaces || !mounts || !engines || !cgroups || !limits || !layers)
    throw new Error('facets are lacking');
  const ours = tasksOf(tasks, tag);
  const pids = new Set(ours.processes.map(({ pid }) => pid));
  const links = new Set(
    ours.processes.flatMap(({ ns, differing = [] }) => [ns, ...differing.map((one) => one.ns)]).flatMap(linksOf),
  );
  const isSeen = (type: string, inum: number): boolean => links.has(`${type}:${inum}`);
  const kept = namespaces.mounts.filter(({ mntns }) => isSeen('mnt', mntns));
  for (const { type, inum } of kept) links.add(`${type}:${inum}`);
  const isOfLab = (path: Parameters<typeof nameText>[0]): boolean => nameText(path).startsWith(`${dir}/`);
  return {
    ...capture,
    tasks: ours,
    namespaces: {
      ...namespaces,
      namespaces: namespaces.namespaces.filter(({ type, inum, initial }) => initial === true || isSeen(type, inum)),
      fds: namespaces.fds.filter(({ pid, type, inum }) => pids.has(pid) && isSeen(type, inum)),
      sockets: namespaces.sockets.filter(({ pid, inum }) => pids.has(pid) && isSeen('net', inum)),
      mounts: kept,
    },
    mounts: {
      ...mounts,
      tables: mounts.tables.filter(({ mntns }) => isSeen('mnt', mntns)),
      unread: mounts.unread.filter(({ mntns }) => isSeen('mnt', mntns)),
    },
    engines: {
      ...engines,
      processes: engines.processes.filter(({ pid }) => pids.has(pid)),
      containers: engines.containers.filter(({ source, pid }) => isOfLab(source) || (pid !== null && pids.has(pid))),
      coverage: { unread: engines.coverage.unread.filter(({ path }) => isOfLab(path)) },
    },
    cgroups: cgroupsOf(cgroups, tag),
    limits: { ...limits, processes: limits.processes.filter(({ pid }) => pids.has(pid)) },
    layers: {
      ...layers,
      stores: layers.stores.filter(({ root }) => isOfLab(root)),
      coverage: { unread: layers.coverage.unread.filter(({ path }) => isOfLab(path)) },
    },
  };
}

function tasksOf(tasks: TasksFacet, tag: string): TasksFacet {
  const isOurs = (cgroup: number | null): boolean =>
    cgroup !== null && (tasks.cgroups[cgroup] ?? []).some(({ path }) => nameText(path).includes(tag));
  const processes = tasks.processes.filter(
    ({ pid, kthread, cgroup, differing = [] }) =>
      pid === 1 || kthread || isOurs(cgroup) || differing.some((thread) => isOurs(thread.cgroup)),
  );
  const used = [
    ...new Set(processes.flatMap(({ cgroup, differing = [] }) => [cgroup, ...differing.map((one) => one.cgroup)])),
  ].filter((cgroup) => cgroup !== null);
  const placeOf = (cgroup: number | null): number | null => (cgroup === null ? null : used.indexOf(cgroup));
  return {
    ...tasks,
    processes: processes.map((process) => ({
      ...process,
      cgroup: placeOf(process.cgroup),
      ...(process.differing && {
        differing: process.differing.map((thread) => ({ ...thread, cgroup: placeOf(thread.cgroup) })),
      }),
    })),
    cgroups: used.map((cgroup) => tasks.cgroups[cgroup] ?? []),
  };
}

/** The root of each hierarchy, the lab's own, and what is below them. */
function cgroupsOf(facet: CgroupsFacet, tag: string): CgroupsFacet {
  const isOurs = ({ path }: CgroupsFacet['cgroups'][number]): boolean =>
    nameText(path) === '/' || nameText(path).includes(tag);
  const places = facet.cgroups.flatMap((cgroup, at) => (isOurs(cgroup) ? [at] : []));
  return {
    ...facet,
    cgroups: facet.cgroups.filter(isOurs).map((cgroup) => {
      const { parent } = cgroup;
      return { ...cgroup, parent: parent === null ? null : places.indexOf(parent) };
    }),
    subsystems: facet.subsystems?.map((subsystem) => ({ ...subsystem, cgroups: 0 })) ?? null,
    // Whether the second look agrees with the first is of no interest here.
    reread: null,
  };
}

function linksOf(links: NsLinks): string[] {
  return links.flatMap((inum, at) =>
    inum === null ? [] : [`${NS_LINKS[at]?.replace('_for_children', '') ?? ''}:${inum}`],
  );
}
