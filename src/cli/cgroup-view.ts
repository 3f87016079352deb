/** A capture with the models of cgroups that commands ask for. */
import type { Capture } from '../schema/capture.ts';
import type { CgroupsFacet } from '../schema/cgroups.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { containersOf } from '../model/containers.ts';
import type { Container } from '../model/containers.ts';
import { checkGraph } from '../model/css-checks.ts';
import type { Check } from '../model/css-checks.ts';
import { cssGraphOf } from '../model/css-sets.ts';
import type { CssGraph } from '../model/css-sets.ts';
import { required } from './view.ts';

/** Facts and meaning of one capture, as far as cgroups go. */
export interface CgroupView {
  readonly capture: Capture;
  readonly tasks: TasksFacet;
  readonly facet: CgroupsFacet;
  readonly graph: CssGraph;
  readonly checks: readonly Check[];
  readonly containers: readonly Container[];
  readonly containerOf: (pid: number) => Container | undefined;
}

/** The view of a capture that has tasks and cgroups. */
export function cgroupViewOf(capture: Capture): CgroupView {
  const tasks = required(capture.tasks, 'tasks');
  const facet = required(capture.cgroups, 'cgroups');
  const graph = cssGraphOf(tasks, facet);
  const { containers, containerOfPid } = containersOf(tasks, capture.engines, capture.host);
  return {
    capture,
    tasks,
    facet,
    graph,
    checks: checkGraph(graph, tasks, facet),
    containers,
    containerOf: (pid) => containerOfPid.get(pid),
  };
}
