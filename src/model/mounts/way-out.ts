/** Which mounts lead out of a container. */
import type { MountFacts } from '../../schema/mounts.ts';
import { nameText } from '../../text/bytes.ts';
import { isReadOnly } from './origin.ts';
import type { Origin } from './origin.ts';

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
