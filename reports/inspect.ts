/** Everything about one target, as a document. */
import { placeOf } from '../src/model/boundaries.ts';
import { capabilityNames } from '../src/model/capabilities.ts';
import type { Container } from '../src/model/containers.ts';
import type { CssGraph } from '../src/model/css-sets.ts';
import type { Namespaces } from '../src/model/namespaces.ts';
import { startTimeOf } from '../src/model/start-time.ts';
import { describeTarget } from '../src/model/targets.ts';
import type { Target } from '../src/model/targets.ts';
import type { Capture } from '../src/schema/capture.ts';
import type {
  ContainerId,
  ContainerReport,
  InspectDocument,
  MountReport,
  ProcessId,
  ProcessNamespace,
  ProcessReport,
} from '../src/schema/documents.ts';
import { NS_TYPES } from '../src/schema/namespace.ts';
import type { ProcessFacts, StatusFacts, TasksFacet } from '../src/schema/tasks.ts';
import { nameText } from '../src/text/bytes.ts';
import { documentHead } from './head.ts';
import { containerId, namespaceRow } from './namespaces.ts';
import type { ContainerOf } from './namespaces.ts';

/** How many processes or mounts a list names. */
const SAMPLE = 8;

/** What the document is made from. */
export interface InspectInput {
  readonly capture: Capture;
  readonly tasks: TasksFacet;
  readonly namespaces: Namespaces;
  readonly containers: readonly Container[];
  readonly containerOf: ContainerOf;
  /** Null where cgroups were not collected. */
  readonly graph: CssGraph | null;
}

/** The document about a target. */
export function inspectDocument(target: Target, input: InspectInput): InspectDocument {
  const head = {
    ...documentHead('nsinspect/inspect/1', input.capture),
    target: { kind: target.kind, text: describeTarget(target) },
  };
  switch (target.kind) {
    case 'process': {
      const container = input.containerOf(target.process.pid);
      const process = processReport(target.process, input);
      return container === undefined
        ? { ...head, process }
        : { ...head, container: containerReport(container, input), process };
    }
    case 'container': {
      const leader = input.tasks.processes.find(({ pid }) => pid === target.container.leader);
      const container = containerReport(target.container, input);
      return leader === undefined
        ? { ...head, container }
        : { ...head, container, process: processReport(leader, input) };
    }
    case 'namespace':
      return { ...head, namespace: namespaceRow(target.namespace, input.containerOf, Infinity) };
    case 'cgroup':
      return { ...head, cgroup: cgroupReport(target.path, target.processes, input) };
    case 'mount':
      return { ...head, mount: mountReport(target, input.capture) };
  }
}

function processReport(process: ProcessFacts, input: InspectInput): ProcessReport {
  const { detail } = process;
  const startedAt = startTimeOf(process, input.capture.host);
  const unknown = unknownOf(process, input.capture);
  return {
    pid: process.pid,
    comm: process.comm,
    ppid: process.ppid,
    ...(startedAt !== null && { startedAt }),
    state: process.state,
    kernel: process.kthread,
    ...(detail?.argv !== undefined && { argv: detail.argv }),
    ...(detail?.exe !== undefined && { exe: detail.exe }),
    ...(unknown.root === undefined && { root: process.root ?? '/' }),
    ...(detail?.status !== undefined && rightsOf(detail.status)),
    ...(detail?.label !== undefined && { label: detail.label }),
    threads: process.threads,
    differing: (process.differing ?? []).map(({ tid, comm, ns, ownFds = false }) => ({
      tid,
      comm,
      namespaces: NS_TYPES.flatMap((type, i) => {
        const inum = ns[i] ?? null;
        return inum === null || inum === process.ns[i] ? [] : [{ type, inum }];
      }),
      ownFds,
    })),
    namespaces: NS_TYPES.map((type, i) => processNamespace(process, type, i, input)),
    ...(process.cgroup !== null && { cgroups: input.tasks.cgroups[process.cgroup] ?? [] }),
    ...(input.graph !== null && { cssSet: cssSetOf(process, input.graph) }),
    ...(Object.keys(unknown).length > 0 && { unknown }),
  };
}

function cssSetOf({ pid }: ProcessFacts, graph: CssGraph): NonNullable<ProcessReport['cssSet']> | null {
  const set = graph.setOfTid.get(pid);
  return set === undefined ? null : { id: set.id, tasks: set.tids.length, processes: set.processes.length };
}

/** What could not be read of a process, and why. */
function unknownOf(process: ProcessFacts, { host }: Capture): NonNullable<ProcessReport['unknown']> {
  const { detail, unknown = {} } = process;
  const status = detail?.status;
  return {
    ...(host.bootTime === undefined && { startedAt: host.unknown?.bootTime ?? 'not collected' }),
    ...(process.cgroup === null && { cgroups: unknown.cgroup ?? 'not collected' }),
    ...(placeOf(process).root === null && { root: unknown.root ?? 'absent' }),
    ...(unknown.fd !== undefined && { fds: unknown.fd }),
    ...(unknown.task !== undefined && { threads: unknown.task }),
    ...(detail === undefined && { status: 'not collected', argv: 'not collected', label: 'not collected' }),
    ...(status?.noNewPrivs === null && { noNewPrivs: 'unsupported' }),
    ...(status?.seccomp === null && { seccomp: 'unsupported' }),
    ...detail?.unknown,
  };
}

function rightsOf(status: StatusFacts): Partial<ProcessReport> {
  const { nspid, uids, gids, groups, noNewPrivs, seccomp } = status;
  return {
    nspid,
    uids,
    gids,
    groups,
    capabilities: {
      inheritable: capabilityNames(status.capInh),
      permitted: capabilityNames(status.capPrm),
      effective: capabilityNames(status.capEff),
      bounding: capabilityNames(status.capBnd),
      ambient: capabilityNames(status.capAmb),
    },
    ...(noNewPrivs !== null && { noNewPrivs }),
    ...(seccomp !== null && { seccomp }),
  };
}

function processNamespace(
  process: ProcessFacts,
  type: (typeof NS_TYPES)[number],
  i: number,
  input: InspectInput,
): ProcessNamespace {
  const inum = process.ns[i] ?? null;
  if (inum === null) {
    return { type, processes: 0, sharedWith: [], unknown: { inum: process.unknownNs?.[type] ?? 'absent' } };
  }
  const ns = input.namespaces.get({ type, inum });
  const initial = ns?.facts.initial;
  const own = input.containerOf(process.pid);
  // Which containers are in the host's namespaces is not said: nearly everything is.
  const others = initial === true ? [] : distinct((ns?.processes ?? []).map(({ pid }) => input.containerOf(pid)));
  return {
    type,
    inum,
    ...(initial !== undefined && { initial }),
    processes: ns?.processCount ?? 0,
    sharedWith: others.filter((container) => container !== own).map(containerId),
    ...(initial === undefined && { unknown: { initial: ns?.facts.unknown?.initial ?? 'not collected' } }),
  };
}

function distinct(containers: readonly (Container | undefined)[]): Container[] {
  return [...new Set(containers)].filter((container) => container !== undefined);
}

function containerReport(container: Container, { tasks, containers }: InspectInput): ContainerReport {
  const parent = containers.find(({ key }) => key === container.parent);
  const wanted = new Set(container.pids.slice(0, SAMPLE));
  const sample = tasks.processes.filter(({ pid }) => wanted.has(pid)).map(processId);
  return {
    ...containerId(container),
    image: container.image,
    startedAt: container.startedAt,
    namespace: container.namespace,
    pod: container.pod,
    parent: parent === undefined ? null : containerId(parent),
    processes: { count: container.pids.length, sample },
    evidence: container.evidence,
  };
}

function processId({ pid, comm }: ProcessFacts): ProcessId {
  return { pid, comm };
}

function cgroupReport(
  path: string,
  processes: readonly ProcessFacts[],
  input: InspectInput,
): NonNullable<InspectDocument['cgroup']> {
  const hierarchies = new Map<number, readonly string[]>();
  for (const line of input.tasks.cgroups.flat()) {
    if (nameText(line.path) === path) hierarchies.set(line.hierarchy, line.controllers);
  }
  const containers: ContainerId[] = distinct(processes.map(({ pid }) => input.containerOf(pid))).map(containerId);
  return {
    path,
    hierarchies: [...hierarchies]
      .sort(([a], [b]) => a - b)
      .map(([hierarchy, controllers]) => ({ hierarchy, controllers })),
    processes: { count: processes.length, sample: processes.slice(0, SAMPLE).map(processId) },
    containers,
  };
}

function mountReport({ mntns, mount }: Extract<Target, { kind: 'mount' }>, { mounts }: Capture): MountReport {
  const elsewhere = (mounts?.tables ?? []).flatMap((table) =>
    table.mounts
      .filter((other) => other.dev === mount.dev && !(table.mntns === mntns && other.id === mount.id))
      .map((other) => ({ mntns: table.mntns, path: other.path })),
  );
  return { mntns, ...mount, elsewhere: { count: elsewhere.length, sample: elsewhere.slice(0, SAMPLE) } };
}
