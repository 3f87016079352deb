/** A layer as dockerd leaves it behind: the directory that its archive was unpacked to, and the tar-split to make it again from. */
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { Crc64 } from '../src/engines/crc64.ts';

/** What is put into a layer. */
export interface LayerContent {
  readonly small: number;
  readonly large: number;
  readonly largeBytes: number;
}

/** What dockerd writes down of a layer. */
export interface MadeLayer {
  readonly diffId: string;
  readonly tarSplit: Buffer;
  /** Of the files' content. */
  readonly bytes: number;
  readonly files: number;
}

const BLOCK = 512;

/** Small files to a directory. */
const CROWD = 20;

/** Sizes of small files, in turn: most of an image's files are small, and few fill whole pages. */
const SMALL = [120, 700, 1500, 2900, 4096, 5300, 9000, 14_000, 31_000];

/** Fills `directory`, which must not exist, with random content, and gives the record of it. */
export function makeLayer(directory: string, { small, large, largeBytes }: LayerContent): MadeLayer {
  const archive = new Archive(directory);
  archive.folder('');
  archive.folder('usr/');
  for (let i = 0; i < small; i++) {
    const folder = `usr/d${Math.floor(i / CROWD)}/`;
    if (i % CROWD === 0) archive.folder(folder);
    archive.file(`${folder}file${i}`, randomBytes(SMALL[i % SMALL.length] ?? 0));
  }
  for (let i = 0; i < large; i++) archive.file(`usr/large${i}`, randomBytes(largeBytes));
  return archive.end();
}

/** Writes files and their archive side by side. */
class Archive {
  readonly #directory: string;
  readonly #hash = createHash('sha256');
  readonly #lines: string[] = [];
  #padding = 0;
  #bytes = 0;
  #files = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  folder(name: string): void {
    const at = path.join(this.#directory, name);
    mkdirSync(at);
    // The umask must not make it something else than the header says.
    chmodSync(at, 0o755);
    this.#segment(header(`./${name}`, '5', 0o755, 0));
    this.#line({ type: 1, name: `./${name}` });
  }

  file(name: string, content: Buffer): void {
    const at = path.join(this.#directory, name);
    writeFileSync(at, content);
    chmodSync(at, 0o644);
    this.#segment(header(`./${name}`, '0', 0o644, content.length));
    const payload = Buffer.from(new Crc64().update(content).digest(), 'hex').toString('base64');
    this.#line({ type: 1, name: `./${name}`, size: content.length, payload });
    this.#hash.update(content);
    this.#padding = (BLOCK - (content.length % BLOCK)) % BLOCK;
    this.#bytes += content.length;
    this.#files++;
  }

  end(): MadeLayer {
    this.#segment(Buffer.alloc(2 * BLOCK));
    return {
      diffId: `sha256:${this.#hash.digest('hex')}`,
      tarSplit: gzipSync(this.#lines.join('')),
      bytes: this.#bytes,
      files: this.#files,
    };
  }

  /** What fills up the file before belongs to the segment after it. */
  #segment(bytes: Buffer): void {
    const all = Buffer.concat([Buffer.alloc(this.#padding), bytes]);
    this.#padding = 0;
    this.#hash.update(all);
    this.#line({ type: 2, payload: all.toString('base64') });
  }

  #line(entry: object): void {
    this.#lines.push(`${JSON.stringify({ ...entry, position: this.#lines.length })}\n`);
  }
}

/** A header of 512 bytes (tar(5), ustar). */
function header(name: string, typeflag: string, mode: number, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => `${value.toString(8).padStart(digits, '0')}\0`;
  block.write(name, 0, 'latin1');
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  // The sum is made as if its own place were blank.
  block.write(' '.repeat(8), 148);
  block.write(typeflag, 156);
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 6)} `, 148);
  return block;
}
