/** What each runtime is told, without starting it. */
import { describe, expect, test } from 'vitest';

import { bwrapArguments } from '../../../src/probe/launch/bwrap.ts';
import { engineOptions } from '../../../src/probe/launch/engine.ts';
import { boundsOf, supervised } from '../../../src/probe/launch/gated.ts';
import { lxcConfig } from '../../../src/probe/launch/lxc.ts';
import { fstab } from '../../../src/probe/launch/native-mounts.ts';
import { ociConfig, ociResources } from '../../../src/probe/launch/oci.ts';
import { fstabField } from '../../../src/probe/launch/root.ts';

const QUOTA = { controller: 'cpu', file: 'cpu.cfs_quota_us', value: '10000' };
const CPUS = { controller: 'cpuset', file: 'cpuset.cpus', value: '0-1' };
const PIDS = { controller: 'pids', file: 'pids.max', value: '7' };
const RATE = { controller: 'blkio', file: 'blkio.throttle.write_bps_device', value: '254:0 1048576' };
const ALL_PIDS = { controller: 'pids', file: 'pids.max', value: 'max' };
const BURST = { controller: 'cpu', file: 'cpu.cfs_burst_us', value: '5000' };
const ABOVE = { ...PIDS, group: 'above' };
const SPEC = { name: 'quota', script: 'echo "$1"', args: ['a b'] };
const BINDS = [
  { source: '/usr', target: '/usr', writable: false },
  { source: '/a b', target: '/scratch', writable: true },
];

describe('settings for runc and crun', () => {
  test('of v1 have words of their own, or are left to the files', () => {
    const { resources, settings } = ociResources([QUOTA, CPUS, PIDS, RATE, ALL_PIDS, BURST, ABOVE], () => 1);
    expect(resources).toEqual({
      cpu: { quota: 10_000, cpus: '0-1' },
      pids: { limit: 7 },
      blockIO: { throttleWriteBpsDevice: [{ major: 254, minor: 0, rate: 1_048_576 }] },
    });
    expect(settings.map(({ by }) => by)).toEqual([
      ...['runtime', 'runtime', 'runtime', 'runtime', 'nsinspect', 'nsinspect', 'nsinspect'],
    ]);
  });

  test('of v2 are files anyway', () => {
    const max = { controller: 'cpu', file: 'cpu.max', value: '10000 100000' };
    const { resources, settings } = ociResources([max, ABOVE], () => 2);
    expect(resources).toEqual({ unified: { 'cpu.max': '10000 100000' } });
    expect(settings.map(({ by }) => by)).toEqual(['runtime', 'nsinspect']);
  });
});

describe('the configuration for runc and crun', () => {
  const base = {
    hostname: 'runc',
    root: { path: 'rootfs', readonly: false },
    process: { terminal: true, args: ['sh'], env: ['TERM=xterm'], cwd: '/' },
    mounts: [{ destination: '/proc', type: 'proc', source: 'proc', options: [] }],
    linux: { namespaces: [{ type: 'pid' }, { type: 'uts' }], resources: { devices: [] }, maskedPaths: ['/proc/kcore'] },
  };
  const facts = { spec: SPEC, bounds: boundsOf({}), mark: 'm', root: '/root-of-probe', binds: BINDS, resources: {} };

  test('keeps the default but for root, process, mounts and cgroup', () => {
    const config = ociConfig(base, { ...facts, cgroupsPath: '/m/probe' });
    expect(config).toMatchObject({
      hostname: 'quota',
      root: { path: '/root-of-probe', readonly: true },
      process: { terminal: false, cwd: '/', args: supervised(SPEC, boundsOf({})) },
      linux: { cgroupsPath: '/m/probe', namespaces: [{ type: 'pid' }, { type: 'uts' }], maskedPaths: ['/proc/kcore'] },
    });
    expect(config.mounts.map(({ destination, options }) => [destination, options.at(-1)])).toEqual([
      ...[
        ['/proc', undefined],
        ['/tmp', 'size=67108864'],
        ['/usr', 'ro'],
        ['/scratch', 'rw'],
      ],
    ]);
  });

  test('has the namespaces that are asked for, and ids', () => {
    const spec = { ...SPEC, namespaces: ['user', 'net'] as const, ids: { inside: 0, outside: 1000, count: 10 } };
    const { linux, hostname } = ociConfig(base, { ...facts, spec, cgroupsPath: null });
    expect(linux.namespaces.map(({ type }) => type)).toEqual(['user', 'network', 'mount', 'pid']);
    expect(linux.uidMappings).toEqual([{ containerID: 0, hostID: 1000, size: 10 }]);
    // In the host's UTS namespace it would be the host that gets the name.
    expect(hostname).toBeUndefined();
    expect(linux.resources).toEqual({});
  });
});

describe('options for docker and podman', () => {
  test('are numbers and sets; anything else is written into the files', () => {
    const memory = { controller: 'memory', file: 'memory.limit_in_bytes', value: String(32 << 20) };
    const small = { ...memory, value: '4096' };
    const { options, settings } = engineOptions([QUOTA, CPUS, memory, small, ALL_PIDS, BURST, ABOVE]);
    expect(options.join(' ')).toBe('--cpu-quota 10000 --cpuset-cpus 0-1 --memory 33554432 --memory-swap -1');
    expect(settings.map(({ by }) => by)).toEqual([
      ...['runtime', 'runtime', 'runtime', 'nsinspect', 'nsinspect', 'nsinspect', 'nsinspect'],
    ]);
  });
});

describe('the configuration for LXC', () => {
  const settings = [
    { ...PIDS, by: 'runtime' as const },
    { ...ABOVE, by: 'nsinspect' as const },
  ];
  const facts = {
    spec: SPEC,
    bounds: boundsOf({}),
    mark: 'm-7',
    root: '/r',
    binds: BINDS,
    scope: 'm',
    group: 'probe',
    settings,
  };

  test('has cgroups below the scope and settings by the names of the files', () => {
    const lines = lxcConfig({ ...facts, version: () => 1 }).split('\n');
    expect(lines).toContain('lxc.cgroup.dir.container = m/probe');
    expect(lines).toContain('lxc.cgroup.dir.monitor = m/monitor-7');
    expect(lines).toContain('lxc.mount.entry = /usr usr none bind,ro 0 0');
    expect(lines).toContain(String.raw`lxc.mount.entry = /a\040b scratch none bind 0 0`);
    expect(lines.filter((line) => line.includes('pids'))).toEqual(['lxc.cgroup.pids.max = 7']);
    expect(lxcConfig({ ...facts, version: () => 2 })).toContain('lxc.cgroup2.pids.max = 7\n');
  });
});

describe('arguments for bwrap', () => {
  test('are namespaces, mounts and rights', () => {
    const text = bwrapArguments(SPEC, '/r', BINDS, 4096, true).join(' ');
    expect(text).toContain('--unshare-cgroup --unshare-ipc --unshare-net --unshare-pid --unshare-uts --hostname quota');
    expect(text).toContain('--ro-bind /r / --ro-bind /usr /usr --bind /a b /scratch');
    expect(text).toContain('--size 4096 --tmpfs /tmp --cap-drop ALL --cap-add cap_chown');
    expect(text).not.toContain('--unshare-user');
    expect(bwrapArguments(SPEC, '/r', BINDS, 4096, false)).toContain('--unshare-user');
  });

  test('cannot say everything', () => {
    expect(() => bwrapArguments({ ...SPEC, namespaces: ['time'] }, '/r', [], 1, true)).toThrow('type time');
    const ids = { inside: 0, outside: 1, count: 1 };
    expect(() => bwrapArguments({ ...SPEC, ids }, '/r', [], 1, true)).toThrow('one id only');
  });
});

describe('the table of native mounts', () => {
  const PROTECTED = {
    readOnly: ['/proc/sys'],
    masked: [
      { at: '/proc/kcore', isDirectory: false },
      { at: '/sys/firmware', isDirectory: true },
    ],
  };

  test("keeps the kernel's own files away, each after what it is in", () => {
    const lines = fstab('/d', [], new Set(['net']), 4096, PROTECTED).split('\n');
    const at = (line: string) => lines.findIndex((candidate) => candidate.startsWith(line));
    expect(at('proc /d/root/proc ')).toBeGreaterThan(0);
    expect(at('/d/root/proc/sys /d/root/proc/sys none bind,ro ')).toBeGreaterThan(at('proc '));
    expect(at('/dev/null /d/root/proc/kcore none bind ')).toBeGreaterThan(at('proc '));
    expect(at('tmpfs /d/root/sys/firmware tmpfs ro,')).toBeGreaterThan(at('sysfs '));
  });

  test('has an overlay over a read-only bind, then programs read-only', () => {
    const lines = fstab('/d', BINDS, new Set(['net', 'ipc']), 4096, PROTECTED).split('\n');
    expect(lines[0]).toBe('/d/lower /d/lower none bind,ro 0 0');
    expect(lines[1]).toBe('overlay /d/root overlay ro,lowerdir=/d/lower,upperdir=/d/upper,workdir=/d/work 0 0');
    expect(lines).toContain('/usr /d/root/usr none bind,ro 0 0');
    expect(lines).toContain(String.raw`/a\040b /d/root/scratch none bind 0 0`);
    expect(lines).toContain('sysfs /d/root/sys sysfs ro,nosuid,nodev,noexec 0 0');
    const shared = fstab('/d', BINDS, new Set(['user']), 4096, PROTECTED);
    expect(shared).not.toMatch(/sysfs|mqueue|firmware/);
    expect(shared).toContain('/usr /d/root/usr none rbind,ro 0 0');
  });

  test('has no field that ends early', () => {
    expect(fstabField('a b\t#\\\n')).toBe(String.raw`a\040b\011\043\134\012`);
  });
});
