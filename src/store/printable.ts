/** JSON as the store keeps it. */
import { toJson } from '../text/json.ts';

const MAYBE_UNPRINTABLE = /[\u007f-\uffff]/;

/** Shells of SQLite print texts as they are: nothing in them may steer a terminal. Most are ASCII, and JSON has no others then. */
export function printableJson(text: string): string {
  return MAYBE_UNPRINTABLE.test(text) ? toJson(JSON.parse(text)) : text;
}

/** The value as JSON that may be printed. */
export function jsonText(value: object): string {
  return printableJson(JSON.stringify(value));
}
