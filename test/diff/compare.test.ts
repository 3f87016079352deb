import { describe, expect, test } from 'vitest';

import { compareCaptures } from '../../src/diff/compare.ts';
import { HOST_ROOT, STATUS, WEB, WEB2, WEB_NS, WEB_ROOT, made, mountOf, number, recordOf, said } from './made.ts';
import type { Made } from './made.ts';
import { INITIAL, namespaceOf, processOf, threadOf } from '../support/facts.ts';

type Case = readonly [name: string, before: Made, after: Made, expected: readonly string[]];

const SHELL = processOf(300, { comm: 'sh' });
const IN_WEB = { ppid: 40, cgroup: 1, ns: WEB_NS };
const IN_A = { comm: 'sh', cgroup: 2 };
const IN_B = { comm: 'sh', cgroup: 3 };
const PATHS = ['/a', '/b'];
const BOTH = [{ path: '/a' }, { path: '/b' }];
const ETC = mountOf('/etc', { path: '/host-etc' });
const SOCKET = mountOf('/run/docker.sock', { dev: '0:22', fsType: 'tmpfs' });
const DATA = mountOf('/srv', { path: '/data', options: ['ro', 'nosuid'] });
const KEPT = { mounts: [{ type: 'net', inum: 204, mntns: INITIAL.mnt, path: '/run/netns/web' }] } as const;
const V2 = { 'pids.max': number(100) };

function check(cases: readonly Case[]): void {
  test.each(cases)('%s', (_name, before, after, expected) => {
    expect(said(made(before), made(after))).toEqual(expected);
  });
}

describe('containers', () => {
  check([
    ['nothing', {}, {}, []],
    [
      'created: one line for all that came with it',
      { leader: null },
      {},
      ['created container web (docker, image busybox, 1 task)'],
    ],
    ['ended', {}, { leader: null }, ['ended container web (docker, image busybox, 1 task)']],
    [
      'ended, and the engine still has it',
      {},
      { leader: null, records: [recordOf(WEB, 'web', 'busybox')] },
      ['ended container web (docker, image busybox, stopped, its record is kept, 1 task)'],
    ],
    [
      'created with ways out',
      { leader: null },
      {
        ns: { ...WEB_NS, net: INITIAL.net },
        status: { capEff: '000001ffffffffff', seccomp: 0 },
        webMounts: [ETC, mountOf('/srv', { path: '/x' })],
      },
      [
        "! created container web (docker, image busybox, 1 task, reaches the host: the host's net namespace, CAP_DAC_READ_SEARCH, CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_MAC_ADMIN, CAP_BPF, no seccomp, the host's /etc, writable)",
      ],
    ],
    [
      'made anew under the same name, with more rights',
      {},
      { id: WEB2, leader: { start: 5000 }, status: { seccomp: 0 } },
      [
        '! loosened container web seccomp filter -> off',
        'recreated container web id WEB -> WEB2 (docker, image busybox, 1 task)',
      ],
    ],
    [
      'restarted',
      {},
      { leader: { pid: 500, start: 5000 } },
      ['changed container web leader pid 100 httpd -> pid 500 httpd (restarted, 1 task)'],
    ],
    [
      'restarted while a process of the host was in its namespaces: they are still its own',
      { processes: [processOf(300, { comm: 'nsenter', ns: { net: 204, uts: 206 } })] },
      { leader: { pid: 500, start: 5000 }, ns: { ...WEB_NS, net: 304, uts: 306 } },
      ['changed container web leader pid 100 httpd -> pid 500 httpd (restarted, 1 task)'],
    ],
    ['renamed', {}, { name: 'shop' }, ['renamed container shop name web -> shop']],
    ['another image', {}, { image: 'alpine' }, ['changed container web image busybox -> alpine']],
    [
      'its first process ended, others go on',
      { processes: [processOf(101, IN_WEB)] },
      { leader: { pid: 101, start: 1010, comm: 'p101' } },
      [
        'changed container web leader pid 100 httpd -> pid 101 p101 (its first process ended, others go on)',
        'ended task httpd in web',
      ],
    ],
  ]);

  test('a pid in the place of an id is nobody without its start', () => {
    const bwrap = (start: number): Made => ({
      leader: null,
      processes: [
        processOf(80, { comm: 'bwrap', start }),
        processOf(81, { comm: 'sleep', ppid: 80, start: start + 1, ns: { user: 301, mnt: 302, pid: 303 } }),
      ],
      engineProcesses: [{ pid: 80, start, role: 'monitor', engine: 'bwrap', paths: {} }],
    });
    const lines = said(made(bwrap(800)), made(bwrap(9000)));
    expect(lines.filter((line) => line.includes('container'))).toEqual([
      'created container bwrap-81 (bwrap, 1 task)',
      'ended container bwrap-81 (bwrap, 1 task)',
    ]);
  });
});

describe('tasks', () => {
  check([
    ['of the host come and go: noise', { processes: [SHELL] }, { processes: [processOf(301)] }, []],
    ['run in a container', {}, { processes: [processOf(300, { ...IN_WEB, comm: 'sh' })] }, ['created task sh in web']],
    [
      'run in a container with more rights than it has',
      {},
      {
        processes: [
          processOf(300, {
            ...IN_WEB,
            comm: 'sh',
            detail: { status: { ...STATUS, capBnd: '00000000a82425fb', seccomp: 0 } },
          }),
        ],
      },
      ['! created task sh (has more than the first process of its container: CAP_SYS_ADMIN, seccomp off) in web'],
    ],
    [
      'moved from one cgroup to another',
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, IN_A)] },
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, IN_B)] },
      ['moved task sh cgroup /a -> /b'],
    ],
    [
      'threads that moved together, and one alone',
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, { ...IN_A, tids: [301, 302, 303], threads: 4 })] },
      {
        paths: PATHS,
        cgroups: BOTH,
        processes: [
          processOf(300, {
            ...IN_A,
            tids: [301, 302, 303],
            threads: 4,
            differing: [threadOf(301, { cgroup: 3 }), threadOf(302, { cgroup: 3 }), threadOf(303, { cgroup: 0 })],
          }),
        ],
      },
      ['moved task sh cgroup /a -> /b x2', 'moved task t303 cgroup /a -> / (a thread of pid 300)'],
    ],
    [
      'moved out of the cgroup of its container',
      { processes: [processOf(300, { ...IN_WEB, comm: 'sh' })] },
      { processes: [processOf(300, { ...IN_WEB, comm: 'sh', cgroup: 0 })] },
      [
        '! moved task sh cgroup /docker/WEB -> / (out of the cgroup of its container: its limits no longer bind it) in web',
      ],
    ],
    [
      'moved to where it is alone: still out of the cgroup of its container',
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, { ...IN_WEB, comm: 'sh' })] },
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, { ...IN_WEB, comm: 'sh', cgroup: IN_A.cgroup })] },
      [
        '! moved task sh cgroup /docker/WEB -> /a (out of the cgroup of its container: its limits no longer bind it) in web',
      ],
    ],
    [
      'and back',
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, { ...IN_WEB, comm: 'sh', cgroup: IN_A.cgroup })] },
      { paths: PATHS, cgroups: BOTH, processes: [processOf(300, { ...IN_WEB, comm: 'sh' })] },
      ['moved task sh cgroup /a -> /docker/WEB in web'],
    ],
    [
      'a zombie is put into the root: no move',
      { processes: [processOf(300, IN_WEB)] },
      { processes: [processOf(300, { ...IN_WEB, cgroup: 0, state: 'Z' })] },
      [],
    ],
    [
      'another root directory',
      { processes: [SHELL] },
      { processes: [{ ...SHELL, root: '/jail' }] },
      ['changed task sh root / -> /jail'],
    ],
    [
      'a pid that is another process',
      { processes: [SHELL] },
      { processes: [{ ...SHELL, start: 9, ns: SHELL.ns, comm: 'other' }] },
      [],
    ],
    [
      'a thread of the kernel with another name: noise',
      { processes: [{ ...SHELL, kthread: true }] },
      { processes: [{ ...SHELL, comm: 'kworker', kthread: true }] },
      [],
    ],
  ]);

  test('the number of a hierarchy is no part of where a task is', () => {
    const capture = made({ paths: PATHS, processes: [processOf(300, IN_A)] });
    const renumbered = structuredClone(capture) as unknown as {
      tasks: { cgroups: { hierarchy: number }[][] };
      cgroups: { hierarchies: { id: number }[]; cgroups: { hierarchy: number }[] };
    };
    for (const line of renumbered.tasks.cgroups.flat()) if (line.hierarchy === 1) line.hierarchy = 7;
    for (const one of renumbered.cgroups.hierarchies) if (one.id === 1) one.id = 7;
    for (const one of renumbered.cgroups.cgroups) if (one.hierarchy === 1) one.hierarchy = 7;
    expect(said(capture, renumbered as unknown as typeof capture, true)).toEqual([]);
  });
});

describe('rights', () => {
  check([
    [
      'capabilities, the sets named together',
      {},
      { status: { capEff: '00000000a82425fb', capPrm: '00000000a82425fb', capBnd: '00000000a80425fa' } },
      [
        '! loosened container web capabilities eff,prm +CAP_SYS_ADMIN',
        'tightened container web capabilities bnd -CAP_CHOWN',
      ],
    ],
    [
      'seccomp off',
      {},
      { status: { seccomp: 0, seccompFilters: 0 } },
      ['! loosened container web seccomp filter -> off'],
    ],
    ['one more filter', {}, { status: { seccompFilters: 2 } }, ['tightened container web seccomp filters 1 -> 2']],
    ['no_new_privs', {}, { status: { noNewPrivs: true } }, ['tightened container web no_new_privs off -> on']],
    [
      'another user',
      {},
      { status: { uids: [0, 1000, 0, 0] } },
      ['tightened container web uid 0 -> 1000 (real 0, saved 0, fs 0)'],
    ],
    ['groups', {}, { status: { groups: [0, 44] } }, ['changed container web groups +44']],
  ]);
});

describe('limits and cgroups', () => {
  const cgroup = (files: Made['memory'], path = '/a'): Made => ({ cgroups: [{ path, ...(files && { files }) }] });
  const devices = (...rules: string[]): Made =>
    cgroup({ 'devices.list': { kind: 'lines', lines: rules.map((rule) => rule.split(' ')) } });
  check([
    [
      'the limit that binds a container',
      {},
      { memory: { 'memory.limit_in_bytes': number(128n << 20n) } },
      ['! loosened container web memory 67108864 -> 134217728 (cgroup /docker/WEB)'],
    ],
    [
      'no limit of its own any more: that of the cgroup above',
      {},
      { memory: { 'memory.limit_in_bytes': number(9223372036854771712n) } },
      ['! loosened container web memory 67108864 -> 1073741824 (cgroup /docker)'],
    ],
    [
      'stated higher than what binds',
      { memory: { 'memory.limit_in_bytes': number(2n << 30n) } },
      { memory: { 'memory.limit_in_bytes': number(3n << 30n) } },
      ['loosened container web memory 2147483648 -> 3221225472 (stated, another limit binds as before)'],
    ],
    [
      'on v2',
      { files: V2 },
      { files: { 'pids.max': number(50) } },
      ['tightened container web pids 100 -> 50 (cgroup /docker/WEB)'],
    ],
    [
      'of a cgroup without a container',
      cgroup({ 'memory.limit_in_bytes': number(1 << 20) }),
      cgroup({ 'memory.limit_in_bytes': number(2 << 20) }),
      ['! loosened cgroup /a memory 1048576 -> 2097152 (memory.limit_in_bytes)'],
    ],
    [
      'a device that is allowed',
      devices('c 1:3 rwm'),
      devices('c 1:3 rwm', 'a *:* rwm'),
      ['! loosened cgroup /a devices.list +a *:* rwm'],
    ],
    [
      'devices that are part of what was allowed',
      devices('a *:* rwm'),
      devices('c 1:3 rwm', 'b *:* m'),
      ['tightened cgroup /a devices.list -a *:* rwm +c 1:3 rwm +b *:* m'],
    ],
    [
      'devices of the same numbers, less access',
      devices('c 136:* rwm', 'c 1:3 rwm'),
      devices('c 136:* rw', 'c 1:3 rwm'),
      ['tightened cgroup /a devices.list -c 136:* rwm +c 136:* rw'],
    ],
    [
      'a device of which a rule that stays said it before',
      devices('c *:* rwm', 'c 1:3 rw'),
      devices('c *:* rwm', 'c 1:5 r'),
      ['changed cgroup /a devices.list -c 1:3 rw +c 1:5 r'],
    ],
    ...[
      ['of another type', 'b 1:3 rwm'],
      ['of another major number', 'c 2:3 rwm'],
      ['of any minor number', 'c 1:* rwm'],
      ['with more access', 'c 1:3 rwm'],
    ].map(([what = '', rule = '']): Case => [
      `a device ${what} for one that was allowed`,
      devices('c 1:3 rw', 'c 5:0 rw'),
      devices(rule),
      [`! loosened cgroup /a devices.list -c 1:3 rw -c 5:0 rw +${rule}`],
    ]),
    [
      'usage: not even noise',
      cgroup({ 'memory.usage_in_bytes': number(1) }),
      cgroup({ 'memory.usage_in_bytes': number(2) }),
      [],
    ],
    [
      'a setting',
      cgroup({ 'memory.swappiness': number(60) }),
      cgroup({ 'memory.swappiness': number(0) }),
      ['changed cgroup /a memory.swappiness 60 -> 0'],
    ],
    [
      'what the kernel runs when one empties',
      cgroup({ release_agent: { kind: 'text', text: '', malformed: false } }),
      cgroup({ release_agent: { kind: 'text', text: '/cmd', malformed: false } }),
      ['! changed cgroup /a release_agent  -> /cmd'],
    ],
    [
      'delegated',
      { cgroups: [{ path: '/a', uid: 0 }] },
      { cgroups: [{ path: '/a', uid: 1000 }] },
      ['changed cgroup /a owner 0 -> 1000'],
    ],
    [
      'created, with what is below it',
      {},
      { cgroups: [{ path: '/a' }, { path: '/a/b' }, { path: '/a/b/c' }] },
      ['created cgroup /a (in memory, with 2 below)'],
    ],
    ['ended', cgroup({}), {}, ['ended cgroup /a (in memory)']],
    [
      'another one at its path',
      { cgroups: [{ path: '/a', inode: 7 }] },
      { cgroups: [{ path: '/a', inode: 8 }] },
      ['recreated cgroup /a (in memory)'],
    ],
    [
      'renamed, as v1 lets it',
      { cgroups: [{ path: '/a', inode: 7 }] },
      { cgroups: [{ path: '/z', inode: 7 }] },
      ['renamed cgroup /z path /a -> /z'],
    ],
    [
      'more memory of the machine binds nobody',
      {},
      { limits: { memory: '8589934592' } },
      ['changed host made RAM 4294967296 -> 8589934592'],
    ],
  ]);
});

describe('namespaces', () => {
  const holder = processOf(300, { comm: 'sh', ns: { net: 301 } });
  check([
    [
      'created',
      {},
      { processes: [holder], namespaces: [namespaceOf('net', 301)] },
      ['created namespace net:[301] (pid 300 sh)'],
    ],
    [
      'ended',
      { processes: [holder], namespaces: [namespaceOf('net', 301)] },
      {},
      ['ended namespace net:[301] (pid 300 sh)'],
    ],
    [
      'kept without a task',
      { processes: [holder], namespaces: [namespaceOf('net', 301)] },
      { namespaces: [namespaceOf('net', 301)], holders: { mounts: [{ ...KEPT.mounts[0], inum: 301 }] } },
      ['! changed namespace net:[301] tasks 1 -> 0 (kept by a bind mount)'],
    ],
    [
      'a number that is another namespace',
      { processes: [holder], namespaces: [namespaceOf('net', 301, { id: '5' })] },
      { processes: [holder], namespaces: [namespaceOf('net', 301, { id: '6' })] },
      ['recreated namespace net:[301] 5 -> 6 (another namespace with the number of one that ended)'],
    ],
    [
      'a number and nothing that tells whose',
      { processes: [holder], namespaces: [namespaceOf('net', 301, { id: null })] },
      { processes: [{ ...holder, start: 1 }], namespaces: [namespaceOf('net', 301, { id: null })] },
      ['recreated namespace net:[301] (nothing tells whether it is the one that had the number before) uncertain'],
    ],
    [
      'the same by a task that was in it all the time, without an id',
      { processes: [holder], namespaces: [namespaceOf('net', 301, { id: null })] },
      { processes: [holder], namespaces: [namespaceOf('net', 301, { id: null })] },
      [],
    ],
    [
      'a task that went into another',
      { processes: [SHELL] },
      { processes: [processOf(300, { comm: 'sh', ns: { net: 204 } })] },
      ['moved task sh net net:[104] -> net:[204]'],
    ],
    [
      "a container that went into the host's",
      {},
      { ns: { ...WEB_NS, net: INITIAL.net }, namespaces: [namespaceOf('net', 204)], holders: KEPT },
      [
        "! loosened container web net net:[204] -> net:[104] (the host's own)",
        '! changed namespace net:[204] tasks 1 -> 0 (kept by a bind mount)',
      ],
    ],
  ]);
});

describe('mounts', () => {
  check([
    [
      'of the host',
      {},
      { hostMounts: [mountOf('/mnt', { dev: '0:50', root: '/', fsType: 'tmpfs', source: 'none' })] },
      ['created mount /mnt (tmpfs none)'],
    ],
    [
      "the host's /etc in a container that runs",
      {},
      { webMounts: [ETC] },
      ["! created mount /host-etc (the host's /etc, writable) in web"],
    ],
    [
      "the engine's socket",
      {},
      { webMounts: [SOCKET] },
      ["! created mount /run/docker.sock (the engine's socket /run/docker.sock) in web"],
    ],
    ['unmounted', { webMounts: [ETC] }, {}, ["ended mount /host-etc (the host's /etc, writable) in web"]],
    [
      'mounted writable, and less of what is forbidden',
      { webMounts: [DATA] },
      { webMounts: [{ ...DATA, options: ['rw', 'noexec'] }] },
      [
        "! loosened mount /data options -ro -nosuid +rw (the host's /srv, writable) in web",
        "tightened mount /data options +noexec (the host's /srv, writable) in web",
      ],
    ],
    [
      'unmounted and mounted again',
      { webMounts: [{ ...DATA, uniqueId: '1' }] },
      { webMounts: [{ ...DATA, uniqueId: '2' }] },
      ["! recreated mount /data (the host's /srv, read-only) in web"],
    ],
    [
      'moved',
      { hostMounts: [DATA] },
      { hostMounts: [{ ...DATA, path: '/new' }] },
      ['moved mount /new path /data -> /new (ext4 /srv) uncertain'],
    ],
    [
      'propagation, not the number of the group',
      { hostMounts: [{ ...DATA, propagation: ['shared:1'] }] },
      { hostMounts: [{ ...DATA, propagation: ['shared:2'] }] },
      [],
    ],
    [
      'shared now',
      { hostMounts: [DATA] },
      { hostMounts: [{ ...DATA, propagation: ['shared:2'] }] },
      ['changed mount /data propagation private -> shared (ext4 /srv)'],
    ],
    [
      'of a container that was made anew: read-only now, and another path of the host',
      { webMounts: [mountOf('/srv', { path: '/data' })] },
      {
        id: WEB2,
        leader: { start: 5000 },
        webMounts: [mountOf('/etc', { path: '/data', options: ['ro', 'relatime'] })],
      },
      [
        '! changed mount /data root /srv -> /etc in web',
        'recreated container web id WEB -> WEB2 (docker, image busybox, 1 task)',
        "tightened mount /data options -rw +ro (the host's /etc, read-only) in web",
      ],
    ],
    [
      'of a container that was made anew: what of the host it shows',
      {},
      { id: WEB2, leader: { start: 5000 }, webMounts: [ETC] },
      [
        'recreated container web id WEB -> WEB2 (docker, image busybox, 1 task)',
        "! created mount /host-etc (the host's /etc, writable) in web",
      ].sort(),
    ],
    [
      'that an engine made for a new container',
      { leader: null },
      {
        hostMounts: [
          mountOf(`/var/lib/docker/overlay2/x/merged`, {
            dev: '0:40',
            root: '/',
            fsType: 'overlay',
            source: 'overlay',
          }),
        ],
      },
      ['created container web (docker, image busybox, 1 task)'],
    ],
  ]);

  test('one that spread to several namespaces is one change', () => {
    const table = { mntns: 402, pid: 300, root: '/', mounts: [HOST_ROOT] } as const;
    const others = { processes: [processOf(300, { ns: { mnt: 402 } })], namespaces: [namespaceOf('mnt', 402)] };
    const fresh = mountOf('/mnt', { dev: '0:50', root: '/', fsType: 'tmpfs', source: 'none' });
    const a = made({ ...others, tables: [table] });
    const b = made({
      ...others,
      hostMounts: [fresh],
      tables: [{ ...table, mounts: [HOST_ROOT, { ...fresh, id: 77 }] }],
    });
    expect(said(a, b)).toEqual(['created mount /mnt (tmpfs none, in 2 mount namespaces) x2']);
  });

  test('seen from another root: not compared, and it is said', () => {
    const b = made({
      rest: {
        mounts: { version: 1, unread: [], tables: [{ mntns: 202, pid: 100, root: '/jail', mounts: [WEB_ROOT, ETC] }] },
      },
    });
    expect(said(made(), b)).toEqual([]);
    expect(compareCaptures(made(), b).notCompared).toEqual([
      { facet: 'mounts', why: 'mnt:[202] was seen from another root' },
    ]);
  });
});

describe('engines, layers, host', () => {
  const daemon = (pid: number): Made => ({
    processes: [processOf(pid, { comm: 'dockerd' })],
    engineProcesses: [{ pid, start: pid * 10, role: 'daemon', engine: 'docker', paths: {} }],
  });
  const image = { id: 'sha256:1', tags: ['busybox:1'], top: null, diffIds: ['sha256:a'], history: [], createdAt: null };
  const layer = {
    key: 'a',
    parent: null,
    role: 'image',
    diffId: 'sha256:a',
    bytes: '1024',
    createdAt: null,
    dirs: [],
  } as const;
  const store = {
    kind: 'docker',
    driver: 'overlay2',
    root: '/var/lib/docker',
    via: null,
    containers: [],
    directories: [],
  } as const;
  const layers = (...images: (typeof image)[]): Made => ({
    rest: {
      layers: {
        version: 1,
        aufs: [],
        coverage: { unread: [] },
        stores: [{ ...store, images, layers: images.length > 0 ? [layer] : [] }],
      },
    },
  });
  const host = made().host;
  check([
    ['a daemon started', {}, daemon(60), ['created engine docker daemon (pid 60)']],
    ['a daemon restarted', daemon(60), daemon(61), ['recreated engine docker daemon process pid 60 -> pid 61']],
    [
      'a container that was made and does not run',
      {},
      { records: [recordOf(WEB2, 'idle', 'busybox')] },
      ['created container idle record (busybox)'],
    ],
    ['an image and its layers', layers(), layers(image), ['created image busybox:1 (docker, 1 layer)']],
    [
      'tags',
      layers(image),
      layers({ ...image, tags: ['busybox:2'] }),
      ['changed image busybox:2 tags -busybox:1 +busybox:2'],
    ],
    [
      'another kernel',
      {},
      { rest: { host: { ...host, kernel: '6.19.0' } } },
      ['! changed host made kernel 6.18.0 -> 6.19.0'],
    ],
    [
      'another name of the machine',
      {},
      { rest: { host: { ...host, hostname: 'other' } } },
      ['! changed host other hostname made -> other'],
    ],
  ]);

  test('after another start of the machine only what engines and the host call by name is the same', () => {
    const b = made({
      rest: { host: { ...host, bootId: '11111111-0000-4000-8000-000000000000' } },
      memory: { 'memory.limit_in_bytes': number(128n << 20n) },
    });
    const diff = compareCaptures(made({ processes: [SHELL] }), b);
    expect(diff.sameBoot).toBe(false);
    expect(said(made({ processes: [SHELL] }), b)).toEqual([
      '! changed host made boot 00000000-0000-4000-8000-000000000000 -> 11111111-0000-4000-8000-000000000000 (the machine was started anew, or it is another one)',
      '! loosened container web memory 67108864 -> 134217728 (cgroup /docker/WEB)',
    ]);
  });

  test('a controller that went to v2', () => {
    const a = made();
    const [v1, v2] = a.cgroups!.hierarchies;
    const hierarchies = [
      { ...v1!, controllers: [], name: 'x' },
      { ...v2!, controllers: ['pids', 'memory'] },
    ];
    expect(said(a, { ...a, cgroups: { ...a.cgroups!, hierarchies } })).toContain(
      'moved host made controller memory v1 memory -> v2',
    );
  });
});

describe('what cannot be compared', () => {
  test('a facet that one of them lacks', () => {
    const { cgroups: _cgroups, limits: _limits, ...rest } = made();
    const diff = compareCaptures(made(), rest);
    expect(diff.notCompared).toEqual([
      { facet: 'cgroups', why: 'not collected in the later one' },
      { facet: 'limits', why: 'not collected in the later one' },
    ]);
    expect(diff.changes).toEqual([]);
  });

  test('what redaction left out is not gone', () => {
    const capture = made({ processes: [{ ...SHELL, detail: { argv: ['sh', '-c', 'secret'] } }] });
    const redacted = made({
      processes: [{ ...SHELL, detail: { unknown: { argv: 'not collected' } } }],
      rest: { redacted: true },
    });
    const diff = compareCaptures(capture, redacted);
    expect(diff.changes).toEqual([]);
    expect(diff.notCompared).toHaveLength(1);
  });
});
