/** Benchmarks in the report: runs made by a generator; `vitest -u` draws the golden pictures anew. */
import { execFileSync } from 'node:child_process';

import { describe, expect, it } from 'vitest';

import section from '../../reports/report/sections/benchmarks.ts';
import type { BenchDocument, ProbeResult } from '../../src/schema/bench.ts';
import { madeMetric, madeProbe, madeRun, normalValues } from '../stats/made-runs.ts';
import { captureOfFacts, tasksOf } from '../support/facts.ts';
import { HOSTILE } from './made-report.ts';
import { contentOf, documentOf, picturesOf, tableOf, textsOf } from './support.ts';
import { worldOf } from '../support/world.ts';

const CAPTURE = captureOfFacts(tasksOf([]));

const worldWith = (...bench: readonly BenchDocument[]) => worldOf(CAPTURE, { bench });

/** Use of a quota in a runtime. */
const quota = (runtime: ProbeResult['runtime'], median: number, more: Partial<ProbeResult> = {}): ProbeResult =>
  madeProbe(
    'limits/cpu-quota/20-of-100ms',
    [
      madeMetric(normalValues(`${runtime} ${median}`, 10, median, 0.01), {
        name: 'use of quota',
        better: 'target',
        target: 1,
      }),
    ],
    { runtime, ...more },
  );

const BROKEN = {
  id: 'mknod-denied',
  text: 'mknod of c 1:8 fails with EPERM',
  holds: false,
  observed: 'it was made',
};

const RUN = madeRun([
  quota('native', 1.001),
  quota('runc', 1.02),
  quota('docker', 1.6, { verdict: 'fail', why: 'far more than was set' }),
  madeProbe('limits/devices', [], { runtime: 'runc', verdict: 'fail', invariants: [BROKEN] }),
  madeProbe('limits/devices', [], { runtime: 'docker', verdict: 'pass', invariants: [BROKEN] }),
  madeProbe('limits/memory-high', [], {
    verdict: 'unsupported',
    why: 'memory is in a hierarchy of cgroup v1',
    invariants: [],
  }),
  madeProbe('limits/freezer', [madeMetric([9, 10, 11], { name: 'time to freeze', unit: 'ms', informative: true })]),
]);

describe('one run', () => {
  const world = worldWith(RUN);
  const content = contentOf(section, world);
  const pictures = picturesOf(section, world);

  it.each(['targets', 'verdicts', 'costs'])('is drawn as it was: %s', async (name) => {
    await expect(pictures.get(`benchmarks-${name}`)).toMatchFileSnapshot(`golden/benchmarks-${name}.svg`);
  });

  it('names failed invariants first, and failed probes', () => {
    expect(content.findings).toEqual([
      {
        kind: 'invariant-failed',
        severity: 'high',
        text: 'limits/devices in runc, docker: does not hold: mknod of c 1:8 fails with EPERM; it was made.',
        count: 2,
        item: null,
      },
      {
        kind: 'probe-failed',
        severity: 'high',
        text: 'limits/cpu-quota/20-of-100ms in docker: far more than was set.',
        count: 1,
        item: null,
      },
    ]);
  });

  it('has every metric and every invariant in tables', () => {
    expect(tableOf(content, 'metrics').rows).toHaveLength(4);
    expect(tableOf(content, 'invariants').rows).toHaveLength(6);
    expect(
      textsOf(tableOf(content, 'invariants'))
        .slice(0, 3)
        .map(([probe, runtime, holds]) => [probe, runtime, holds]),
    ).toEqual([
      ['limits/devices', 'runc', 'does not hold'],
      ['limits/devices', 'docker', 'does not hold'],
      ['limits/cpu-quota/20-of-100ms', 'native', 'holds'],
    ]);
    expect(content.summary).toBe(
      '4 probes in 3 runtimes: 3 pass, 3 fail, 1 unsupported; 1 run, the newest of 2026-01-02 03:04:05 UTC.',
    );
  });

  it('says that it was measured on another host', () => {
    expect(content.blocks[0]).toEqual({
      kind: 'text',
      text: 'Some of it was measured elsewhere: on host, not on made.',
    });
  });

  it('points to a median that lies outside of the plot', () => {
    expect(pictures.get('benchmarks-targets')).toContain('▸');
  });

  it('is a document as the schema says', () => {
    documentOf(section, world);
  });
});

describe('several runs', () => {
  const later = (day: number): Partial<BenchDocument> => ({ takenAt: `2026-01-0${day}T03:04:05.000Z` });
  const runs = [
    madeRun([quota('native', 1)], later(2)),
    madeRun([quota('native', 1.001)], later(3)),
    madeRun([quota('native', 1.3)], later(4)),
    madeRun([madeProbe('limits/pids', [])], later(5)),
  ];
  const content = contentOf(section, worldWith(...runs));

  it('show the newest result of each probe, and its medians run by run', () => {
    expect(tableOf(content, 'results').rows).toHaveLength(2);
    const [row] = textsOf(tableOf(content, 'history'));
    expect(row?.slice(0, 5)).toEqual([
      'limits/cpu-quota/20-of-100ms',
      'native',
      'use of quota',
      'worse',
      '2026-01-04 03:04:05 UTC',
    ]);
    expect(row?.at(-1)).toBe('');
    expect(tableOf(content, 'runs').rows).toHaveLength(4);
  });

  it('find what became worse', () => {
    expect(content.findings).toMatchObject([
      {
        kind: 'bench-regression',
        severity: 'medium',
        text: expect.stringContaining('use of quota is worse') as string,
      },
    ]);
  });
});

it('without results it says how to get them', () => {
  expect(section.contentOf(worldWith())).toEqual({ missing: expect.stringContaining('--bench FILE') as string });
});

it('names that mean harm do nothing', () => {
  const results = HOSTILE.map((name) =>
    madeProbe(
      name,
      [
        madeMetric([1, 2], { name, unit: name, better: 'target', target: 1 }),
        madeMetric([1, 2], { name: `${name}2`, unit: name }),
      ],
      {
        why: name,
        verdict: 'fail',
        set: [{ name, value: name }],
        invariants: [{ id: name, text: name, holds: false, observed: name }],
      },
    ),
  );
  const world = worldWith(madeRun(results), madeRun(results, { takenAt: '2026-02-02T03:04:05.000Z' }));
  documentOf(section, world);
  for (const svg of picturesOf(section, world).values()) {
    const python = 'import sys, xml.dom.minidom as m; m.parseString(sys.stdin.buffer.read())';
    execFileSync('python3', ['-c', python], { input: svg });
    expect(svg).not.toMatch(/<img|<script/);
  }
});
