/** A capture as keyed facts: what the store keeps in rows, and what differences are made of. */
import type { Capture } from '../schema/capture.ts';

/** One thing of a capture, such as a task, a cgroup, or the table of mounts of a mount namespace. */
export interface Fact {
  /** Names it among the facts of its kind in one capture. */
  readonly key: string;
  /** What it is, as JSON can hold it. Members that are undefined are none. */
  readonly body: object;
}

/** What a snapshot says of itself, and counts that move all the time but are no measurement. */
export interface Meta {
  /** The capture without its facets, `host` excepted. */
  readonly capture: Omit<Capture, 'tasks' | 'namespaces' | 'mounts' | 'engines' | 'cgroups' | 'limits' | 'layers'>;
  /** By facet: members such as `coverage`. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The numbers of one cgroup. */
export interface CgroupSample {
  /** Key of the fact of kind `cgroup`. */
  readonly key: string;
  /** Text of the shape: which files there are, with their numbers cut out. */
  readonly shape: string;
  /** A JSON array: numbers in the order of the shape; one that a JavaScript number would not keep as it is printed is a string. */
  readonly numbers: string;
}

/** What moves all the time. */
export interface Moving {
  readonly cgroups: readonly CgroupSample[];
  /** States of tasks that are not the usual ones, and the like: small, and another each time. */
  readonly frame: object;
}

/** A capture, taken apart. */
export interface Shredded {
  readonly meta: Meta;
  /** By kind; in the order of the capture. */
  readonly facts: ReadonlyMap<string, readonly Fact[]>;
  readonly moving: Moving;
}
