/** What stands out among boundaries and namespaces. */
import type { Boundary } from '../../../src/model/boundaries.ts';
import type { Container } from '../../../src/model/containers.ts';
import { processesByPid } from '../../../src/model/limits/by-pid.ts';
import { holdersOf } from '../../../src/model/namespaces.ts';
import type { Namespace } from '../../../src/model/namespaces.ts';
import { startTimeOf } from '../../../src/model/start-time.ts';
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { HolderKind, NsType } from '../../../src/schema/namespace.ts';
import type { Severity } from '../../../src/schema/report.ts';
import { refText } from '../../../src/text/ns-ref.ts';
import { byText } from '../../../src/text/order.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { truncateMiddle } from '../../../src/text/width.ts';
import { keptBy } from '../../hidden.ts';
import type { BoundaryRow } from '../../tree-boundaries.ts';
import type { Surroundings } from '../../why.ts';
import { containerItem, namespaceItem } from '../items.ts';
import { briefName, containerLabel, MOST_NAMED, namespacesText, processLabel, someOf } from '../names.ts';
import type { Finding } from '../section.ts';
import type { World } from '../world.ts';

/** How much a hidden namespace matters, and why, by what keeps it first of all. */
const KEPT: Readonly<Record<HolderKind, readonly [Severity, string]>> = {
  unseen: ['medium', 'nothing that a file system shows keeps them'],
  fd: ['medium', 'open files keep them'],
  socket: ['medium', 'sockets keep them'],
  thread: ['medium', 'only single threads are in them'],
  'for-children': ['low', 'they are chosen for future children'],
  mount: ['low', 'bind mounts keep them'],
  child: ['low', 'namespaces below them keep them'],
  owned: ['low', 'namespaces that they own keep them'],
  process: ['low', 'processes are in them'],
};

/** Columns of a sentence about what keeps a namespace. */
const MOST_WORDS = 160;

/** The findings about hidden namespaces, one for each way in which they are kept. */
export function hiddenFindings(hidden: readonly Namespace[], world: World, around: Surroundings): Finding[] {
  const byKind = Map.groupBy(hidden, (ns): HolderKind => holdersOf(ns)[0]?.kind ?? 'unseen');
  return (Object.keys(KEPT) as HolderKind[]).flatMap((kind) => {
    const some = byKind.get(kind) ?? [];
    const [first] = some;
    if (first === undefined) return [];
    const [severity, why] = KEPT[kind];
    const text =
      some.length === 1
        ? `No process is in ${refText(first.facts)}: ${truncateMiddle(keptBy(first, around), MOST_WORDS)}${sinceText(first, kind, world)}.`
        : `No process is in ${someOf(some.map(({ facts }) => refText(facts)))}: ${why}${sinceOfAll(some, kind, world)}.`;
    const item = some.length === 1 ? namespaceItem(first.facts) : null;
    return [{ kind: 'hidden-namespace', severity, text, count: some.length, item }];
  });
}

/** Since when what holds it runs: the namespace is held since then at the earliest. */
function sinceText(ns: Namespace, kind: HolderKind, world: World): string {
  const at = holderStart(ns, kind, world);
  return at === null ? '' : `; that process runs since ${at}`;
}

function sinceOfAll(some: readonly Namespace[], kind: HolderKind, world: World): string {
  const times = some.flatMap((ns) => holderStart(ns, kind, world) ?? []).sort();
  return times[0] === undefined ? '' : `, the oldest of their processes since ${times[0]}`;
}

function holderStart(ns: Namespace, kind: HolderKind, { tasks, capture }: World): string | null {
  const held = { fd: ns.fds, socket: ns.sockets, 'for-children': ns.forChildren } as const;
  const pid =
    kind === 'thread'
      ? ns.threads[0]?.process.pid
      : kind === 'fd' || kind === 'socket' || kind === 'for-children'
        ? held[kind][0]?.pid
        : undefined;
  const process = pid === undefined ? undefined : processesByPid(tasks).get(pid);
  return process === undefined ? null : startTimeOf(process, capture.host);
}

/** Processes of a container that are in a namespace of the host which their container does not have. */
export function escapeFindings(rows: readonly BoundaryRow[]): Finding[] {
  const homes = new Map(rows.map(({ boundary, belongings }) => [boundary, belongings]));
  const boundaryOf = new Map(rows.flatMap(({ boundary }) => boundary.processes.map(({ pid }) => [pid, boundary])));
  const escapes = rows.flatMap(({ boundary, container, belongings }): Escape[] => {
    const home = container === null ? undefined : boundaryOf.get(container.leader);
    if (container === null || home === undefined || home === boundary) return [];
    const types = NS_TYPES.filter((_, i) => {
      const [here, there] = [belongings[i]?.relation, homes.get(home)?.[i]?.relation];
      return here === 'host' && (there === 'own' || there === 'shared' || there === 'inherited');
    });
    if (types.length === 0) return [];
    const severity = types.some((type) => type === 'mnt' || type === 'pid' || type === 'user') ? 'high' : 'medium';
    return [{ container, boundary, types, severity }];
  });
  if (escapes.length <= MOST_NAMED) return escapes.map(escapeFinding);
  return [...Map.groupBy(escapes, ({ severity }) => severity)].map(([severity, some]): Finding => {
    const processes = some.flatMap(({ boundary }) => boundary.processes);
    const types = NS_TYPES.filter((type) => some.some((one) => one.types.includes(type)));
    const labels = [...new Set(some.map(({ container }) => containerLabel(container)))].sort(byText);
    const text = `${formatPlural(processes.length, 'process', 'processes')} of ${someOf(labels)} are in the host's ${namespacesText(types)}, which their containers do not have.`;
    return { kind: 'process-out-of-container', severity, text, count: processes.length, item: null };
  });
}

/** Processes of one boundary that are where their container is not. */
interface Escape {
  readonly container: Container;
  readonly boundary: Boundary;
  readonly types: readonly NsType[];
  readonly severity: Finding['severity'];
}

function escapeFinding({ container, boundary, types, severity }: Escape): Finding {
  const { processes, leader } = boundary;
  const text = `${someOf(processes.map(processLabel))} of ${briefName(containerLabel(container))} ${processes.length === 1 ? 'is' : 'are'} in the host's ${namespacesText(types)}, which the container does not have.`;
  const item = leader.pid === container.leader ? null : containerItem(container);
  return { kind: 'process-out-of-container', severity, text, count: processes.length, item };
}
