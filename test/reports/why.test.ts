import { describe, expect, it } from 'vitest';

import { hiddenLines, isOutOfSight } from '../../reports/hidden.ts';
import { makeStyle } from '../../reports/style.ts';
import { namespacesOfTarget, whyDocument, whyLines } from '../../reports/why.ts';
import { viewOf } from '../../src/cli/view.ts';
import { NsinspectError } from '../../src/text/error.ts';
import {
  captureOfFacts,
  INITIAL,
  namespaceOf,
  namespacesFacetOf,
  processOf,
  tasksOf,
  threadOf,
} from '../support/facts.ts';
import { captureOf, fixture } from '../support/replay.ts';

const plain = (columns: number | null) => makeStyle({ color: false, unicode: true, columns });

const HOSTILE = 'a\u001b[2J\nb';

const tasks = tasksOf([
  processOf(1, { comm: 'init' }),
  processOf(2, { comm: 'kthreadd', ppid: 0, kthread: true }),
  processOf(812, { comm: 'sshd', ns: { net: 900 } }),
  processOf(813, { comm: HOSTILE, differing: [threadOf(814, { ns: { net: 900 } })] }),
  processOf(815, {
    comm: 'fork',
    ns: { pid_for_children: 910 },
    differing: [threadOf(816, { ns: { pid_for_children: 910 } })],
  }),
  ...Array.from({ length: 30 }, (_, i) => processOf(1000 + i, { ns: { uts: 960 } })),
]);
const capture = captureOfFacts(
  tasks,
  namespacesFacetOf(
    [
      namespaceOf('net', 900),
      namespaceOf('pid', 910),
      namespaceOf('net', 920, { owner: 930 }),
      namespaceOf('user', 930),
      namespaceOf('user', 931, { parent: 930, owner: 930 }),
      namespaceOf('mnt', 940),
      namespaceOf('ipc', 950),
      namespaceOf('uts', 960),
    ],
    {
      fds: [
        { type: 'net', inum: 920, pid: 812, tid: 812, fd: 7 },
        { type: 'net', inum: 920, pid: 813, tid: 814, fd: 8 },
        { type: 'mnt', inum: 940, pid: 812, tid: 812, fd: 9 },
      ],
      sockets: [{ pid: 812, tid: 812, fd: 10, inum: 920 }],
      mounts: [
        { type: 'net', inum: 920, mntns: INITIAL.mnt, path: '/run/netns/blue' },
        { type: 'net', inum: 920, mntns: 940, path: `/run/${HOSTILE}` },
        { type: 'net', inum: 920, mntns: 999, path: '/run/x' },
      ],
    },
  ),
);
const view = viewOf(capture);
const ns = (type: 'net' | 'pid' | 'user' | 'mnt' | 'ipc' | 'uts', inum: number) => view.namespaces.get({ type, inum })!;

describe('why, in words', () => {
  it.each([
    [
      'processes and threads',
      ns('net', 900),
      [
        'net:[900]  id 900',
        '  pid 812 (sshd) is in it',
        '  thread 814 of pid 813 (a\\x1b[2J\\nb) is in it, its process is not',
      ],
    ],
    [
      'chosen for children',
      ns('pid', 910),
      [
        'pid:[910]  id 910',
        '  no task is in it; it is kept by',
        '  pid 815 (fork) has it chosen for its future children',
        '  thread 816 of pid 815 (fork) has it chosen for its future children',
      ],
    ],
    [
      'open files, a socket and mounts',
      ns('net', 920),
      [
        'net:[920]  id 920',
        '  no task is in it; it is kept by',
        '  pid 812 (sshd) has it open as fd 7',
        '  thread 814 of pid 813 (a\\x1b[2J\\nb) has it open as fd 8',
        '  pid 812 (sshd) has a socket of it open as fd 10',
        `  bind-mounted at /run/netns/blue in mount namespace mnt:[${INITIAL.mnt}] (the initial one)`,
        '  bind-mounted at /run/a\\x1b[2J\\nb in mount namespace mnt:[940] (no task is in it)',
        '  bind-mounted at /run/x in mount namespace mnt:[999]',
      ],
    ],
    [
      'a child and a possession',
      ns('user', 930),
      [
        'user:[930]  id 930',
        '  no task is in it; it is kept by',
        '  parent of user namespace user:[931]',
        '  owner of network namespace net:[920]',
      ],
    ],
    [
      'nothing',
      ns('ipc', 950),
      [
        'ipc:[950]  id 950',
        '  no holder was found: it ended meanwhile, or what keeps it shows in no file system',
        '  (a descriptor in flight between sockets, the credentials of an open file, a detached mount)',
      ],
    ],
  ])('%s', (_what, namespace, expected) => {
    expect(whyLines([namespace], view, plain(80))).toEqual(expected);
  });

  it('says of an initial one that it needs no holder', () => {
    const [, line] = whyLines([ns('user', INITIAL.user)], view, plain(80));
    expect(line).toBe('  initial: made at boot, lasts as long as the kernel');
  });

  it('names twenty of many, and all where all are wanted', () => {
    const short = whyLines([ns('uts', 960)], view, plain(80));
    expect(short).toHaveLength(22);
    expect(short.at(-1)).toBe('  and 10 such holders more (--no-trunc names all)');
    expect(whyLines([ns('uts', 960)], view, plain(null))).toHaveLength(31);
  });

  it('names all of them in the document', () => {
    const { namespaces } = whyDocument(capture, [ns('uts', 960)], view.containerOf);
    expect(namespaces[0]!.holders[0]!.sample).toHaveLength(30);
  });

  it('names containers beside processes', async () => {
    const docker = viewOf(await captureOf(fixture('docker')));
    const web = docker.containers.find(({ name }) => name === 'web')!;
    const lines = whyLines(
      namespacesOfTarget({ kind: 'container', container: web }, docker.namespaces),
      docker,
      plain(null),
    );
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}pid \d+ \(sleep\) of docker:web is in it$/));
    expect(lines).toContainEqual(expect.stringMatching(/^ {2}pid \d+ \(sleep\) of docker:side is in it$/));
  });
});

describe('the namespaces of a target', () => {
  const process = (pid: number) => tasks.processes.find((one) => one.pid === pid)!;

  it.each([
    ['a namespace is itself', { kind: 'namespace', namespace: ns('ipc', 950) } as const, ['ipc:950']],
    [
      'a process has those that are not the initial ones',
      { kind: 'process', process: process(812) } as const,
      ['net:900'],
    ],
    [
      'a cgroup has those of its first process',
      { kind: 'cgroup', path: '/a', processes: [process(1000), process(812)] } as const,
      ['uts:960'],
    ],
  ])('%s', (_what, target, expected) => {
    const found = namespacesOfTarget(target, view.namespaces).map(({ facts }) => `${facts.type}:${facts.inum}`);
    expect(found).toEqual(expected);
  });

  it.each([
    [
      'a cgroup without a process',
      { kind: 'cgroup', path: '/a', processes: [] } as const,
      /cgroup \/a is no namespace/,
    ],
  ])('%s has none, which is an error', (_what, target, message) => {
    expect(() => namespacesOfTarget(target, view.namespaces)).toThrow(NsinspectError);
    expect(() => namespacesOfTarget(target, view.namespaces)).toThrow(message);
  });

  it('of a process that lives in the initial ones alone are none', () => {
    const found = namespacesOfTarget({ kind: 'process', process: process(1) }, view.namespaces);
    expect(found).toEqual([]);
    expect(whyLines(found, view, makeStyle({ color: false, unicode: true, columns: null }))).toEqual([
      expect.stringMatching(/initial namespaces alone/) as string,
    ]);
  });
});

describe('hidden namespaces', () => {
  it('are those without a process, but for initial ones', () => {
    const hidden = view.namespaces.all.filter(isOutOfSight).map(({ facts }) => facts.inum);
    expect(hidden).toEqual([930, 931, 940, 910, 920, 950]);
  });

  it('are listed with the first holders of each kind, hostile names made safe once', () => {
    const lines = hiddenLines([ns('net', 920), ns('ipc', 950)], view, plain(null));
    expect(lines.slice(3)).toEqual([
      expect.stringMatching(
        /^net:\[920\] +user:\[930\] +pid 812 \(sshd\) has it open as fd 7; thread 814 of pid 813 \(a\\x1b\[2J\\nb\) has it open as fd 8; .*; 1 more$/,
      ),
      expect.stringMatching(/^ipc:\[950\] +user:\[101\] +nothing that a file system shows$/),
    ]);
  });

  it('are no section where there are none', () => {
    expect(hiddenLines([], view, plain(80))).toEqual([]);
  });
});
