/** The program that does in the guest's cgroups what a shell cannot. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { privateDirectory } from '../support/temporary.ts';

/** Compiles actor.c; gives the program's path. */
export async function buildActor(): Promise<string> {
  const source = path.join(import.meta.dirname, 'actor.c');
  const hash = createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 16);
  const program = path.join(privateDirectory(), `actor-${hash}`);
  // Under another name first: a second run at the same time must not find half a program.
  const unfinished = `${program}.${process.pid}`;
  await promisify(execFile)('cc', ['-O1', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', unfinished, source]);
  renameSync(unfinished, program);
  return program;
}
