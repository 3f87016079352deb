/** Everything that sections may look at; what is costly is made once, when it is first asked for. */
import { compareCaptures } from '../../src/diff/compare.ts';
import { containersOf } from '../../src/model/containers.ts';
import type { Container, Containers } from '../../src/model/containers.ts';
import { cssGraphOf } from '../../src/model/css-sets.ts';
import type { CssGraph } from '../../src/model/css-sets.ts';
import { storesOf } from '../../src/model/layers.ts';
import type { LayersFacts } from '../../src/model/layers.ts';
import { limitsOf, subjectOf } from '../../src/model/limits.ts';
import type { ResourceLimit, Subject } from '../../src/model/limits.ts';
import { namespacesOf } from '../../src/model/namespaces.ts';
import type { Namespaces } from '../../src/model/namespaces.ts';
import type { BenchDocument } from '../../src/schema/bench.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { CgroupsFacet } from '../../src/schema/cgroups.ts';
import type { Diff } from '../../src/schema/diff-document.ts';
import type { TasksFacet } from '../../src/schema/tasks.ts';

/** A capture, and what the user called it. */
export interface WorldSide {
  readonly name: string;
  readonly capture: Capture;
  /** Id in the history; null: not from there. */
  readonly snapshot: number | null;
}

/** One moment of the host's history. */
export interface TimelinePoint {
  readonly snapshot: number;
  readonly takenAt: string;
  readonly label: string | null;
  readonly processes: number | null;
  readonly containers: number | null;
  /** Changes since the moment before that are no noise, and those of them that loosened something; null: not compared. */
  readonly changes: number | null;
  readonly loosened: number | null;
}

/** What a report is made from. */
export interface WorldFacts {
  readonly side: WorldSide;
  /** The earlier side; null: nothing to compare with. */
  readonly before: WorldSide | null;
  /** The history of this host, the oldest first; empty where there is none. */
  readonly timeline: readonly TimelinePoint[];
  /** Results of `bench …`, the oldest first. */
  readonly bench: readonly BenchDocument[];
  /** Command lines, labels and the like are left out. */
  readonly redacted: boolean;
}

/** {@link WorldFacts} and what models make of them. */
export class World {
  readonly facts: WorldFacts;
  readonly capture: Capture;
  #containers: Containers | undefined;
  #namespaces: Namespaces | undefined;
  #graph: CssGraph | undefined;
  readonly #limits = new Map<Container, readonly ResourceLimit[]>();
  #layers: LayersFacts | undefined;
  #diff: Diff | undefined;

  constructor(facts: WorldFacts) {
    this.facts = facts;
    this.capture = facts.side.capture;
  }

  /** Throws where the section did not say that it needs them. */
  get tasks(): TasksFacet {
    return this.#facet('tasks');
  }

  /** Throws where the section did not say that it needs them. */
  get cgroups(): CgroupsFacet {
    return this.#facet('cgroups');
  }

  /** Containers by leader's start time; who is in none is the host's own. */
  get containers(): readonly Container[] {
    return this.joined.containers;
  }

  /** The innermost container of a process. */
  containerOf(pid: number): Container | undefined {
    return this.joined.containerOfPid.get(pid);
  }

  /** Needs tasks and namespaces. */
  get namespaces(): Namespaces {
    return (this.#namespaces ??= namespacesOf(this.tasks, this.#facet('namespaces')));
  }

  /** Tasks, css_sets and cgroups. Needs tasks and cgroups. */
  get graph(): CssGraph {
    return (this.#graph ??= cssGraphOf(this.tasks, this.#facet('cgroups')));
  }

  /** Needs tasks, mounts and layers. */
  get layers(): LayersFacts {
    const [layers, mounts] = [this.#facet('layers'), this.#facet('mounts')];
    const { containerOfPid } = this.joined;
    return (this.#layers ??= { tasks: this.tasks, mounts, layers, stores: storesOf(layers), containerOfPid });
  }

  /** Every limit of a container, with who imposes it. Needs tasks, cgroups and limits. */
  limitsOf(container: Container): readonly ResourceLimit[] {
    let limits = this.#limits.get(container);
    if (limits === undefined) {
      const subject = subjectOf({ kind: 'container', container }, this.tasks);
      limits = this.limitsOfSubject(subject);
      this.#limits.set(container, limits);
    }
    return limits;
  }

  /** As {@link limitsOf}, of something else. */
  limitsOfSubject(subject: Subject): readonly ResourceLimit[] {
    return limitsOf(subject, this.#facet('cgroups'), this.#facet('limits'), this.tasks);
  }

  /** What changed since the earlier side; null where there is none. */
  get diff(): Diff | null {
    const { before } = this.facts;
    if (before === null) return null;
    return (this.#diff ??= compareCaptures(before.capture, this.capture));
  }

  /** Containers, and who is in which. Needs tasks. */
  get joined(): Containers {
    return (this.#containers ??= containersOf(this.tasks, this.capture.engines, this.capture.host));
  }

  #facet<F extends 'tasks' | 'namespaces' | 'cgroups' | 'limits' | 'mounts' | 'layers'>(
    name: F,
  ): NonNullable<Capture[F]> {
    const facet = this.capture[name];
    if (facet === undefined) throw new Error(`a section that does not need ${name} asked for it`);
    return facet;
  }
}
