/** Reads the file that `--from` names, which may be a pipe, and may be anything else. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isCompressed } from '../capture/file.ts';
import { NsinspectError } from '../text/error.ts';

/** What is unpacked is bounded by the same 512 MiB (src/capture/file.ts): what is compressed and larger holds too much in any case. */
const MOST_BYTES = 2 ** 29;

const PIECE = 4 << 20;

/** The bytes of the file. Of what is not compressed only the beginning: it is no capture, and may never end (`/dev/zero`). */
export function readCaptureFile(path: string, most = MOST_BYTES): Buffer {
  try {
    const fd = openSync(path, 'r');
    try {
      const status = fstatSync(fd);
      if (status.isFile() && status.size > most) throw tooLarge(path, most);
      return readPieces(fd, path, most);
    } finally {
      closeSync(fd);
    }
  } catch (cause) {
    if (cause instanceof NsinspectError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new NsinspectError(`cannot read ${path}: ${code ?? String(cause)}`, { code: 'no-capture', cause });
  }
}

function readPieces(fd: number, path: string, most: number): Buffer {
  const pieces: Buffer[] = [];
  let length = 0;
  for (;;) {
    const piece = Buffer.allocUnsafe(PIECE);
    const size = readSync(fd, piece);
    if (size === 0) return Buffer.concat(pieces, length);
    pieces.push(size < PIECE / 2 ? Buffer.from(piece.subarray(0, size)) : piece.subarray(0, size));
    length += size;
    if (length > most) throw tooLarge(path, most);
    // A pipe may give a single byte at first.
    if (length >= 2 && !isCompressed(pieces.length === 1 ? piece : Buffer.concat(pieces, 2))) {
      return Buffer.concat(pieces, length);
    }
  }
}

function tooLarge(path: string, most: number): NsinspectError {
  return new NsinspectError(`${path} is larger than ${String(Math.floor(most / (1 << 20)))} MiB: not read`, {
    code: 'bad-capture',
  });
}
