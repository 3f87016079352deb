/** The tables of the store, version 1; docs/history.md describes them for those who query them. */

/**
 * A row of `fact`, `sample` and `derived` holds in every snapshot of its chain from `first` to `last`; while `last` is NULL it
 * holds in the newest. `level` says how long it held: 2^level ids or more, and fewer than 2^(level+1). So the rows of an old
 * snapshot are found level by level in ranges of the index, without a look at those that ended before or long after.
 */
const held = (table: string, columns: string, body: string, closed = ''): string => `
  CREATE TABLE ${table} (
    id INTEGER PRIMARY KEY,
    chain INTEGER NOT NULL REFERENCES chain (id),
    ${columns},
    first INTEGER NOT NULL,
    last INTEGER,
    level INTEGER,
    ${body} TEXT NOT NULL,
    CHECK (last >= first),
    CHECK ((last IS NULL) = (level IS NULL))
  ) STRICT;
  CREATE INDEX ${table}_open ON ${table} (chain) WHERE last IS NULL;
  CREATE INDEX ${table}_closed ON ${table} (chain, level, last, first${closed}) WHERE last IS NOT NULL;
`;

/** More levels than there can be ids. */
const LEVELS = 45;

const SPANS = Array.from({ length: LEVELS }, (_, level) => `(${level}, ${2 ** (level + 1)})`).join();

/** SQL that makes the tables. */
export const TABLES = `
  CREATE TABLE chain (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hostname TEXT,
    boot_id TEXT,
    host TEXT NOT NULL,
    profile TEXT NOT NULL,
    head INTEGER,
    UNIQUE (host, profile)
  ) STRICT;

  CREATE TABLE snapshot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    chain INTEGER NOT NULL REFERENCES chain (id),
    taken_at TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    label TEXT,
    source TEXT NOT NULL,
    redacted INTEGER NOT NULL,
    facets TEXT NOT NULL,
    processes INTEGER,
    tasks INTEGER,
    begun INTEGER NOT NULL,
    ended INTEGER NOT NULL,
    fact_bytes INTEGER NOT NULL,
    sample_bytes INTEGER NOT NULL,
    samples INTEGER NOT NULL CHECK (samples IN (0, 1))
  ) STRICT;
  CREATE INDEX snapshot_chain ON snapshot (chain);

  CREATE TABLE snapshot_meta (
    snapshot INTEGER PRIMARY KEY REFERENCES snapshot (id) ON DELETE CASCADE,
    meta TEXT NOT NULL,
    frame TEXT
  ) STRICT;

  CREATE TABLE shape (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    names TEXT NOT NULL,
    skeleton TEXT NOT NULL
  ) STRICT;

  CREATE TABLE span (level INTEGER PRIMARY KEY, length INTEGER NOT NULL) STRICT;
  INSERT INTO span VALUES ${SPANS};

  ${held('fact', 'kind TEXT NOT NULL, key TEXT NOT NULL, rank INTEGER NOT NULL', 'body')}
  ${held('sample', 'key TEXT NOT NULL, shape INTEGER NOT NULL REFERENCES shape (id)', 'numbers', ', key')}
  ${held('derived', 'model INTEGER NOT NULL, kind TEXT NOT NULL, key TEXT NOT NULL', 'body')}
`;

/** SQL of a query for columns of the rows of a table that hold in the snapshot `@id` of the chain `@chain`. */
export function heldRows(table: 'fact' | 'sample' | 'derived', columns: string, also = ''): string {
  return `
    SELECT ${columns} FROM ${table} AS held WHERE chain = @chain AND last IS NULL AND first <= @id ${also}
    UNION ALL
    SELECT ${columns} FROM span CROSS JOIN ${table} AS held
    WHERE chain = @chain AND held.level = span.level AND last >= @id AND last < @id + span.length AND first <= @id ${also}`;
}
