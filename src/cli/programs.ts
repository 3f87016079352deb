import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';

/** Where administrators' programs are, which an ordinary user's PATH may lack. */
const MORE_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'];

/** The path of an installed program; null where there is none that the user may run. */
export function findProgram(name: string, PATH = process.env['PATH']): string | null {
  const folders = [...(PATH ?? '').split(':').filter((folder) => path.isAbsolute(folder)), ...MORE_FOLDERS];
  return folders.map((folder) => path.join(folder, name)).find(isExecutable) ?? null;
}

function isExecutable(file: string): boolean {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EACCES') return false;
    throw error;
  }
}
