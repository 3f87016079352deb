import { describe, expect, it } from 'vitest';

import { githubAnnotations } from '../../reports/bench-annotations.ts';
import { checksOfComparison, checksOfRun } from '../../reports/bench-checks.ts';
import { comparisonLines } from '../../reports/bench-compare-text.ts';
import { junit } from '../../reports/bench-junit.ts';
import { ktap } from '../../reports/bench-ktap.ts';
import { comparisonMarkdown, runMarkdown } from '../../reports/bench-markdown.ts';
import { bencherMetricFormat, githubActionBenchmark } from '../../reports/bench-metrics.ts';
import { runLines } from '../../reports/bench-run-text.ts';
import { makeStyle } from '../../reports/style.ts';
import type { Comparison } from '../../src/schema/bench-compare.ts';
import { compareRuns } from '../../src/stats/compare.ts';
import { displayWidth } from '../../src/text/width.ts';
import { expectDocument } from '../support/schema.ts';
import { madeMetric, madeProbe, madeRun } from '../stats/made-runs.ts';
import { COMPARISON, NEXT } from './made-comparison.ts';

const style = (columns: number) => makeStyle({ color: false, unicode: true, columns });

describe('renderings of hostile runs', () => {
  const all: [string, string][] = [
    ['comparison', comparisonLines(COMPARISON, style(80)).join('\n')],
    ['run', runLines(NEXT, style(80)).join('\n')],
    ['Markdown', comparisonMarkdown(COMPARISON) + runMarkdown(NEXT)],
    ['JUnit', junit([...checksOfComparison(COMPARISON), ...checksOfRun(NEXT)])],
    ['KTAP', ktap([...checksOfComparison(COMPARISON), ...checksOfRun(NEXT)])],
  ];

  it.each(all)('%s: nothing steers a terminal or a CI system', (_name, text) => {
    expect(text).not.toMatch(/[\p{Cf}\r\v]/u);
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^\s*::/m);
  });

  it('no markup gets into JUnit or Markdown', () => {
    for (const [, text] of all.slice(2, 4)) expect(text).not.toContain('<script>');
  });

  it.each([80, 160])('lines are at most %i wide', (columns) => {
    for (const line of [...comparisonLines(COMPARISON, style(columns)), ...runLines(NEXT, style(columns))]) {
      expect(displayWidth(line)).toBeLessThanOrEqual(columns);
    }
  });
});

describe('the table of what it costs to start', () => {
  const time = (name: string, values: readonly number[]) => madeMetric(values, { name, unit: 'us' });
  const values = Array.from({ length: 100 }, (_, at) => 10 * (at + 1));
  const container = madeProbe(
    'startup/container',
    [
      time('start', values),
      time('tear-down', [2_500_000, 2_500_000]),
      madeMetric([2048], { name: 'memory', unit: 'bytes' }),
      madeMetric([0], { name: 'disk', unit: 'bytes' }),
      madeMetric([7], { name: 'something new', unit: 'widgets' }),
    ],
    { suite: 'startup', set: [] },
  );
  const cgroup = madeProbe('startup/cgroup/cpu', [time('start', [1.5]), time('join', [3])], {
    suite: 'startup',
    set: [],
  });
  const lines = (columns: number | null) =>
    runLines(madeRun([container, cgroup]), makeStyle({ color: false, unicode: true, columns }));
  const cells = (line: string | undefined) => line?.split(/ {2,}/);

  it('has a row for each thing, with the 95th and 99th percentile, in units that are short', () => {
    const found = lines(80);
    const at = found.findIndex((line) => line.includes('P95'));
    expect(cells(found[at])).toEqual(['PROBE', 'START', 'P95', 'P99', 'MDE', 'TEAR-DOWN', 'MEMORY', 'DISK']);
    expect(cells(found[at + 1])?.slice(0, 4)).toEqual(['container', '505 us', '951 us', '990 us']);
    expect(cells(found[at + 1])?.slice(-3)).toEqual(['2.5 s', '2 KiB', '0 bytes']);
    expect(cells(found[at + 2])?.slice(0, 2)).toEqual(['cgroup/cpu', '1.5 us']);
    // What it has no column for is below it.
    expect(found.join('\n')).toMatch(/^container something new +7 widgets/m);
  });

  it('has joins and the tails of tear-down where there is room', () => {
    const found = lines(160);
    const at = found.findIndex((line) => line.includes('P95'));
    expect(found[at]).toMatch(/START +95% +P95 +P99 +MDE +JOIN +MDE +TEAR-DOWN +P95 +P99 +MDE +MEMORY +DISK$/);
    expect(found[at + 2]).toMatch(/3 us/);
    expect(lines(null).join('\n')).toContain('TEAR-DOWN');
  });
});

it('answers of yes or no are counted, not listed', () => {
  const leak = madeProbe('isolation/leak', [
    madeMetric([1], { name: 'clock visible', unit: '0 or 1', informative: true }),
    madeMetric([0], { name: 'dmi visible', unit: '0 or 1', informative: true }),
  ]);
  const text = runLines(madeRun([leak]), style(80)).join('\n');
  expect(text).toContain('2 answers of yes or no');
  expect(text).not.toContain('visible');
});

it('the documents are as their schemas say', () => {
  expectDocument(JSON.parse(JSON.stringify(COMPARISON)));
  expectDocument(JSON.parse(JSON.stringify(NEXT)));
});

it('what is inconclusive as a whole is said in every list of checks', () => {
  const checks = checksOfComparison(compareRuns(madeRun([]), madeRun([]), { version: '0.1.0' }) as Comparison);
  expect(checks).toMatchObject([{ name: 'comparison', status: 'inconclusive' }]);
  const why = 'the two runs have no probe in common';
  expect(githubAnnotations(checks)).toEqual([`::warning title=comparison (bench)::${why}`]);
  expect(ktap(checks)).toContain(`ok 1 comparison # SKIP inconclusive: ${why}\n`);
  expect(junit(checks)).toContain(`<skipped message="inconclusive: ${why}"/>`);
  // Where a check says so itself, that is enough; where nothing is, nothing is said.
  expect(checksOfComparison({ ...COMPARISON, verdict: 'inconclusive' }).map(({ name }) => name)).not.toContain(
    'comparison',
  );
  const probes = madeRun([madeProbe('limits/a', [])]);
  expect(checksOfComparison(compareRuns(probes, probes, { version: '0.1.0' }) as Comparison)).toEqual([]);
});

it('annotations are escaped, and fifty at most', () => {
  const failed = checksOfRun(NEXT).find(({ status }) => status === 'failed')!;
  expect(githubAnnotations([{ ...failed, name: 'a:b,c%', message: '100 %\nx' }])).toEqual([
    '::error title=a%3Ab%2Cc%25 (limits native)::100 %25\\nx',
  ]);
  const many = githubAnnotations(Array.from({ length: 60 }, () => failed));
  expect(many).toHaveLength(50);
  expect(many[49]).toMatch(/^::error title=and more::11 failures and 0 inconclusive/);
});

it('trackers get medians with their intervals, by direction', () => {
  expect(githubActionBenchmark(NEXT, 'higher').map(({ name }) => name)).toEqual([
    'limits/io/wbps (native): throughput',
  ]);
  expect(githubActionBenchmark(NEXT, 'lower')[0]?.value).toBeCloseTo(0.05, 1);
  const measure = bencherMetricFormat(NEXT)['limits/cpu/quota (native)']?.['ratio'];
  expect(measure?.value).toBeGreaterThan(measure?.lower_value ?? Infinity);
  expect(bencherMetricFormat(NEXT)).not.toHaveProperty('startup/vm (native)');
});
