/** Namespaces that came and went, what keeps them, and who moved into which. */
import type { Container } from '../model/containers.ts';
import { holdersOf } from '../model/namespaces.ts';
import type { Namespace } from '../model/namespaces.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { HolderKind, NsRef } from '../schema/namespace.ts';
import type { DiffSubject } from '../schema/diff-document.ts';
import type { ProcessFacts } from '../schema/tasks.ts';
import { nameText } from '../text/bytes.ts';
import { refText } from '../text/ns-ref.ts';
import { containerSubject, taskSubject } from './changes.ts';
import { unlessFolded } from './context.ts';
import type { Context } from './context.ts';
import { isDead } from './side.ts';
import type { Side } from './side.ts';

/** Changes of namespaces within one boot. */
export function compareNamespaces(context: Context): void {
  const { a, b, identity, pairs } = context;
  for (const ns of b.namespaces.all) {
    const before = a.namespaces.get(ns.facts);
    const container = containerOf(b, ns);
    if (before === undefined) appeared(context, ns, container, 'created', pairs.isNew(container));
    else if (!identity.verdict(ns.facts).same) reused(context, before, ns, container);
    else compareHolders(context, before, ns, container);
  }
  for (const ns of a.namespaces.all) {
    if (b.namespaces.get(ns.facts) !== undefined) continue;
    const container = containerOf(a, ns);
    appeared(context, ns, container, 'ended', pairs.isOld(container));
  }
}

/** The container that it is of: its oldest process is, and all others but visitors from the host (nsenter). */
function containerOf(side: Side, { leader, processes, threads }: Namespace): Container | null {
  const first = leader ?? threads[0]?.process;
  const container = first === undefined ? undefined : side.containerOfPid.get(first.pid);
  if (container === undefined) return null;
  const isOf = ({ pid }: ProcessFacts): boolean => (side.containerOfPid.get(pid) ?? container) === container;
  return processes.every(isOf) ? container : null;
}

function subjectOf({ facts }: Namespace): DiffSubject {
  return { type: 'namespace', key: refText(facts), name: refText(facts) };
}

function appeared(
  { changes }: Context,
  ns: Namespace,
  container: Container | null,
  kind: 'created' | 'ended',
  isFolded: boolean,
): void {
  changes.add({
    aspect: 'namespaces',
    kind,
    importance: unlessFolded(isFolded, 'normal'),
    subject: subjectOf(ns),
    container,
    note: holderText(ns),
  });
}

function reused(
  { changes, identity, pairs }: Context,
  was: Namespace,
  is: Namespace,
  container: Container | null,
): void {
  const { certain } = identity.verdict(is.facts);
  changes.add({
    aspect: 'namespaces',
    kind: 'recreated',
    importance: unlessFolded(pairs.isNew(container), 'normal'),
    subject: subjectOf(is),
    container,
    from: was.facts.id ?? null,
    to: is.facts.id ?? null,
    note: certain
      ? 'another namespace with the number of one that ended'
      : 'nothing tells whether it is the one that had the number before',
    certain,
  });
}

/** Who is in it, in a few words: the process that started first, else what keeps it. */
function holderText(ns: Namespace): string {
  const { leader, processes } = ns;
  if (leader !== null) {
    const others = processes.length - 1;
    const more = others === 0 ? '' : ` and ${String(others)} more`;
    return `pid ${String(leader.pid)} ${nameText(leader.comm)}${more}`;
  }
  const [lone] = ns.threads;
  if (lone !== undefined)
    return `thread ${String(lone.thread.tid)} of pid ${String(lone.process.pid)} ${nameText(lone.process.comm)}`;
  const kinds = holdersOf(ns).map(({ kind }) => WORDS[kind]);
  return kinds.length === 0
    ? 'no task in it, and what keeps it is not seen'
    : `no task in it, kept by ${kinds.join(', ')}`;
}

const WORDS: Readonly<Record<HolderKind, string>> = {
  process: 'a process',
  thread: 'a thread',
  'for-children': 'a choice for future children',
  fd: 'an open file',
  socket: 'a socket',
  mount: 'a bind mount',
  child: 'a child namespace',
  owned: 'a namespace that it owns',
  unseen: 'something that is not seen',
};

/** A namespace that nobody is in any more and that is kept all the same: no list of processes shows it. */
function compareHolders({ changes }: Context, was: Namespace, is: Namespace, container: Container | null): void {
  if ((was.taskCount === 0) === (is.taskCount === 0)) return;
  const isHiddenNow = is.taskCount === 0;
  changes.add({
    aspect: 'namespaces',
    kind: 'changed',
    importance: isHiddenNow ? 'high' : 'normal',
    subject: subjectOf(is),
    container,
    field: 'tasks',
    from: String(was.taskCount),
    to: String(is.taskCount),
    note: holderText(is).replace(/^no task in it,(?: and)? /, ''),
  });
}

/** Tasks that went from one namespace into another, and containers that share with the host what they did not before. */
export function compareMembership(context: Context): void {
  const { a, b, kept, pairs, changes, sameBoot } = context;
  for (const { a: was, b: is } of kept.values()) {
    if (was.ns === is.ns || isDead(was) || isDead(is)) continue;
    for (const i of NS_TYPES.keys()) {
      const [from, to] = [a.nsOf(was, i), b.nsOf(is, i)];
      if (from === null || to === null) continue;
      // The number is the same: so is the namespace, as the task held it all the time or has come back.
      if (from.inum === to.inum) continue;
      const container = b.containerOfPid.get(is.pid) ?? a.containerOfPid.get(is.pid) ?? null;
      move(context, is, { from, to, container });
    }
  }
  for (const pair of pairs.pairs) {
    const [was, is] = [a.leaderOf(pair.a), b.leaderOf(pair.b)];
    if (was === undefined || is === undefined || (sameBoot && kept.get(is.pid)?.a === was)) continue;
    for (const i of NS_TYPES.keys()) {
      const [from, to] = [a.nsOf(was, i), b.nsOf(is, i)];
      if (from === null || to === null) continue;
      const [before, after] = [whoseOf(a, pair.a, from), whoseOf(b, pair.b, to)];
      if (before === after) continue;
      const isLess = WHOSE.indexOf(after) > WHOSE.indexOf(before);
      changes.add({
        aspect: 'namespaces',
        kind: isLess ? 'loosened' : 'tightened',
        importance: isLess ? 'high' : 'normal',
        subject: containerSubject(pair.b),
        container: pair.b,
        field: to.type,
        from: before,
        to: after,
      });
    }
  }
}

/** Whose a namespace of a container is: its own, others' too, the host's. The later, the less it isolates. */
const WHOSE = ['own', 'shared', 'host'] as const;

function whoseOf(side: Side, container: Container, ref: NsRef): (typeof WHOSE)[number] {
  if (side.isHostNs(ref)) return 'host';
  const members = side.namespaces.get(ref)?.processes ?? [];
  const began = side.leaderOf(container)?.start ?? 0;
  const isAnothers = ({ pid, start }: ProcessFacts): boolean => {
    const owner = side.containerOfPid.get(pid);
    // A process of the host that came later is a visitor (nsenter), not somebody's isolation; one that was there before the
    // container let it in.
    return owner === undefined ? start < began : owner !== container && owner.parent !== container.key;
  };
  return members.some(isAnothers) ? 'shared' : 'own';
}

function move(
  { a, b, changes, pairs }: Context,
  is: ProcessFacts,
  { from, to, container }: { readonly from: NsRef; readonly to: NsRef; readonly container: Container | null },
): void {
  const [shared, sharing] = [a.isHostNs(from), b.isHostNs(to)];
  const isLeader = container !== null && container.leader === is.pid;
  const kind = container === null || shared === sharing ? 'moved' : sharing ? 'loosened' : 'tightened';
  changes.add({
    aspect: 'namespaces',
    kind,
    importance: kind === 'loosened' ? 'high' : unlessFolded(pairs.isNew(container), 'normal'),
    subject: isLeader ? containerSubject(container) : taskSubject(is),
    container,
    field: to.type,
    from: refText(from),
    to: refText(to),
    note: sharing ? "the host's own" : null,
  });
}
