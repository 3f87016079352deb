/** Rows that hold from one snapshot to another: what is new begins, what is no longer so ends, the rest is left alone. */
import type { Database, Statement } from 'better-sqlite3';

/** A row that holds at the newest snapshot of a chain. */
export interface HeldRow {
  readonly id: number;
  readonly first: number;
  /** Rank of a fact, shape of a sample, version of the model. */
  readonly number: number;
  readonly text: string;
}

/** A row as it should hold from now on. */
export interface NewRow {
  readonly key: string;
  readonly number: number;
  readonly text: string;
}

/** Rows by kind and key. */
export type HeldRows = Map<string, Map<string, HeldRow>>;

/** What to write. */
export interface Changes {
  readonly begin: readonly { readonly kind: string; readonly row: NewRow }[];
  readonly end: readonly { readonly kind: string; readonly key: string; readonly row: HeldRow }[];
}

const TABLES = {
  fact: { kind: true, number: 'rank', text: 'body' },
  sample: { kind: false, number: 'shape', text: 'numbers' },
  derived: { kind: true, number: 'model', text: 'body' },
} as const;

type Raw = readonly [id: number, kind: string, key: string, first: number, number: number, text: string];

/** One of the three tables. */
export class Intervals {
  readonly #load: Statement<[number], Raw>;
  readonly #insert: Statement<(number | string)[]>;
  readonly #hasKind: boolean;
  readonly #close: Statement<[number, number, number]>;

  constructor(db: Database, table: keyof typeof TABLES) {
    const { kind, number, text } = TABLES[table];
    this.#load = db
      .prepare<[number], Raw>(
        `SELECT id, ${kind ? 'kind' : "''"}, key, first, ${number}, ${text} FROM ${table} WHERE chain = ? AND last IS NULL`,
      )
      .raw();
    this.#hasKind = kind;
    this.#insert = db.prepare(
      `INSERT INTO ${table} (chain, first, key, ${number}, ${text}${kind ? ', kind' : ''})
      VALUES (?, ?, ?, ?, ?${kind ? ', ?' : ''})`,
    );
    this.#close = db.prepare(`UPDATE ${table} SET last = ?, level = ? WHERE id = ?`);
  }

  /** What holds at the newest snapshot of a chain. */
  load(chain: number): HeldRows {
    const held: HeldRows = new Map();
    for (const [id, kind, key, first, number, text] of this.#load.iterate(chain)) {
      let rows = held.get(kind);
      if (rows === undefined) held.set(kind, (rows = new Map<string, HeldRow>()));
      rows.set(key, { id, first, number, text });
    }
    return held;
  }

  /** Ends and begins rows. `snapshot` is the new one, `before` the last one of the chain until now; `held` is brought up to date. */
  apply(held: HeldRows, { begin, end }: Changes, chain: number, snapshot: number, before: number | null): void {
    for (const { kind, key, row } of end) {
      const last = before ?? row.first;
      this.#close.run(last, levelOf(row.first, last), row.id);
      held.get(kind)?.delete(key);
    }
    for (const { kind, row } of begin) {
      const { key, number, text } = row;
      const { lastInsertRowid } = this.#hasKind
        ? this.#insert.run(chain, snapshot, key, number, text, kind)
        : this.#insert.run(chain, snapshot, key, number, text);
      let rows = held.get(kind);
      if (rows === undefined) held.set(kind, (rows = new Map<string, HeldRow>()));
      rows.set(key, { id: Number(lastInsertRowid), first: snapshot, number, text });
    }
  }
}

/** How long a row held, as the power of two that is not above it. */
export function levelOf(first: number, last: number): number {
  return Math.floor(Math.log2(last - first + 1));
}

/**
 * What there is to write so that these rows hold. `written` gives a text as it is written: only texts that differ from what is
 * there are asked for.
 */
export function changesOf(
  held: HeldRows,
  rows: ReadonlyMap<string, readonly NewRow[]>,
  written: (text: string) => string = same,
): Changes {
  const begin: { readonly kind: string; readonly row: NewRow }[] = [];
  const end: { readonly kind: string; readonly key: string; readonly row: HeldRow }[] = [];
  for (const [kind, list] of rows) {
    const known = held.get(kind);
    if (known === undefined) {
      for (const row of list) begin.push({ kind, row: { ...row, text: written(row.text) } });
      continue;
    }
    let met = 0;
    for (const row of list) {
      const old = known.get(row.key);
      if (old === undefined) {
        begin.push({ kind, row: { ...row, text: written(row.text) } });
        continue;
      }
      met++;
      if (old.text === row.text && old.number === row.number) continue;
      const text = written(row.text);
      if (old.text === text && old.number === row.number) continue;
      begin.push({ kind, row: { ...row, text } });
      end.push({ kind, key: row.key, row: old });
    }
    if (met === known.size) continue;
    const still = new Set(list.map(({ key }) => key));
    for (const [key, row] of known) if (!still.has(key)) end.push({ kind, key, row });
  }
  for (const [kind, known] of held) {
    if (rows.has(kind)) continue;
    for (const [key, row] of known) end.push({ kind, key, row });
  }
  return { begin, end };
}

function same(text: string): string {
  return text;
}
