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
import type { CgroupNode } from '../model/cgroup-index.ts';
import { describeTarget } from '../model/targets.ts';
import type { Target } from '../model/targets.ts';
import { NsinspectError } from '../text/error.ts';
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

/**
 * The cgroups that a target means: those at a path, the one with a key, or those that a process or the first process of a
 * container is in. `resolve` is called where it is neither a path nor a key of a cgroup.
 */
export function cgroupsOfTarget(
  text: string,
  { graph, facet, tasks }: CgroupView,
  resolve: () => Target,
): CgroupNode[] {
  const { index } = graph;
  const keyed = index.walked.find(({ key }) => key === text);
  if (keyed !== undefined) return [keyed];
  const path = text.length > 1 ? text.replace(/\/+$/, '') : text;
  const atPath = facet.hierarchies.flatMap(({ id }) => index.at(id, path) ?? []);
  if (atPath.length > 0) return atPath;
  const target = resolve();
  if (target.kind === 'cgroup') return facet.hierarchies.flatMap(({ id }) => index.at(id, target.path) ?? []);
  const process =
    target.kind === 'process'
      ? target.process
      : target.kind === 'container'
        ? tasks.processes.find(({ pid }) => pid === target.container.leader)
        : undefined;
  if (process === undefined || process.cgroup === null) {
    throw new NsinspectError(`${describeTarget(target)} is in no cgroup`, { code: 'no-such-target' });
  }
  return (tasks.cgroups[process.cgroup] ?? []).map((line) => index.of(line));
}
