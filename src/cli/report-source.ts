/** The facts that a report is made from. */
import path from 'node:path';

import { World } from '../../reports/report/world.ts';
import type { TimelinePoint, WorldSide } from '../../reports/report/world.ts';
import type { Tool } from '../capture/capture.ts';
import { redact } from '../capture/redact.ts';
import type { Capture } from '../schema/capture.ts';
import type { BenchDocument } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';
import { captureOfSide } from './diff-sides.ts';
import { openHistory } from './history.ts';
import { momentOf } from './moment.ts';
import { captureOfFile, obtain } from './source.ts';
import type { SourceFlagValues } from './source.ts';
import { captureOf } from './stored-capture.ts';

/** Values of the flags that say what to look at. */
export interface ReportSourceFlags extends SourceFlagValues {
  readonly redact: boolean;
  /** The earlier side: a moment of the history, or a capture file. */
  readonly before?: string | undefined;
  /** Files with results of `bench …`; those of the history join them. */
  readonly bench?: readonly string[] | undefined;
}

/**
 * Gets them. From a capture file or the history whatever is there: a section whose facts are missing says so. The history is looked
 * at where one of the sides is in it, or where it is named.
 */
export async function obtainWorld(flags: ReportSourceFlags, tool: Tool): Promise<World> {
  if (flags.before === 'live') {
    throw new NsinspectError('the earlier side cannot be the live host', { code: 'usage', hint: 'try --help' });
  }
  const files = await runsOfFiles(flags.bench ?? []);
  const { side, before, timeline, runs } = await sidesOf(flags, tool);
  const bench = runsTogether([...files, ...runs]);
  // The folder of a file is often somebody's home.
  const hide = (one: WorldSide): WorldSide =>
    flags.redact ? { ...one, name: path.basename(one.name), capture: redact(one.capture) } : one;
  const shown = hide(side);
  const earlier = before === null ? null : hide(before);
  // One side that tells all is enough to tell it.
  const redacted = shown.capture.redacted && (earlier === null || earlier.capture.redacted);
  return new World({ side: shown, before: earlier, timeline, bench, redacted });
}

interface Sides {
  readonly side: WorldSide;
  readonly before: WorldSide | null;
  readonly timeline: readonly TimelinePoint[];
  /** Runs of benchmarks of the host. */
  readonly runs: readonly BenchDocument[];
}

async function sidesOf(flags: ReportSourceFlags, tool: Tool): Promise<Sides> {
  const { before, snapshot } = flags;
  const isMoment = before !== undefined && momentOf(before, Date.now()) !== null;
  const file = before === undefined || isMoment ? null : await fileSide(before);
  const now = snapshot === undefined ? await present(flags, tool) : null;
  if (snapshot === undefined && !isMoment && flags.db === undefined) {
    if (now === null) throw new RangeError('what is in no snapshot is a capture');
    return { side: now, before: file, timeline: [], runs: [] };
  }
  const { runsOf, snapshotAt, timelineOf } = await import('./report-history.ts');
  const store = await openHistory(flags.db, 'read');
  try {
    const stored = (name: string, host: Capture['host'] | null): WorldSide => {
      const { id } = snapshotAt(store, name, host);
      return { name, capture: captureOf(store, id), snapshot: id };
    };
    const side = now ?? stored(snapshot ?? '', null);
    const earlier = isMoment ? stored(before, side.capture.host) : file;
    const wanted = [side.snapshot, earlier?.snapshot ?? null];
    const { host } = side.capture;
    return { side, before: earlier, timeline: timelineOf(store, host, wanted), runs: runsOf(store, host) };
  } finally {
    store.close();
  }
}

/** The side that the report is about, where it is not in the history. */
async function present(flags: ReportSourceFlags, tool: Tool): Promise<WorldSide> {
  if (flags.from !== undefined) return { name: flags.from, capture: await captureOfFile(flags.from), snapshot: null };
  const { EVERYTHING } = await import('../capture/capture.ts');
  return { name: 'live', capture: await obtain(flags, EVERYTHING, tool), snapshot: null };
}

async function fileSide(file: string): Promise<WorldSide> {
  return { name: file, capture: await captureOfSide(file), snapshot: null };
}

async function runsOfFiles(files: readonly string[]): Promise<BenchDocument[]> {
  if (files.length === 0) return [];
  const { readRun } = await import('./bench-file.ts');
  return files.map(readRun);
}

/** The oldest first; one that was given as a file and is in the history, too, counts once. */
function runsTogether(runs: readonly BenchDocument[]): BenchDocument[] {
  const byKey = new Map(runs.map((run) => [`${run.takenAt} ${run.environment.bootId ?? ''} ${run.durationMs}`, run]));
  return [...byKey.values()].sort((a, b) => Date.parse(a.takenAt) - Date.parse(b.takenAt));
}
