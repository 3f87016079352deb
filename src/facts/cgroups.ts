/** The facets `cgroups` and `limits`: settings are facts, numbers that move are samples, members are what tasks do not say. */
import type {
  CgroupFacts,
  CgroupsFacet,
  FileValue,
  HierarchyFacts,
  LimitsFacet,
  ProcessLimits,
  SubsystemFacts,
} from '../schema/cgroups.ts';
import { cgroupKey, hierarchyKey } from '../text/cgroup-key.ts';
import { addFacts, type CgroupSample, type Fact, type FactLists } from './fact.ts';
import { membersBody, membersOf, type Expected, type MembersBody } from './members.ts';
import { FileCutter, type Shape } from './shapes.ts';

type Counts = Readonly<Record<string, unknown>>;

/** Body of a fact of kind `cgroup`. */
type CgroupBody = Omit<CgroupFacts, 'parent' | 'tids' | 'files'> & {
  /** Key of the parent. */
  readonly parent: string | null;
  readonly members?: MembersBody;
  readonly files: Readonly<Record<string, FileValue>>;
  /** Key of the shape of those files whose numbers are a sample. */
  readonly shape?: string;
};

/** What the facet is taken apart into besides the facts that are added. */
export interface ShreddedCgroups {
  readonly rest: object;
  readonly counts: Counts;
  readonly samples: readonly CgroupSample[];
  readonly shapes: ReadonlyMap<string, string>;
}

/** Adds the facts of hierarchies, cgroups and subsystems. */
export function shredCgroups(facet: CgroupsFacet, lists: FactLists, expected: Expected): ShreddedCgroups {
  const { hierarchies, cgroups, subsystems, coverage, reread, ...rest } = facet;
  addFacts(lists, 'hierarchy', hierarchies, hierarchyKey, (hierarchy) => hierarchy);
  if (subsystems !== null) {
    addFacts(
      lists,
      'subsystem',
      subsystems,
      ({ name }) => name,
      (subsystem) => ({ ...subsystem, cgroups: undefined }),
    );
  }
  const byId = new Map(hierarchies.map((hierarchy) => [hierarchy.id, hierarchy]));
  const cutter = new FileCutter();
  const cuts = cgroups.map((cgroup) => cutter.cut(cgroup.files, byId.get(cgroup.hierarchy)?.version ?? 2));
  const facts = addFacts(
    lists,
    'cgroup',
    cgroups,
    (cgroup) => cgroupKey(byId.get(cgroup.hierarchy) ?? unknownHierarchy(cgroup.hierarchy), cgroup),
    ({ tids, ...cgroup }, at, before) => ({
      ...cgroup,
      parent: cgroup.parent === null ? null : (before[cgroup.parent]?.key ?? null),
      members: membersBody(tids, expected(cgroup.hierarchy, cgroup.path)),
      files: cuts[at]?.still,
      shape: cuts[at]?.shape ?? undefined,
    }),
  );
  const samples = facts.flatMap(({ key }, at): CgroupSample[] => {
    const cut = cuts[at];
    return cut === undefined || cut.shape === null ? [] : [{ key, shape: cut.shape, numbers: cut.numbers }];
  });
  const counts = { coverage, reread, subsystems: subsystems?.map((subsystem) => subsystem.cgroups) ?? null };
  return { rest, counts, samples, shapes: cutter.shapes };
}

/** A forged capture may name one that it does not list. */
function unknownHierarchy(id: number): Pick<HierarchyFacts, 'version' | 'controllers' | 'name'> {
  return { version: 1, controllers: [`hierarchy ${id}`], name: null };
}

/** What a cgroup was made of, besides its body. */
interface BuiltCgroup {
  readonly cgroup: CgroupFacts;
  readonly tids: readonly number[] | undefined;
  readonly numbers: string | null;
}

/** The facet from its facts, shapes and samples by key of the cgroup. */
export function assembleCgroups(
  rest: object,
  counts: Counts,
  facts: ReadonlyMap<string, readonly Fact[]>,
  expected: Expected,
  shapes: (key: string) => Shape,
  samples: ReadonlyMap<string, string>,
): CgroupsFacet {
  const cgroupFacts = facts.get('cgroup') ?? [];
  const indexes = new Map(cgroupFacts.map(({ key }, index) => [key, index]));
  const cgroups = cgroupFacts.map((fact): CgroupFacts => {
    const body = fact.body as CgroupBody;
    const parent = body.parent === null ? null : (indexes.get(body.parent) ?? null);
    const tids = membersOf(body.members, expected(body.hierarchy, body.path));
    const numbers = samples.get(fact.key) ?? null;
    const known = fact.made as BuiltCgroup | undefined;
    if (known?.cgroup.parent === parent && known.numbers === numbers && sameList(known.tids, tids)) return known.cgroup;
    const { members: _members, shape, ...plain } = body;
    const files =
      shape === undefined
        ? body.files
        : Object.fromEntries([...Object.entries(body.files), ...shapes(shape).files(numbers)]);
    const cgroup = { ...plain, parent, files, ...(tids === undefined ? {} : { tids }) };
    fact.made = { cgroup, tids, numbers } satisfies BuiltCgroup;
    return cgroup;
  });
  const { subsystems: counted, ...plainCounts } = counts as { readonly subsystems: readonly number[] | null };
  const subsystems =
    counted === null
      ? null
      : (facts.get('subsystem') ?? []).map(({ body }, at) => ({
          ...(body as Omit<SubsystemFacts, 'cgroups'>),
          cgroups: counted[at] ?? 0,
        }));
  const hierarchies = (facts.get('hierarchy') ?? []).map(({ body }) => body as HierarchyFacts);
  const left = { ...rest, ...plainCounts } as Omit<CgroupsFacet, 'hierarchies' | 'cgroups' | 'subsystems'>;
  return { ...left, hierarchies, cgroups, subsystems };
}

function sameList(a: readonly number[] | undefined, b: readonly number[] | undefined): boolean {
  if (a === b) return true;
  return a?.length === b?.length && a?.every((value, at) => value === b?.[at]) === true;
}

/** Adds a fact a process whose limits were read; how many files each has open moves. */
export function shredLimits(
  facet: LimitsFacet,
  lists: FactLists,
): { readonly rest: object; readonly openFiles: readonly (number | null)[] } {
  const { processes, ...rest } = facet;
  addFacts(
    lists,
    'process_limits',
    processes,
    ({ pid }) => String(pid),
    (process) => ({ ...process, openFiles: undefined }),
  );
  return { rest, openFiles: processes.map(({ openFiles }) => openFiles) };
}

/** The facet from its facts. `openFiles`: null where they are no longer kept. */
export function assembleLimits(
  rest: object,
  facts: ReadonlyMap<string, readonly Fact[]>,
  openFiles: readonly (number | null)[] | null,
): LimitsFacet {
  const processes = (facts.get('process_limits') ?? []).map((fact, at): ProcessLimits => {
    const process = fact.body as Omit<ProcessLimits, 'openFiles'>;
    const known = fact.made as ProcessLimits | undefined;
    const count = openFiles?.[at] ?? null;
    if (openFiles !== null && known?.openFiles === count) return known;
    const built: ProcessLimits =
      openFiles === null && process.unknown?.openFiles === undefined
        ? { ...process, openFiles: null, unknown: { ...process.unknown, openFiles: 'not collected' } }
        : { ...process, openFiles: count };
    if (openFiles !== null) fact.made = built;
    return built;
  });
  return { ...(rest as Omit<LimitsFacet, 'processes'>), processes };
}
