/** A capture as keyed facts: what the store keeps in rows, and what differences are made of. */
import type { Capture, FacetName } from '../schema/capture.ts';

/** One thing of a capture, such as a task, a cgroup, or the mounts of one mount namespace. */
export interface Fact {
  /** Names it among the facts of its kind in one capture. */
  readonly key: string;
  /** What it is, as JSON can hold it. A member that is undefined is none. */
  readonly body: object;
  /**
   * What was last made of it. Whoever puts the same fact into another capture gets the same object again, unless what it holds of
   * its surroundings (an index, a state) is another: two captures of one history can be compared by identity first.
   */
  made?: object;
}

/** What a snapshot says of itself, and counts that move all the time but are no measurement. */
export interface Meta {
  /** The capture without its facets, `host` excepted. */
  readonly capture: Omit<Capture, Exclude<FacetName, 'host'>>;
  /** By facet: members such as `coverage`. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The numbers of one cgroup. */
export interface CgroupSample {
  /** Key of the fact of kind `cgroup`. */
  readonly key: string;
  /** Key of the shape: which files there are, with their numbers cut out. */
  readonly shape: string;
  /** A JSON array in the order of the shape; a number that JavaScript would not give back as it was printed is a string. */
  readonly numbers: string;
}

/** Small values that are others each time; without them states are `?`, open files `not collected`. */
export interface Frame {
  /** Processes whose state is not the usual one (S; I of kernel threads): letter, pids. */
  readonly states?: readonly (readonly [state: string, pids: readonly number[]])[];
  /** The same for threads that differ from their leader (usually S): pid and place in the list `differing`. */
  readonly threadStates?: readonly (readonly [
    state: string,
    threads: readonly (readonly [pid: number, at: number])[],
  ])[];
  /** What workers of the kernel say behind their name of what they last did (kernel/workqueue.c, wq_worker_comm()). */
  readonly works?: readonly (readonly [pid: number, work: string])[];
  /** Open files, in the order of the limits of processes. */
  readonly openFiles?: readonly (number | null)[];
}

/** A capture, taken apart. */
export interface Shredded {
  readonly meta: Meta;
  /** By kind; each list in the order of the capture. */
  readonly facts: ReadonlyMap<string, readonly Fact[]>;
  /** In the order of the facts of kind `cgroup`; those without numbers are not here. */
  readonly samples: readonly CgroupSample[];
  /** By key: the skeleton of a shape (src/facts/shapes.ts). */
  readonly shapes: ReadonlyMap<string, string>;
  /** Null: no longer kept, as the samples are not. */
  readonly frame: Frame | null;
}

/** Facts by kind, while they are made. */
export type FactLists = Map<string, Fact[]>;

/** Adds a list of facts. Where two items have one key, the later one gets a number behind it, so that it stays a key. */
export function addFacts<T>(
  lists: FactLists,
  kind: string,
  items: readonly T[],
  key: (item: T) => string,
  body: (item: T, at: number, before: readonly Fact[]) => object,
): Fact[] {
  const met = new Map<string, number>();
  const facts: Fact[] = [];
  for (const [at, item] of items.entries()) {
    let unique = printableKey(key(item));
    while (met.has(unique)) {
      const count = (met.get(unique) ?? 1) + 1;
      met.set(unique, count);
      unique = `${unique}~${count}`;
    }
    met.set(unique, 1);
    facts.push({ key: unique, body: body(item, at, facts) });
  }
  lists.set(kind, facts);
  return facts;
}

const UNPRINTABLE = /[^\p{L}\p{N}\p{P}\p{S} ]/gu;
const PLAIN = /^[\x20-\x7e]*$/;

/** Keys are shown by shells of SQLite as they are: nothing in them may steer a terminal. */
function printableKey(key: string): string {
  if (PLAIN.test(key)) return key;
  return key.replaceAll(UNPRINTABLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
