/** How {@link toJson} writes. */
export interface JsonOptions {
  /** Spaces a level; 0, all on one line, unless told otherwise. */
  readonly indent?: number;
}

/**
 * A value as JSON, bigint as a decimal string. Characters that JSON allows but that could steer a terminal or reorder
 * its line (DEL, C1, bidirectional controls, whatever is invisible) are written as `\uXXXX`: to a program the document
 * is the same, and it may be printed as it is.
 */
export function toJson(value: unknown, options: JsonOptions = {}): string {
  return printable(JSON.stringify(value, bigintAsText, options.indent));
}

/**
 * A value as JSON in which equal values give equal texts: the members of each object sorted by UTF-16 code units,
 * without white space. For digests and comparison.
 */
export function canonicalJson(value: unknown): string {
  return printable(canonical(value));
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item ?? null)).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(bigintAsText('', value));
  // Not by way of a sorted object: JavaScript moves members such as "10" to the front of any object.
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join()}}`;
}

// All of these can stand in a JSON text only inside a string, where an escape means the same.
const UNPRINTABLE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;
const MAYBE_UNPRINTABLE = /[\u007f-\uffff]/;

function printable(json: string): string {
  return MAYBE_UNPRINTABLE.test(json) ? json.replaceAll(UNPRINTABLE, escape) : json;
}

function escape(character: string): string {
  let escaped = '';
  for (let at = 0; at < character.length; at++) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
