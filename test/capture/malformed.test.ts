/** What is read and is not what its documented format says: the facts must say so, and nothing else may be lost. */
import { describe, expect, it } from 'vitest';

import type { RecordingEntry } from '../../src/schema/recording.ts';
import { answering, captureOf, fixture } from '../support/replay.ts';

const odd = fixture('odd');
const whole = await captureOf(odd);
const shell = whole.tasks!.processes.find(({ comm }) => comm === 'bash')!;
const lone = whole.tasks!.processes.find(({ differing, state }) => differing !== undefined && state !== 'Z')!;
const thread = lone.differing![0]!;
const path = (pid: number, name: string) => `/proc/${pid}/${name}`;

/** The capture with other answers to these reads. */
function changed(...answers: readonly (readonly [of: string, answer: unknown])[]) {
  return captureOf(answering(odd, ...answers.map(([of, answer]) => ({ ask: 'read', of, answer }) as const)));
}

/** What the same read answered in the recording. */
function recorded(of: string): string {
  return odd.entries.find((entry) => entry.ask === 'read' && entry.of === of)!.answer as string;
}

/** The path that a read was about. */
function pathOf(of: RecordingEntry['of']): string {
  return typeof of === 'string' ? of : '';
}

const denied = { failed: 'denied', errno: 'EACCES' };

describe('the fixture', () => {
  it('has what it is for', () => {
    expect(whole.tasks!.processes.filter(({ state, threads }) => state === 'Z' && threads > 1)).toHaveLength(1);
    expect(whole.tasks!.processes.filter(({ differing }) => differing?.some(({ ownFds }) => ownFds))).not.toEqual([]);
    expect(whole.namespaces!.sockets).not.toEqual([]);
    expect(whole.namespaces!.mounts.filter(({ path: at }) => typeof at !== 'string')).not.toEqual([]);
    expect(whole.tasks!.coverage).toMatchObject({ malformed: 0, vanished: 0 });
  });
});

describe('a cgroup file', () => {
  it.each([
    ['of a process that is malformed', 'not a cgroup line\n', 'malformed'],
    ['of a process that was cut', recorded(path(shell.pid, 'cgroup')).slice(0, -1), 'malformed'],
    ['of a process that is denied', denied, 'denied'],
  ])('%s', async (_what, answer, outcome) => {
    const { tasks } = await changed([path(shell.pid, 'cgroup'), answer]);
    const process = tasks!.processes.find(({ pid }) => pid === shell.pid)!;
    expect(process).toMatchObject({ cgroup: null, unknown: { cgroup: outcome }, ns: shell.ns });
    // The numbers of the others are theirs.
    expect(tasks!.cgroups).not.toContainEqual([]);
  });

  it('of several tasks that is malformed in the same way is so for each', async () => {
    const pids = whole.tasks!.processes.slice(-3).map(({ pid }) => pid);
    const { tasks } = await changed(...pids.map((pid) => [path(pid, 'cgroup'), 'x\n'] as const));
    expect(tasks!.processes.filter(({ unknown }) => unknown?.cgroup === 'malformed').map(({ pid }) => pid)).toEqual(
      pids,
    );
  });

  it.each([
    ['malformed', 'x\n'],
    ['denied', denied],
  ])('of a thread that is %s', async (outcome, answer) => {
    const { tasks } = await changed([path(lone.pid, `task/${thread.tid}/cgroup`), answer]);
    const process = tasks!.processes.find(({ pid }) => pid === lone.pid)!;
    const found = process.differing!.find(({ tid }) => tid === thread.tid);
    expect(found).toEqual({ ...thread, cgroup: null, unknown: { cgroup: outcome } });
  });
});

describe('a stat file', () => {
  it('of a process that is malformed is counted as that, not as a process that ended', async () => {
    const { tasks } = await changed([path(shell.pid, 'stat'), '1 (bash R']);
    expect(tasks!.processes.some(({ pid }) => pid === shell.pid)).toBe(false);
    expect(tasks!.coverage).toMatchObject({ malformed: 1, vanished: 0 });
  });

  it('of a process that ended is counted as that', async () => {
    const { tasks } = await changed([path(shell.pid, 'stat'), { failed: 'vanished', errno: 'ESRCH' }]);
    expect(tasks!.coverage).toMatchObject({ malformed: 0, vanished: 1 });
  });

  it('of a thread that is malformed is counted', async () => {
    const { tasks } = await changed([path(lone.pid, `task/${thread.tid}/stat`), 'x']);
    expect(tasks!.coverage.malformed).toBe(1);
  });
});

describe('the directory of a process', () => {
  it('that is denied is counted as that (procfs with hidepid)', async () => {
    const refused: RecordingEntry = {
      ask: 'open',
      of: `/proc/${shell.pid}`,
      answer: { failed: 'denied', errno: 'EPERM' },
    };
    const { tasks } = await captureOf(answering(odd, refused));
    const { denied: before } = whole.tasks!.coverage;
    expect(tasks!.coverage).toMatchObject({ denied: before + 1, vanished: 0 });
  });
});

describe('status, root and links', () => {
  it('that are malformed or denied are named', async () => {
    const { tasks } = await captureOf(
      answering(
        odd,
        { ask: 'read', of: path(shell.pid, 'status'), answer: 'Name:\tbash\n' },
        { ask: 'readlink', of: path(shell.pid, 'root'), answer: denied },
        { ask: 'readlink', of: path(shell.pid, 'exe'), answer: denied },
        { ask: 'readlink', of: path(shell.pid, 'ns/net'), answer: 'net:[x]' },
      ),
    );
    const process = tasks!.processes.find(({ pid }) => pid === shell.pid)!;
    expect(process.unknown).toEqual({ root: 'denied' });
    expect(process.unknownNs).toEqual({ net: 'malformed' });
    expect(process.detail!.unknown).toEqual({ status: 'malformed', exe: 'denied' });
  });
});

describe('the host', () => {
  it.each([
    ['bootId', '/proc/sys/kernel/random/boot_id', denied, 'denied'],
    ['hostname', '/proc/sys/kernel/hostname', denied, 'denied'],
    ['kernel', '/proc/sys/kernel/osrelease', { failed: 'absent', errno: 'ENOENT' }, 'absent'],
    ['bootTime', '/proc/stat', 'cpu 1\n', 'malformed'],
    ['bootTime', '/proc/stat', denied, 'denied'],
    ['uptime', '/proc/uptime', 'soon\n', 'malformed'],
  ] as const)('says why %s is missing', async (member, of, answer, outcome) => {
    const { host } = await changed([of, answer]);
    const { [member]: _missing, ...rest } = whole.host;
    expect(host).toEqual({ ...rest, unknown: { [member]: outcome } });
  });
});

describe('a kernel that does not list mount namespaces', () => {
  const unlisted: RecordingEntry = {
    ask: 'mountNamespaces',
    of: [],
    answer: { failed: 'unsupported', errno: 'ENOTTY' },
  };

  it('leaves those without a task unsearched, and it is said', async () => {
    const { namespaces } = await captureOf(answering(odd, unlisted));
    expect(namespaces!.coverage.notSearched).toContainEqual({
      kind: 'mount',
      outcome: 'unsupported',
      why: expect.stringContaining('cannot list') as string,
    });
  });

  it.each([
    ['malformed', 'x\n'],
    ['denied', denied],
  ])("says that init's mounts are %s, by which open files are recognised", async (outcome, answer) => {
    const { namespaces } = await captureOf(answering(odd, unlisted, { ask: 'read', of: '/proc/1/mountinfo', answer }));
    expect(namespaces!.coverage.notSearched).toContainEqual(expect.objectContaining({ kind: 'fd', outcome }));
  });

  it('says why the mounts of a mount namespace could not be read', async () => {
    const malformed = whole.tasks!.processes.map(
      ({ pid }) => ({ ask: 'read', of: path(pid, 'mountinfo'), answer: 'x\n' }) as const,
    );
    const unasked = odd.entries.filter(({ ask }) => ask !== 'nsfsMounts');
    const { namespaces, mounts } = await captureOf(answering({ ...odd, entries: unasked }, ...malformed));
    const { length } = whole.mounts!.tables;
    expect(namespaces!.coverage.mountNamespacesNotSearched).toMatchObject({ malformed: length });
    expect(mounts!.unread.filter(({ outcome }) => outcome === 'malformed')).toHaveLength(length);
  });
});

describe('open files', () => {
  it('say when a table is denied at its links', async () => {
    const fd = odd.entries.find(({ ask, of }) => ask === 'readlink' && pathOf(of).startsWith(path(shell.pid, 'fd/')))!;
    const { tasks, namespaces } = await captureOf(answering(odd, { ...fd, answer: denied }));
    expect(tasks!.processes.find(({ pid }) => pid === shell.pid)!.unknown).toEqual({ fd: 'denied' });
    expect(namespaces!.coverage.fdTablesDenied).toBe(whole.namespaces!.coverage.fdTablesDenied + 1);
  });

  it('that may be namespaces are counted when what the kernel says of them is malformed', async () => {
    const fd = odd.entries.find(({ ask, of }) => ask === 'readlink' && pathOf(of).startsWith(path(shell.pid, 'fd/')))!;
    const number = pathOf(fd.of).split('/').at(-1)!;
    const { namespaces } = await captureOf(
      answering(odd, { ...fd, answer: '/' }, { ask: 'read', of: path(shell.pid, `fdinfo/${number}`), answer: 'what?' }),
    );
    expect(namespaces!.coverage.fdInfosMalformed).toBe(1);
  });

  it('that are sockets are said not to be searched where the kernel cannot tell', async () => {
    const asked = odd.entries.filter(({ ask }) => ask === 'socketNamespace');
    const unsupported = { failed: 'unsupported', errno: 'ENOSYS' };
    const { namespaces } = await captureOf(
      answering(odd, ...asked.map((entry) => ({ ...entry, answer: unsupported }))),
    );
    expect(namespaces!.coverage.notSearched).toContainEqual(
      expect.objectContaining({ kind: 'socket', outcome: 'unsupported' }),
    );
  });
});

describe('a recording without anything but files', () => {
  it('says of what only the kernel answers that it was not collected', async () => {
    const bare = odd.entries.filter(({ ask }) => ['open', 'list', 'read', 'readlink'].includes(ask));
    const { namespaces } = await captureOf({ ...odd, entries: bare });
    expect(new Set(namespaces!.namespaces.map(({ unknown }) => unknown?.id))).toEqual(new Set(['not collected']));
  });
});
