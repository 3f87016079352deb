import { Buffer } from 'node:buffer';

import type { ByteString } from '../text/bytes.ts';
import { isObject, parseJson } from './json.ts';

/** One line of a `tar-split.json`: what stands between files in the archive, as it is, or one file's place in it. */
export type TarSplitEntry =
  | { readonly kind: 'segment'; readonly position: number; readonly bytes: Buffer }
  | {
      readonly kind: 'file';
      readonly position: number;
      /** As the archive has it: with or without a leading `./` or a slash at the end. */
      readonly name: ByteString;
      /** Of the content that follows in the archive; 0 for all that is no regular file. */
      readonly size: number;
      /** CRC-64 (ISO) of the content, 16 hexadecimal digits; null where there is none. */
      readonly crc64: string | null;
    };

/** enum Type (vbatts/tar-split, tar/storage/entry.go). */
const FILE_TYPE = 1;
const SEGMENT_TYPE = 2;

/** Sum64 of Go's hash/crc64, highest byte first. */
const CRC_BYTES = 8;

/**
 * Parses one line of a `tar-split.json` (vbatts/tar-split, tar/storage/entry.go and packer.go): with the content of the files
 * that it names in between, its segments give the layer's archive again, byte for byte. Names that are not UTF-8 are in
 * `name_raw`, base64. Null: malformed.
 */
export function parseTarSplitLine(line: ByteString): TarSplitEntry | null {
  const entry = parseJson(line);
  if (!isObject(entry)) return null;
  const { position, payload } = entry;
  if (!isCount(position)) return null;
  const bytes =
    typeof payload === 'string' ? base64(payload) : payload === undefined || payload === null ? null : false;
  if (bytes === false) return null;
  if (entry['type'] === SEGMENT_TYPE) return bytes === null ? null : { kind: 'segment', position, bytes };
  if (entry['type'] !== FILE_TYPE) return null;
  const size = entry['size'] ?? 0;
  const name = nameIn(entry['name'], entry['name_raw']);
  if (name === null || !isCount(size)) return null;
  if (bytes !== null && bytes.length !== CRC_BYTES) return null;
  return { kind: 'file', position, name, size, crc64: bytes === null ? null : bytes.toString('hex') };
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function nameIn(name: unknown, raw: unknown): ByteString | null {
  if (typeof raw === 'string' && raw !== '') {
    const bytes = base64(raw);
    return bytes === false ? null : bytes.toString('latin1');
  }
  return typeof name === 'string' ? Buffer.from(name, 'utf8').toString('latin1') : null;
}

/** The bytes; false where it is not base64, which Buffer would pass over in silence. */
function base64(text: string): Buffer | false {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === Math.floor((text.replace(/=+$/, '').length * 3) / 4) ? bytes : false;
}

/** What the last header before a file says of it. */
export interface TarHeader {
  /** As the format writes it: `0` or NUL a file, `1` a hard link, `2` a symbolic link, `3` and `4` devices, `5` a directory, `6` a FIFO. */
  readonly typeflag: string;
  readonly mode: number;
  /** Target of a symbolic link; null where an extended header may say otherwise. */
  readonly linkname: ByteString | null;
  readonly rdev: string;
}

/** Offsets in a header of 512 bytes (tar(5), ustar). */
const AT = { mode: 100, typeflag: 156, linkname: 157, devMajor: 329, devMinor: 337, end: 345 } as const;
const BLOCK = 512;
const LINKNAME_BYTES = 100;

/**
 * The header of the file that follows a segment: its last block. `padding`: bytes of the segment that fill up the file before
 * it. Null where the segment does not end with one.
 */
export function headerAtEnd(segment: Uint8Array, padding: number): TarHeader | null {
  if (segment.length < padding + BLOCK || (segment.length - padding) % BLOCK !== 0) return null;
  const block = Buffer.from(segment.buffer, segment.byteOffset + segment.length - BLOCK, BLOCK);
  const text = (from: number, to: number): string => {
    const end = block.indexOf(0, from);
    return block.toString('latin1', from, end === -1 || end > to ? to : end);
  };
  const linkname = text(AT.linkname, AT.linkname + LINKNAME_BYTES);
  // Extended headers (pax, GNU's long names) are blocks of their own in front of it.
  const isPlain = segment.length === padding + BLOCK && linkname.length < LINKNAME_BYTES;
  const mode = octal(text(AT.mode, AT.mode + 8));
  if (mode === null) return null;
  const device = (from: number): number => octal(text(from, from + 8)) ?? 0;
  return {
    typeflag: String.fromCharCode(block[AT.typeflag] ?? 0),
    mode: mode & 0o7777,
    linkname: isPlain ? linkname : null,
    rdev: `${device(AT.devMajor)}:${device(AT.devMinor)}`,
  };
}

function octal(text: string): number | null {
  const digits = text.trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : null;
}
