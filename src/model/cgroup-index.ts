/** The cgroups of a capture by hierarchy and path, and what lies around each. */
import type { CgroupFacts, CgroupsFacet, FileValue, HierarchyFacts } from '../schema/cgroups.ts';
import type { Name } from '../schema/name.ts';
import type { CgroupLine } from '../schema/tasks.ts';
import { nameKey } from '../text/bytes.ts';
import { cgroupKey } from './cgroup-key.ts';
import type { HierarchyIdentity } from './cgroup-key.ts';

/** A cgroup of the walk, or one that only `/proc` names: of a hierarchy that is not mounted, or removed meanwhile. */
export interface CgroupNode {
  /** `<controllers or name=x or v2>:<inode>`, or with the path where the inode is not known. */
  readonly key: string;
  readonly hierarchy: number;
  readonly inode: number | null;
  readonly path: Name;
  readonly parent: CgroupNode | null;
  readonly children: readonly CgroupNode[];
  /** Null for one that was not met in the walk. */
  readonly facts: CgroupFacts | null;
}

type Growing = { -readonly [K in keyof CgroupNode]: CgroupNode[K] } & { children: CgroupNode[] };

/** Finds cgroups. Nodes for paths that only `/proc` names are made when they are first asked for. */
export class CgroupIndex {
  readonly hierarchies: ReadonlyMap<number, HierarchyFacts>;
  /** Those of the walk, parents before children. */
  readonly walked: readonly CgroupNode[];
  readonly #byPath = new Map<string, Growing>();

  constructor(facet: CgroupsFacet) {
    this.hierarchies = new Map(facet.hierarchies.map((hierarchy) => [hierarchy.id, hierarchy]));
    const nodes: Growing[] = [];
    for (const facts of facet.cgroups) {
      const parent = facts.parent === null ? null : (nodes[facts.parent] ?? null);
      const identity = this.hierarchies.get(facts.hierarchy) ?? UNKNOWN;
      const node = this.#make(identity, facts.hierarchy, facts.path, facts, parent);
      nodes.push(node);
      parent?.children.push(node);
    }
    this.walked = nodes;
  }

  /** The cgroup that a line of `/proc/PID/cgroup` names. */
  of(line: CgroupLine): CgroupNode {
    const known = this.at(line.hierarchy, line.path);
    if (known !== undefined) return known;
    const identity = this.hierarchies.get(line.hierarchy) ?? identityOf(line);
    return this.#make(identity, line.hierarchy, line.path, null, null);
  }

  /** The cgroup at that path; undefined where none is known. */
  at(hierarchy: number, path: Name): CgroupNode | undefined {
    return this.#byPath.get(pathKey(hierarchy, path));
  }

  #make(
    identity: HierarchyIdentity,
    hierarchy: number,
    path: Name,
    facts: CgroupFacts | null,
    parent: CgroupNode | null,
  ): Growing {
    const inode = facts?.inode ?? null;
    const key = cgroupKey(identity, { path, inode });
    const node: Growing = { key, hierarchy, inode, path, parent, children: [], facts };
    this.#byPath.set(pathKey(hierarchy, path), node);
    return node;
  }
}

const UNKNOWN: HierarchyIdentity = { version: 1, controllers: [], name: null };

/** A hierarchy as a line of `/proc/PID/cgroup` describes it. */
function identityOf({ hierarchy, controllers }: CgroupLine): HierarchyIdentity {
  const name = controllers.find((controller) => controller.startsWith('name='))?.slice('name='.length) ?? null;
  const attached = controllers.filter((controller) => !controller.startsWith('name='));
  return { version: hierarchy === 0 ? 2 : 1, controllers: attached, name };
}

function pathKey(hierarchy: number, path: Name): string {
  return `${String(hierarchy)} ${nameKey(path)}`;
}

/** The words of a file such as `cgroup.controllers`; null where it was not read. */
export function wordsOf(node: CgroupNode, file: string): readonly string[] | null {
  const value: FileValue | undefined = node.facts?.files[file];
  return value?.kind === 'words' ? value.words : null;
}

/** The number in a flat keyed file such as `cgroup.events`; null where it was not read or has no such key. */
export function keyedValue(node: CgroupNode, file: string, key: string): bigint | null {
  const value: FileValue | undefined = node.facts?.files[file];
  const entry = value?.kind === 'keyed' ? value.entries.find(([name]) => name === key) : undefined;
  return entry === undefined || !/^-?[0-9]+$/.test(entry[1]) ? null : BigInt(entry[1]);
}

/**
 * The cgroup whose css of a controller works for the tasks of this one. v1: itself. v2: the nearest one upwards whose parent has
 * enabled the controller for its children (cgroup_e_css_by_mask, kernel/cgroup/cgroup.c); the root has every css. Null
 * where the files that tell were not read.
 */
export function effectiveCss(node: CgroupNode, controller: string, hierarchy: HierarchyFacts): CgroupNode | null {
  if (hierarchy.version === 1) return node;
  for (let at = node; ; at = at.parent) {
    if (at.parent === null) return at.facts === null ? null : at;
    // perf_event is on everywhere without being enabled (implicit_on_dfl, kernel/events/core.c).
    if (controller === 'perf_event') return at;
    const enabled = wordsOf(at.parent, 'cgroup.subtree_control');
    if (enabled === null) return null;
    if (enabled.includes(controller)) return at;
  }
}
