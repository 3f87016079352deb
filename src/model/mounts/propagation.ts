/** Peer groups: to which mounts a mount or unmount below another one spreads (Documentation/filesystems/sharedsubtree.rst). */
import type { MountFacts, MountsFacet } from '../../schema/mounts.ts';

/** The optional fields of mountinfo as values. */
export interface Propagation {
  /** Peer group that it is in: what happens below one member happens below all. */
  readonly shared: number | null;
  /** Peer group from which it receives without giving back. */
  readonly master: number | null;
  /** The nearest group up the chain of masters that the reader sees, where the master itself is out of sight. */
  readonly from: number | null;
  /** Neither that nor to be bind-mounted. */
  readonly unbindable: boolean;
}

/** A mount in its namespace. */
export interface PlacedMount {
  readonly mntns: number;
  readonly facts: MountFacts;
}

/** All peer groups of a host. */
export interface PeerGroups {
  /** Mounts that are in the group, in any mount namespace that was read. */
  readonly members: (group: number) => readonly PlacedMount[];
  /** Mounts that receive from the group as slaves. */
  readonly slaves: (group: number) => readonly PlacedMount[];
}

/** Reads the optional fields of a mount. */
export function propagationOf({ propagation }: MountFacts): Propagation {
  const number = (tag: string): number | null => {
    const field = propagation.find((one) => one.startsWith(`${tag}:`));
    return field === undefined ? null : Number(field.slice(tag.length + 1));
  };
  return {
    shared: number('shared'),
    master: number('master'),
    from: number('propagate_from'),
    unbindable: propagation.includes('unbindable'),
  };
}

/** In the words of sharedsubtree.rst: `shared`, `private`, `slave`, `shared,slave`, `unbindable`. (findmnt(8) says `private,slave`.) */
export function propagationText({ shared, master, unbindable }: Propagation): string {
  const kinds = [
    ...(shared === null ? [] : ['shared']),
    ...(master === null ? [] : ['slave']),
    ...(unbindable ? ['unbindable'] : []),
  ];
  return kinds.length === 0 ? 'private' : kinds.join();
}

/** Joins the mounts of all namespaces into their peer groups, whose numbers are the kernel's and hold for the whole host. */
export function peerGroupsOf({ tables }: Pick<MountsFacet, 'tables'>): PeerGroups {
  const members = new Map<number, PlacedMount[]>();
  const slaves = new Map<number, PlacedMount[]>();
  const add = (groups: Map<number, PlacedMount[]>, group: number | null, mount: PlacedMount): void => {
    if (group === null) return;
    const list = groups.get(group);
    if (list === undefined) groups.set(group, [mount]);
    else list.push(mount);
  };
  for (const { mntns, mounts } of tables) {
    for (const facts of mounts) {
      const { shared, master } = propagationOf(facts);
      add(members, shared, { mntns, facts });
      add(slaves, master, { mntns, facts });
    }
  }
  return { members: (group) => members.get(group) ?? [], slaves: (group) => slaves.get(group) ?? [] };
}

/** Who hears of mounts below whom. */
export interface Spread {
  /** Give and take: the other members of its group. */
  readonly peers: readonly PlacedMount[];
  /** What happens below these happens below it, not the other way round. */
  readonly receivesFrom: readonly PlacedMount[];
  /** What happens below it happens below these, too. */
  readonly sendsTo: readonly PlacedMount[];
}

/** The mounts that a mount spreads to and hears from, as far as their namespaces were read. Chains of masters are not followed. */
export function spreadOf(mntns: number, facts: MountFacts, groups: PeerGroups): Spread {
  const { shared, master, from } = propagationOf(facts);
  const isOther = (one: PlacedMount): boolean => one.mntns !== mntns || one.facts.id !== facts.id;
  const seen = master === null ? [] : groups.members(master);
  return {
    peers: shared === null ? [] : groups.members(shared).filter(isOther),
    receivesFrom: (seen.length > 0 || from === null ? seen : groups.members(from)).filter(isOther),
    sendsTo: shared === null ? [] : groups.slaves(shared).filter(isOther),
  };
}
