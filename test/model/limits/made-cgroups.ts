/** Cgroups of one task as a test writes them down: the texts of their files, read by the parsers that a capture uses. */
import { Reaches } from '../../../src/model/limits/reach.ts';
import type { ResourceLimit } from '../../../src/model/limits.ts';
import { parseCgroupFile } from '../../../src/parse/cgroup-files.ts';
import type {
  CgroupFacts,
  CgroupsFacet,
  FileValue,
  HierarchyFacts,
  HostLimits,
  SubsystemFacts,
} from '../../../src/schema/cgroups.ts';
import type { Outcome } from '../../../src/schema/outcome.ts';
import { nameText } from '../../../src/text/bytes.ts';

/** Files by name: their text without the newline at the end, or why they could not be read. */
export type MadeFiles = Readonly<Record<string, string | { readonly unknown: Outcome }>>;

/** A hierarchy with the chain of one task. */
export interface MadeHierarchy {
  readonly version?: 1 | 2;
  readonly controllers: readonly string[];
  /** From the root down; the last one is the task's. `/` is the root. */
  readonly chain: readonly (readonly [path: string, files: MadeFiles])[];
  /** Inode of the first; 1, the real root, unless told otherwise. */
  readonly topInode?: number;
  readonly walked?: Outcome;
}

/** A machine without a limit worth the name. */
export const VAST: HostLimits = { memory: null, swap: null, cpus: null, pidMax: null, threadsMax: null };

/** No limit, as v1 shows it with pages of 4 KiB. */
export const V1_MAX = '9223372036854771712';

/** The facet of these hierarchies; inodes count up from 1 in each. */
export function madeFacet(hierarchies: readonly MadeHierarchy[], rest: Partial<CgroupsFacet> = {}): CgroupsFacet {
  const cgroups: CgroupFacts[] = [];
  const facts = hierarchies.map((made, i): HierarchyFacts => {
    const version = made.version ?? 1;
    const id = version === 2 ? 0 : i + 1;
    for (const [level, [path, files]] of made.chain.entries()) {
      const first = cgroups.length - level;
      cgroups.push({
        hierarchy: id,
        inode: level + (made.topInode ?? 1),
        path,
        parent: level === 0 ? null : first + level - 1,
        files: Object.fromEntries(Object.entries(files).map(([name, file]) => [name, contentOf(name, file, version)])),
      });
    }
    const isMounted = made.walked !== 'absent';
    return {
      id,
      version,
      controllers: made.controllers,
      name: null,
      noprefix: false,
      mounts: isMounted ? [{ mntns: 1, path: `/sys/fs/cgroup/${made.controllers.join()}`, root: '/' }] : [],
      walked: made.walked ?? true,
    };
  });
  return {
    version: 1,
    hierarchies: facts,
    cgroups,
    subsystems: subsystemsOf(facts),
    collected: { tids: false, files: 'all', only: [] },
    reread: null,
    coverage: { cgroups: cgroups.length, vanished: 0, denied: 0 },
    ...rest,
  };
}

function contentOf(name: string, file: MadeFiles[string], version: 1 | 2): FileValue {
  return typeof file === 'string'
    ? parseCgroupFile(name, file === '' ? '' : `${file}\n`, version)
    : { kind: 'unknown', outcome: file.unknown };
}

function subsystemsOf(hierarchies: readonly HierarchyFacts[]): SubsystemFacts[] {
  return hierarchies.flatMap(({ id, controllers }) =>
    controllers.map((name) => ({ name: name === 'io' ? 'blkio' : name, hierarchy: id, cgroups: 9, enabled: true })),
  );
}

/** The reach of every controller for a task in the last cgroup of each hierarchy. */
export function reachesOf(hierarchies: readonly MadeHierarchy[], rest?: Partial<CgroupsFacet>): Reaches {
  const facet = madeFacet(hierarchies, rest);
  const paths = new Map(facet.hierarchies.map(({ id }, i) => [id, hierarchies[i]?.chain.at(-1)?.[0] ?? '/elsewhere']));
  return new Reaches(facet, { paths, only: false });
}

/** What matters of an answer: its limit in a word and whose it is, as `path file` or as the kind of what is no cgroup. */
export function shortly(limit: ResourceLimit | undefined): unknown {
  if (limit === undefined) return undefined;
  const { effective, imposedBy } = limit;
  const by =
    imposedBy?.kind === 'cgroup'
      ? `${imposedBy.path === null ? 'null' : nameText(imposedBy.path)} ${imposedBy.file ?? 'null'}`
      : (imposedBy?.kind ?? null);
  return [word(effective), by];
}

/** A limit in a word. */
export function word(limit: ResourceLimit['effective'] & { readonly atMost?: string }): unknown {
  if (limit.kind === 'unknown') return `unknown: ${limit.reason}`;
  if (limit.kind === 'max') return 'max';
  const { value } = limit;
  const text = typeof value === 'bigint' ? String(value) : value.join();
  return limit.atMost === undefined ? text : `at most ${text}: ${limit.atMost}`;
}

/** The answer about one resource. */
export function about(limits: readonly ResourceLimit[], resource: string, key?: string): ResourceLimit | undefined {
  return limits.find(
    (one) => one.resource === resource && (key === undefined || [one.device, one.pageSize, one.name].includes(key)),
  );
}
