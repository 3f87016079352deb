/** What the mounts of a process are, and which of them lead out of a container. */
import { hostMountNamespace } from '../model/host-mount-namespace.ts';
import { isReadOnly, originsOf } from '../model/mounts/origin.ts';
import type { Origin } from '../model/mounts/origin.ts';
import { mountTree } from '../model/mounts/tree.ts';
import type { MountTree } from '../model/mounts/tree.ts';
import { NS_TYPES } from '../schema/namespace.ts';
import type { MountFacts, MountTable } from '../schema/mounts.ts';
import type { ProcessFacts } from '../schema/tasks.ts';
import { nameText } from '../text/bytes.ts';
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

/** How a mount leads out. `isGrave`: whoever writes there rules the host. */
export interface WayOut {
  readonly text: string;
  readonly isGrave: boolean;
}

const SOCKET = /\/(?:docker|containerd|podman|crio|buildkitd|dockershim|cri-dockerd)\.sock$/;

/** What of a host nobody writes to without ruling it. Below the last ones engines and users keep what they share. */
const GRAVE =
  /^\/(?:$|(?:etc|root|boot|proc|sys|usr|bin|sbin|lib|lib64)(?:\/|$)|(?:dev|run|var|var\/run|var\/lib|home)$|var\/lib\/(?:docker|containerd|kubelet|containers)$)/;

/** Whether something of the host is mounted, other than what engines make for each container; null: it is not. */
export function wayOut(facts: MountFacts, { kind, host }: Origin): WayOut | null {
  // A socket takes requests though its mount is read-only.
  const path = host === null || host === undefined ? nameText(facts.path) : nameText(host.path);
  if (SOCKET.test(path)) return { text: `the engine's socket ${path}`, isGrave: true };
  if (host === null || host === undefined || (kind !== 'bind' && kind !== 'filesystem')) return null;
  if (nameText(facts.fsType) === 'overlay' && facts.path === '/') return null;
  if (isReadOnly(facts)) return { text: `the host's ${path}, read-only`, isGrave: false };
  return { text: `the host's ${path}, writable`, isGrave: GRAVE.test(path) };
}
