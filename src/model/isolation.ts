/** Whose namespaces containers live in: what keeps each of them apart from the host and from the others. */
import { NS_TYPES } from '../schema/namespace.ts';
import type { NsType } from '../schema/namespace.ts';
import type { Outcome } from '../schema/outcome.ts';
import type { ProcessFacts, TasksFacet } from '../schema/tasks.ts';
import { placeOf } from './boundaries.ts';
import type { Container, Containers } from './containers.ts';
import { processesByPid } from './limits/by-pid.ts';
import type { Namespace, Namespaces } from './namespaces.ts';

/**
 * `host`: made at boot; `shared`: others that are not of this container are in it, too, and no visitors; `own`: nobody else is;
 * `unknown`: it, or whether it is the host's, could not be read.
 */
export type Standing = 'own' | 'host' | 'shared' | 'unknown';

/** One of the eight namespaces of a container. */
export interface Keeping {
  readonly type: NsType;
  /** Null: not known. */
  readonly inum: number | null;
  readonly standing: Standing;
  /** Why it is unknown; null where it is not. */
  readonly outcome: Outcome | null;
  /** Other containers whose first process is in it; none where it is the host's. */
  readonly peers: readonly Container[];
  /** Processes of neither, by pid, where one of them was there before all of the containers: these were put into their namespace. */
  readonly outsiders: readonly ProcessFacts[];
  /** Processes of neither, by pid, where all of them came later (`nsenter`). They make no namespace a shared one. */
  readonly visitors: readonly ProcessFacts[];
}

/** A container and how far it is kept apart. */
export interface Isolation {
  readonly container: Container;
  /** Its first process; null where the capture lacks it. */
  readonly leader: ProcessFacts | null;
  /** In the order of {@link NS_TYPES}. */
  readonly keepings: readonly Keeping[];
}

/** Who is in one namespace, whatever container one asks for. */
interface Members {
  /** Containers whose first process is in it. */
  readonly containers: readonly Container[];
  /** Processes of no such container, by pid: one of the two has none. */
  readonly outsiders: readonly ProcessFacts[];
  readonly visitors: readonly ProcessFacts[];
}

/** The isolation of each container, in their order. A container's namespaces are those of its first process. */
export function isolationOf(
  { containers, containerOfPid }: Containers,
  tasks: TasksFacet,
  namespaces: Namespaces,
): Isolation[] {
  const byPid = processesByPid(tasks);
  const wanted = new Map(containers.map((container) => [container.leader, container]));
  const known = new Map<Namespace, Members>();
  const membersOf = (ns: Namespace): Members => {
    let members = known.get(ns);
    if (members === undefined) {
      const first = ns.processes.filter(({ pid }) => wanted.has(pid));
      const inside = new Set<Container | undefined>(first.map(({ pid }) => wanted.get(pid)));
      const others = ns.processes.filter(({ pid }) => {
        const container = containerOfPid.get(pid);
        return container === undefined || !inside.has(container);
      });
      const start = first.reduce((least, process) => Math.min(least, process.start), Infinity);
      const isTheirs = others.some((process) => process.start < start);
      members = {
        containers: first.flatMap(({ pid }) => wanted.get(pid) ?? []),
        outsiders: isTheirs ? others : [],
        visitors: isTheirs ? [] : others,
      };
      known.set(ns, members);
    }
    return members;
  };
  return containers.map((container): Isolation => {
    const leader = byPid.get(container.leader) ?? null;
    return {
      container,
      leader,
      keepings: NS_TYPES.map((type, i) => keepingOf(type, i, container, leader, namespaces, membersOf)),
    };
  });
}

function keepingOf(
  type: NsType,
  index: number,
  container: Container,
  leader: ProcessFacts | null,
  namespaces: Namespaces,
  membersOf: (ns: Namespace) => Members,
): Keeping {
  const nobody = { peers: [], outsiders: [], visitors: [] } as const;
  const inum = leader === null ? null : (placeOf(leader).ns[index] ?? null);
  if (leader === null || inum === null) {
    const outcome = leader?.unknownNs?.[type] ?? 'absent';
    return { type, inum: null, standing: 'unknown', outcome, ...nobody };
  }
  const ns = namespaces.get({ type, inum });
  const initial = ns?.facts.initial;
  if (ns === undefined || initial === undefined) {
    return { type, inum, standing: 'unknown', outcome: ns?.facts.unknown?.initial ?? 'not collected', ...nobody };
  }
  if (initial) return { type, inum, standing: 'host', outcome: null, ...nobody };
  const { containers, outsiders, visitors } = membersOf(ns);
  const peers = containers.filter((one) => one !== container);
  const standing = peers.length > 0 || outsiders.length > 0 ? 'shared' : 'own';
  return { type, inum, standing, outcome: null, peers, outsiders, visitors };
}
