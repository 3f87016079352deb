import { describe, expect, it } from 'vitest';

import { captureCgroups } from '../../src/capture/cgroups.ts';
import { replayHost } from '../../src/host/replay.ts';
import { parseCgroup } from '../../src/parse/cgroup.ts';
import { parseMountinfo } from '../../src/parse/mountinfo.ts';
import type { CgroupsCollected, CgroupsFacet } from '../../src/schema/cgroups.ts';
import type { MountFacts, MountsFacet } from '../../src/schema/mounts.ts';
import type { CgroupLine, TasksFacet } from '../../src/schema/tasks.ts';
import { madeRecording, type MadeHostOptions, type MadeTree } from './made-recording.ts';

const ALL: CgroupsCollected = { tids: true, files: 'all', only: null };
const OWN_MNTNS = 4026531832;
const STATUS = `NSpid:\t1\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nGroups:\t\n${['Inh', 'Prm', 'Eff', 'Bnd'].map((set) => `Cap${set}:\t0000000000000000\n`).join('')}`;
const SUBSYSTEMS = '#subsys_name\thierarchy\tnum_cgroups\tenabled\n';

const DENIED = { failed: 'denied', errno: 'EACCES' } as const;

/** A line of mountinfo. */
function mount(id: number, path: string, root: string, fsType: string, options: string): string {
  return `${id} 1 0:${id} ${root} ${path} rw - ${fsType} none rw,${options}\n`;
}

const UNIFIED = mount(41, '/sys/fs/cgroup', '/', 'cgroup2', 'nsdelegate');
const DEVICES = { '/sys/fs/cgroup': '0:41' };

/** How a made host differs from one with nothing but v2 at `/sys/fs/cgroup` and the reader in `/`. */
interface Made extends MadeHostOptions {
  readonly files: MadeTree;
  readonly mountinfo?: string;
  readonly cgroup?: string;
  readonly status?: string;
  readonly subsystems?: string;
  /** Lines of tasks, and mounts of other mount namespaces by the pid of a task in each. */
  readonly tasks?: string;
  /** Processes whose mount namespace the reader may not see. */
  readonly denied?: number;
  readonly elsewhere?: Readonly<Record<number, string>>;
}

function facetOf(made: Made, collected: CgroupsCollected = ALL): CgroupsFacet {
  const { mountinfo = UNIFIED, cgroup = '0::/\n', elsewhere = {} } = made;
  const tree: MadeTree = {
    '/proc/self/mountinfo': mountinfo,
    '/proc/self/cgroup': cgroup,
    '/proc/self/status': made.status ?? STATUS,
    '/proc/cgroups': made.subsystems ?? SUBSYSTEMS,
    ...Object.fromEntries(Object.keys(elsewhere).map((pid) => [`/proc/${pid}/stat`, ''])),
    ...made.files,
  };
  const links = { '/proc/self/ns/mnt': `mnt:[${OWN_MNTNS}]` };
  const host = replayHost(madeRecording(tree, { devices: DEVICES, ...made, links }));
  const lines = parseCgroup(made.tasks ?? cgroup) as readonly CgroupLine[];
  const tasks = {
    processes: [],
    cgroups: [lines],
    collected: { threadCgroups: true },
    coverage: { denied: made.denied ?? 0 },
  };
  const mounts: MountsFacet = {
    version: 1,
    tables: [
      { mntns: OWN_MNTNS, pid: 1, root: '/', mounts: parseMountinfo(mountinfo) as readonly MountFacts[] },
      ...Object.entries(elsewhere).map(([pid, text]) => ({
        mntns: OWN_MNTNS + Number(pid),
        pid: Number(pid),
        root: '/',
        mounts: parseMountinfo(text) as readonly MountFacts[],
      })),
    ],
    unread: [],
  };
  return captureCgroups(host, tasks as unknown as TasksFacet, mounts, collected);
}

function paths({ cgroups }: CgroupsFacet): unknown[] {
  return cgroups.map(({ path }) => path);
}

/** A cgroup of v2 with these members. */
function cgroup2(path: string, members = '', more: Readonly<Record<string, string>> = {}): MadeTree {
  return prefixed(path, { 'cgroup.threads': members, 'cgroup.type': 'domain\n', ...more });
}

function prefixed(path: string, files: MadeTree): MadeTree {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [`${path}/${name}`, content]));
}

describe('a walk', () => {
  const files: MadeTree = {
    ...cgroup2('/sys/fs/cgroup', '7\n1\n', { 'cgroup.controllers': 'cpu memory\n' }),
    ...cgroup2('/sys/fs/cgroup/b', '0\n12\n0\n'),
    ...cgroup2('/sys/fs/cgroup/b/f:x (deleted)', ''),
    ...cgroup2('/sys/fs/cgroup/caf\xe9', ''),
    ...cgroup2('/sys/fs/cgroup/a', '3\n3\n2\n', { 'pids.max': 'max\n', 'pids.current': '2\n' }),
  };

  it('meets parents before children and siblings by their names, whatever order the kernel has', () => {
    const facet = facetOf({ files });
    const invalid = { text: '/caf\ufffd', base64: 'L2NhZuk=' };
    expect(paths(facet)).toEqual(['/', '/a', '/b', '/b/f:x (deleted)', invalid]);
    expect(facet.cgroups.map(({ parent }) => parent)).toEqual([null, 0, 0, 2, 0]);
    expect(facet.coverage).toEqual({ cgroups: 5, vanished: 0, denied: 0 });
  });

  it('reads members in ascending order, each once, and counts those that the reader does not see', () => {
    const facet = facetOf({ files });
    expect(facet.cgroups.map(({ tids }) => tids)).toEqual([[1, 7], [2, 3], [12], [], []]);
    expect(facet.cgroups.map(({ foreign }) => foreign)).toEqual([undefined, undefined, 2, undefined, undefined]);
  });

  it('knows the hierarchy by its lines, its controllers by its root', () => {
    expect(facetOf({ files }).hierarchies).toEqual([
      {
        id: 0,
        version: 2,
        controllers: ['cpu', 'memory'],
        name: null,
        noprefix: false,
        mounts: [{ mntns: OWN_MNTNS, path: '/sys/fs/cgroup', root: '/' }],
        walked: true,
      },
    ]);
  });

  it('reads as much as is asked for', () => {
    const read = (collected: Partial<CgroupsCollected>) =>
      Object.keys(facetOf({ files }, { ...ALL, ...collected }).cgroups[1]!.files);
    expect(read({ files: 'structure' })).toEqual(['cgroup.type']);
    expect(read({ files: 'limits' })).toEqual(['cgroup.type', 'pids.current', 'pids.max']);
    expect(facetOf({ files }, { ...ALL, tids: false }).cgroups.some((one) => 'tids' in one || 'unknown' in one)).toBe(
      false,
    );
  });

  it('goes to certain cgroups and their ancestors only', () => {
    const only = [
      { hierarchy: 0, path: '/b/f:x (deleted)' },
      { hierarchy: 0, path: '/gone' },
      { hierarchy: 4, path: '/a' },
    ];
    expect(paths(facetOf({ files }, { ...ALL, only }))).toEqual(['/', '/b', '/b/f:x (deleted)']);
    expect(paths(facetOf({ files }, { ...ALL, only: [{ hierarchy: 0, path: '/' }] }))).toEqual(['/']);
    const other = facetOf({ files }, { ...ALL, only: [{ hierarchy: 9, path: '/a' }] });
    expect([paths(other), other.hierarchies[0]!.walked]).toEqual([[], true]);
  });

  it('says what is denied, counts what vanishes, and goes on', () => {
    const facet = facetOf({
      files: {
        ...files,
        '/sys/fs/cgroup/b/memory.max': { failed: 'malformed', errno: 'ENODEV' },
        '/sys/fs/cgroup/b/memory.current': { failed: 'denied', errno: 'EACCES' },
        '/sys/fs/cgroup/b/memory.pressure': { failed: 'unsupported', errno: 'EOPNOTSUPP' },
        ...cgroup2('/sys/fs/cgroup/c'),
        ...cgroup2('/sys/fs/cgroup/d'),
        ...cgroup2('/sys/fs/cgroup/e'),
      },
      closed: {
        '/sys/fs/cgroup/c': { failed: 'denied', errno: 'EACCES' },
        '/sys/fs/cgroup/d': { failed: 'absent', errno: 'ENOENT' },
        '/sys/fs/cgroup/e': { failed: 'malformed', errno: 'EXDEV' },
      },
    });
    expect(facet.coverage).toEqual({ cgroups: 7, vanished: 1, denied: 1 });
    const byPath = new Map(facet.cgroups.map((one) => [one.path, one]));
    const denied = { tids: 'denied', files: 'denied', children: 'denied', uid: 'denied' };
    expect(byPath.get('/c')!.unknown).toEqual(denied);
    expect(byPath.get('/c')!.inode).toBeGreaterThan(1);
    expect(byPath.get('/e')!.unknown).toEqual(denied);
    expect(byPath.get('/b')!.files).toEqual({
      'cgroup.type': { kind: 'words', words: ['domain'] },
      'memory.current': { kind: 'unknown', outcome: 'denied' },
      'memory.pressure': { kind: 'unknown', outcome: 'unsupported' },
    });
  });

  it('does not read what acts or shows addresses, by the table, by the permissions, and by the name', () => {
    const odd = {
      'cgroup.kill': 'acts',
      'memory.reclaim': 'acts',
      'new.trigger': 'acts',
      'new.reset': 'acts',
      '.__DEBUG__.debug.current_css_set': 'css_set 00000000deadbeef\n',
      'new.file': 'of a later kernel\n',
    };
    const facet = facetOf({
      files: { ...files, ...prefixed('/sys/fs/cgroup/a', odd) },
      modes: { '/sys/fs/cgroup/a/new.trigger': 0o200 },
    });
    expect(Object.keys(facet.cgroups[1]!.files)).toEqual(['cgroup.type', 'new.file', 'pids.current', 'pids.max']);
    expect(facet.cgroups[1]!.files['new.file']).toEqual({
      kind: 'text',
      text: 'of a later kernel\n',
      malformed: false,
    });
  });

  it('does not take the numbers of another pid namespace for its own', () => {
    for (const status of [STATUS.replace('NSpid:\t1', 'NSpid:\t77\t1'), '']) {
      const facet = facetOf({ files, status });
      expect(facet.cgroups.map(({ tids, unknown }) => [tids, unknown])).toEqual(
        facet.cgroups.map(() => [undefined, { tids: 'not collected' }]),
      );
    }
  });

  it('holds with hundreds of levels and thousands of siblings', () => {
    const deep = Array.from({ length: 600 }, (_, level) => `/sys/fs/cgroup${'/d'.repeat(level)}`);
    const wide = Array.from({ length: 3_000 }, (_, nth) => `/sys/fs/cgroup/w${nth}`);
    const one = (path: string): [string, string] => [`${path}/cgroup.threads`, ''];
    const facet = facetOf({ files: Object.fromEntries([...deep, ...wide].map(one)) });
    expect(facet.coverage.cgroups).toBe(3_600);
    expect(facet.cgroups.filter(({ unknown }) => unknown !== undefined)).toEqual([]);
  });
});

describe('hierarchies of v1', () => {
  const mountinfo =
    mount(31, '/cg/cpu', '/', 'cgroup', 'cpu,cpuacct,noprefix') +
    mount(32, '/cg/systemd', '/', 'cgroup', 'xattr,name=systemd') +
    mount(33, '/cpusets', '/', 'cpuset', 'cpuset,noprefix,release_agent=/sbin/cpuset_release_agent') +
    mount(34, '/cg/memory', '/docker/abc', 'cgroup', 'memory') +
    mount(34, '/srv/memory', '/docker', 'cgroup', 'memory') +
    mount(34, '/srv/other', '/lxc/x', 'cgroup', 'memory');
  const cgroup =
    '9:pids:/\n5:net_cls,net_prio:/\n4:memory:/docker/abc\n3:cpuset:/\n2:name=systemd:/init.scope\n1:cpu,cpuacct:/\n';
  const devices = {
    '/cg/cpu': '0:31',
    '/cg/systemd': '0:32',
    '/cpusets': '0:33',
    '/srv/memory': '0:34',
    '/srv/other': '0:34',
  };
  const files: MadeTree = {
    ...prefixed('/cg/cpu', { tasks: '1\n2\n', 'cgroup.procs': '1\n', shares: '1024\n', usage: '5\n', stat: 'a 1\n' }),
    ...prefixed('/cg/cpu/web', { tasks: '', shares: '512\n', cfs_quota_us: '-1\n' }),
    ...prefixed('/cg/systemd', { tasks: '1\n', release_agent: '/usr/lib/agent\n' }),
    ...prefixed('/cpusets', { tasks: '1\n', cpus: '0-3\n', 'later.file': 'x\n' }),
    ...prefixed('/srv/memory', { tasks: '' }),
    ...prefixed('/srv/memory/abc', { tasks: '1\n', 'memory.limit_in_bytes': '9223372036854771712\n' }),
    ...prefixed('/srv/other', { tasks: '5\n' }),
  };
  const facet = facetOf({
    files,
    mountinfo,
    cgroup,
    devices,
    subsystems: `${SUBSYSTEMS}memory\t4\t12\t1\nhugetlb\t7\t1\t1\nrdma\t0\t1\t1\n`,
  });

  it('are known by their controllers and names, mounted or not', () => {
    const briefly = facet.hierarchies.map(({ id, controllers, name, noprefix, walked }) => [
      id,
      controllers,
      name,
      noprefix,
      walked,
    ]);
    expect(briefly).toEqual([
      [1, ['cpu', 'cpuacct'], null, true, true],
      [2, [], 'systemd', false, true],
      [3, ['cpuset'], null, true, true],
      // Parts of it are mounted.
      [4, ['memory'], null, false, 'denied'],
      [5, ['net_cls', 'net_prio'], null, false, 'absent'],
      // Of /proc/cgroups alone.
      [7, ['hugetlb'], null, false, 'absent'],
      [9, ['pids'], null, false, 'absent'],
    ]);
    expect(facet.subsystems).toContainEqual({ name: 'memory', hierarchy: 4, cgroups: 12, enabled: true });
  });

  it('give the files of noprefix their prefix back', () => {
    const [root, web] = facet.cgroups;
    // Both of the controllers have a file `stat`.
    expect(Object.keys(root!.files)).toEqual(['cpu.shares', 'cpuacct.usage', 'stat']);
    expect(root!.files['cpuacct.usage']).toEqual({ kind: 'number', value: '5' });
    expect(web!.files['cpu.cfs_quota_us']).toEqual({ kind: 'number', value: '-1' });
    const cpusets = facet.cgroups.find(({ hierarchy }) => hierarchy === 3)!;
    expect(cpusets.files).toEqual({
      'cpuset.cpus': { kind: 'list', list: '0-3' },
      'cpuset.later.file': { kind: 'text', text: 'x\n', malformed: false },
    });
  });

  it('are walked from as many parts as are mounted where the whole is not', () => {
    const memory = facet.cgroups.filter(({ hierarchy }) => hierarchy === 4);
    expect(memory.map(({ path, parent }) => [path, parent])).toEqual([
      ['/docker', null],
      ['/docker/abc', facet.cgroups.indexOf(memory[0]!)],
      ['/lxc/x', null],
    ]);
    const only = [{ hierarchy: 4, path: '/docker/abc' }];
    expect(paths(facetOf({ files, mountinfo, cgroup, devices }, { ...ALL, only }))).toEqual(['/docker', '/docker/abc']);
  });
});

describe('a hierarchy that is mounted elsewhere', () => {
  const cgroup = '4:memory:/\n';
  const elsewhere = {
    70: mount(34, '/mnt/part', '/docker/abc', 'cgroup', 'memory'),
    71: mount(34, '/mnt/memory', '/', 'cgroup', 'memory'),
  };
  const files: MadeTree = {
    ...prefixed('/proc/70/root/mnt/part', { tasks: '70\n' }),
    ...prefixed('/proc/71/root/mnt/memory', { tasks: '1\n' }),
    ...prefixed('/proc/71/root/mnt/memory/docker', { tasks: '' }),
  };
  const devices = { '/proc/70/root/mnt/part': '0:34', '/proc/71/root/mnt/memory': '0:34' };

  it('is walked through a task there', () => {
    const facet = facetOf({ files, mountinfo: '', cgroup, elsewhere, devices });
    expect(paths(facet)).toEqual(['/', '/docker']);
    expect(facet.hierarchies[0]).toMatchObject({
      walked: true,
      mounts: [
        { mntns: OWN_MNTNS + 70, path: '/mnt/part', root: '/docker/abc' },
        { mntns: OWN_MNTNS + 71, path: '/mnt/memory', root: '/' },
      ],
    });
  });

  it('may be out of reach', () => {
    const walked = (made: Partial<Made>) => facetOf({ files, mountinfo: '', cgroup, ...made }).hierarchies[0]!.walked;
    expect(walked({})).toBe('absent');
    expect(walked({ denied: 1 })).toBe('denied');
    expect(walked({ elsewhere, devices, closed: { '/proc/70': DENIED, '/proc/71': DENIED } })).toBe('denied');
  });

  it('is not mistaken for what covers its mount', () => {
    const facet = facetOf({
      files,
      mountinfo: '',
      cgroup,
      elsewhere,
      devices: { ...devices, '/proc/71/root/mnt/memory': '0:99' },
    });
    expect([paths(facet), facet.hierarchies[0]!.walked]).toEqual([['/docker/abc'], 'denied']);
  });
});

describe('from inside a cgroup namespace', () => {
  const files: MadeTree = {
    ...cgroup2('/sys/fs/cgroup', '', { 'cgroup.controllers': '\n' }),
    ...cgroup2('/sys/fs/cgroup/docker'),
    ...cgroup2('/sys/fs/cgroup/docker/other', '9\n'),
    ...cgroup2('/sys/fs/cgroup/docker/self'),
    ...cgroup2('/sys/fs/cgroup/docker/self/inner', '42\n'),
    ...cgroup2('/sys/fs/cgroup/system'),
    ...cgroup2('/sys/fs/cgroup/system/a'),
  };
  const mountinfo = mount(40, '/mnt/own', '/', 'cgroup2', '') + mount(41, '/sys/fs/cgroup', '/../..', 'cgroup2', '');
  const made = { files, mountinfo, cgroup: '0::/inner\n', pid: 42 };

  it('the whole is walked where it is mounted, and named as /proc names it', () => {
    expect(paths(facetOf(made))).toEqual([
      '/../..',
      '/..',
      '/../other',
      '/',
      '/inner',
      '/../../system',
      '/../../system/a',
    ]);
  });

  it('certain cgroups are found by those names', () => {
    const only = (path: string) => paths(facetOf(made, { ...ALL, only: [{ hierarchy: 0, path }] }));
    expect(only('/inner')).toEqual(['/../..', '/..', '/', '/inner']);
    expect(only('/../other')).toEqual(['/../..', '/..', '/../other']);
    expect(only('/../../system')).toEqual(['/../..', '/../../system']);
    expect(only('/../../../x')).toEqual([]);
  });

  it('names stay those from the root of the mount where the reader is not found', () => {
    expect(paths(facetOf({ ...made, pid: 43 }))).toContain('/../../docker/self');
  });
});
