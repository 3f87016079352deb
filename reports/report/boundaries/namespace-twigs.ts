/** Ownership of user namespaces and nesting of pid namespaces, as `tree --by user` and `tree --by pid` have them. */
import { mapTree } from '../../../src/model/map-tree.ts';
import type { Namespace } from '../../../src/model/namespaces.ts';
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import type { ReportCell } from '../../../src/schema/report.ts';
import { refText } from '../../../src/text/ns-ref.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { isOutOfSight } from '../../hidden.ts';
import { nsForest, ownsText, pidsText } from '../../tree-namespaces.ts';
import type { NsNode } from '../../tree-namespaces.ts';
import { containerItem, namespaceItem, processItem } from '../items.ts';
import { containerLabel, processLabel } from '../names.ts';
import type { World } from '../world.ts';
import { Twigs } from './twigs.ts';
import type { Twig, TwigCell, TwigFacts } from './twigs.ts';

/** Processes that are named below a pid namespace. */
const MOST_PROCESSES = 8;

/** Levels: the kernel nests no deeper than 32 (kernel/user_namespace.c, kernel/pid_namespace.c), a forged capture may. */
const DEEPEST = 40;

/** Whose a namespace is, in a word, and where that leads. */
export function whoseOf(ns: Namespace, world: World): Pick<ReportCell, 'text' | 'item'> {
  const { facts, leader } = ns;
  if (facts.initial === true) return { text: 'the host' };
  if (leader === null) return { text: ns.taskCount > 0 ? 'single threads' : 'nobody is in it' };
  const container = world.containerOf(leader.pid);
  return container === undefined
    ? { text: processLabel(leader), item: processItem(leader) }
    : { text: containerLabel(container), item: containerItem(container) };
}

/** A forest of user or pid namespaces. */
export function namespaceForest(world: World, type: 'user' | 'pid'): { readonly roots: Twig[]; readonly twigs: Twigs } {
  const count = world.namespaces.all.filter(({ facts }) => facts.type === type).length;
  const twigs = new Twigs(count);
  const roots = mapTree(
    nsForest(world.namespaces, type, MOST_PROCESSES).map((node) => ({ node, level: 0 })),
    ({ node, level }) => (level >= DEEPEST ? [] : node.children.map((child) => ({ node: child, level: level + 1 }))),
    ({ node }, children: Twig[]) => twigs.make(factsOf(node, type, world), children),
  );
  return { roots: twigs.bundled(roots), twigs };
}

function factsOf({ namespace: ns, process }: NsNode, type: 'user' | 'pid', world: World): TwigFacts {
  if (process !== null) {
    const text = `pid ${pidsText(process)}`;
    return {
      ...{ label: processLabel(process), link: processItem(process), detail: text, mark: null, rank: 0 },
      ...{ cells: [], words: [{ text }], many: Infinity, noun: 'process', likeness: `process ${String(process.pid)}` },
    };
  }
  const { facts, processCount, taskCount } = ns;
  const whose = whoseOf(ns, world);
  const isContainers = ns.leader !== null && world.containerOf(ns.leader.pid) !== undefined;
  const counts = type === 'user' ? ownedCounts(ns) : [];
  const ownerUid = facts.ownerUid === undefined ? '?' : String(facts.ownerUid);
  const rest = type === 'pid' ? processCount - MOST_PROCESSES : 0;
  return {
    label: whose.text,
    link: namespaceItem(facts),
    detail: refText(facts) + firstText(ns, isContainers && type === 'pid'),
    cells: [
      { kind: 'count', count: processCount },
      ...(type === 'user'
        ? [{ kind: 'text', text: ownerUid } as const]
        : [{ kind: 'count', count: taskCount } as const]),
      ...counts,
    ],
    words: [
      { text: refText(facts), item: namespaceItem(facts) },
      { text: `${formatPlural(processCount, 'process', 'processes')}, ${formatPlural(taskCount, 'thread')}` },
      ...(type === 'user' ? userWords(ns, ownerUid) : []),
      ...(rest > 0 && facts.initial !== true ? [{ text: `${String(rest)} of them not listed` }] : []),
    ],
    mark: isOutOfSight(ns) ? 'hidden' : null,
    rank: facts.initial === true ? 0 : isContainers ? 1 : 2,
    many: isContainers ? 12 : 4,
    noun: isContainers ? 'container' : 'namespace',
    likeness: `${String(isContainers)} ${String(isOutOfSight(ns))} ${type === 'user' ? `${ownerUid} ${ownsText(ns)}` : ''}`,
  };
}

/** The first process, where the label does not name it. */
function firstText({ leader }: Namespace, isWanted: boolean): string {
  return leader === null || !isWanted ? '' : `, first in it ${processLabel(leader)}`;
}

function ownedCounts({ owned }: Namespace): TwigCell[] {
  return NS_TYPES.filter((type) => type !== 'user').map((type) => ({
    kind: 'count',
    count: owned.filter((one) => one.type === type).length,
  }));
}

function userWords(ns: Namespace, ownerUid: string): ReportCell[] {
  const owns = ownsText(ns);
  return [{ text: `made by uid ${ownerUid}` }, ...(owns === '' ? [] : [{ text: `owns ${owns}` }])];
}
