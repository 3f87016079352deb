/**
 * The probe of mount namespaces. The host's own table is never changed: a mount is made in the container's namespace only when
 * that is not this process's, in a directory that the two share.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';

import type { MountFacts } from '../../../schema/mounts.ts';
import { nameText } from '../../../text/bytes.ts';
import { NsinspectError } from '../../../text/error.ts';
import { SCRATCH } from '../../launch/root.ts';
import type { Probe } from '../../launch/launcher.ts';
import { invariant } from '../probe.ts';
import { mountsOf } from './host-view.ts';
import { namespaceProbe, type Found } from './namespace-probe.ts';
import type { Talk } from './talk.ts';

/** Mounts a tmpfs at a place inside, by a program of the host: a payload of a default container has no right to. */
function mountInside(pid: number, source: string, at: string): void {
  const user = process.geteuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
  const { status, stderr, error } = spawnSync(
    'nsenter',
    [`--target=${pid}`, ...user, '--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', source, at],
    { encoding: 'utf8', timeout: 10_000, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  if (status === 0) return;
  // Without the program there is an error, and no text of its own.
  const why = error?.message ?? stderr.trim();
  throw new NsinspectError(`nothing could be mounted in the container: ${why}`, { code: 'probe-failed', cause: error });
}

/** Groups of peers that mounts are in (`shared`) or follow (`master`), proc_pid_mountinfo(5). */
function groups(mounts: readonly MountFacts[], tag: 'shared' | 'master'): Set<string> {
  const all = mounts.flatMap(({ propagation }) => propagation).filter((text) => text.startsWith(`${tag}:`));
  return new Set(all.map((text) => text.slice(tag.length + 1)));
}

/** Peer groups through which mounts go from inside to the outside, and from the outside in. */
export function propagation(within: readonly MountFacts[], outer: readonly MountFacts[]) {
  const peers = groups(outer, 'shared');
  const known = (tag: 'shared' | 'master') => [...groups(within, tag)].filter((group) => peers.has(group));
  const sent = known('shared');
  // A group works both ways.
  return { sent, received: [...new Set([...sent, ...known('master')])] };
}

async function look(inside: Talk, probe: Probe): Promise<Found> {
  if (probe.scratch === null) throw new TypeError('launched without scratch');
  const source = probe.scope.mark;
  mkdirSync(path.join(probe.scratch, 'mounted'));
  mountInside(probe.pid, source, `${SCRATCH}/mounted`);
  const within = mountsOf(probe.pid);
  const outer = mountsOf('self');
  const has = (mounts: readonly MountFacts[]) => mounts.some((mount) => nameText(mount.source) === source);
  const file = await inside.ask(`touch ${SCRATCH}/mounted/file && ls ${SCRATCH}/mounted`);
  const { sent, received } = propagation(within, outer);
  return {
    invariants: [
      invariant(
        'mounted-inside',
        'a mount made inside is there inside',
        has(within) && file.status === 0,
        file.text.trim(),
      ),
      invariant('unseen-outside', 'it is not there outside', !has(outer), `${outer.length} mounts outside`),
      invariant(
        'sends-none',
        'no mount is in a peer group with one outside: none made inside goes there',
        sent.length === 0,
        named(sent),
      ),
      invariant(
        'receives-none',
        'no mount follows one outside: none made there comes in',
        received.length === 0,
        named(received),
      ),
    ],
  };
}

const named = (groups: readonly string[]) => groups.map((group) => `peer group ${group}`).join(' ') || 'none';

/** See the head of this file. */
export const MOUNT_NAMESPACE = namespaceProbe({
  kind: 'mnt',
  title: 'a mount made inside is not there outside, and none comes in',
  spec: () => ({ scratch: true }),
  look: ({ inside, probe, same }) =>
    same
      ? Promise.resolve({ invariants: [], why: 'nothing was mounted: it would be in the table of the host' })
      : look(inside, probe),
});
