import type { NsType } from '../../schema/namespace.ts';
import type { ProcessFacts } from '../../schema/tasks.ts';
import { refKey } from '../../text/ns-ref.ts';
import { isInside } from './draft.ts';
import type { Draft, World } from './draft.ts';
import { differs, isZombie, nsOf } from './task-index.ts';

/** The first process of each container that has none yet: the oldest whose parent is not in it and which lives apart from it. */
export function chooseLeaders(world: World): void {
  const { index } = world;
  for (const [draft, members] of world.members()) {
    if (draft.leader !== null) continue;
    const noted = (world.records.get(draft.id) ?? []).find(({ via, pid }) => via === null && pid !== null)?.pid;
    if (noted !== undefined && noted !== null && members.some(({ pid }) => pid === noted))
      draft.leader = index.get(noted) ?? null;
    draft.leader ??= best(world, draft, members);
  }
}

function best(world: World, draft: Draft, members: readonly ProcessFacts[]): ProcessFacts | null {
  const outside = draft.parent?.leader ?? world.index.host;
  const rank = (process: ProcessFacts): number => {
    if (isZombie(process)) return 3;
    // What somebody put into the cgroup by hand stayed in the namespaces around it.
    if (outside !== null && differs(process, outside) === false) return 2;
    return world.of(process.ppid) === draft ? 1 : 0;
  };
  let leader: ProcessFacts | null = null;
  for (const process of members) {
    if (leader === null) leader = process;
    else if ((rank(process) - rank(leader) || process.start - leader.start || process.pid - leader.pid) < 0)
      leader = process;
  }
  return leader;
}

/** The mount and pid namespaces that a container has to itself. */
interface Own {
  readonly mnt: number | null;
  readonly pid: number | null;
}

/**
 * Finds what no cgroup shows: processes that entered a container's mount and pid namespaces from outside (nsenter, setns),
 * and those of containers without a cgroup of their own. Parents come before their children, who stay where they are.
 */
export function placeByNamespaces(world: World): void {
  const own = ownNamespaces(world);
  if (own.size === 0) return;
  const owner = ownersOf(own);
  const entered = new Set<number>();
  for (const process of world.index.topDown) {
    if (isZombie(process)) continue;
    const here = world.of(process.pid);
    const above = world.of(process.ppid);
    const inherits = above !== null && (above.loose || entered.has(process.ppid));
    if (inherits && above !== here && isInside(above, here)) {
      world.place(process.pid, above);
      entered.add(process.pid);
    }
    for (let next = joined(process, world, own, owner); next !== null; next = joined(process, world, own, owner)) {
      world.place(process.pid, next);
      entered.add(process.pid);
    }
  }
}

/** The container, inside the one in which the process is, all of whose own mount and pid namespaces it is in. */
function joined(
  process: ProcessFacts,
  world: World,
  own: ReadonlyMap<Draft, Own>,
  owner: ReadonlyMap<number, Draft>,
): Draft | null {
  const here = world.of(process.pid);
  for (const type of ['mnt', 'pid'] as const) {
    const inum = nsOf(process, type);
    const draft = inum === null ? undefined : owner.get(refKey({ type, inum }));
    const needs = draft === undefined ? undefined : own.get(draft);
    if (draft === undefined || needs === undefined || draft === here || !isInside(draft, here)) continue;
    if (needs.mnt !== null && needs.mnt !== nsOf(process, 'mnt')) continue;
    if (needs.pid !== null && needs.pid !== nsOf(process, 'pid')) continue;
    return draft;
  }
  return null;
}

function ownNamespaces(world: World): Map<Draft, Own> {
  const own = new Map<Draft, Own>();
  const users = new Map<string, number>();
  for (const draft of world.drafts) {
    if (draft.leader === null) continue;
    for (const type of ['mnt', 'pid'] as const) {
      const key = `${type}:${String(nsOf(draft.leader, type))}`;
      users.set(key, (users.get(key) ?? 0) + 1);
    }
  }
  for (const draft of world.drafts) {
    const { leader } = draft;
    if (leader === null) continue;
    const around = outsideOf(world, draft);
    const mine = (type: NsType): number | null => {
      const inum = nsOf(leader, type);
      const isShared = (users.get(`${type}:${String(inum)}`) ?? 0) > 1;
      return isShared || around.length === 0 || around.some((one) => nsOf(one, type) === inum) ? null : inum;
    };
    own.set(draft, { mnt: mine('mnt'), pid: mine('pid') });
  }
  return own;
}

/** Processes that are not in the container, but next to it. */
function outsideOf(world: World, { minder, parent }: Draft): ProcessFacts[] {
  const around = [minder === null ? undefined : world.index.get(minder.pid), parent?.leader, world.index.host];
  return around.filter((one): one is ProcessFacts => one !== undefined && one !== null);
}

function ownersOf(own: ReadonlyMap<Draft, Own>): Map<number, Draft> {
  const owners = new Map<number, Draft>();
  for (const [draft, { mnt, pid }] of own) {
    if (mnt !== null) owners.set(refKey({ type: 'mnt', inum: mnt }), draft);
    if (pid !== null) owners.set(refKey({ type: 'pid', inum: pid }), draft);
  }
  return owners;
}
