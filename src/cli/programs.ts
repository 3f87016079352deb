import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Where administrators' programs are, which an ordinary user's PATH may lack. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The path of an installed program; null where there is none that the user may run. */
export function findProgram(name: string, PATH = process.env['PATH']): string | null {
  const folders = [...(PATH ?? '').split(':').filter((folder) => path.isAbsolute(folder)), ...MORE_FOLDERS];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable) ?? null;
}

/** A folder of PATH that may not be looked into, or leads nowhere, has no program for this user. */
const NOT_OURS = new Set(['EACCES', 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']);

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch (error) {
    if (NOT_OURS.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
