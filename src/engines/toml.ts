import { Buffer } from 'node:buffer';

import type { ByteString } from '../text/bytes.ts';

/**
 * The strings of a TOML file by their dotted key (`grpc.address`), as far as the files of containerd and
 * containers-storage use them: `[table]` headers and `key = "text"` on one line. Everything else (arrays, numbers,
 * inline tables, multi-line strings) is passed over: it says nothing that is asked for here. Of a repeated key the first
 * counts.
 */
export function tomlStrings(text: ByteString): ReadonlyMap<string, string> {
  const strings = new Map<string, string>();
  let table = '';
  for (const line of Buffer.from(text, 'latin1').toString('utf8').split('\n')) {
    const header = /^\s*\[([^[\]]+)\]\s*(?:#.*)?$/.exec(line)?.[1];
    if (header !== undefined) {
      table = `${header.replaceAll(/["'\s]/g, '')}.`;
      continue;
    }
    if (/^\s*\[\[/.test(line)) table = ' .'; // An array of tables: nothing that is asked for lies in one.
    const match = /^\s*([\w.-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*(?:#.*)?$/.exec(line);
    if (match === null) continue;
    const key = table + (match[1] ?? '');
    const value = match[3] ?? (match[2] ?? '').replaceAll(/\\(["\\])/g, '$1');
    if (!strings.has(key)) strings.set(key, value);
  }
  return strings;
}
