/** What is wrong with a store. */
import type { Database } from 'better-sqlite3';

import type { BenchDocument } from '../schema/bench.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';

/** What puts together what is stored, or says what it cannot. */
export interface Assembly {
  readonly asOf: (id: number) => Capture;
  /** Numbers of the runs of benchmarks. */
  readonly runs: readonly number[];
  readonly run: (id: number) => BenchDocument;
}

/** A line for each thing that is wrong. */
export function problemsOf(db: Database, { asOf, runs, run }: Assembly): string[] {
  const damaged = (db.pragma('integrity_check') as readonly { readonly integrity_check: string }[])
    .map((row) => row.integrity_check)
    .filter((line) => line !== 'ok');
  // What SQLite itself cannot read is not looked at any closer.
  if (damaged.length > 0) return damaged.map((line) => `the file is damaged: ${line}`);
  return [
    ...referenceProblems(db),
    ...intervalProblems(db),
    ...snapshotProblems(db, asOf),
    ...runs.flatMap((id) => runProblems(id, run)),
  ];
}

function referenceProblems(db: Database): string[] {
  const rows = db.pragma('foreign_key_check') as readonly { table: string; rowid: number; parent: string }[];
  return rows.map(
    ({ table, rowid, parent }) => `row ${rowid} of ${table} belongs to a row of ${parent} that is not there`,
  );
}

/** Rows of one key must follow each other, each in order and known by how long it held. */
function intervalProblems(db: Database): string[] {
  return (['fact', 'sample', 'derived'] as const).flatMap((table) => {
    const kind = table === 'sample' ? "''" : 'kind';
    const wrong = db
      .prepare<[], readonly [id: number, what: string]>(
        `SELECT id, 'holds at the same time as another of its key' FROM (
          SELECT id, first, lag(coalesce(last, 9e15)) OVER (PARTITION BY chain, ${kind}, key ORDER BY first, id) AS before
          FROM ${table}) WHERE first <= before
        UNION ALL
        SELECT id, 'ends before it begins' FROM ${table} WHERE last < first
        UNION ALL
        SELECT id, 'has a wrong level' FROM ${table}
          WHERE last >= first AND (level IS NULL OR (last - first + 1) >> level <> 1)
        UNION ALL
        SELECT ${table}.id, 'holds beyond the newest snapshot' FROM ${table} JOIN chain ON chain.id = ${table}.chain
          WHERE coalesce(last, first) > coalesce(head, 0)`,
      )
      .raw()
      .all();
    return wrong.map(([id, what]) => `row ${id} of ${table} ${what}`);
  });
}

/** Each snapshot can be put together, and has as many processes as were counted when it was stored. */
function snapshotProblems(db: Database, asOf: (id: number) => Capture): string[] {
  const snapshots = db
    .prepare<[], { readonly id: number; readonly processes: number | null; readonly facets: string }>(
      'SELECT id, processes, facets FROM snapshot ORDER BY id',
    )
    .all();
  return snapshots.flatMap(({ id, processes, facets }) => {
    try {
      const capture = asOf(id);
      const counted = capture.tasks?.processes.length ?? null;
      const missing = (JSON.parse(facets) as string[]).filter((facet) => !(facet in capture));
      return [
        ...(counted === processes ? [] : [`snapshot ${id} has ${String(counted)} processes, not ${String(processes)}`]),
        ...missing.map((facet) => `snapshot ${id} lacks the facet ${facet}`),
      ];
    } catch (error) {
      if (!(error instanceof NsinspectError)) throw error;
      return [error.message];
    }
  });
}

/** A run can be put together, and its samples are numbers. */
function runProblems(id: number, run: (id: number) => BenchDocument): string[] {
  try {
    return run(id).results.flatMap(({ id: probe, metrics }) =>
      metrics
        .filter(({ samples }) =>
          samples.some(({ value, round }) => !Number.isFinite(value) || !Number.isInteger(round)),
        )
        .map(({ name }) => `run ${id} lacks samples of ${probe} ${name}`),
    );
  } catch (error) {
    if (!(error instanceof NsinspectError)) throw error;
    return [error.message];
  }
}
