/** Stores captures: takes them apart, compares them with what holds, writes what is new. */
import type { Database, Statement } from 'better-sqlite3';

import type { CgroupSample, Fact, Shredded } from '../facts/fact.ts';
import { ranksFor } from '../facts/ranks.ts';
import { Shape } from '../facts/shapes.ts';
import { factsOf } from '../facts/shred.ts';
import type { Capture } from '../schema/capture.ts';
import { nameText } from '../text/bytes.ts';
import { canonicalJson } from '../text/json.ts';
import { digestKey } from '../text/digest.ts';
import { comparableTime } from './info.ts';
import { changesOf, Intervals, type Changes, type HeldRows, type NewRow } from './intervals.ts';
import { jsonText, printableJson, printableText } from './printable.ts';
import type { Derived, PutOptions } from './types.ts';

/** What holds at the newest snapshot of the chain that was written last, so that it need not be read again. */
interface Known {
  readonly chain: number;
  /** Newest snapshot of the chain, and SQLite's number of what others have written. */
  readonly head: number;
  readonly version: number;
  readonly facts: HeldRows;
  readonly samples: HeldRows;
  readonly derived: HeldRows;
}

/** The one that writes. */
export class Writer {
  readonly #db: Database;
  readonly #facts: Intervals;
  readonly #samples: Intervals;
  readonly #derived: Intervals;
  readonly #chain: Statement<[string, string], { readonly id: number; readonly head: number | null }>;
  readonly #newChain: Statement<[string | null, string | null, string, string]>;
  readonly #head: Statement<[number, number]>;
  readonly #snapshot: Statement<[Record<string, string | number | null>]>;
  readonly #meta: Statement<[number | bigint, string, string]>;
  readonly #shape: Statement<[string], number>;
  readonly #newShape: Statement<[string, string, string]>;
  #known: Known | null = null;

  constructor(db: Database) {
    this.#db = db;
    this.#facts = new Intervals(db, 'fact');
    this.#samples = new Intervals(db, 'sample');
    this.#derived = new Intervals(db, 'derived');
    this.#chain = db.prepare('SELECT id, head FROM chain WHERE host = ? AND profile = ?');
    this.#newChain = db.prepare('INSERT INTO chain (hostname, boot_id, host, profile) VALUES (?, ?, ?, ?)');
    this.#head = db.prepare('UPDATE chain SET head = ? WHERE id = ?');
    this.#snapshot = db.prepare(`
      INSERT INTO snapshot (chain, taken_at, stored_at, label, source, redacted, facets, processes, tasks,
        begun, ended, fact_bytes, sample_bytes, samples)
      VALUES (@chain, @takenAt, @storedAt, @label, @source, @redacted, @facets, @processes, @tasks,
        @begun, @ended, @factBytes, @sampleBytes, 1)`);
    this.#meta = db.prepare('INSERT INTO snapshot_meta (snapshot, meta, frame) VALUES (?, ?, ?)');
    this.#shape = db.prepare<[string], number>('SELECT id FROM shape WHERE key = ?').pluck();
    this.#newShape = db.prepare('INSERT INTO shape (key, names, skeleton) VALUES (?, ?, ?)');
  }

  /** Nothing that was known is relied upon any more. */
  forget(): void {
    this.#known = null;
  }

  /** Stores a capture; its id. */
  put(capture: Capture, { label, derived }: PutOptions): number {
    const shredded = factsOf(capture);
    const texts = new Map(
      [...shredded.facts].map(([kind, facts]) => [kind, facts.map(({ body }) => JSON.stringify(body))]),
    );
    const known = this.#known;
    // Whatever fails leaves the file as it was, but not what is remembered of it.
    this.#known = null;
    const write = (): Known & { readonly id: number } => {
      const chain = this.#chainOf(capture);
      const version = this.#db.pragma('data_version', { simple: true }) as number;
      const now =
        known?.chain === chain.id && known.head === chain.head && known.version === version
          ? known
          : this.#load(chain.id, version);
      return { ...now, ...this.#write(capture, { shredded, texts, label, derived }, now, chain.head) };
    };
    const { id, ...next } = this.#db.transaction(write).immediate();
    this.#known = next;
    return id;
  }

  #load(chain: number, version: number): Known {
    return {
      chain,
      head: 0,
      version,
      facts: this.#facts.load(chain),
      samples: this.#samples.load(chain),
      derived: this.#derived.load(chain),
    };
  }

  #write(
    capture: Capture,
    what: Parts,
    known: Known,
    before: number | null,
  ): { readonly id: number; readonly head: number } {
    const { shredded, texts, label, derived } = what;
    const facts = changesOf(known.facts, rankedRows(shredded.facts, texts, known.facts), printableJson);
    const samples = changesOf(known.samples, this.#sampleRows(shredded));
    const meanings = changesOf(known.derived, derivedRows(derived));
    const meta = jsonText(shredded.meta);
    const frame = jsonText(shredded.frame ?? {});
    const { lastInsertRowid } = this.#snapshot.run({
      chain: known.chain,
      takenAt: comparableTime(capture.takenAt),
      storedAt: new Date().toISOString(),
      label: printableText(label ?? null),
      source: jsonText(capture.source),
      redacted: capture.redacted ? 1 : 0,
      facets: JSON.stringify(facetsOf(capture)),
      processes: capture.tasks?.processes.length ?? null,
      tasks: capture.tasks?.coverage.tasks ?? null,
      begun: facts.begin.length,
      ended: facts.end.length,
      factBytes: bytesOf(facts) + bytesOf(meanings) + Buffer.byteLength(meta),
      sampleBytes: bytesOf(samples) + Buffer.byteLength(frame),
    });
    this.#meta.run(lastInsertRowid, meta, frame);
    const id = Number(lastInsertRowid);
    this.#facts.apply(known.facts, facts, known.chain, id, before);
    this.#samples.apply(known.samples, samples, known.chain, id, before);
    this.#derived.apply(known.derived, meanings, known.chain, id, before);
    this.#head.run(id, known.chain);
    return { id, head: id };
  }

  #chainOf(capture: Capture): { readonly id: number; readonly head: number | null } {
    const { bootId, hostname, kernel, unknown = {} } = capture.host;
    const unknowns = Object.entries(unknown).filter(([name]) => ['bootId', 'hostname', 'kernel'].includes(name));
    const host = canonicalJson({
      bootId,
      hostname,
      kernel,
      unknown: unknowns.length === 0 ? undefined : Object.fromEntries(unknowns),
    });
    const profile = profileOf(capture);
    const chain = this.#chain.get(host, profile);
    if (chain !== undefined) return chain;
    const name = hostname === undefined ? null : nameText(hostname);
    const { lastInsertRowid } = this.#newChain.run(name, bootId ?? null, host, profile);
    return { id: Number(lastInsertRowid), head: null };
  }

  #sampleRows({ samples, shapes }: Shredded): Map<string, NewRow[]> {
    const ids = new Map([...shapes].map(([key, skeleton]) => [key, this.#shapeId(key, skeleton)]));
    const row = ({ key, shape, numbers }: CgroupSample): NewRow => ({
      key,
      number: ids.get(shape) ?? 0,
      text: numbers,
    });
    return new Map([['', samples.map(row)]]);
  }

  #shapeId(key: string, skeleton: string): number {
    const names = JSON.stringify(new Shape(skeleton).names());
    return this.#shape.get(key) ?? Number(this.#newShape.run(key, names, skeleton).lastInsertRowid);
  }
}

interface Parts {
  readonly shredded: Shredded;
  readonly texts: ReadonlyMap<string, readonly string[]>;
  readonly label: string | undefined;
  readonly derived: Derived | undefined;
}

/** Names of the facets that a capture has. */
function facetsOf(capture: Capture): string[] {
  return Object.entries(capture).flatMap(([name, value]) => (isFacet(value) ? [name] : []));
}

function isFacet(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'version' in value && typeof value.version === 'number';
}

/**
 * What decides which facts a capture can have at all: who looked, and for what. Captures of another profile are a chain of their
 * own, or else one that collects less between two that collect more would end and begin everything anew.
 */
function profileOf(capture: Capture): string {
  const { tasks, cgroups, redacted, source, host } = capture;
  const profile = {
    redacted,
    source,
    uid: host.reader.uid,
    capEff: host.reader.capEff,
    facets: facetsOf(capture).toSorted(),
    tasks: tasks?.collected,
    cgroups: cgroups?.collected,
  };
  return digestKey(canonicalJson(profile));
}

/** Facts as rows, at places that keep their order. */
function rankedRows(
  facts: ReadonlyMap<string, readonly Fact[]>,
  texts: ReadonlyMap<string, readonly string[]>,
  held: HeldRows,
): Map<string, NewRow[]> {
  const rows = new Map<string, NewRow[]>();
  for (const [kind, list] of facts) {
    const known = held.get(kind);
    const pidAt = (at: number): number => (list[at]?.body as { readonly pid: number } | undefined)?.pid ?? 0;
    const ranks = ranksFor(
      list.map(({ key }) => known?.get(key)?.number ?? null),
      kind === 'task' ? pidAt : undefined,
    );
    const bodies = texts.get(kind) ?? [];
    rows.set(
      kind,
      list.map(({ key }, at) => ({ key, number: ranks[at] ?? 0, text: bodies[at] ?? '' })),
    );
  }
  return rows;
}

function derivedRows(derived: Derived | undefined): Map<string, NewRow[]> {
  const rows = new Map<string, NewRow[]>();
  for (const { kind, key, body } of derived?.rows ?? []) {
    const list = rows.get(kind) ?? [];
    list.push({ key, number: derived?.model ?? 0, text: jsonText(body) });
    rows.set(kind, list);
  }
  return rows;
}

function bytesOf({ begin }: Changes): number {
  let bytes = 0;
  for (const { kind, row } of begin) bytes += kind.length + Buffer.byteLength(row.key) + Buffer.byteLength(row.text);
  return bytes;
}
