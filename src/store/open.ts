/** Opens the file of a store: makes it, brings it up to date, or reads it where nothing may be written. */
import Database from 'better-sqlite3';
import { closeSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { NsinspectError } from '../text/error.ts';
import { badStore, guarded, noStore } from './errors.ts';
import { TABLES } from './tables.ts';
import { CREATE_VIEWS } from './views.ts';

/** `nsin`: `file` and SQLite know the file by it. */
export const APPLICATION_ID = 0x6e73696e;

/** SQL that leads from each version to the next; the first makes a new file. */
export const MIGRATIONS: readonly string[] = [TABLES + CREATE_VIEWS];

/** How long to wait for another writer. */
const BUSY_MS = 10_000;

/** An open file, and what is to be removed when it is closed. */
export interface OpenDatabase {
  readonly db: Database.Database;
  readonly copy: string | null;
}

/** Opens it; `migrations` and `timeout` are others in tests alone. */
export function openDatabase(
  file: string,
  how: 'read' | 'write',
  migrations = MIGRATIONS,
  timeout = BUSY_MS,
): OpenDatabase {
  return guarded(file, () => (how === 'read' ? openToRead(file, migrations) : openToWrite(file, migrations, timeout)));
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
  const isNew = !existsSync(file);
  if (isNew) {
    makeDirectory(path.resolve(path.dirname(file)));
    // SQLite gives its log the mode of the file. One that somebody else has made in this moment is as good.
    closeSync(openSync(file, 'a', 0o600));
  }
  const db = new Database(file, { timeout });
  try {
    if (versionOf(db, file, migrations) === 0) db.pragma('auto_vacuum = INCREMENTAL');
    db.pragma('journal_mode = WAL');
    prepare(db);
    db.transaction(() => migrate(db, file, migrations)).immediate();
    return { db, copy: null };
  } catch (error) {
    db.close();
    throw error;
  }
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
    if (version < migrations.length) {
      throw new NsinspectError(
        `${file} is of version ${version}, before that of this nsinspect (${migrations.length})`,
        {
          code: 'store-version',
          hint: 'The next snapshot that is taken brings it up to date.',
        },
      );
    }
    prepare(db);
    if (copy === null) return { db, copy };
    db.pragma('query_only = ON');
    return { db, copy };
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
