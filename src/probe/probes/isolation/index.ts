/** The suite `isolation`. */
import type { ProbeDefinition } from '../probe.ts';
import { ESCAPED_WORK } from './escaped-work.ts';
import { IPC_NAMESPACE } from './ipc.ts';
import { LEAKS } from './leaks.ts';
import { MOUNT_NAMESPACE } from './mounts.ts';
import { PLAIN_NAMESPACES } from './namespaces.ts';
import { NEIGHBOURS } from './neighbour.ts';
import { NETWORK_NAMESPACE } from './network.ts';

/** All of it, in the order in which it is shown. */
export const ISOLATION_PROBES: readonly ProbeDefinition[] = [
  ...PLAIN_NAMESPACES,
  IPC_NAMESPACE,
  MOUNT_NAMESPACE,
  NETWORK_NAMESPACE,
  ...LEAKS,
  ...NEIGHBOURS,
  ...ESCAPED_WORK,
];
