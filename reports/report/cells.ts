/** Cells that several sections have. */
import type { ItemId, Mark, ReportCell, ReportColumn } from '../../src/schema/report.ts';
import { formatBytes } from '../../src/text/units.ts';
import { namedText } from './names.ts';

/** A column of text. */
export function textColumn(key: string, title: string): ReportColumn {
  return { key, title, align: 'left', unit: null };
}

/** A column of numbers; no unit: they name something and count nothing. */
export function numberColumn(key: string, title: string, unit: string | null): ReportColumn {
  return { key, title, align: 'right', unit };
}

/** A count. */
export function countCell(count: number): ReportCell {
  return { text: String(count), value: String(count) };
}

/** Bytes; `why` says why they are not known, where they are not. */
export function bytesCell(bytes: bigint | null, why: string): ReportCell {
  if (bytes === null) return { text: 'not known', mark: 'unknown', note: why };
  return { text: formatBytes(bytes), value: String(bytes) };
}

/** Text, with what else is to be said of it where there is something. */
export function textCell(
  text: string,
  more: { readonly note?: string | null; readonly mark?: Mark | null; readonly item?: ItemId | null } = {},
): ReportCell {
  const { note = null, mark = null, item = null } = more;
  return { text, ...(item !== null && { item }), ...(mark !== null && { mark }), ...(note !== null && { note }) };
}

/** Names as {@link namedText} shortens them; all of them in a note where it does. */
export function namesCell(names: readonly string[]): ReportCell {
  const [text, whole] = [namedText(names), names.join(', ')];
  return textCell(text, text === whole ? {} : { note: whole });
}
