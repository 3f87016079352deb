/** What `doctor` found, for people and for programs. */
import Table from 'cli-table3';
import { hidesUncounted } from '../src/model/doctor.ts';
import type { Capture } from '../src/schema/capture.ts';
import type { Check, DoctorDocument } from '../src/schema/doctor.ts';
import { terminalSafe } from '../src/text/safe.ts';
import { formatPlural } from '../src/text/units.ts';
import { documentHead } from './head.ts';
import type { Style } from './style.ts';
import { wrap } from './wrap.ts';

/** The document of `doctor`. `capture` is the pass that `ls` makes: it tells how complete that is. */
export function doctorDocument(capture: Capture, checks: readonly Check[]): DoctorDocument {
  const head = documentHead('nsinspect/doctor/1', capture);
  return { ...head, checks, ls: completeness(head.coverage, checks) };
}

function completeness(coverage: DoctorDocument['coverage'], checks: readonly Check[]): DoctorDocument['ls'] {
  const { processes, tasks, notes } = coverage;
  const hidden = hidesUncounted(checks).map(({ name, state, lost }) =>
    state === 'unknown' ? `${name}: cannot be told` : (lost ?? name),
  );
  const gaps = [...hidden, ...notes];
  const seen = `${formatPlural(processes, 'process', 'processes')} with ${formatPlural(tasks, 'thread')}`;
  if (gaps.length === 0) return { complete: true, summary: `ls is complete here: it looks through ${seen}` };
  return { complete: false, summary: `ls looks through ${seen}; what it lacks: ${gaps.join('; ')}` };
}

const AREAS: readonly (readonly [Check['area'], string])[] = [
  ['kernel', 'KERNEL'],
  ['rights', 'RIGHTS'],
  ['surroundings', 'SURROUNDINGS'],
  ['tools', 'TOOLS'],
];

/** Columns of the table where the terminal does not say. */
const USUAL_COLUMNS = 120;

/** Wider lines than this are hard to read. */
const MOST_COLUMNS = 160;

const STATE_COLUMNS = 9;

/** The answer for a person: a table for each area, then how complete `ls` will be. */
export function doctorLines({ checks, ls }: DoctorDocument, style: Style): string[] {
  const columns = Math.min(style.columns ?? USUAL_COLUMNS, MOST_COLUMNS);
  const nameColumns = columns >= 110 ? 38 : 24;
  const table = new Table({
    colWidths: [nameColumns, STATE_COLUMNS, Math.max(20, columns - nameColumns - STATE_COLUMNS - 1)],
    wordWrap: true,
    chars: NO_LINES,
    style: { 'padding-left': 0, 'padding-right': 1, head: [], border: [], compact: true },
  });
  for (const [i, [area, title]] of AREAS.entries()) {
    if (i > 0) table.push(['', '', '']);
    table.push([style.bold(title), '', '']);
    for (const one of checks.filter((check) => check.area === area)) {
      table.push([brokenName(one.name, nameColumns - 1), paint(one.state, style), meaning(one, style)]);
    }
  }
  const lines = table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd());
  return [
    ...lines,
    '',
    ...wrap(terminalSafe(ls.summary), columns, style).map((line) => (ls.complete ? style.green(line) : line)),
  ];
}

const NO_LINES = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

function paint(state: Check['state'], style: Style): string {
  if (state === 'present') return style.green(state);
  return state === 'unknown' ? style.yellow(state) : style.red(state);
}

/** Of what is there: what for. Of what is not: what was seen, what is lost, what to do. */
function meaning({ state, detail, use, lost, remedy }: Check, style: Style): string {
  const seen = detail === null ? '' : terminalSafe(detail);
  if (state === 'present') return style.dim(seen === '' ? use : `${use} (${seen})`);
  const because = seen === '' ? '' : `${seen}. `;
  const loss = state === 'unknown' ? `If it is not: ${lost ?? ''}.` : `Lost: ${lost ?? ''}.`;
  return `${because}${loss}${remedy === null ? '' : ` To do: ${remedy}.`}`;
}

/** A name that is longer than its column goes on in the next line after an underscore. */
function brokenName(name: string, width: number): string {
  if (name.length <= width) return name;
  const at = name.lastIndexOf('_', width - 1) + 1;
  return at === 0 ? name : `${name.slice(0, at)}\n${name.slice(at)}`;
}
