/** Whatever SQLite and the file system say, as one sentence for the user. */
import Database from 'better-sqlite3';
import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';

import { NsinspectError } from '../text/error.ts';

/** Does it; a failure of the database or of the file system becomes a NsinspectError that names the file. */
export function guarded<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw explained(path, cause);
  }
}

/** The error that says in one sentence what is the matter; of a defect of nsinspect the error itself. */
function explained(path: string, cause: unknown): unknown {
  if (cause instanceof NsinspectError) return cause;
  if (cause instanceof Database.SqliteError) return ofDatabase(path, cause);
  // What was written was JSON.
  if (cause instanceof SyntaxError) return badStore(`${path} is damaged (${cause.message})`, cause);
  const { code, syscall } = cause as NodeJS.ErrnoException;
  if (typeof code !== 'string' || typeof syscall !== 'string') return cause;
  if (code === 'ENOENT') return noStore(path, cause);
  if (code === 'EROFS') return readOnly(path, cause);
  return storeError('store-failed', `cannot use ${path}: ${code}`, cause);
}

/** There is no file, and nothing that makes one. */
export function noStore(path: string, cause?: unknown): NsinspectError {
  return storeError(
    'no-store',
    `there is no history: ${path} does not exist`,
    cause,
    'nsinspect snapshot take makes it, or a run of bench with --store',
  );
}

/** It is a file of something else, or damaged. */
export function badStore(message: string, cause?: unknown): NsinspectError {
  return storeError('bad-store', message, cause);
}

/** Where the log of changes cannot be made beside the file, SQLite only says that it cannot open something. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(dirname(path), constants.W_OK);
    return false;
  } catch {
    // Whatever the reason is: nothing can be written there.
    return true;
  }
}

function readOnly(path: string, cause: unknown): NsinspectError {
  return storeError('store-read-only', `${path} cannot be written`, cause);
}

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
function ofDatabase(path: string, cause: InstanceType<typeof Database.SqliteError>): NsinspectError {
  const [primary = ''] = /^SQLITE_[A-Z]+/.exec(cause.code) ?? [];
  switch (primary) {
    case 'SQLITE_NOTADB':
      return badStore(`${path} is no history of nsinspect`, cause);
    case 'SQLITE_CORRUPT':
      return badStore(`${path} is damaged (${cause.message})`, cause);
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return storeError('store-busy', `${path} is in use by another program`, cause, 'Try again when it has ended.');
    case 'SQLITE_FULL':
      return storeError('store-full', `no room is left for ${path}: nothing was stored`, cause);
    case 'SQLITE_READONLY':
      return readOnly(path, cause);
    case 'SQLITE_CANTOPEN':
      return isReadOnly(path) ? readOnly(path, cause) : storeError('store-failed', `cannot open ${path}`, cause);
    case 'SQLITE_PERM':
    case 'SQLITE_AUTH':
      return storeError('store-failed', `cannot open ${path}`, cause);
    default:
      return storeError('store-failed', `${path} cannot be used: ${cause.message} (${cause.code})`, cause);
  }
}

function storeError(code: string, message: string, cause?: unknown, hint: string | null = null): NsinspectError {
  return new NsinspectError(message, { code, cause, hint });
}
