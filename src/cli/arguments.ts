/** Command lines in which a moment such as `-10m` may stand, which a parser takes for a flag. */
import { parseSpan } from './moment.ts';

/** The same arguments with `-10m` as `@-10m`, which means the same; what follows `--` stays. No flag begins with a digit. */
export function momentArguments(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, at) => ((end === -1 || at < end) && isPast(word) ? `@${word}` : word));
}

function isPast(word: string): boolean {
  return word.startsWith('-') && parseSpan(word.slice(1)) !== null;
}

/** A moment as its user typed it, for showing. */
export function asTyped(word: string): string {
  return word.startsWith('@-') ? word.slice(1) : word;
}
