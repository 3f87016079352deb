/** The effective limits of a process, a container or a cgroup: what binds, and who imposes it. */
import type { CgroupsFacet, LimitsFacet } from '../schema/cgroups.ts';
import type { TasksFacet } from '../schema/tasks.ts';
import { cpuLimits } from './limits/cpu.ts';
import { cpusetLimits } from './limits/cpuset.ts';
import { hugetlbLimits } from './limits/hugetlb.ts';
import { ioLimits } from './limits/io.ts';
import { memoryLimits } from './limits/memory.ts';
import { miscLimits } from './limits/misc.ts';
import { pidsLimits } from './limits/pids.ts';
import { rdmaLimits } from './limits/rdma.ts';
import { Reaches } from './limits/reach.ts';
import { affinityOf, rlimits } from './limits/rlimits.ts';
import type { Subject } from './limits/subject.ts';
import type { ResourceLimit } from './limits/types.ts';

export { cgroupSubject, noLimits, placesNamed, placesOf, placesThere, subjectOf } from './limits/subject.ts';
export type { CgroupPlace, Subject } from './limits/subject.ts';
export type { ResourceLimit } from './limits/types.ts';

/**
 * Every resource by the rule of its own controller. A resource that a controller of the subject's hierarchies bounds is always
 * there, also without any limit; one of another hierarchy than a cgroup's is not.
 */
export function limitsOf(
  subject: Subject,
  cgroups: CgroupsFacet,
  limits: LimitsFacet,
  tasks: TasksFacet,
): ResourceLimit[] {
  const { pids, membership } = subject;
  const { host } = limits;
  const reaches = new Reaches(cgroups, membership);
  const set = cpusetLimits(reaches, host, affinityOf(pids, limits));
  const [leader, ...others] = pids;
  return [
    ...cpuLimits(reaches, set[0]),
    ...set,
    ...memoryLimits(reaches, host),
    ...pidsLimits(reaches, host),
    ...ioLimits(reaches),
    ...hugetlbLimits(reaches),
    ...rdmaLimits(reaches),
    ...miscLimits(reaches),
    ...(leader === undefined ? [] : rlimits(leader, others, limits, tasks)),
  ];
}
