/** A capture with the models that commands ask for, each made once. */
import type { Capture } from '../schema/capture.ts';
import type { NamespacesFacet } from '../schema/namespace.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { containersOf } from '../model/containers.ts';
import type { Container } from '../model/containers.ts';
import { namespacesOf } from '../model/namespaces.ts';
import type { Namespaces } from '../model/namespaces.ts';
import { resolveTarget } from '../model/targets.ts';
import type { Target } from '../model/targets.ts';

/** Facts and meaning of one capture. */
export interface View {
  readonly capture: Capture;
  readonly tasks: TasksFacet;
  readonly namespaces: Namespaces;
  readonly containers: readonly Container[];
  readonly containerOf: (pid: number) => Container | undefined;
  readonly resolve: (target: string) => Target;
}

/** The view of a capture that has tasks and namespaces. */
export function viewOf(capture: Capture): View {
  const tasks = required(capture.tasks, 'tasks');
  const facet: NamespacesFacet = required(capture.namespaces, 'namespaces');
  const namespaces = namespacesOf(tasks, facet);
  const { containers, containerOfPid } = containersOf(tasks, capture.engines, capture.host);
  return {
    capture,
    tasks,
    namespaces,
    containers,
    containerOf: (pid) => containerOfPid.get(pid),
    resolve: (target) =>
      resolveTarget(target, { tasks, namespaces, containers, ...(capture.mounts && { mounts: capture.mounts }) }),
  };
}

/** The facet, which the command has asked for. */
export function required<T>(facet: T | undefined, name: string): T {
  if (facet === undefined) throw new Error(`the facet ${name} was not asked for`);
  return facet;
}
