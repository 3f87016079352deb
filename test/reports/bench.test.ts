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
import { displayWidth } from '../../src/text/width.ts';
import { expectDocument } from '../support/schema.ts';
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

it('the documents are as their schemas say', () => {
  expectDocument(JSON.parse(JSON.stringify(COMPARISON)));
  expectDocument(JSON.parse(JSON.stringify(NEXT)));
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
