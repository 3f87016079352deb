/** What the store tells of its snapshots. */
import type { Database, Statement } from 'better-sqlite3';

import type { CaptureSource, FacetName } from '../schema/capture.ts';
import type { HostId } from '../schema/documents.ts';
import type { SnapshotInfo } from '../schema/history.ts';
import type { ListFilter } from './types.ts';

/** A row of `snapshot` with the host of its chain. */
interface Row {
  readonly id: number;
  readonly taken_at: string;
  readonly stored_at: string;
  readonly host: string;
  readonly source: string;
  readonly redacted: number;
  readonly label: string | null;
  readonly facets: string;
  readonly processes: number | null;
  readonly tasks: number | null;
  readonly begun: number;
  readonly ended: number;
  readonly fact_bytes: number;
  readonly sample_bytes: number;
  readonly samples: number;
}

/** Time as the store compares it; what is no time stays as it is. */
export function comparableTime(text: string): string {
  const time = Date.parse(text);
  return Number.isNaN(time) ? text : new Date(time).toISOString();
}

/** Reads rows of snapshots. */
export class Infos {
  readonly #list: Statement<[Record<string, string | number | null>], Row>;
  readonly #one: Statement<[number], Row>;
  readonly #hostnames: Statement<[], string>;
  /** Hosts, sources and facets are few: each text is read once. */
  readonly #read = new Map<string, unknown>();

  constructor(db: Database) {
    const select = `
      SELECT s.id, s.taken_at, s.stored_at, c.host, s.source, s.redacted, s.label, s.facets, s.processes, s.tasks,
        s.begun, s.ended, s.fact_bytes, s.sample_bytes, s.samples
      FROM snapshot AS s JOIN chain AS c ON c.id = s.chain`;
    this.#list = db.prepare(`${select}
      WHERE (@hostname IS NULL OR c.hostname = @hostname)
        AND (@from IS NULL OR s.taken_at >= @from) AND (@to IS NULL OR s.taken_at <= @to)
      ORDER BY s.id DESC LIMIT @newest`);
    this.#one = db.prepare(`${select} WHERE s.id = ?`);
    this.#hostnames = db
      .prepare<[], string>(
        `SELECT DISTINCT hostname FROM chain
        WHERE hostname IS NOT NULL AND EXISTS (SELECT 1 FROM snapshot WHERE chain = chain.id) ORDER BY hostname`,
      )
      .pluck();
  }

  list({ hostname, newest, from, to }: ListFilter): SnapshotInfo[] {
    const time = (text: string | undefined): string | null => (text === undefined ? null : comparableTime(text));
    const rows = this.#list.all({ hostname: hostname ?? null, newest: newest ?? -1, from: time(from), to: time(to) });
    return rows.reverse().map((row) => this.#info(row));
  }

  one(id: number): SnapshotInfo | null {
    const row = this.#one.get(id);
    return row === undefined ? null : this.#info(row);
  }

  hostnames(): string[] {
    return this.#hostnames.all();
  }

  #info(row: Row): SnapshotInfo {
    return {
      id: row.id,
      takenAt: row.taken_at,
      storedAt: row.stored_at,
      host: this.#json(row.host) as HostId,
      source: this.#json(row.source) as CaptureSource,
      redacted: row.redacted !== 0,
      label: row.label,
      facets: this.#json(row.facets) as FacetName[],
      processes: row.processes,
      tasks: row.tasks,
      begun: row.begun,
      ended: row.ended,
      factBytes: row.fact_bytes,
      sampleBytes: row.sample_bytes,
      samples: row.samples !== 0,
    };
  }

  #json(text: string): unknown {
    let value = this.#read.get(text);
    if (value === undefined) this.#read.set(text, (value = JSON.parse(text)));
    return value;
  }
}
