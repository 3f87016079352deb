/**
 * The probe of IPC namespaces. What is made outside is made by a helper that removes it at the end of its input, so that
 * nothing of it stays when this process is killed; what is made inside goes with the namespace.
 */
import { randomBytes } from 'node:crypto';

import type { Invariant } from '../../../schema/bench.ts';
import { NsinspectError } from '../../../text/error.ts';
import { invariant } from '../probe.ts';
import { readProc } from './host-view.ts';
import { namespaceProbe, type Found } from './namespace-probe.ts';
import { outside, type Talk } from './talk.ts';

const UNDO = '[ -z "$id" ] || ipcrm --shmem-id "$id"; [ -z "$queue" ] || rm -f "$queue"';

/** A helper that sees the queues of the host: it mounts them over /tmp in a mount namespace of its own. */
const WITH_QUEUES = { prefix: ['unshare', '--mount', '--propagation', 'private'], undo: UNDO };

const PLAIN = { prefix: [], undo: UNDO };

/** Bytes of the segments: one page. */
const SEGMENT = 4096;

const keyAndId = (line: string) => line.trim().split(/\s+/).slice(0, 2).join(' ');
const listed = (table: string, segment: string) => table.split('\n').some((line) => keyAndId(line) === segment);

/**
 * Makes a segment and gives its key and id as `/proc/sysvipc/shm` lists them: keys are random, ids are given in order. The
 * variable `id` is the way to remove it.
 */
async function makeSegment(maker: Talk): Promise<{ readonly id: string; readonly segment: string }> {
  const said = await maker.tell(
    `said=$(ipcmk --shmem ${SEGMENT}) && id=\${said##* } && echo "$id" && cat /proc/sysvipc/shm`,
  );
  const [id = '', ...table] = said.split('\n');
  const segment = table.map(keyAndId).find((line) => line.endsWith(` ${id}`));
  if (segment === undefined) {
    throw new NsinspectError('the segment that was made is not listed', { code: 'probe-failed' });
  }
  return { id, segment };
}

async function segments(inside: Talk, helper: Talk): Promise<Invariant[]> {
  const mine = await makeSegment(inside);
  const seenOutside = listed(readProc('sysvipc/shm'), mine.segment);
  await inside.tell(`ipcrm --shmem-id ${mine.id}`);
  const theirs = await makeSegment(helper);
  const seenInside = listed(await inside.tell('cat /proc/sysvipc/shm'), theirs.segment);
  return [
    invariant(
      'segment-inside',
      'a SysV segment made inside is not there outside',
      !seenOutside,
      `key, id: ${mine.segment}`,
    ),
    invariant('segment-outside', 'one made outside is not there inside', !seenInside, `key, id: ${theirs.segment}`),
  ];
}

async function queues(inside: Talk, helper: Talk): Promise<Found> {
  if ((await inside.ask('[ -d /dev/mqueue ]')).status !== 0) {
    return { invariants: [], why: 'POSIX queues were left out: /dev/mqueue is not there inside' };
  }
  const [mine, theirs] = ['inside', 'outside'].map((side) => `nsinspect-${side}-${randomBytes(6).toString('hex')}`);
  await helper.tell('mount -t mqueue none /tmp');
  const made = await inside.ask(`: > /dev/mqueue/${mine}`);
  const seenOutside = (await helper.tell('ls /tmp')).split('\n').includes(mine ?? '');
  await inside.ask(`rm -f /dev/mqueue/${mine}`);
  await helper.tell(`queue=/tmp/${theirs}; touch "$queue"`);
  const seenInside = (await inside.tell('ls /dev/mqueue')).split('\n').includes(theirs ?? '');
  const queueInside = invariant(
    'queue-inside',
    'a POSIX queue made inside is not there outside',
    made.status === 0 && !seenOutside,
    made.status === 0 ? `/${mine}` : made.text.trim(),
  );
  return {
    invariants: [
      queueInside,
      invariant('queue-outside', 'one made outside is not there inside', !seenInside, `/${theirs}`),
    ],
  };
}

/** SysV IPC and POSIX queues. */
export const IPC_NAMESPACE = namespaceProbe({
  kind: 'ipc',
  title: 'SysV segments and POSIX queues are not shared with the outside',
  look: ({ inside }) =>
    process.geteuid?.() === 0
      ? outside(WITH_QUEUES, async (helper) => {
          const shared = await segments(inside, helper);
          const { invariants, ...rest } = await queues(inside, helper);
          return { invariants: [...shared, ...invariants], ...rest };
        })
      : outside(PLAIN, async (helper) => ({
          invariants: await segments(inside, helper),
          why: 'POSIX queues were left out: those of the host can be looked at with rights only',
        })),
});
