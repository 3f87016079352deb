/** Measures the history: what storing, reading and comparing captures of a made host take, and `record` on this one. */
import { execFile } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';

import { CLI, ROOT } from '../test/support/cli.ts';
import { measureInTurns, median, type Measure, type Measurement } from './measure.ts';

const execute = promisify(execFile);

/** Tasks, containers, and how many snapshots with churn there are to be. */
const SIZES = [
  { tasks: 500, containers: 20, snapshots: 1000 },
  { tasks: 5000, containers: 200, snapshots: 1000 },
  { tasks: 20_000, containers: 800, snapshots: 100 },
] as const;

const LISTED = 10_000;
/** Of the host whose many snapshots are listed. */
const SMALL = { tasks: 20, containers: 1 };

/** How long `record` is watched, and how often it looks. */
const RECORD = { every: '5s', seconds: 60, quickSeconds: 15 };

/** First and next snapshots of a file. Bytes are those written, before SQLite adds its own. */
export interface FirstRun {
  readonly firstMs: number;
  readonly firstBytes: number;
  /** By the same process, the median of some in a row. */
  readonly unchangedMs: number;
  readonly unchangedBytes: number;
  readonly unchangedSampleBytes: number;
  /** Where every cgroup has used CPU time since. */
  readonly busyMs: number;
  readonly busySampleBytes: number;
}

/** Many snapshots with churn. */
export interface SeriesRun {
  readonly snapshots: number;
  readonly fileBytes: number;
  readonly putMs: number;
  readonly asOfMs: number;
  readonly asOfMostMs: number;
  /** Reading the two captures of a comparison. */
  readonly readTwoMs: number;
  readonly compareMs: number;
  readonly compareMostMs: number;
  readonly compareNeighboursMs: number;
  /** Each capture as a file of its own, and as JSON in a row of SQLite. */
  readonly gzipMs: number;
  readonly gzipBytes: number;
  readonly wholeMs: number;
  readonly wholeBytes: number;
}

/** A long list. */
export interface ListRun {
  readonly snapshots: number;
  readonly listMs: number;
}

/** What was measured with one made host. */
export interface HistorySize extends FirstRun, SeriesRun {
  readonly tasks: number;
  readonly containers: number;
  /** A snapshot by a process that has not stored another. */
  readonly coldMs: number;
  /** Commands on the file with all snapshots. */
  readonly peers: ReadonlyMap<string, Measurement>;
}

/** All that was measured of the history. */
export interface HistoryResults {
  readonly rounds: number;
  readonly sizes: readonly HistorySize[];
  readonly list: ListRun & { readonly peers: ReadonlyMap<string, Measurement> };
  readonly record: {
    readonly every: string;
    readonly seconds: number;
    /** Of all threads, in user and in kernel mode, from start to end. */
    readonly cpuMs: number;
    readonly snapshots: number;
    /** Share of one CPU, pass by pass, as the program itself counts it. */
    readonly share: number;
  };
}

/** Measures all sizes; `directory` has what is made for as long as it is needed. */
export async function measureHistory(
  directory: string,
  { rounds, isQuick }: { readonly rounds: number; readonly isQuick: boolean },
  measure: Measure,
  tell: (what: string) => void,
): Promise<HistoryResults> {
  return withProgram(async (program) => {
    const run = async <T>(what: string, at: string, ...numbers: readonly number[]): Promise<T> => {
      mkdirSync(at, { recursive: true });
      const { stdout } = await execute(process.execPath, [program, what, at, ...numbers.map(String)]);
      return JSON.parse(stdout) as T;
    };
    const sizes: HistorySize[] = [];
    for (const { tasks, containers, snapshots } of SIZES) {
      tell(`history of ${tasks} tasks in ${containers} containers`);
      const at = path.join(directory, `history-${tasks}`);
      const firsts: FirstRun[] = [];
      const colds: number[] = [];
      for (let round = 0; round < rounds; round++) {
        rmSync(at, { recursive: true, force: true });
        firsts.push(await run<FirstRun>('first', at, tasks, containers));
        colds.push((await run<{ readonly unchangedMs: number }>('more', at, tasks, containers)).unchangedMs);
      }
      rmSync(at, { recursive: true, force: true });
      const series = await run<SeriesRun>('series', at, tasks, containers, snapshots);
      const peers = await measureInTurns(sizePeers(path.join(at, 'history.db'), snapshots), rounds, measure);
      rmSync(at, { recursive: true, force: true });
      sizes.push({ tasks, containers, ...mediansOf(firsts), coldMs: median(colds), ...series, peers });
    }
    tell(`a list of ${LISTED} snapshots`);
    const at = path.join(directory, 'history-list');
    const list = await run<ListRun>('list', at, SMALL.tasks, SMALL.containers, LISTED);
    const peers = await measureInTurns(listPeers(path.join(at, 'history.db')), rounds, measure);
    rmSync(at, { recursive: true, force: true });
    const seconds = isQuick ? RECORD.quickSeconds : RECORD.seconds;
    tell(`record for ${seconds} s`);
    return { rounds, sizes, list: { ...list, peers }, record: await measureRecord(directory, seconds, measure) };
  });
}

/** Each figure's own median. */
function mediansOf(runs: readonly FirstRun[]): FirstRun {
  const of = (name: keyof FirstRun): number => median(runs.map((one) => one[name]));
  return {
    firstMs: of('firstMs'),
    firstBytes: of('firstBytes'),
    unchangedMs: of('unchangedMs'),
    unchangedBytes: of('unchangedBytes'),
    unchangedSampleBytes: of('unchangedSampleBytes'),
    busyMs: of('busyMs'),
    busySampleBytes: of('busySampleBytes'),
  };
}

/** Far apart and close together. */
function sizePeers(db: string, snapshots: number): { readonly name: string; readonly command: readonly string[] }[] {
  const half = String(snapshots >> 1);
  return [
    ['diff', '1', String(snapshots)],
    ['diff', half, String((snapshots >> 1) + 1)],
    ['ls', '--snapshot', half],
  ].map((words) => ({ name: ['nsinspect', ...words].join(' '), command: [...CLI, ...words, '--db', db] }));
}

function listPeers(db: string): { readonly name: string; readonly command: readonly string[] }[] {
  return [
    ['snapshot', 'list'],
    ['snapshot', 'list', '-n', '10'],
  ].map((words) => ({ name: ['nsinspect', ...words].join(' '), command: [...CLI, ...words, '--db', db] }));
}

/** Whether the figures of `record` about itself are those that the kernel has of it is for the reader to see: both are given. */
async function measureRecord(directory: string, seconds: number, measure: Measure): Promise<HistoryResults['record']> {
  const command = [...CLI, 'record', '--every', RECORD.every, '--for', `${seconds}s`];
  const { cpuMs } = await measure([...command, '--db', path.join(directory, 'measured.db')]);
  const told = [
    'record',
    '--every',
    RECORD.every,
    '--for',
    `${seconds}s`,
    '--json',
    '--db',
    path.join(directory, 'told.db'),
  ];
  const { stdout } = await execute(process.execPath, [...CLI.slice(1), ...told]);
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly event: string; readonly cpuShare?: number });
  const shares = events.flatMap(({ event, cpuShare }) => (event === 'snapshot' ? (cpuShare ?? []) : []));
  // The first pass has no interval before it.
  return { every: RECORD.every, seconds, cpuMs, snapshots: shares.length, share: median(shares.slice(1)) };
}

/** Bundles the program that is measured, as the commands are, for as long as `use` takes. */
async function withProgram<T>(use: (program: string) => Promise<T>): Promise<T> {
  // In the checkout, where packages with native code are found.
  const directory = path.join(ROOT, `dist.${process.pid}.tmp`);
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: { history: 'bench/history-run.ts' },
      outdir: path.join(directory, 'dist'),
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node22.12',
      logLevel: 'warning',
      external: ['better-sqlite3', 'koffi'],
    });
    return await use(path.join(directory, 'dist/history.js'));
  } finally {
    remove();
    process.removeListener('exit', remove);
  }
}
