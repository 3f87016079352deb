/** Second looks at tasks and cgroups of hosts that are not there. */
import { describe, expect, it, test } from 'vitest';

import { withoutPassedOn } from '../../src/capture/passed-on.ts';
import { secondLook, type WalkedPart } from '../../src/capture/cgroups/second-look.ts';
import { threadPlacesOf } from '../../src/capture/cgroups/thread-places.ts';
import { Failure, type Dir } from '../../src/host/port.ts';
import { replayHost } from '../../src/host/replay.ts';
import type { RecordingEntry } from '../../src/schema/recording.ts';
import { graphFacet, graphTasks, type MadeCgroup } from '../model/made-graph.ts';
import { processOf, threadOf } from '../support/facts.ts';
import { madeRecording, type MadeTree } from './made-recording.ts';

const TOP = '/sys/fs/cgroup';

const stat = (tid: number, state = 'S', flags = 0): string =>
  `${tid} (x) ${state} 1 1 1 0 -1 ${flags} ${'0 '.repeat(10)}1 0 ${tid} 0 0\n`;

/** Thread 10 was in `/a` by /proc when tasks were read; what is there at the second look. */
interface Now {
  /** The cgroups that /proc gives, one look after the other; the last one stays. None: the thread is gone. */
  readonly paths?: readonly string[];
  readonly state?: string;
  readonly flags?: number;
  /** Members of `/a` now. */
  readonly listed?: string;
  readonly populated?: readonly number[];
  readonly isRemoved?: boolean;
}

/** The cgroups of the first look: the root with /a, which lists nobody. */
const CGROUPS: readonly MadeCgroup[] = [
  ['/', []],
  ['/a', [], { 'cgroup.events': 'populated 1' }],
];

function look(now: Now, cgroups = CGROUPS): unknown {
  const { paths = [], state, flags, listed = '', populated = [1], isRemoved = false } = now;
  const tree: MadeTree = {
    '/proc/stat': '',
    [`${TOP}/cgroup.threads`]: '',
    [`${TOP}/a/cgroup.threads`]: listed,
    ...(paths.length > 0 && { '/proc/10/stat': stat(10, state, flags) }),
  };
  const closed = isRemoved ? { [`${TOP}/a`]: { failed: 'absent', errno: 'ENOENT' } as const } : {};
  const { head, entries } = madeRecording(tree, { devices: { [TOP]: '0:41' }, closed });
  const inTurn = (of: string, texts: readonly string[]): RecordingEntry[] =>
    texts.map((answer, i) => ({ ask: 'read', of, ...(i < texts.length - 1 && { times: 1 }), answer }));
  const more = [
    ...inTurn(
      '/proc/10/cgroup',
      paths.map((path) => `0::${path}\n`),
    ),
    ...inTurn(
      `${TOP}/a/cgroup.events`,
      populated.map((one) => `populated ${one}\nfrozen 0\n`),
    ),
  ];
  const host = replayHost({ head, entries: [...entries, ...more] });
  const [proc, top] = ['/proc', TOP].map((path) => host.open(path));
  if (proc instanceof Failure || top instanceof Failure) throw new Error('the made host lacks a directory');
  const facts = graphFacet([{ id: 0, cgroups }]).cgroups;
  const inodeOf = (dir: Dir): number => (dir.stat('.') as { inode: number }).inode;
  const child = top!.open('a');
  const part: WalkedPart = {
    hierarchy: 0,
    version: 2,
    top: top!,
    first: 0,
    names: [[], ['a']],
    cgroups: facts.map((one, i) => ({
      ...one,
      inode: i === 0 ? inodeOf(top!) : child instanceof Failure ? 99 : inodeOf(child),
    })),
  };
  return secondLook(proc!, part, threadPlacesOf(graphTasks([processOf(10)], ['0::/a'])));
}

const member = (found: string) => ({ members: [{ cgroup: 1, tid: 10, look: found }], populated: [] });

test.each<[string, Now, string]>([
  ['it has left, as the list said', { paths: ['/b'] }, 'agrees'],
  ['it is listed by now', { paths: ['/a'], listed: '7\n10\n' }, 'agrees'],
  ['it is in and not listed, look after look', { paths: ['/a'], listed: '7\n' }, 'differs'],
  ['it is out when looked at once more', { paths: ['/a', '/b'] }, 'moving'],
  ['it keeps step with who looks', { paths: ['/a', '/a', '/a', '/a', '/b', '/a'] }, 'moving'],
  ['it has ended', {}, 'gone'],
  ['it is a zombie', { paths: ['/a'], state: 'Z' }, 'gone'],
  ['it is on its way out', { paths: ['/a'], flags: 0x4 }, 'gone'],
  ['the cgroup was removed', { paths: ['/a'], isRemoved: true }, 'gone'],
])('a thread that no list has: %s', (_, now, found) => {
  expect(look(now)).toEqual(member(found));
});

test.each<[string, Now, string]>([
  ['there is no task, as it says now', { listed: '', populated: [0] }, 'agrees'],
  ['there is one, as it says', { listed: '11\n', populated: [1] }, 'agrees'],
  ['it has changed while looked at', { listed: '', populated: [1, 0] }, 'moving'],
  ['it says so and there is none', { listed: '', populated: [1] }, 'differs'],
])('a cgroup that says that it is populated: %s', (_, now, found) => {
  const without: readonly MadeCgroup[] = [
    ['/', []],
    ['/a', [10], { 'cgroup.events': 'populated 0' }],
  ];
  expect(look(now, without)).toEqual({ members: [], populated: [{ cgroup: 1, look: found }] });
});

describe('a number of a task that was met twice', () => {
  const proc = (tree: MadeTree): Dir => replayHost(madeRecording({ '/proc/stat': '', ...tree })).open('/proc') as Dir;
  const owned = (tid: number, pid: number): MadeTree => ({ [`/proc/${tid}/status`]: `Name:\tx\nTgid:\t${pid}\n` });
  const old = processOf(10, { tids: [11, 20], differing: [threadOf(20)], threads: 3 });

  it('is left to the process that has it now', () => {
    const kept = withoutPassedOn(proc(owned(20, 20)), [old, processOf(20)]);
    expect(kept.map(({ pid, tids, threads, differing }) => [pid, tids, threads, differing])).toEqual([
      [10, [11], 2, []],
      [20, undefined, 1, undefined],
    ]);
  });

  it('is left to the thread that has it now', () => {
    expect(withoutPassedOn(proc(owned(20, 10)), [old, processOf(20)])).toEqual([old]);
  });

  it('is left to the first where nobody has it any more', () => {
    expect(withoutPassedOn(proc({}), [old, processOf(30, { tids: [20], threads: 2 })])).toMatchObject([
      { pid: 10, tids: [11, 20] },
      { pid: 30, tids: [], threads: 1 },
    ]);
  });

  it('is not asked after where none was', () => {
    const all = [old, processOf(30)];
    expect(withoutPassedOn(proc({}), all)).toBe(all);
  });
});
