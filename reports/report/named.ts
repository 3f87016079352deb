/** Names in a sentence. */

/** Names that are told one by one. */
const NAMED = 3;

/** The first of these names, and how many more there are: `web, db, cache and 4 more`. */
export function namedText(names: readonly string[]): string {
  const rest = names.length - NAMED;
  return names.slice(0, NAMED).join(', ') + (rest > 0 ? ` and ${String(rest)} more` : '');
}
