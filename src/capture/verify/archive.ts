/** A layer's `tar-split.json.gz`, line by line: it may be hundreds of megabytes long. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { parseTarSplitLine } from '../../engines/tar-split.ts';
import type { TarSplitEntry } from '../../engines/tar-split.ts';
import { Failure } from '../../host/port.ts';
import type { OpenFile } from '../../host/port.ts';

const PIECE = 64 * 1024;

/** One line has at most the headers of one file and what fills up the one before it; extended headers are a mebibyte at most in practice. */
const MOST_LINE = 64 * 1024 * 1024;

/**
 * Hands every entry to `take`, in order, until that gives a failure. Null: all were taken. A text that is no tar-split is
 * `malformed`, as are gaps in its numbering: an entry is missing.
 */
export async function forEachEntry(
  file: OpenFile,
  take: (entry: TarSplitEntry) => Failure | null,
): Promise<Failure | null> {
  let rest = '';
  let position = 0;
  const line = (text: string): void => {
    const entry = parseTarSplitLine(text);
    if (entry?.position !== position) throw bad(`line ${position + 1} of the tar-split`);
    position++;
    const failure = take(entry);
    if (failure !== null) throw new Failed(failure);
  };
  const read = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(line);
      if (rest.length > MOST_LINE) throw bad('a line of the tar-split is too long');
    }
    if (rest !== '') line(rest);
  };
  try {
    await pipeline(Readable.from(piecesOf(file)), createGunzip({ chunkSize: 4 * PIECE }), read);
    return null;
  } catch (error) {
    if (error instanceof Failed) return error.failure;
    const { code } = error as NodeJS.ErrnoException;
    // zlib's own words for a damaged or cut file; anything else is a defect of this program.
    if (code?.startsWith('Z_') !== true) throw error;
    return bad(`the tar-split is damaged (${code})`).failure;
  }
}

/** Carries a failure through a stream. */
class Failed extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.errno);
    this.failure = failure;
  }
}

function* piecesOf(file: OpenFile): Generator<Buffer> {
  for (let at = 0; ;) {
    const piece = Buffer.allocUnsafe(PIECE);
    const n = file.read(piece, at);
    if (n instanceof Failure) throw new Failed(n);
    if (n === 0) return;
    at += n;
    yield piece.subarray(0, n);
  }
}

function bad(what: string): Failed {
  return new Failed(new Failure('malformed', what));
}
