import { describe, expect, it } from 'vitest';

import {
  CGROUP_FILES,
  cgroupFile,
  hugePageSize,
  isLeftAlone,
  parseCgroupFile,
  withPrefix,
} from '../../src/parse/cgroup-files.ts';
import type { FileValue } from '../../src/schema/cgroups.ts';
import { everyCut, recorded } from './recorded.ts';

/** Files of v2 by the formats of cgroup-v2.rst, and of v1 as this kernel writes them. */
const FILES: readonly (readonly [version: 1 | 2, name: string, text: string, value: FileValue])[] = [
  [2, 'memory.max', 'max\n', { kind: 'max' }],
  [2, 'memory.max', '1073741824\n', { kind: 'number', value: '1073741824' }],
  [2, 'memory.current', '18446744073709551615\n', { kind: 'number', value: '18446744073709551615' }],
  [2, 'cpu.max', 'max 100000\n', { kind: 'pair', first: 'max', second: '100000' }],
  [2, 'cpu.max', '50000 100000\n', { kind: 'pair', first: '50000', second: '100000' }],
  [2, 'cpu.weight.nice', '-5\n', { kind: 'number', value: '-5' }],
  [2, 'cpu.uclamp.min', '12.50\n', { kind: 'number', value: '12.50' }],
  [2, 'cgroup.controllers', 'cpuset cpu io\n', { kind: 'words', words: ['cpuset', 'cpu', 'io'] }],
  [2, 'cgroup.subtree_control', '', { kind: 'words', words: [] }],
  [2, 'cgroup.type', 'domain threaded\n', { kind: 'words', words: ['domain', 'threaded'] }],
  [
    2,
    'cgroup.events',
    'populated 1\nfrozen 0\n',
    {
      kind: 'keyed',
      entries: [
        ['populated', '1'],
        ['frozen', '0'],
      ],
    },
  ],
  [2, 'cpuset.cpus', '\n', { kind: 'list', list: '' }],
  [2, 'cpuset.cpus.effective', '0-3,8\n', { kind: 'list', list: '0-3,8' }],
  [
    2,
    'cpuset.cpus.partition',
    'root invalid (Parent is not a partition root)\n',
    { kind: 'words', words: ['root', 'invalid', '(Parent', 'is', 'not', 'a', 'partition', 'root)'] },
  ],
  [
    2,
    'io.weight',
    'default 100\n8:16 200\n',
    {
      kind: 'keyed',
      entries: [
        ['default', '100'],
        ['8:16', '200'],
      ],
    },
  ],
  [
    2,
    'io.max',
    '8:16 rbps=2097152 wbps=max riops=max wiops=120\n',
    {
      kind: 'nested',
      entries: [{ key: '8:16', values: { rbps: '2097152', wbps: 'max', riops: 'max', wiops: '120' } }],
    },
  ],
  // A device that has nothing to say yet.
  [2, 'io.stat', '8:0 \n', { kind: 'nested', entries: [{ key: '8:0', values: {} }] }],
  [
    2,
    'memory.pressure',
    'some avg10=0.00 avg60=0.12 avg300=0.00 total=85\n',
    {
      kind: 'nested',
      entries: [{ key: 'some', values: { avg10: '0.00', avg60: '0.12', avg300: '0.00', total: '85' } }],
    },
  ],
  [
    2,
    'memory.numa_stat',
    'anon N0=4096 N1=0\n',
    { kind: 'nested', entries: [{ key: 'anon', values: { N0: '4096', N1: '0' } }] },
  ],
  [
    2,
    'rdma.max',
    'mlx4_0 hca_handle=2 hca_object=max\n',
    { kind: 'nested', entries: [{ key: 'mlx4_0', values: { hca_handle: '2', hca_object: 'max' } }] },
  ],
  [
    2,
    'misc.max',
    'sev 509\nsev_es max\n',
    {
      kind: 'keyed',
      entries: [
        ['sev', '509'],
        ['sev_es', 'max'],
      ],
    },
  ],
  [2, 'hugetlb.2MB.max', 'max\n', { kind: 'max' }],
  [2, 'hugetlb.1GB.rsvd.current', '0\n', { kind: 'number', value: '0' }],
  [1, 'hugetlb.64KB.limit_in_bytes', '9223372036854710272\n', { kind: 'number', value: '9223372036854710272' }],
  [1, 'memory.limit_in_bytes', '9223372036854771712\n', { kind: 'number', value: '9223372036854771712' }],
  [1, 'memory.numa_stat', 'total=6345 N0=6345\n', { kind: 'lines', lines: [['total=6345', 'N0=6345']] }],
  [1, 'cpu.cfs_quota_us', '-1\n', { kind: 'number', value: '-1' }],
  [
    1,
    'cpuacct.usage_percpu',
    '417316335482 468903325015 \n',
    { kind: 'words', words: ['417316335482', '468903325015'] },
  ],
  [
    1,
    'cpuacct.usage_all',
    'cpu user system\n0 2 1\n',
    {
      kind: 'lines',
      lines: [
        ['cpu', 'user', 'system'],
        ['0', '2', '1'],
      ],
    },
  ],
  [
    1,
    'devices.list',
    'c 1:3 rwm\na *:* rwm\n',
    {
      kind: 'lines',
      lines: [
        ['c', '1:3', 'rwm'],
        ['a', '*:*', 'rwm'],
      ],
    },
  ],
  [1, 'blkio.throttle.read_bps_device', '', { kind: 'lines', lines: [] }],
  [1, 'blkio.throttle.read_bps_device', '254:0 1048576\n', { kind: 'lines', lines: [['254:0', '1048576']] }],
  [
    1,
    'blkio.throttle.io_serviced',
    '8:0 Read 3\nTotal 3\n',
    {
      kind: 'lines',
      lines: [
        ['8:0', 'Read', '3'],
        ['Total', '3'],
      ],
    },
  ],
  [1, 'freezer.state', 'FROZEN\n', { kind: 'words', words: ['FROZEN'] }],
  [
    1,
    'net_prio.ifpriomap',
    'lo 0\neth0 5\n',
    {
      kind: 'keyed',
      entries: [
        ['lo', '0'],
        ['eth0', '5'],
      ],
    },
  ],
  [1, 'pids.max', 'max\n', { kind: 'max' }],
  [1, 'release_agent', '/bin/a b\n', { kind: 'text', text: '/bin/a b\n', malformed: false }],
  [2, 'dmem.max', 'drm/0000:03:00.0/vram0 max\n', { kind: 'keyed', entries: [['drm/0000:03:00.0/vram0', 'max']] }],
  // Of the other version, or of none.
  [2, 'memory.limit_in_bytes', '1\n', { kind: 'text', text: '1\n', malformed: false }],
  [1, 'sched.latency', '0\n', { kind: 'text', text: '0\n', malformed: false }],
];

describe('parseCgroupFile', () => {
  it.each(FILES)('v%i %s: %j', (version, name, text, value) => {
    expect(parseCgroupFile(name, text, version)).toEqual(value);
  });

  it.each([
    [2, 'memory.max', ''],
    [2, 'memory.max', 'maximum\n'],
    [2, 'memory.max', '1\n2\n'],
    [2, 'memory.current', 'max\n'],
    [2, 'memory.current', '12'],
    [2, 'memory.current', '0x10\n'],
    [2, 'cpu.max', '100000\n'],
    [2, 'cpuset.cpus', '0-\n'],
    [2, 'cpuset.cpus', '0 1\n'],
    [2, 'cgroup.events', 'populated\n'],
    [2, 'cgroup.events', 'populated 1 2\n'],
    [2, 'io.max', '8:16 rbps\n'],
    [2, 'io.max', 'rbps=1 wbps=2\n'],
    [2, 'io.max', '\n'],
    [2, 'cgroup.type', 'domain\nthreaded\n'],
    [1, 'devices.list', 'a\n\n'],
    [1, 'memory.stat', 'cache caf\xe9\n'],
  ] as const)('v%i %s: %j is kept and malformed', (version, name, text) => {
    expect(parseCgroupFile(name, text, version)).toMatchObject({ kind: 'text', malformed: true });
  });

  it('finds no cut text whole', () => {
    for (const [version, name, text, whole] of FILES.filter(([, , text, { kind }]) => text !== '' && kind !== 'text')) {
      for (const cut of everyCut(text)) {
        const value = parseCgroupFile(name, cut, version);
        // Lines at the beginning of several are a whole text, too.
        if (cut !== '' && !cut.endsWith('\n')) expect(value, cut).toMatchObject({ malformed: true });
        else expect(value).not.toEqual(whole);
      }
    }
  });

  it('reads what this kernel wrote', () => {
    const keyed = (name: string) => {
      const value = parseCgroupFile(name, recorded(`cgroup/v1-${name}.txt`), 1);
      return value.kind === 'keyed' ? Object.fromEntries(value.entries) : value;
    };
    expect(keyed('memory.stat')).toMatchObject({ hierarchical_memory_limit: '9223372036854771712' });
    expect(keyed('memory.oom_control')).toEqual({ oom_kill_disable: '0', under_oom: '0', oom_kill: '0' });
    expect(Object.keys(keyed('cpu.stat'))).toContain('nr_throttled');
    expect(parseCgroupFile('memory.numa_stat', recorded('cgroup/v1-memory.numa_stat.txt'), 1).kind).toBe('lines');
  });

  it('makes no object of a key that objects have', () => {
    const value = parseCgroupFile('rdma.max', '__proto__ __proto__=1 constructor=2\n', 2);
    expect(value).toEqual({
      kind: 'nested',
      entries: [
        {
          key: '__proto__',
          values: Object.fromEntries([
            ['__proto__', '1'],
            ['constructor', '2'],
          ]),
        },
      ],
    });
  });
});

describe('the table', () => {
  it('has each file once', () => {
    const keys = CGROUP_FILES.map(({ version, name }) => `${version} ${name}`);
    expect(keys.filter((key, index) => keys.indexOf(key) !== index)).toEqual([]);
  });

  it('never has files read that act', () => {
    expect(CGROUP_FILES.filter(({ role, reading }) => role === 'action' && reading !== 'never')).toEqual([]);
    expect(CGROUP_FILES.filter(({ name, reading }) => reading === 'free' && isLeftAlone(name))).toEqual([]);
  });

  it('knows a file by its version', () => {
    expect(cgroupFile('memory.numa_stat', 1)?.format).toBe('lines');
    expect(cgroupFile('memory.numa_stat', 2)?.format).toBe('nested');
    expect(cgroupFile('hugetlb.2MB.max', 2)).toMatchObject({ controller: 'hugetlb', role: 'limit', unit: 'bytes' });
    expect(cgroupFile('hugetlb.max', 2)).toBeNull();
    expect([hugePageSize('hugetlb.2MB.max'), hugePageSize('memory.max')]).toEqual(['2MB', null]);
  });
});

describe('withPrefix', () => {
  it.each([
    ['shares', ['cpu', 'cpuacct'], 'cpu.shares'],
    ['usage', ['cpu', 'cpuacct'], 'cpuacct.usage'],
    // Both have one.
    ['stat', ['cpu', 'cpuacct'], 'stat'],
    ['tasks', ['cpuset'], 'tasks'],
    ['cgroup.procs', ['cpuset'], 'cgroup.procs'],
    ['new', ['cpuset'], 'cpuset.new'],
    ['new', ['cpuset', 'cpu'], 'new'],
    ['new', [], 'new'],
  ])('%s of %j is %s', (name, controllers, full) => {
    expect(withPrefix(name, controllers)).toBe(full);
  });
});
