/** Reads captures back: the facts that held, each read and parsed once. */
import type { Database, Statement } from 'better-sqlite3';

import type { Fact, Frame, Meta } from '../facts/fact.ts';
import { Shape } from '../facts/shapes.ts';
import { captureOf } from '../facts/shred.ts';
import type { Capture } from '../schema/capture.ts';
import { NsinspectError } from '../text/error.ts';
import { heldRows } from './tables.ts';
import type { SampleNumbers } from './types.ts';

interface Row {
  readonly chain: number;
  readonly samples: number;
  /** Null: lost. */
  readonly meta: string | null;
  readonly frame: string | null;
}

interface Cached extends Fact {
  readonly kind: string;
  readonly rank: number;
  /** Number of the last capture that had it. */
  used: number;
}

type FactRow = readonly [id: number, kind: string, key: string, rank: number, body: string];

interface Moment {
  readonly chain: number;
  readonly id: number;
}

/** How many captures ago a fact must have been used to be kept. */
const KEPT = 2;

/** The one that reads captures. */
export class Reader {
  readonly #snapshot: Statement<[number], Row>;
  readonly #ids: Statement<[Moment], number>;
  readonly #all: Statement<[Moment], FactRow>;
  readonly #facts: Statement<[string], FactRow>;
  readonly #samples: Statement<[Moment], readonly [key: string, numbers: string]>;
  readonly #sample: Statement<[Moment & { readonly key: string }], readonly [shape: string, numbers: string]>;
  readonly #chain: Statement<[number], number>;
  readonly #shape: Statement<[string], string>;
  readonly #containers: Statement<[{ readonly id: number }], number | null>;
  readonly #cache = new Map<number, Cached>();
  readonly #shapes = new Map<string, Shape>();
  #captures = 0;

  constructor(db: Database) {
    this.#snapshot = db.prepare(
      `SELECT s.chain, s.samples, m.meta, m.frame
      FROM snapshot AS s LEFT JOIN snapshot_meta AS m ON m.snapshot = s.id WHERE s.id = ?`,
    );
    this.#ids = db.prepare<[Moment], number>(heldRows('fact', 'held.id')).pluck();
    this.#all = db.prepare<[Moment], FactRow>(heldRows('fact', 'held.id, kind, key, rank, body')).raw();
    this.#facts = db
      .prepare<[string], FactRow>(
        'SELECT id, kind, key, rank, body FROM fact WHERE id IN (SELECT value FROM json_each(?))',
      )
      .raw();
    this.#samples = db.prepare<[Moment], readonly [string, string]>(heldRows('sample', 'key, numbers')).raw();
    this.#sample = db
      .prepare<[Moment & { readonly key: string }], readonly [string, string]>(
        heldRows('sample', '(SELECT shape.key FROM shape WHERE shape.id = held.shape), numbers', 'AND key = @key'),
      )
      .raw();
    this.#chain = db.prepare<[number], number>('SELECT chain FROM snapshot WHERE id = ? AND samples = 1').pluck();
    this.#shape = db.prepare<[string], string>('SELECT skeleton FROM shape WHERE key = ?').pluck();
    this.#containers = db
      .prepare<[{ readonly id: number }], number>(
        `SELECT count(*) FROM derived AS d JOIN snapshot AS s ON s.id = @id AND d.chain = s.chain
        WHERE d.kind = 'container' AND d.first <= @id AND (d.last IS NULL OR d.last >= @id)`,
      )
      .pluck();
  }

  /** Facts that were read are read again: rows were removed. */
  forget(): void {
    this.#cache.clear();
  }

  asOf(id: number): Capture {
    const row = this.#snapshot.get(id);
    if (row === undefined) {
      throw new NsinspectError(`there is no snapshot ${id}`, {
        code: 'no-snapshot',
        hint: 'nsinspect snapshot list shows those that there are.',
      });
    }
    if (row.meta === null) throw new RangeError(`snapshot ${id} without its meta`);
    const moment = { chain: row.chain, id };
    const samples = row.samples === 0 ? [] : this.#samples.all(moment);
    return captureOf(
      {
        meta: JSON.parse(row.meta) as Meta,
        facts: this.#factsAt(moment),
        samples: samples.map(([key, numbers]) => ({ key, shape: '', numbers })),
        frame: row.frame === null ? null : (JSON.parse(row.frame) as Frame),
      },
      (key) => this.#shapeOf(key),
    );
  }

  #factsAt(moment: Moment): Map<string, Fact[]> {
    const used = ++this.#captures;
    const byKind = new Map<string, Cached[]>();
    const held = this.#cache.size === 0 ? this.#readAll(moment) : this.#readMissing(this.#ids.all(moment));
    for (const cached of held) {
      cached.used = used;
      const list = byKind.get(cached.kind);
      if (list === undefined) byKind.set(cached.kind, [cached]);
      else list.push(cached);
    }
    if (this.#cache.size > (KEPT + 1) * held.length) this.#tidy(used);
    for (const list of byKind.values()) list.sort((a, b) => a.rank - b.rank);
    return byKind;
  }

  #readAll(moment: Moment): readonly Cached[] {
    return this.#keep(this.#all.all(moment));
  }

  #readMissing(ids: readonly number[]): readonly Cached[] {
    const missing = ids.filter((id) => !this.#cache.has(id));
    if (missing.length > 0) {
      this.#keep(this.#facts.all(`[${missing.join()}]`));
    }
    return ids.flatMap((id) => this.#cache.get(id) ?? []);
  }

  #keep(rows: readonly FactRow[]): readonly Cached[] {
    // Thousands of small texts are parsed faster as one.
    const bodies = JSON.parse(`[${rows.map((row) => row[4]).join()}]`) as readonly object[];
    if (bodies.length !== rows.length) throw new SyntaxError('a fact that is more than one value');
    return rows.map(([id, kind, key, rank], at) => {
      const cached = { kind, rank, key, body: bodies[at] ?? {}, used: 0 };
      this.#cache.set(id, cached);
      return cached;
    });
  }

  #tidy(used: number): void {
    for (const [id, cached] of this.#cache) if (cached.used <= used - KEPT) this.#cache.delete(id);
  }

  #shapeOf(key: string): Shape {
    let shape = this.#shapes.get(key);
    if (shape === undefined) {
      const skeleton = this.#shape.get(key);
      if (skeleton === undefined) throw new RangeError(`there is no shape ${key}`);
      this.#shapes.set(key, (shape = new Shape(skeleton)));
    }
    return shape;
  }

  /** How many containers a model saw in each of the snapshots. */
  containers(snapshots: readonly number[]): number[] {
    return snapshots.map((id) => this.#containers.get({ id }) ?? 0);
  }

  /** Numbers of one cgroup in each of the snapshots. */
  samples(cgroup: string, snapshots: readonly number[]): (SampleNumbers | null)[] {
    return snapshots.map((id) => {
      const chain = this.#chain.get(id);
      const row = chain === undefined ? undefined : this.#sample.get({ chain, id, key: cgroup });
      if (row === undefined) return null;
      const [shape, numbers] = row;
      const values = JSON.parse(numbers) as readonly (number | string)[];
      return Object.fromEntries(
        this.#shapeOf(shape)
          .names()
          .map((name, at) => [name, values[at] ?? 0]),
      );
    });
  }
}
