/** Graphs of css_sets of hosts as a test writes them down. */
import { checkGraph, type Check } from '../../src/model/css-checks.ts';
import { cssGraphOf, type CssGraph } from '../../src/model/css-sets.ts';
import { parseCgroup } from '../../src/parse/cgroup.ts';
import { parseCgroupFile } from '../../src/parse/cgroup-files.ts';
import type { CgroupFacts, CgroupsFacet, HierarchyFacts } from '../../src/schema/cgroups.ts';
import type { CgroupLine, ProcessFacts, TasksFacet } from '../../src/schema/tasks.ts';
import { tasksOf } from '../support/facts.ts';

/** A cgroup: its path, its members, and its files as text without the newline at the end. */
export type MadeCgroup = readonly [
  path: string,
  tids?: readonly number[],
  files?: Readonly<Record<string, string>>,
  foreign?: number,
];

/** A hierarchy with its cgroups, parents first; without cgroups it is mounted nowhere. */
export interface MadeHierarchy {
  readonly id: number;
  readonly controllers?: readonly string[];
  readonly name?: string;
  readonly cgroups?: readonly MadeCgroup[];
}

/** The facet of these hierarchies; inode numbers count up from 1 in each. */
export function graphFacet(made: readonly MadeHierarchy[], rest: Partial<CgroupsFacet> = {}): CgroupsFacet {
  const cgroups: CgroupFacts[] = [];
  for (const { id, cgroups: own = [] } of made) {
    const indexes = new Map<string, number>();
    for (const [path, tids, files = {}, foreign] of own) {
      const parent = path === '/' ? null : indexes.get(path.slice(0, path.lastIndexOf('/')) || '/')!;
      indexes.set(path, cgroups.length);
      cgroups.push({
        hierarchy: id,
        inode: indexes.size,
        path,
        parent,
        ...(tids !== undefined && { tids }),
        ...(foreign !== undefined && { foreign }),
        files: Object.fromEntries(
          Object.entries(files).map(([name, text]) => [name, parseCgroupFile(name, `${text}\n`, id === 0 ? 2 : 1)]),
        ),
      });
    }
  }
  return {
    version: 1,
    hierarchies: made.map(({ id, controllers = [], name = null, cgroups: own }): HierarchyFacts => ({
      id,
      version: id === 0 ? 2 : 1,
      controllers,
      name,
      noprefix: false,
      mounts: own === undefined ? [] : [{ mntns: 1, path: `/sys/fs/cgroup/${String(id)}`, root: '/' }],
      walked: own === undefined ? 'absent' : true,
    })),
    cgroups,
    subsystems: null,
    collected: { tids: true, files: 'structure', only: null },
    reread: { members: [], populated: [], changing: [] },
    coverage: { cgroups: cgroups.length, vanished: 0, denied: 0 },
    ...rest,
  };
}

/** The facet of processes whose cgroups are these texts of `/proc/PID/cgroup`, one line a hierarchy. */
export function graphTasks(processes: readonly ProcessFacts[], ...texts: readonly (readonly string[])[]): TasksFacet {
  // As it is read: one character a byte.
  const bytes = (lines: readonly string[]): string => Buffer.from(`${lines.join('\n')}\n`).toString('latin1');
  const cgroups = texts.map((lines) => parseCgroup(bytes(lines)) as readonly CgroupLine[]);
  return { ...tasksOf(processes), cgroups };
}

/** The graph in short: for each set its tids, the pids of its processes, and the keys of its cgroups. */
export function shortly({ cssSets, dead }: CssGraph): unknown {
  return {
    sets: cssSets.map(({ tids, processes, cgroups }) => [
      tids,
      processes.map(({ pid }) => pid),
      [...cgroups.values()].map(({ key }) => key).join(' '),
    ]),
    dead,
  };
}

/** The checks of a host, by name. */
export function checksOf(tasks: TasksFacet, facet: CgroupsFacet): Readonly<Record<string, Check | undefined>> {
  const checks = checkGraph(cssGraphOf(tasks, facet), tasks, facet);
  return Object.fromEntries(checks.map((one) => [one.name, one]));
}
