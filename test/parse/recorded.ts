import { readFileSync } from 'node:fs';

/** A recorded file of `test/parse/fixtures`, one character a byte, as the host hands it to a parser. */
export function recorded(name: string): string {
  return readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'latin1');
}

/** The text cut after each of its bytes but the last, as by a reader that stopped too early. */
export function everyCut(text: string): string[] {
  return Array.from(text, (_, length) => text.slice(0, length));
}
