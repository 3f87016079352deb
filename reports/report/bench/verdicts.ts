/** The picture of verdicts: a row a probe, a column a runtime. */
import type { Verdict } from '../../../src/schema/bench.ts';
import { RUNTIMES } from '../../../src/schema/bench.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { MARK_LOOKS } from '../marks.ts';
import { textWidth } from '../picture.ts';
import type { Picture } from '../section.ts';
import { bar, drawLegend, edge, LEGEND_LINE, legendLines, write } from '../shapes.ts';
import type { Group, LegendEntry } from '../shapes.ts';
import { brokenOf, VERDICT_MARKS, verdictOf } from './results.ts';
import type { Latest, Results } from './results.ts';

const ROW = 20;
const HEAD = 30;
const COLUMN = 92;
/** More probes are in the table alone; those that failed are among the drawn. */
const MOST_ROWS = 60;

/** A probe in all runtimes. */
interface Row {
  readonly id: string;
  readonly results: readonly Latest[];
}

/** Draws it. */
export function verdictsPicture({ latest }: Results): Picture {
  const runtimes = RUNTIMES.filter((runtime) => latest.some(({ result }) => result.runtime === runtime));
  const all = [...Map.groupBy(latest, ({ result }) => result.id)].map(([id, results]): Row => ({ id, results }));
  const rows = shownRows(all);
  const left = Math.min(300, Math.max(120, ...rows.map(({ id }) => textWidth(id)))) + 16;
  const width = Math.max(520, left + runtimes.length * COLUMN);
  const count = (wanted: Verdict): number => latest.filter(({ result }) => verdictOf(result) === wanted).length;
  const lines = legendLines(legendOf(latest, all.length - rows.length), width);
  const foot = HEAD + rows.length * ROW;
  return {
    kind: 'picture',
    name: 'verdicts',
    title: `Verdicts: ${count('pass')} passed, ${count('fail')} failed`,
    description: `${formatPlural(all.length, 'probe')} in ${formatPlural(runtimes.length, 'runtime')}: what each came to, with how many of its invariants hold.`,
    width,
    height: foot + 14 + lines.length * LEGEND_LINE,
    draw: ({ svg }) => {
      for (const [at, runtime] of runtimes.entries()) {
        write(svg, runtime, { x: left + at * COLUMN + COLUMN / 2, y: 16, name: 'b', anchor: 'middle' });
      }
      for (const [at, row] of rows.entries()) {
        const y = HEAD + at * ROW;
        if (at % 2 === 0) bar(svg, 0, y, width, ROW, 'f-raised');
        write(svg, row.id, { x: 4, y: y + 14, room: left - 8 });
        for (const one of row.results) {
          drawCell(svg, one, left + runtimes.indexOf(one.result.runtime) * COLUMN, y);
        }
      }
      drawLegend(svg, lines, 4, foot + 14);
    },
  };
}

function shownRows(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= MOST_ROWS) return rows;
  const hasFailed = ({ results }: Row): boolean => results.some(({ result }) => verdictOf(result) === 'fail');
  const kept = new Set([...rows.filter(hasFailed), ...rows.filter((row) => !hasFailed(row))].slice(0, MOST_ROWS));
  return rows.filter((row) => kept.has(row));
}

function drawCell(svg: Group, { result }: Latest, x: number, y: number): void {
  const verdict = verdictOf(result);
  const { sign, colour } = MARK_LOOKS[VERDICT_MARKS[verdict]];
  const { invariants, why, id, runtime } = result;
  const broken = brokenOf(invariants);
  const words = [
    `${id} in ${runtime}: ${verdict}`,
    ...(why === null ? [] : [why]),
    ...broken.map(({ text, observed }) => `does not hold: ${text}; ${observed}`),
  ];
  const cell = svg.append('g').attr('data-way', runtime);
  cell.append('title').text(words.join('\n'));
  if (verdict === 'fail') {
    cell.attr('tabindex', '0').attr('aria-label', words.join(', '));
    edge(cell, x + 4, y + 1, COLUMN - 8, ROW - 2, 's-over');
  }
  const holds = invariants.length === 0 ? '' : ` ${invariants.length - broken.length}/${invariants.length}`;
  const isPlain = verdict === 'pass' || verdict === 'fail';
  write(cell, isPlain ? `${sign}${holds}` : `${sign} ${SHORT[verdict]}`, {
    x: x + COLUMN / 2,
    y: y + 14,
    anchor: 'middle',
    name: `f-${colour}${isPlain ? ' b' : ' q'}`,
  });
}

const SHORT: Readonly<Record<Verdict, string>> = {
  pass: 'pass',
  fail: 'fail',
  inconclusive: 'inconclusive',
  'read-back': 'read back',
  unsupported: 'unsupported',
  refused: 'refused',
  error: 'error',
};

const WORDS: Readonly<Record<Verdict, string>> = {
  pass: 'passed, so many of its invariants hold',
  fail: 'failed',
  inconclusive: 'too noisy to judge',
  'read-back': 'set and read back, not driven',
  unsupported: 'not on this machine',
  refused: 'would endanger the host',
  error: 'the probe itself failed',
};

function legendOf(latest: readonly Latest[], left: number): LegendEntry[] {
  const met = new Set(latest.map(({ result }) => verdictOf(result)));
  const entries = (Object.keys(WORDS) as Verdict[])
    .filter((verdict) => met.has(verdict))
    .map((verdict): LegendEntry => {
      const { sign, colour } = MARK_LOOKS[VERDICT_MARKS[verdict]];
      const name = verdict === 'pass' || verdict === 'fail' ? '' : `${SHORT[verdict]}: `;
      return {
        width: 12,
        text: `${name}${WORDS[verdict]}`,
        draw: (at, x, y) => {
          write(at, sign, { x: x + 6, y: y + 12, anchor: 'middle', name: `f-${colour} b` });
        },
      };
    });
  if (left > 0)
    entries.push({ width: 0, text: `${formatPlural(left, 'more probe')} in the table`, draw: () => undefined });
  return entries;
}
