/** Tables and figures of the report. */

/** What was to be reached: in words, the figure measured, the most that it may be, and how both are shown. */
export type Target = readonly [what: string, value: number, most: number, show: (value: number) => string];

/** A table of Markdown; all columns but the first are figures. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(header), line(rule), ...rows.map(line)].join('\n');
}

/** What was to be reached, and whether it was. */
export function targetTable(targets: readonly Target[]): string {
  return table(
    ['what', 'at most', 'measured', ''],
    targets.map(([what, value, most, show]) => [
      what,
      show(most),
      Number.isNaN(value) ? '?' : show(value),
      Number.isNaN(value) ? 'not measured' : value <= most ? 'met' : 'missed',
    ]),
  );
}

/** Milliseconds. */
export function ms(value: number): string {
  return `${value.toFixed(0)} ms`;
}

/** Megabytes of 2^20 bytes. */
export function mb(value: number): string {
  return `${value.toFixed(0)} MB`;
}

/** A number with its thousands apart. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** The page with this section, which begins with its heading, in the place of the one that it had. */
export function withSection(page: string, section: string): string {
  const heading = section.slice(0, section.indexOf('\n', 1) + 1);
  const from = page.indexOf(heading);
  if (from < 0) return page + section;
  const next = page.indexOf('\n## ', from + heading.length);
  return page.slice(0, from) + section + (next < 0 ? '' : page.slice(next));
}
