import { describe, expect, it, test } from 'vitest';

import { limitsDocument } from '../../reports/limits.ts';
import { limitsLines } from '../../reports/limits-text.ts';
import { makeStyle } from '../../reports/style.ts';
import { limitsOf, subjectOf } from '../../src/model/limits.ts';
import type { LimitsFacet } from '../../src/schema/cgroups.ts';
import type { LimitReport, LimitsDocument } from '../../src/schema/limits-document.ts';
import { toJson } from '../../src/text/json.ts';
import { displayWidth } from '../../src/text/width.ts';
import { madeFacet, V1_MAX, type MadeHierarchy } from '../model/limits/made-cgroups.ts';
import { captureOfFacts, namespacesFacetOf, processOf, tasksOf } from '../support/facts.ts';
import { expectDocument } from '../support/schema.ts';

const ID = '773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f773bf90a2c1d4e5f';
const OWN = `/docker/${ID}`;

const HIERARCHIES: readonly MadeHierarchy[] = [
  {
    controllers: ['memory'],
    chain: [
      ['/', { 'memory.limit_in_bytes': V1_MAX }],
      ['/docker', { 'memory.limit_in_bytes': '1073741824', 'memory.usage_in_bytes': '104857600' }],
      [OWN, { 'memory.limit_in_bytes': '67108864', 'memory.usage_in_bytes': '66060288' }],
    ],
  },
  {
    controllers: ['pids'],
    chain: [
      ['/', {}],
      [OWN, { 'pids.max': '20', 'pids.current': '20' }],
    ],
  },
  {
    controllers: ['cpu'],
    chain: [
      ['/', { 'cpu.shares': '1024' }],
      [OWN, { 'cpu.cfs_quota_us': '-1', 'cpu.cfs_period_us': '100000', 'cpu.shares': '1024' }],
    ],
  },
  {
    controllers: ['blkio'],
    chain: [
      ['/', {}],
      ['/docker', { 'blkio.throttle.write_bps_device': '8:0 1048576' }],
      [OWN, { 'blkio.throttle.write_bps_device': '' }],
    ],
  },
  { controllers: ['cpuset'], chain: [], walked: 'absent' },
];

const LIMITS: LimitsFacet = {
  version: 1,
  host: { memory: '25276895232', swap: '0', cpus: '0-1', pidMax: 32768, threadsMax: 192730 },
  processes: [
    {
      pid: 20,
      rlimits: { 'Max open files': { soft: '1024', hard: '4096', unit: 'files' } },
      affinity: '0-1',
      openFiles: 5,
    },
  ],
};

function made(): LimitsDocument {
  const process = { ...processOf(20), cgroup: 0 };
  const cgroups = HIERARCHIES.map(({ controllers }, i) => ({ hierarchy: i + 1, controllers, path: OWN }));
  const tasks = { ...tasksOf([process]), cgroups: [cgroups] };
  const subject = subjectOf({ kind: 'process', process }, tasks);
  const limits = limitsOf(subject, madeFacet(HIERARCHIES), LIMITS, tasks);
  const capture = captureOfFacts(tasks, namespacesFacetOf());
  return JSON.parse(toJson(limitsDocument(capture, subject, limits))) as LimitsDocument;
}

function about(resource: string): LimitReport {
  return made().resources.find((one) => one.resource === resource)!;
}

describe('the document', () => {
  test('is what its schema says', () => {
    expectDocument(made());
  });

  test('amounts are decimal strings, CPUs numbers, and what is not known is said', () => {
    expect(about('memory')).toMatchObject({
      unit: 'bytes',
      effective: { kind: 'value', value: '67108864' },
      imposedBy: { kind: 'cgroup', key: 'memory:3', path: OWN, file: 'memory.limit_in_bytes' },
      usage: '66060288',
      headRoom: '1048576',
    });
    expect(about('cpu.set').effective).toEqual({ kind: 'value', value: [0, 1] });
    expect(about('nproc')).toMatchObject({
      effective: { kind: 'unknown', reason: 'Max processes of pid 20: absent' },
      imposedBy: null,
      unknown: { usage: 'not collected' },
    });
    expect('usage' in about('nproc')).toBe(false);
  });
});

describe('the table', () => {
  const lines = (columns: number, all = false, unicode = true): string[] =>
    limitsLines(made(), all, makeStyle({ color: false, unicode, columns }));

  it.each([80, 100, 160])('fits into %d columns', (columns) => {
    for (const all of [false, true]) {
      for (const line of lines(columns, all)) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
    }
  });

  test('first what binds, then what is not known, last in a line what is not limited', () => {
    expect(lines(80)).toMatchInlineSnapshot(`
      [
        "pid:20 (p20)",
        "",
        "RESOURCE        LIMIT    USED               ROOM  IMPOSED BY",
        "memory         64 MiB  63 MiB  ████░ 98%   1 MiB  /docker/773bf90…3bf90a2c1d4e5f",
        "    looser: 1 GiB at /docker",
        "pids               20      20  █████ 100%      0  /docker/773bf90…3bf90a2c1d4e5f",
        "nofile          1,024       5  █░░░░ 0%    1,019  rlimit",
        "    may be raised to 4096 (hard limit)",
        "nproc         unknown                             -",
        "    Max processes of pid 20: absent",
        "io.wbps 8:0  no limit                             -",
        "    does not bind: 1 MiB/s at /docker",
        "    cgroup v1 throttles no deeper than the cgroup itself: limits of ancestors",
        "      do not bind",
        "",
        "by the machine alone: cpu.time 2 CPUs, cpu.set 0-1, memory.swap 0 B",
        "as by default: cpu.weight 1,024",
        "not limited: memory.high, memory.kernel, memory.tcp, io.rbps, io.riops,",
        "  io.wiops, hugetlb, rdma, misc",
      ]
    `);
  });

  test('with room it says the file, too, and with --ascii it draws with ASCII', () => {
    const text = lines(160, false, false).join('\n');
    expect(text).toMatch(new RegExp(`^memory .* #########. 98% .* /docker/${ID} +memory.limit_in_bytes$`, 'm'));
    expect(text).toMatch(/^[ -~\n]*$/);
  });

  test('all: a row for each', () => {
    const text = lines(160, true).join('\n');
    for (const { resource } of made().resources) expect(text).toContain(`\n${resource} `);
  });

  test('a path cannot steer the terminal', () => {
    const document = made();
    const resources = document.resources.map((one) => ({
      ...one,
      imposedBy: one.imposedBy && { ...one.imposedBy, path: '/\u001b[31m\nroot' },
      chain: one.chain.map((link) => ({ ...link, path: '/\u001b[31m\nroot' })),
    }));
    const text = limitsLines(
      { ...document, resources },
      false,
      makeStyle({ color: false, unicode: true, columns: 120 }),
    );
    for (const line of text) expect(line).not.toMatch(/\p{Cc}/u);
  });
});
