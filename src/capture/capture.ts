import type { Host } from '../host/port.ts';
import { CAPTURE_SCHEMA } from '../schema/capture.ts';
import type { Capture, CaptureSource, FacetName } from '../schema/capture.ts';
import type { CgroupsCollected } from '../schema/cgroups.ts';
import type { TasksCollected } from '../schema/tasks.ts';
import type { ByteString } from '../text/bytes.ts';
import { captureCgroups } from './cgroups.ts';
import { captureEngines } from './engines.ts';
import { startScanThreads } from './parallel.ts';
import { captureHost } from './host.ts';
import { captureLayers } from './layers.ts';
import { captureLimits } from './limits.ts';
import { captureMounts } from './mounts.ts';
import { captureNamespaces } from './namespaces.ts';
import { searchKernelMounts } from './nsfs-mounts.ts';
import type { KernelMounts } from './nsfs-mounts.ts';
import { captureTasks, edgesOf } from './tasks.ts';

/** What a command needs: only that is collected. */
export interface CaptureWants {
  readonly facets: readonly Exclude<FacetName, 'host'>[];
  readonly tasks: TasksCollected;
  /** What to read of cgroups; needed where that facet is wanted. */
  readonly cgroups?: CgroupsCollected;
  /**
   * Whose limits outside cgroups to read. `edges`, unless said: the processes whose namespaces, cgroup or root are not their
   * parent's, such as the first of each container and service, from which nearly all others have inherited theirs.
   */
  readonly limits?: { readonly pids: readonly number[] | 'edges' };
  /** State directories of engines to look into besides those that processes, mounts and defaults lead to. */
  readonly layers?: { readonly state: readonly ByteString[] };
  /** `false`: on this thread alone, which takes longer and less of the CPUs: for passes that nobody waits for. */
  readonly parallel?: boolean;
}

/** Everything there is, for a file that others will ask questions of later. */
export const EVERYTHING: CaptureWants = {
  facets: ['tasks', 'namespaces', 'mounts', 'engines', 'cgroups', 'limits', 'layers'],
  tasks: { detail: 'all', cgroups: true, root: true, threadCgroups: true },
  cgroups: { tids: true, files: 'all', only: null },
};

/** The program's own name and version, as every document carries it. */
export type Tool = Capture['tool'];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Takes one pass over the host. Throws a NsinspectError where there is nothing to read. */
export async function capture(host: Host, wants: CaptureWants, tool: Tool): Promise<Capture> {
  const began = process.hrtime.bigint();
  const wanted = new Set(wants.facets);
  const result: Writable<Capture> = {
    schema: CAPTURE_SCHEMA,
    tool,
    takenAt: new Date().toISOString(),
    durationMs: 0,
    source: sourceOf(host),
    redacted: false,
    host: captureHost(host),
  };
  const threads = wants.parallel === false ? null : startScanThreads(host);
  const needsNamespaces = wanted.has('namespaces');
  const kernelMounts: KernelMounts | null = needsNamespaces ? searchKernelMounts(host) : null;
  const { facet: tasks, scan } = await captureTasks(
    host,
    { ...wants.tasks, fds: needsNamespaces },
    kernelMounts?.paths ?? [],
    threads,
  );
  result.tasks = tasks;
  if (kernelMounts !== null) result.namespaces = captureNamespaces(host, tasks, scan, kernelMounts);
  const needsCgroups = wanted.has('cgroups') && wants.cgroups !== undefined;
  // Where the hierarchies are is seen from the mounts.
  const needsMounts = wanted.has('mounts') || wanted.has('layers') || needsCgroups;
  const mounts = needsMounts ? captureMounts(host, tasks) : null;
  if (mounts !== null && wanted.has('mounts')) result.mounts = mounts;
  if (mounts !== null && needsCgroups) {
    result.cgroups = captureCgroups(host, tasks, mounts, wants.cgroups);
  }
  if (wanted.has('limits')) {
    const pids = wants.limits?.pids ?? 'edges';
    result.limits = captureLimits(host, pids === 'edges' ? edgesOf(tasks.processes).map(({ pid }) => pid) : pids);
  }
  const engines = wanted.has('engines') || wanted.has('layers') ? captureEngines(host, tasks) : null;
  if (engines !== null && wanted.has('engines')) result.engines = engines;
  if (mounts !== null && engines !== null && wanted.has('layers')) {
    result.layers = captureLayers(host, { tasks, engines, mounts }, wants.layers?.state ?? []);
  }
  result.durationMs = Number((process.hrtime.bigint() - began) / 1_000_000n);
  return result;
}

function sourceOf(host: Host): CaptureSource {
  return host.kind === 'host-root' ? { kind: host.kind, root: host.root } : { kind: host.kind };
}
