/** Writing Markdown (GitHub's and GitLab's dialects): everything that is not our own words passes {@link escapeMarkdown}. */
import { terminalSafe } from '../src/text/safe.ts';
import { escapeText } from './escape.ts';

/**
 * What ends a text and shows nothing. GFM takes addresses for links even where a character of them is a reference: `&#64;` is a
 * commercial at before they are looked for.
 */
const BREAK = '<!-- -->';

/** Text that Markdown and HTML show as it is: no markup, no link, no mention, no cell ends in it. */
export function escapeMarkdown(text: string): string {
  return escapeText(terminalSafe(text).replaceAll(/[\\`*_{}[\]()#+!|~$^-]/g, String.raw`\$&`))
    .replaceAll('@', `@${BREAK}`)
    .replaceAll('://', `:${BREAK}//`)
    .replaceAll(/(www)\./gi, `$1${BREAK}.`);
}

/** A list of texts, which are escaped here; empty without any. */
export function markdownList(items: readonly string[]): string {
  return items.map((item) => `- ${escapeMarkdown(item)}`).join('\n');
}

/** A table of texts, which are escaped here but for headers; empty without rows. Of more than `most` rows the rest is counted. */
export function markdownTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  most: number,
  alignments: readonly ('left' | 'right')[] = [],
): string {
  if (rows.length === 0) return '';
  const rule = headers.map((_, at) => (alignments[at] === 'right' ? '--:' : '---'));
  const lines = [headers, rule, ...rows.slice(0, most).map((row) => row.map(escapeMarkdown))];
  const more = rows.length > most ? `\n\n${rows.length - most} more are not shown.` : '';
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n') + more;
}

/** What is folded away until somebody asks. */
export function markdownFold(summary: string, content: string): string {
  return `<details><summary>${escapeMarkdown(summary)}</summary>\n\n${content}\n\n</details>`;
}

/** Parts with an empty line between them; empty ones are left out. */
export function markdownDocument(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
