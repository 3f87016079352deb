/** Removes snapshots or their samples, and the rows that then hold in none. */
import type { Database } from 'better-sqlite3';

import { comparableTime } from './info.ts';

const TABLES = ['fact', 'sample', 'derived'] as const;

/** The one that removes. */
export class Pruner {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Removes the snapshots, and gives the room back to the file system. */
  remove(ids: readonly number[]): void {
    const list = JSON.stringify(ids);
    const remove = (): void => {
      const chains = this.#db
        .prepare<[string], number>('SELECT DISTINCT chain FROM snapshot WHERE id IN (SELECT value FROM json_each(?))')
        .pluck()
        .all(list);
      this.#db.prepare('DELETE FROM snapshot WHERE id IN (SELECT value FROM json_each(?))').run(list);
      for (const chain of chains) this.#tidyChain(chain);
      this.#dropShapes();
    };
    this.#db.transaction(remove).immediate();
    this.giveBack();
  }

  /** Removes the samples of the snapshots that were taken before; how many snapshots that were. */
  dropSamples(before: string): number {
    const drop = (): number => {
      const time = comparableTime(before);
      const old = 'FROM snapshot WHERE samples = 1 AND taken_at < ?';
      this.#db.prepare(`UPDATE snapshot_meta SET frame = NULL WHERE snapshot IN (SELECT id ${old})`).run(time);
      const { changes } = this.#db
        .prepare('UPDATE snapshot SET samples = 0 WHERE samples = 1 AND taken_at < ?')
        .run(time);
      this.#dropRows('sample', 'AND s.samples = 1');
      return changes;
    };
    const changes = this.#db.transaction(drop).immediate();
    this.giveBack();
    return changes;
  }

  #tidyChain(chain: number): void {
    const newest = this.#db
      .prepare<[number], number | null>('SELECT max(id) FROM snapshot WHERE chain = ?')
      .pluck()
      .get(chain);
    if (typeof newest !== 'number') {
      for (const table of TABLES) this.#db.prepare(`DELETE FROM ${table} WHERE chain = ?`).run(chain);
      this.#db.prepare('DELETE FROM chain WHERE id = ?').run(chain);
      return;
    }
    for (const table of TABLES) {
      // Where the newest snapshots were removed, what began later is gone, and what ended later holds at the newest that is left.
      this.#db.prepare(`DELETE FROM ${table} WHERE chain = ? AND first > ?`).run(chain, newest);
      this.#db
        .prepare(`UPDATE ${table} SET last = NULL, level = NULL WHERE chain = ? AND last >= ?`)
        .run(chain, newest);
      this.#dropRows(table, table === 'sample' ? 'AND s.samples = 1' : '', chain);
    }
    this.#db.prepare('UPDATE chain SET head = ? WHERE id = ?').run(newest, chain);
  }

  #dropRows(table: (typeof TABLES)[number], also: string, chain: number | null = null): void {
    this.#db
      .prepare(
        `DELETE FROM ${table} WHERE (@chain IS NULL OR chain = @chain) AND NOT EXISTS (
          SELECT 1 FROM snapshot AS s
          WHERE s.chain = ${table}.chain AND s.id >= first AND (last IS NULL OR s.id <= last) ${also})`,
      )
      .run({ chain });
  }

  #dropShapes(): void {
    this.#db.exec(`
      DELETE FROM shape WHERE id NOT IN (SELECT shape FROM sample)
        AND key NOT IN (SELECT body ->> '$.shape' FROM fact WHERE kind = 'cgroup' AND body ->> '$.shape' IS NOT NULL)`);
  }

  /** Gives the room of what was removed back to the file system. */
  giveBack(): void {
    this.#db.pragma('incremental_vacuum');
    // The file shrinks when the log of changes is moved into it; where a reader is in the way, it does so later.
    this.#db.pragma('wal_checkpoint(TRUNCATE)');
  }
}
