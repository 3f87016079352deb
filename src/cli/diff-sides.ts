/** The two captures that `diff` compares: the live host, moments of the history, or capture files. */
import { hostname } from 'node:os';

import type { Tool } from '../capture/capture.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';
import { openHistory } from './history.ts';
import { captureOf } from './stored-capture.ts';
import { findSnapshot, MOMENT_HELP, momentOf } from './moment.ts';
import type { Moment } from './moment.ts';
import { captureOfFile, obtain } from './source.ts';
import { snapshotWants } from './take.ts';

/** One side: what was asked for, and what it is. */
export interface NamedCapture {
  readonly name: string;
  readonly capture: Capture;
  /** Id in the history; null: not from there. */
  readonly snapshot: number | null;
}

/** Values of the flags that say where the sides are. */
export interface DiffSourceFlags {
  readonly db?: string | undefined;
  readonly 'host-root'?: string | undefined;
}

/** What a word of the command line may name. */
type Side =
  | { readonly kind: 'live' }
  | { readonly kind: 'moment'; readonly moment: Moment }
  | { readonly kind: 'file'; readonly path: string };

/** Gets both sides. The history is opened only where one of them is in it. */
export async function obtainSides(
  names: readonly [string, string],
  flags: DiffSourceFlags,
  tool: Tool,
): Promise<[NamedCapture, NamedCapture]> {
  const now = Date.now();
  const sides = names.map((name) => sideOf(name, now));
  refuseNeedless(sides, flags);
  const stored = await storedSides(names, sides, flags);
  const other = stored.find((side) => side !== null)?.capture ?? null;
  const [a, b] = await Promise.all(
    sides.map(async (side, at): Promise<NamedCapture> => {
      const name = names[at] ?? '';
      const known = stored[at];
      if (known) return known;
      const capture = side.kind === 'file' ? await captureOfSide(side.path) : await live(flags, other, tool);
      return { name, capture, snapshot: null };
    }),
  );
  if (a === undefined || b === undefined) throw new RangeError('two names give two sides');
  return [a, b];
}

function sideOf(name: string, now: number): Side {
  if (name === 'live') return { kind: 'live' };
  const moment = momentOf(name, now);
  return moment === null ? { kind: 'file', path: name } : { kind: 'moment', moment };
}

/** The capture in a file that was named where a moment could stand, too. A NsinspectError says what is wrong with it. */
export async function captureOfSide(path: string): Promise<Capture> {
  try {
    return await captureOfFile(path);
  } catch (error) {
    // Most likely a moment that was misspelled.
    const isNone =
      error instanceof NsinspectError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    if (!isNone) throw error;
    const hint = `A moment is ${MOMENT_HELP}.`;
    throw new NsinspectError(`${path} is neither live, nor a moment, nor a file`, { code: 'bad-moment', hint });
  }
}

/** A flag that nothing would look at is a mistake. */
function refuseNeedless(sides: readonly Side[], flags: DiffSourceFlags): void {
  if (sides.every(({ kind }) => kind === 'live')) {
    throw new NsinspectError('both sides are the live host: nothing to compare', { code: 'usage', hint: 'try --help' });
  }
  const has = (kind: Side['kind']): boolean => sides.some((side) => side.kind === kind);
  const needless =
    flags.db !== undefined && !has('moment')
      ? '--db'
      : flags['host-root'] !== undefined && !has('live')
        ? '--host-root'
        : null;
  if (needless === null) return;
  const lacking = needless === '--db' ? 'a moment of the history' : 'live';
  throw new NsinspectError(`${needless} is of no use here: neither side is ${lacking}`, { code: 'usage' });
}

/** Those from the history, out of one store: what is the same in both is the same object, which need not be compared. */
async function storedSides(
  names: readonly string[],
  sides: readonly Side[],
  flags: DiffSourceFlags,
): Promise<(NamedCapture | null)[]> {
  if (!sides.some(({ kind }) => kind === 'moment')) return sides.map(() => null);
  const store = await openHistory(flags.db, 'read');
  try {
    return sides.map((side, at) => {
      if (side.kind !== 'moment') return null;
      const { id } = findSnapshot(store, side.moment, hostname());
      return { name: names[at] ?? '', capture: captureOf(store, id), snapshot: id };
    });
  } finally {
    store.close();
  }
}

/** The host as it is, of which as much is collected as the other side has. */
async function live(flags: DiffSourceFlags, other: Capture | null, tool: Tool): Promise<Capture> {
  const { EVERYTHING } = await import('../capture/capture.ts');
  const wants = snapshotWants(EVERYTHING, other?.cgroups?.collected.files === 'all');
  const facets = other === null ? wants.facets : wants.facets.filter((facet) => other[facet] !== undefined);
  return obtain({ 'host-root': flags['host-root'] }, { ...wants, facets }, tool);
}
