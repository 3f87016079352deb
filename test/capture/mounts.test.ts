import { describe, expect, it } from 'vitest';

import { captureMounts } from '../../src/capture/mounts.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { MountFacts } from '../../src/schema/mounts.ts';
import { RECORDING_SCHEMA, type RecordingEntry } from '../../src/schema/recording.ts';
import { namespaceOf, processOf, tasksOf } from '../support/facts.ts';

const HEAD = {
  schema: RECORDING_SCHEMA,
  of: 'live',
  reader: { pid: 7, uid: 0, capEff: '000001ffffffffff' },
  asksTasks: true,
  redacted: false,
} as const;

const asked: MountFacts = {
  id: 41,
  uniqueId: '9007199254740993',
  parent: 40,
  dev: '0:5',
  root: '/',
  path: '/jail/p',
  options: ['rw'],
  propagation: [],
  fsType: 'tmpfs',
  source: 'in',
  superOptions: ['rw'],
};

/** The mounts facet of a host with one ordinary task, one under a chroot and one mount namespace without a task. */
function facetOf(...entries: readonly RecordingEntry[]): ReturnType<typeof captureMounts> {
  const host = replayHost({
    head: HEAD,
    entries: [
      { ask: 'open', of: '/proc', answer: true },
      { ask: 'read', of: '/proc/5/mountinfo', answer: '11 1 8:1 / / rw - ext4 d rw\n' },
      { ask: 'read', of: '/proc/6/mountinfo', answer: '41 40 0:5 / /p rw - tmpfs in rw\n' },
      ...entries,
    ],
  });
  const tasks = [processOf(5, { ns: { mnt: 500 } }), processOf(6, { ns: { mnt: 600 }, root: '/jail' })];
  return captureMounts(host, tasksOf(tasks));
}

const listed: RecordingEntry = {
  ask: 'mountNamespaces',
  of: [],
  answer: [500, 600, 700].map((inum) => namespaceOf('mnt', inum, { id: String(inum * 10) })),
};
const unsupported = { failed: 'unsupported', errno: 'ENOSYS' } as const;

describe('captureMounts', () => {
  it('asks the kernel where no task sees a namespace as a whole', () => {
    const { tables, unread } = facetOf(
      listed,
      { ask: 'mounts', of: ['6000'], answer: [asked] },
      { ask: 'mounts', of: ['7000'], answer: [] },
    );
    expect(tables).toMatchObject([
      { mntns: 500, pid: 5, root: '/', mounts: [{ id: 11 }] },
      { mntns: 600, pid: null, root: '/', mounts: [asked] },
      { mntns: 700, pid: null, root: '/', mounts: [] },
    ]);
    expect(unread).toEqual([]);
  });

  it('keeps what a task sees where the kernel cannot be asked', () => {
    const { tables, unread } = facetOf(
      listed,
      { ask: 'mounts', of: ['6000'], answer: unsupported },
      { ask: 'mounts', of: ['7000'], answer: unsupported },
    );
    expect(tables).toMatchObject([{ mntns: 500 }, { mntns: 600, pid: 6, root: '/jail', mounts: [{ path: '/p' }] }]);
    expect(unread).toEqual([{ mntns: 700, outcome: 'unsupported' }]);
  });

  it('knows of no others where the kernel does not list them, and of none that has ended since', () => {
    const old = facetOf({ ask: 'mountNamespaces', of: [], answer: { failed: 'unsupported', errno: 'ENOTTY' } });
    expect([old.tables.length, old.unread]).toEqual([2, []]);
    const ended = facetOf(listed, { ask: 'mounts', of: ['7000'], answer: { failed: 'absent', errno: 'ENOENT' } });
    expect(ended.unread).toEqual([]);
  });
});
