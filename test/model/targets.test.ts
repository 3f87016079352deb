import { describe, expect, it } from 'vitest';

import type { Container } from '../../src/model/containers.ts';
import { namespacesOf } from '../../src/model/namespaces.ts';
import { describeTarget, resolveTarget, type Targets } from '../../src/model/targets.ts';
import type { Engine } from '../../src/schema/engines.ts';
import type { MountFacts } from '../../src/schema/mounts.ts';
import { NsinspectError } from '../../src/text/error.ts';
import {
  cgroupLines,
  INITIAL,
  namespaceOf,
  namespacesFacetOf,
  processOf,
  tasksOf,
  threadOf,
} from '../support/facts.ts';

const NET = 4_026_532_184;
const PID = 4_026_532_185;
const WEB = `773bf9${'0'.repeat(58)}`;
const DB = `773bfa${'1'.repeat(58)}`;

function containerOf(engine: Engine, id: string, name: string | null, rest: Partial<Container> = {}): Container {
  return {
    key: `${engine}:${id}`,
    engine,
    id,
    name,
    image: null,
    startedAt: null,
    pod: null,
    podUid: null,
    namespace: null,
    leader: 20,
    pids: [20],
    parent: null,
    evidence: [],
    ...rest,
  };
}

function mountOf(path: string, rest: Partial<MountFacts> = {}): MountFacts {
  return {
    id: 1,
    parent: 1,
    dev: '0:1',
    root: '/',
    path,
    options: [],
    propagation: [],
    fsType: 'tmpfs',
    source: 'tmpfs',
    superOptions: [],
    ...rest,
  };
}

const tasks = tasksOf(
  [
    processOf(1),
    processOf(20, { ns: { net: NET, pid_for_children: PID }, cgroup: 1, tids: [21], differing: [threadOf(21)] }),
    processOf(773, { cgroup: 2 }),
  ],
  [cgroupLines('/docker/web', '/docker/web'), cgroupLines('/user.slice')],
);
const namespaces = namespacesOf(
  tasks,
  namespacesFacetOf([namespaceOf('net', NET), namespaceOf('pid', PID), namespaceOf('mnt', 900)], {
    fds: [{ type: 'mnt', inum: 900, pid: 773, tid: 773, fd: 5 }],
    mounts: [
      { type: 'net', inum: NET, mntns: INITIAL.mnt, path: '/run/netns/blue' },
      { type: 'pid', inum: PID, mntns: 900, path: '/run/netns/blue' },
      { type: 'net', inum: NET, mntns: 900, path: '/run/covered' },
      { type: 'pid', inum: PID, mntns: 900, path: '/run/covered' },
      { type: 'net', inum: NET, mntns: 901, path: '/run/twice' },
      { type: 'pid', inum: PID, mntns: 902, path: '/run/twice' },
    ],
  }),
);
const where: Targets = {
  tasks,
  namespaces,
  containers: [
    containerOf('docker', WEB, 'web'),
    containerOf('docker', DB, 'db'),
    containerOf('podman', 'abcdef'.repeat(10), 'web2'),
    containerOf('lxc', 'same', 'same'),
    containerOf('nspawn', 'same', 'same'),
    containerOf('docker', '20ab'.repeat(16), '20'),
    containerOf('cri', 'c1'.repeat(32), 'app', { pod: { namespace: 'prod', name: 'shop', container: 'app' } }),
    containerOf('cri', 'c2'.repeat(32), null, { pod: { namespace: 'prod', name: 'shop', container: null } }),
  ],
  mounts: {
    version: 1,
    unread: [],
    tables: [
      {
        mntns: 900,
        pid: 773,
        root: '/',
        mounts: [mountOf('/data', { id: 70 }), mountOf('/only-there')],
      },
      {
        mntns: INITIAL.mnt,
        pid: 1,
        root: '/',
        mounts: [
          mountOf('/', { id: 2 }),
          mountOf('/data', { id: 3 }),
          mountOf('/data', { id: 4 }),
          mountOf('/sys/fs/cgroup/memory', { fsType: 'cgroup' }),
          mountOf('/cg', { fsType: 'cgroup2', root: '/docker' }),
        ],
      },
    ],
  },
};

/** What is found, in the words of {@link describeTarget}, or the beginning of the message. */
function found(text: string, from: Targets = where): string {
  try {
    return describeTarget(resolveTarget(text, from));
  } catch (error) {
    if (!(error instanceof NsinspectError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe('a target', () => {
  it.each([
    ['773', 'pid:773 (p773)'],
    ['pid:20', 'pid:20 (p20)'],
    ['pid:21', 'pid:20 (p20)'],
    ['pid:22', /^no-such-target: no process 22/],
    ['20', /^ambiguous-target: 20 is ambiguous: it may be pid:20 \(p20\), docker:20 \(20ab20ab20ab\)$/],
    ['99', /^no-such-target: no process 99/],
    [`net:[${NET}]`, `net:[${NET}]`],
    [`net:${NET}`, `net:[${NET}]`],
    [`pid:[${PID}]`, `pid:[${PID}]`],
    [`pid:${PID}`, `pid:[${PID}]`],
    ['net:[1]', /^no-such-target: no namespace net:\[1\]/],
    ['disk:[4026531840]', /^no-such-target: nothing here is called disk/],
    ['web', 'docker:web (773bf9000000)'],
    ['docker:web', 'docker:web (773bf9000000)'],
    ['podman:web', /^no-such-target/],
    [WEB, 'docker:web (773bf9000000)'],
    ['773bf9', 'docker:web (773bf9000000)'],
    ['773bf', /^ambiguous-target: 773bf is ambiguous: it may be docker:web .*, docker:db /],
    ['docker:773bfa', 'docker:db (773bfa111111)'],
    ['7', /^no-such-target/],
    ['same', /^ambiguous-target: .*lxc:same .*nspawn:same/],
    ['nspawn:same', 'nspawn:same (same)'],
    ['k8s:prod/shop/app', 'cri:app (c1c1c1c1c1c1)'],
    ['k8s:prod/shop', /^ambiguous-target/],
    ['k8s:prod/other', /^no-such-target/],
    ['/proc/20/ns/net', `net:[${NET}]`],
    ['/proc/20/ns/pid_for_children', `pid:[${PID}]`],
    ['/proc/99/ns/net', /^no-such-target/],
    ['/proc/20/ns/disk', /^no-such-target/],
    ['/proc/773/fd/5', 'mnt:[900]'],
    ['/run/netns/blue', `net:[${NET}]`],
    ['/run/covered', `pid:[${PID}]`],
    ['/run/twice', /^ambiguous-target: .*net:.*pid:/],
    ['/docker/web', 'cgroup /docker/web'],
    ['/docker/web/', 'cgroup /docker/web'],
    ['/sys/fs/cgroup/memory/docker/web', 'cgroup /docker/web'],
    ['/cg/web', 'cgroup /docker/web'],
    ['/user.slice', 'cgroup /user.slice'],
    ['/data', `the mount at /data in mnt:[${INITIAL.mnt}]`],
    ['/only-there', 'the mount at /only-there in mnt:[900]'],
    ['/', `the mount at / in mnt:[${INITIAL.mnt}]`],
    ['/nowhere', /^no-such-target/],
    ['', /^no-such-target/],
  ])('%s', (text, expected) => {
    expect(found(text)).toEqual(typeof expected === 'string' ? expected : (expect.stringMatching(expected) as string));
  });

  it('at which several things are mounted is the one on top', () => {
    expect(resolveTarget('/data', where)).toMatchObject({ kind: 'mount', mount: { id: 4 } });
  });

  it('that is a cgroup has the processes that are in it', () => {
    expect(resolveTarget('/docker/web', where)).toMatchObject({ processes: [{ pid: 20 }] });
  });

  it('is looked up only in what was collected', () => {
    expect(found('web', { tasks })).toMatch(/^no-such-target/);
    expect(found('/data', { tasks })).toMatch(/^no-such-target/);
    expect(found(`net:[${NET}]`, { tasks })).toMatch(/^no-such-target/);
  });

  it('that is ambiguous in many ways lists eight', () => {
    const containers = Array.from({ length: 20 }, (_, i) =>
      containerOf('docker', `ab${String(i).padStart(62, '0')}`, null),
    );
    expect(found('ab', { tasks, containers })).toMatch(/(?:docker:ab\w+(?:, | and )){8}12 more$/);
  });
});
