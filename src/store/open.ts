/** Opens the file of a store: makes it, brings it up to date, or reads it where nothing may be written. */
import Database from 'better-sqlite3';
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  type Stats,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { NsinspectError } from '../text/error.ts';
import { badStore, guarded, noStore } from './errors.ts';
import { RUN_TABLES } from './run-tables.ts';
import { TABLES } from './tables.ts';
import type { StoreUse } from './types.ts';
import { CREATE_VIEWS } from './views.ts';

/** `nsin`: `file` and SQLite know the file by it. */
export const APPLICATION_ID = 0x6e73696e;

/** SQL that leads from each version to the next; the first makes a new file. */
export const MIGRATIONS: readonly string[] = [TABLES + CREATE_VIEWS, RUN_TABLES];

/** How long to wait for another writer. */
const BUSY_MS = 10_000;

/** An open file, and what is to be removed when it is closed. */
export interface OpenDatabase {
  readonly db: Database.Database;
  /** Of its tables. One that was opened to be read may be older than this program: it lacks what later ones have. */
  readonly version: number;
  readonly copy: string | null;
}

/** Opens it; `migrations` and `timeout` are others in tests alone. */
export function openDatabase(file: string, how: StoreUse, migrations = MIGRATIONS, timeout = BUSY_MS): OpenDatabase {
  return guarded(file, () => {
    if (how === 'read') return openToRead(file, migrations);
    const there = how === 'change' ? statSync(file) : statSync(file, { throwIfNoEntry: false });
    if (there === undefined) make(file);
    else checkPlace(file, there);
    return openToWrite(file, migrations, timeout);
  });
}

/** With those above it. Not by Node's own `recursive`, which never comes back below /proc, where ENOENT stays after the parent is there. */
function makeDirectory(directory: string): void {
  if (existsSync(directory)) return;
  makeDirectory(path.dirname(directory));
  try {
    mkdirSync(directory, { mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Somebody else may have made it in this moment.
    if (code === 'EEXIST') return;
    throw new NsinspectError(`cannot make ${directory}: ${code ?? String(cause)}`, { code: 'store-failed', cause });
  }
}

function openToWrite(file: string, migrations: readonly string[], timeout: number): OpenDatabase {
  const db = new Database(file, { timeout });
  try {
    if (versionOf(db, file, migrations) === 0) db.pragma('auto_vacuum = INCREMENTAL');
    prepare(db);
    checkSchema(db, file, migrations);
    db.pragma('journal_mode = WAL');
    db.transaction(() => migrate(db, file, migrations)).immediate();
    return { db, version: migrations.length, copy: null };
  } catch (error) {
    db.close();
    throw error;
  }
}

function make(file: string): void {
  try {
    makeDirectory(path.resolve(path.dirname(file)));
    // SQLite gives its log the mode of the file. One that somebody else has made in this moment is as good.
    closeSync(openSync(file, 'a', 0o600));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // What lacks here is no earlier snapshot, but a place where there can be a file at all.
    if (code !== 'ENOENT') throw cause;
    throw new NsinspectError(`cannot make ${file}: ${code}`, { code: 'store-failed', cause });
  }
}

function checkPlace(file: string, there: Stats): void {
  // SQLite would begin to write into a device that holds nothing but zeros.
  if (!there.isFile()) throw badStore(`${file} is no history of nsinspect`);
  // An empty file becomes the history, which only its owner may read.
  if (there.size === 0) chmodSync(file, 0o600);
}

function prepare(db: Database.Database): void {
  db.pragma('foreign_keys = ON');
  db.pragma('synchronous = FULL');
  // Whoever made the file may have put anything into its views.
  db.pragma('trusted_schema = OFF');
}

/** Brings the tables up to date, within one transaction. */
function migrate(db: Database.Database, file: string, migrations: readonly string[]): void {
  const version = versionOf(db, file, migrations);
  if (version === migrations.length) return;
  for (const sql of migrations.slice(version)) db.exec(sql);
  db.pragma(`application_id = ${APPLICATION_ID}`);
  db.pragma(`user_version = ${migrations.length}`);
}

/** Version of the tables; 0: the file is empty. */
function versionOf(db: Database.Database, file: string, migrations: readonly string[]): number {
  const version = db.pragma('user_version', { simple: true }) as number;
  const application = db.pragma('application_id', { simple: true });
  const tables = db.prepare<[], number>('SELECT count(*) FROM sqlite_schema').pluck().get() ?? 0;
  if (application === 0 && version === 0 && tables === 0) return 0;
  if (application !== APPLICATION_ID) throw badStore(`${file} is no history of nsinspect`);
  if (version > migrations.length) {
    throw new NsinspectError(`${file} is of version ${version}; this nsinspect knows up to ${migrations.length}`, {
      code: 'store-version',
      hint: 'Use the version of nsinspect that wrote it, or a newer one.',
    });
  }
  return version;
}

/**
 * Tables and indexes must be what we made: whoever handed on the file may have put a trigger, which runs when something is
 * stored, or a view without an end in the place of a table. Views are for people alone: nothing here asks one.
 */
function checkSchema(db: Database.Database, file: string, migrations: readonly string[]): void {
  const version = versionOf(db, file, migrations);
  if (version === 0) return;
  const pattern = new Database(':memory:');
  try {
    for (const sql of migrations.slice(0, version)) pattern.exec(sql);
    const ours = new Map(
      schemaOf(pattern).flatMap(([name, type, sql]) => (type === 'view' ? [] : ([[name, [type, sql]]] as const))),
    );
    for (const [name, type, sql] of schemaOf(db)) {
      const our = ours.get(name);
      ours.delete(name);
      // Another table or view is nobody's harm as long as nothing asks it; a trigger or an index runs by itself.
      const isHarmless =
        our === undefined ? type === 'table' || type === 'view' || sql === null : our[0] === type && our[1] === sql;
      if (isHarmless) continue;
      throw badStore(`${file} is no history of nsinspect: its ${type} ${name} is not ours`);
    }
    const [lacking] = ours.keys();
    if (lacking !== undefined) throw badStore(`${file} is damaged: ${lacking} is missing`);
  } finally {
    pattern.close();
  }
}

function schemaOf(db: Database.Database): (readonly [name: string, type: string, sql: string | null])[] {
  return db
    .prepare<[], readonly [string, string, string | null]>('SELECT name, type, sql FROM sqlite_schema')
    .raw()
    .all();
}

function openToRead(file: string, migrations: readonly string[]): OpenDatabase {
  if (!statSync(file).isFile()) throw badStore(`${file} is no history of nsinspect`);
  let db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_MS });
  let copy: string | null = null;
  try {
    try {
      db.pragma('user_version');
    } catch (error) {
      if (!(error instanceof Database.SqliteError) || !CANNOT_SHARE.test(error.code)) throw error;
      // Readers, too, write into a file beside it (sqlite.org/wal.html, "Read-Only Databases").
      db.close();
      copy = copyOf(file);
      db = new Database(path.join(copy, 'history.db'), { timeout: BUSY_MS });
    }
    const version = versionOf(db, file, migrations);
    if (version === 0) throw noStore(file);
    prepare(db);
    checkSchema(db, file, migrations);
    if (copy === null) return { db, version, copy };
    db.pragma('query_only = ON');
    return { db, version, copy };
  } catch (error) {
    db.close();
    if (copy !== null) rmSync(copy, { recursive: true, force: true });
    throw error;
  }
}

const CANNOT_SHARE = /^SQLITE_(?:CANTOPEN|READONLY)/;

/** A directory of our own with the file and its log. */
function copyOf(file: string): string {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'nsinspect-'));
  const target = path.join(directory, 'history.db');
  copyFileSync(file, target);
  if (existsSync(`${file}-wal`)) copyFileSync(`${file}-wal`, `${target}-wal`);
  return directory;
}
