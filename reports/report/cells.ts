/** Cells that several sections have. */
import type { ItemId, Mark, ReportCell, ReportColumn } from '../../src/schema/report.ts';
import { formatBytes } from '../../src/text/units.ts';

/** A column of text. */
export function textColumn(key: string, title: string): ReportColumn {
  return { key, title, align: 'left', unit: null };
}

/** A column of numbers. */
export function numberColumn(key: string, title: string, unit: string): ReportColumn {
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

/** Orders texts by their characters' numbers: the same everywhere. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
