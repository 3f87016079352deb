/** Texts and JSON as the store keeps them: shells of SQLite print them as they are, and nothing in them may steer a terminal. */
import { toJson } from '../text/json.ts';
import { terminalSafe } from '../text/safe.ts';

const MAYBE_UNPRINTABLE = /[\u007f-\uffff]/;

/** The text as it may be printed. */
export function printableText(text: string | null): string | null {
  return text === null ? null : terminalSafe(text);
}

/** The same JSON as it may be printed. Most is ASCII, and escapes there all that may not. */
export function printableJson(text: string): string {
  return MAYBE_UNPRINTABLE.test(text) ? toJson(JSON.parse(text)) : text;
}

/** The value as JSON that may be printed. */
export function jsonText(value: object): string {
  return printableJson(JSON.stringify(value));
}
