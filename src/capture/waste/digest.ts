/** The digests of files of a stack, read in pieces. */
import { createHash } from 'node:crypto';

import { Failure } from '../../host/port.ts';
import type { Read, TreeQueries } from '../../host/port.ts';
import { DirPool } from '../tree/pool.ts';
import type { FileAt } from './stack-walk.ts';

/** A larger file is not read, nor more than the second in all: a sparse file of any size costs its maker nothing. */
const MOST_OF_ONE = 1024n ** 3n;
const MOST_OF_ALL = 32n * 1024n ** 3n;

const PIECE = 256 * 1024;

/** SHA-256, hexadecimal, of one file after the other. `not collected`: too large, or too much was read already. */
export class Digests {
  readonly #tree: TreeQueries;
  readonly #pool: DirPool;
  readonly #piece = Buffer.allocUnsafeSlow(PIECE);
  #left = MOST_OF_ALL;

  constructor(tree: TreeQueries) {
    this.#tree = tree;
    this.#pool = new DirPool(tree);
  }

  of({ place, name, bytes }: FileAt): Read<string> {
    const size = BigInt(bytes);
    if (size > MOST_OF_ONE || size > this.#left) return new Failure('not collected', 'too large to compare');
    this.#left -= size;
    const dir = this.#pool.open(place);
    const file = dir instanceof Failure ? dir : this.#tree.openFile(dir, name);
    if (file instanceof Failure) return file;
    const hash = createHash('sha256');
    try {
      // Not beyond what the size said: a file that grows while it is read has no end.
      for (let at = 0; at <= Number(size);) {
        const n = file.read(this.#piece, at);
        if (n instanceof Failure) return n;
        if (n === 0) return hash.digest('hex');
        hash.update(this.#piece.subarray(0, n));
        at += n;
      }
      return new Failure('not collected', 'grew while it was read');
    } finally {
      file.close();
    }
  }

  close(): void {
    this.#pool.close();
  }
}
