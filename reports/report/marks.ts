/** Signs and words of marks: what a colour says is said by both, too. */
import type { Mark, Severity } from '../../src/schema/report.ts';
import type { Colour } from './palette.ts';

/** How a mark is shown. */
export interface MarkLook {
  readonly sign: string;
  readonly word: string;
  readonly colour: Colour;
}

/** All marks. */
export const MARK_LOOKS: Readonly<Record<Mark, MarkLook>> = {
  own: { sign: '●', word: 'own', colour: 'own' },
  shared: { sign: '◐', word: 'shared', colour: 'shared' },
  host: { sign: '○', word: 'the host’s', colour: 'host' },
  hidden: { sign: '◌', word: 'hidden', colour: 'altered' },
  near: { sign: '▲', word: 'near its limit', colour: 'near' },
  over: { sign: '▲', word: 'at its limit', colour: 'over' },
  absent: { sign: '∅', word: 'absent', colour: 'quiet' },
  added: { sign: '+', word: 'added', colour: 'added' },
  removed: { sign: '−', word: 'removed', colour: 'removed' },
  altered: { sign: '~', word: 'altered', colour: 'altered' },
  loosened: { sign: '▲', word: 'loosened', colour: 'over' },
  tightened: { sign: '▼', word: 'tightened', colour: 'own' },
  pass: { sign: '✓', word: 'passed', colour: 'own' },
  fail: { sign: '✗', word: 'failed', colour: 'host' },
  unsure: { sign: '?', word: 'unsure', colour: 'shared' },
  unknown: { sign: '?', word: 'unknown', colour: 'unknown' },
};

/** What severities are called. */
export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = { high: 'High', medium: 'Medium', low: 'Low' };
