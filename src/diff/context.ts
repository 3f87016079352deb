/** What every aspect is given. */
import type { Importance } from '../schema/diff-document.ts';
import type { ProcessFacts } from '../schema/tasks.ts';
import type { Changes } from './changes.ts';
import type { NamespaceIdentity } from './namespace-identity.ts';
import type { Pairs } from './pairs.ts';
import type { Side } from './side.ts';

/** Two captures, what is known of their identities, and where changes go. */
export interface Context {
  readonly a: Side;
  readonly b: Side;
  readonly sameBoot: boolean;
  readonly pairs: Pairs;
  readonly identity: NamespaceIdentity;
  readonly changes: Changes;
  /** Processes that are in both, by pid; none across boots. */
  readonly kept: ReadonlyMap<number, KeptTask>;
}

/** A process that is in both captures. */
export interface KeptTask {
  readonly a: ProcessFacts;
  readonly b: ProcessFacts;
}

/** The processes that ran in both looks: pids are reused, the start tells. */
export function keptTasks(a: Side, b: Side): Map<number, KeptTask> {
  const kept = new Map<number, KeptTask>();
  for (const [pid, was] of a.processes) {
    const is = b.processes.get(pid);
    if (is?.start === was.start) kept.set(pid, { a: was, b: is });
  }
  return kept;
}

/** Importance of what came with a container or went with it: the container's own line speaks of it. */
export function unlessFolded(isFolded: boolean, otherwise: Importance): Importance {
  return isFolded ? 'noise' : otherwise;
}
