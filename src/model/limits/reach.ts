/** Which cgroups a controller makes count for a target. */
import type { CgroupFacts, CgroupsFacet, HierarchyFacts } from '../../schema/cgroups.ts';
import type { Name } from '../../schema/name.ts';
import { nameText } from '../../text/bytes.ts';
import { cgroupAt } from './by-path.ts';

/** Answer for one controller. */
export type Reach =
  | {
      readonly kind: 'chain';
      readonly hierarchy: HierarchyFacts;
      /** The target's own cgroup first, then its ancestors. */
      readonly cgroups: readonly CgroupFacts[];
      /** Why ancestors above the last one may be missing; null: the last one is the root. */
      readonly hidden: string | null;
    }
  /** Nothing limits by this controller: it is nowhere. */
  | { readonly kind: 'none'; readonly why: string }
  | { readonly kind: 'unknown'; readonly reason: string }
  /** The target is a cgroup of another hierarchy: the question makes no sense. */
  | { readonly kind: 'foreign' };

/** The paths of a target by the number of the hierarchy; a word instead: why they are not known. */
export interface Membership {
  readonly paths: ReadonlyMap<number, Name> | string;
  /** The target is these cgroups and nothing else: controllers of other hierarchies do not concern it. */
  readonly only: boolean;
}

/** Finds the cgroups that count, controller by controller. */
export class Reaches {
  readonly #facet: CgroupsFacet;
  readonly #membership: Membership;
  readonly #known = new Map<string, Reach>();

  constructor(facet: CgroupsFacet, membership: Membership) {
    this.#facet = facet;
    this.#membership = membership;
  }

  /** The reach of a controller by its name on v2, and by that on v1 where it is another (`io`, `blkio`). */
  of(controller: string, v1Name = controller): Reach {
    let reach = this.#known.get(controller);
    if (reach === undefined) this.#known.set(controller, (reach = this.#find(controller, v1Name)));
    return reach;
  }

  /** All cgroups that were collected; null where only some were asked for. */
  get everyCgroup(): readonly CgroupFacts[] | null {
    return this.#facet.collected.only === null ? this.#facet.cgroups : null;
  }

  #find(controller: string, v1Name: string): Reach {
    const { hierarchies, collected, subsystems } = this.#facet;
    if (collected.files === 'structure') return { kind: 'unknown', reason: 'the files of cgroups: not collected' };
    const hierarchy =
      hierarchies.find(({ version, controllers }) => version === 1 && controllers.includes(v1Name)) ??
      hierarchies.find(({ version, controllers }) => version === 2 && controllers.includes(controller));
    if (hierarchy !== undefined) return this.#within(hierarchy, hierarchy.version === 1 ? v1Name : controller);
    const subsystem = subsystems?.find(({ name }) => name === v1Name);
    // Every cgroup that a controller is enabled for has a css of it; one is the root's, which is never limited.
    const isIdle = subsystem !== undefined && (!subsystem.enabled || subsystem.cgroups <= 1);
    const v2 = hierarchies.find(({ version }) => version === 2);
    if (!isIdle && v2 !== undefined && v2.walked !== true) return this.#within(v2, controller);
    if (this.#membership.only) return { kind: 'foreign' };
    const isThere = subsystem?.enabled === true;
    return { kind: 'none', why: `the controller ${v1Name} is ${isThere ? 'in no hierarchy' : 'not in this kernel'}` };
  }

  #within(hierarchy: HierarchyFacts, controller: string): Reach {
    const { paths, only } = this.#membership;
    const what = `the hierarchy of ${controller}`;
    if (typeof paths === 'string') return { kind: 'unknown', reason: paths };
    const path = paths.get(hierarchy.id);
    if (path === undefined) {
      return only ? { kind: 'foreign' } : { kind: 'unknown', reason: `${what} has no line in /proc/PID/cgroup` };
    }
    const cgroup = cgroupAt(this.#facet, hierarchy.id, path);
    if (cgroup === undefined) return { kind: 'unknown', reason: this.#whyMissing(hierarchy, path, what) };
    const cgroups = this.#ancestry(cgroup);
    const top = cgroups.at(-1) ?? cgroup;
    // The root of every hierarchy has inode 1 (kernfs_create_root, fs/kernfs/dir.c): another one has ancestors.
    const hidden = top.inode === 1 ? null : `the ancestors of ${nameText(top.path)} cannot be seen from here`;
    return { kind: 'chain', hierarchy, cgroups, hidden };
  }

  #whyMissing({ walked, mounts }: HierarchyFacts, path: Name, what: string): string {
    if (walked !== true) return mounts.length === 0 ? `${what} is not mounted` : `${what} cannot be read: ${walked}`;
    const where = `the cgroup ${nameText(path)} in ${what}`;
    return this.#facet.collected.only === null ? `${where} was not found: absent` : `${where}: not collected`;
  }

  #ancestry(cgroup: CgroupFacts): CgroupFacts[] {
    const cgroups: CgroupFacts[] = [];
    for (let at: CgroupFacts | undefined = cgroup; at !== undefined;) {
      cgroups.push(at);
      at = at.parent === null ? undefined : this.#facet.cgroups[at.parent];
    }
    return cgroups;
  }
}
