/** When what contains a text began or ended. */
import type { Database } from 'better-sqlite3';

/** Ids of snapshots of the host and boot of `like`, ascending. */
export function touching(db: Database, like: number, needles: readonly string[]): number[] {
  const rows = db
    .prepare<[Record<string, string | number>], readonly [begun: number | null, ended: number | null]>(
      `WITH chains AS (
        SELECT other.id FROM snapshot AS s JOIN chain AS c ON c.id = s.chain
        JOIN chain AS other ON other.hostname IS c.hostname AND other.boot_id IS c.boot_id WHERE s.id = @like)
      SELECT DISTINCT
        (SELECT min(s.id) FROM snapshot AS s WHERE s.chain = fact.chain AND s.id >= fact.first),
        (SELECT min(s.id) FROM snapshot AS s WHERE s.chain = fact.chain AND s.id > fact.last)
      FROM fact WHERE chain IN chains AND EXISTS (
        SELECT 1 FROM json_each(@needles) AS needle
        WHERE instr(fact.key, needle.value) > 0 OR instr(fact.body, needle.value) > 0)`,
    )
    .raw()
    .all({ like, needles: JSON.stringify(needles) });
  const ids = rows.flat().filter((id) => id !== null);
  return [...new Set(ids)].sort((a, b) => a - b);
}
