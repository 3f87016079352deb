/** Where a recording says what happens: a terminal, a pipe, or a program that reads JSON. */
import { changesAlone, changesBelow, passLine, summaryLines } from '../../reports/record-text.ts';
import { snapshotRow } from '../../reports/snapshots.ts';
import type { Style } from '../../reports/style.ts';
import type { Tool } from '../capture/capture.ts';
import type { DiffChange } from '../schema/diff-document.ts';
import type { RecordEvent, RecordSummary } from '../schema/history.ts';
import { toJson } from '../text/json.ts';
import { lineSafe } from '../text/safe.ts';
import { formatBytes, formatPlural } from '../text/units.ts';
import type { RecordedPass, RecordListener } from './record.ts';

/** A listener that also tells how it ended. */
export interface RecordOutput extends RecordListener {
  readonly ended: (summary: RecordSummary) => void;
  /** Leaves the line that is rewritten in place, so that an error does not stand on it. */
  readonly leave: () => void;
}

/** What is needed to write for people. */
export interface TextOutputs {
  /** Asked for each pass: the terminal may have another width by then. */
  readonly style: () => Style;
  readonly isTerminal: boolean;
  /** Everyday changes, too. */
  readonly all: boolean;
  readonly write: (text: string) => void;
  /** For what is no result. */
  readonly note: (message: string) => void;
}

const CLEAR_LINE = '\r\u001b[2K';

/**
 * A terminal shows one line of the last pass, rewritten in place; where something changed it stays, with the changes below. A pipe
 * gets the changes alone.
 */
export function textOutput({ style, isTerminal, all, write, note }: TextOutputs): RecordOutput {
  let isOpen = false;
  const leave = (): void => {
    if (isOpen) write('\n');
    isOpen = false;
  };
  const said = (message: string): void => {
    leave();
    note(message);
  };
  const print = (lines: readonly string[]): void => {
    if (lines.length > 0) write(`${lines.map(lineSafe).join('\n')}\n`);
  };
  return {
    leave,
    passed: (pass) => {
      const shown = all ? pass.changes : withoutNoise(pass.changes);
      if (!isTerminal) {
        print(changesAlone(pass.info, shown, style()));
        return;
      }
      write(`${isOpen ? CLEAR_LINE : ''}${passLine(pass, style())}`);
      isOpen = true;
      if (shown.length === 0) return;
      leave();
      print(changesBelow(shown, style()));
    },
    skipped: (ticks) => said(`a pass took longer than the interval: ${formatPlural(ticks, 'tick')} skipped`),
    pruned: (removed, bytes) =>
      said(`${formatPlural(removed, 'old snapshot')} removed, the file has ${formatBytes(bytes)}`),
    tooSmall: (bytes) =>
      said(`the file has ${formatBytes(bytes)}, more than --max-size, and no other snapshot of this host`),
    ended: (summary) => {
      leave();
      const lines = summaryLines(summary);
      if (isTerminal) print(lines);
      else for (const line of lines) note(line);
    },
  };
}

/** A JSON object a line. */
export function jsonOutput(
  tool: Tool,
  write: (text: string) => void,
  note: (message: string) => void,
  all: boolean,
): RecordOutput {
  const emit = (event: RecordEvent): void => write(`${toJson(event)}\n`);
  const head = () => ({ schema: 'nsinspect/record/1', tool, at: new Date().toISOString() }) as const;
  return {
    leave: () => undefined,
    passed: ({ info, containers, cpuMs, cpuShare, changes }: RecordedPass) => {
      const shown = all ? changes : withoutNoise(changes);
      const noise = changes.length - shown.length;
      const snapshot = snapshotRow(info);
      emit({ ...head(), event: 'snapshot', snapshot, containers, cpuMs, cpuShare, noise, changes: shown });
    },
    skipped: (ticks) => emit({ ...head(), event: 'skipped', ticks }),
    pruned: (removed, bytes) => emit({ ...head(), event: 'pruned', removed, bytes: String(bytes) }),
    tooSmall: (bytes) =>
      note(`the file has ${formatBytes(bytes)}, more than --max-size, and no other snapshot of this host`),
    ended: (summary) => emit({ ...head(), event: 'summary', ...summary }),
  };
}

function withoutNoise(changes: readonly DiffChange[]): DiffChange[] {
  return changes.filter(({ importance }) => importance !== 'noise');
}
