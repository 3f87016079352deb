/** Reads files with runs of benchmarks. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

import type { BenchDocument } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';
import { badRun, checkRun } from './bench-check.ts';

/** A run of all suites with thirty rounds has some 2 MB. */
const MOST_BYTES = 64 << 20;

/** The run in the file; `-` is standard input. A NsinspectError says in one line why it cannot be used. */
export function readRun(file: string): BenchDocument {
  const name = file === '-' ? 'standard input' : file;
  const text = textOf(file, name);
  if (text.trim() === '') throw badRun(`${name} is empty`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw badRun(`${name} is no run of nsinspect bench: what it holds is not JSON, or ends in the middle`, cause);
  }
  return checkRun(document, name);
}

function textOf(file: string, name: string): string {
  try {
    const fd = file === '-' ? 0 : openSync(file, 'r');
    try {
      const status = fstatSync(fd);
      if (status.isFile() && status.size > MOST_BYTES) throw tooLarge(name);
      return readPieces(fd, name).toString('utf8');
    } finally {
      if (fd !== 0) closeSync(fd);
    }
  } catch (cause) {
    if (cause instanceof NsinspectError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new NsinspectError(`cannot read ${name}: ${code ?? String(cause)}`, { code: 'no-run', cause });
  }
}

/** A pipe says nothing of its size, and may never end. */
function readPieces(fd: number, name: string): Buffer {
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(1 << 20);
    const size = readSync(fd, piece);
    if (size === 0) return Buffer.concat(pieces, length);
    pieces.push(Buffer.from(piece.subarray(0, size)));
    length += size;
    if (length > MOST_BYTES) throw tooLarge(name);
  }
}

function tooLarge(name: string): NsinspectError {
  return badRun(`${name} is larger than ${MOST_BYTES >> 20} MiB: not read`);
}
