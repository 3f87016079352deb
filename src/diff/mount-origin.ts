/** What the mounts of a process are. */
import { hostMountNamespace } from '../model/host-mount-namespace.ts';
import { originsOf } from '../model/mounts/origin.ts';
import type { Origin } from '../model/mounts/origin.ts';
import { mountTree } from '../model/mounts/tree.ts';
import type { MountTree } from '../model/mounts/tree.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { MountFacts, MountTable } from '../schema/mounts.ts';
import type { ProcessFacts } from '../schema/tasks.ts';
import type { Side } from './side.ts';

/** A mount with its origin. */
export interface MountWithOrigin {
  readonly facts: MountFacts;
  readonly origin: Origin;
}

const MNT = NS_TYPES.indexOf('mnt');

/** The host's own mounts are asked of once a container. */
const HOST_TREES = new WeakMap<Side, MountTree | null>();
const KNOWN = new WeakMap<MountTable, readonly MountWithOrigin[]>();

/** The mounts that a process sees; none where they were not read. */
export function mountsOf(side: Side, process: ProcessFacts): readonly MountWithOrigin[] {
  const mntns = process.ns[MNT] ?? null;
  const table = mntns === null ? undefined : side.capture.mounts?.tables.find((one) => one.mntns === mntns);
  return table === undefined || mntns === hostMntns(side) ? [] : originsIn(side, table);
}

/** The mounts of a table with their origins. */
export function originsIn(side: Side, table: MountTable): readonly MountWithOrigin[] {
  let known = KNOWN.get(table);
  if (known === undefined) {
    let host = HOST_TREES.get(side);
    if (host === undefined) HOST_TREES.set(side, (host = hostTree(side)));
    const origins = originsOf(mountTree(table), host);
    known = [...origins].map(([{ facts }, origin]) => ({ facts, origin }));
    KNOWN.set(table, known);
  }
  return known;
}

/** The mount namespace in which paths of the host are meant. */
export function hostMntns(side: Side): number | null {
  const { tasks } = side.capture;
  return tasks === undefined ? null : hostMountNamespace(tasks);
}

function hostTree(side: Side): MountTree | null {
  const mntns = hostMntns(side);
  const table = side.capture.mounts?.tables.find((one) => one.mntns === mntns && one.root === '/');
  return table === undefined ? null : mountTree(table);
}
