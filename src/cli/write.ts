import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { NsinspectError } from '../text/error.ts';

/**
 * Writes a file whole or not at all: first beside its place, then renamed, so that a full disk or an interrupt loses nothing that
 * stood there. `-` is stdout, whose reader may have seen enough (`| head`): that is no failure. Devices and pipes are written as they
 * are. Readable by its owner alone: captures tell much.
 */
export function writeWhole(file: string, bytes: Uint8Array): void {
  try {
    if (file === '-') writeAll(1, bytes);
    else if (isSpecial(file)) writeFileSync(file, bytes);
    else writeBeside(file, bytes);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EPIPE' && file === '-') return;
    throw cannotWrite(file, cause);
  }
}

/**
 * Error where {@link writeWhole} would fail for want of rights or of a directory: asked before work is done that would be lost.
 * Nothing is left behind, and what stands there is not touched.
 */
export function demandWritable(file: string): void {
  if (file === '-') return;
  try {
    if (isSpecial(file)) accessSync(file, constants.W_OK);
    else if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) throw directoryError();
    else tryBeside(file);
  } catch (cause) {
    throw cannotWrite(file, cause);
  }
}

function directoryError(): NodeJS.ErrnoException {
  return Object.assign(new Error('is a directory'), { code: 'EISDIR' });
}

function tryBeside(file: string): void {
  const at = beside(file);
  closeSync(openSync(at, 'wx', 0o600));
  rmSync(at);
}

function cannotWrite(file: string, cause: unknown): NsinspectError {
  const { code } = cause as NodeJS.ErrnoException;
  return new NsinspectError(`cannot write ${file === '' ? "''" : file}: ${code ?? String(cause)}`, {
    code: 'cannot-write',
    cause,
  });
}

/** Milliseconds until a pipe that is full is tried again. */
const FULL = 2;

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSome(fd, bytes, at);
}

/** Node, or whoever has the pipe from the same parent, may have made it non-blocking: where it is full it says so (write(2)). */
function writeSome(fd: number, bytes: Uint8Array, at: number): number {
  try {
    return writeSync(fd, bytes, at);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL);
    return 0;
  }
}

function isSpecial(file: string): boolean {
  // /dev/shm is an ordinary directory, in which everybody may put links.
  return /^\/dev\/(?!shm\/)|^\/proc\//.test(path.resolve(file));
}

function beside(file: string): string {
  return `${file}.${String(process.pid)}.tmp`;
}

function writeBeside(file: string, bytes: Uint8Array): void {
  const at = beside(file);
  const fd = openSync(at, 'wx', 0o600);
  try {
    writeAll(fd, bytes);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(at, file);
  } catch (error) {
    rmSync(at, { force: true });
    throw error;
  }
}
