/** Tables in docs/ that a script measures anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { format, resolveConfig } from 'prettier';

/** Puts text in place of what follows `<!-- NAME -->` in a file of docs/, up to the next such mark or the end. */
export async function writeSection(file: string, name: string, text: string): Promise<void> {
  const place = path.join(path.dirname(import.meta.dirname), 'docs', file);
  const before = readFileSync(place, 'utf8');
  const mark = `<!-- ${name} -->`;
  const from = before.indexOf(mark);
  if (from < 0) throw new Error(`${file} has no ${mark}`);
  const next = before.indexOf('<!-- ', from + mark.length);
  const rest = next < 0 ? '' : `\n${before.slice(next)}`;
  const after = `${before.slice(0, from)}${mark}\n\n${text}\n${rest}`;
  writeFileSync(place, await format(after, { ...(await resolveConfig(place)), parser: 'markdown' }));
}

/** A table in Markdown. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  return [header, header.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
