/** Runs of benchmarks in the history: kept, found and read back. */
import type { BenchDocument } from '../schema/bench.ts';
import type { RunInfo } from '../schema/bench-history.ts';
import { comparedProperties, type BaseRun } from '../stats/compare.ts';
import type { NumberedRun } from '../stats/history-failures.ts';
import { poolRuns } from '../stats/pool.ts';
import type { Store, StoredRun } from '../store/store.ts';
import { NsinspectError } from '../text/error.ts';
import { terminalSafe } from '../text/safe.ts';
import { formatLocalTime } from '../text/time.ts';
import { checkRun } from './bench-check.ts';
import { readRun } from './bench-file.ts';
import { withHistory } from './history.ts';
import { MOMENT_HELP, momentOf, type Moment } from './moment.ts';

/** The run of that number, checked as one from a file is: the history, too, may come from anybody. */
export function runOfStore(store: Store, id: number): BenchDocument {
  return checkRun(store.run(id), `run ${id} of the history`);
}

/** What documents say of a stored run. */
export function runInfo({ id, takenAt, storedAt, label }: StoredRun, run: BenchDocument): RunInfo {
  const counts = Map.groupBy(run.results, ({ verdict }) => verdict);
  return {
    id,
    takenAt,
    storedAt,
    label,
    version: run.tool.version,
    suites: run.suites,
    quick: run.quick,
    durationMs: run.durationMs,
    environment: run.environment,
    verdicts: Object.fromEntries(Array.from(counts, ([verdict, results]) => [verdict, results.length])),
    metrics: run.results.reduce((sum, { metrics }) => sum + metrics.length, 0),
  };
}

/** The run that a word of a command line names: a moment of the history, or a file (`-`: standard input). */
export async function runNamed(word: string, db: string | undefined): Promise<BenchDocument> {
  const moment = momentOf(word, Date.now());
  if (moment !== null) return withHistory(db, 'read', (store) => runOfStore(store, findRun(store.runs(), moment).id));
  try {
    return readRun(word);
  } catch (error) {
    const isNone =
      error instanceof NsinspectError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    if (!isNone || word.includes('/')) throw error;
    const hint = `A run of the history is ${MOMENT_HELP.replace("a snapshot's number", 'its number')}.`;
    throw new NsinspectError(`${word} is neither a file nor a run of the history`, {
      code: 'no-run',
      cause: error,
      hint,
    });
  }
}

/** The run of these (the newest last) that is meant. A NsinspectError where there is none. */
export function findRun(runs: readonly StoredRun[], moment: Moment): StoredRun {
  if (moment.kind === 'id') {
    const found = runs.find(({ id }) => id === moment.id);
    if (found !== undefined) return found;
    throw noRun(`there is no run ${moment.id}`);
  }
  const among = moment.host === null ? runs : runs.filter(({ hostname }) => hostname === moment.host);
  const of = moment.host === null ? '' : ` of ${moment.host}`;
  if (moment.kind === 'latest') {
    const found = among.at(-1 - moment.back);
    if (found !== undefined) return found;
    throw noRun(among.length === 0 ? `there is no run${of} yet` : `there are only ${among.length} runs${of}`);
  }
  const found = among.findLast(({ takenAt }) => Date.parse(takenAt) <= moment.at);
  if (found !== undefined) return found;
  throw noRun(`there is no run${of} of ${formatLocalTime(new Date(moment.at).toISOString())} or before`);
}

function noRun(message: string): NsinspectError {
  return new NsinspectError(message, {
    code: 'no-such-run',
    hint: 'nsinspect bench history shows which there are; bench run --store keeps one.',
  });
}

/** What a run is judged by out of the history, and which runs that are. */
export interface HistoryBase {
  readonly base: BaseRun;
  /** The oldest first. */
  readonly runs: readonly number[];
}

/** Which runs of the history a run is judged by. */
export interface HistoryChoice {
  /** Of each suite of the run, the newest so many runs. */
  readonly most: number;
  /** Runs of other kernels, cgroup modes and CPUs, too. */
  readonly anyEnvironment: boolean;
}

/**
 * The runs of the same environment that were taken before this one, pooled: of each of its suites the newest. A run that is taken
 * for one suite counts for no other, of which there may be newer ones. Null: there is none.
 */
export function baseFromHistory(
  store: Store,
  next: BenchDocument,
  { most, anyEnvironment }: HistoryChoice,
): HistoryBase | null {
  const environment = JSON.stringify(comparedProperties(next.environment));
  const kernel = terminalSafe(next.environment.kernel);
  const found: NumberedRun[] = [];
  const wanted = new Map(next.suites.map((suite) => [suite, most]));
  // The run itself is there as well where it was measured with --store.
  const before = store.runs().filter((run) => Date.parse(run.takenAt) < Date.parse(next.takenAt));
  for (const { id, ...stored } of before.reverse()) {
    if (wanted.size === 0) break;
    if (stored.quick !== next.quick || (!anyEnvironment && stored.kernel !== kernel)) continue;
    const run = runOfStore(store, id);
    if (!anyEnvironment && JSON.stringify(comparedProperties(run.environment)) !== environment) continue;
    const suites = run.suites.filter((suite) => wanted.has(suite));
    if (suites.length === 0) continue;
    found.unshift({ id, run: { ...run, suites, results: run.results.filter(({ suite }) => suites.includes(suite)) } });
    for (const suite of suites) {
      const left = (wanted.get(suite) ?? 0) - 1;
      if (left > 0) wanted.set(suite, left);
      else wanted.delete(suite);
    }
  }
  if (found.length === 0) return null;
  return { base: poolRuns(found.map(({ run }) => run)), runs: found.map(({ id }) => id) };
}
