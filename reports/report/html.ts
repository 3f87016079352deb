/** Markup for pages: everything from the host passes {@link shown} or {@link escapeHtml}. */
import { terminalSafe } from '../../src/text/safe.ts';
import { escapeAttribute } from '../escape.ts';

/** Text as it may stand between tags or in a quoted attribute. What HTML cannot hold (NUL and its like) is shown as U+FFFD. */
export function escapeHtml(text: string): string {
  if (!NOT_PLAIN.test(text)) return text;
  return escapeAttribute(holdable(text)).replaceAll("'", '&#39;');
}

/** The text with U+FFFD for what HTML cannot hold: the id of an element as the document has it. */
export function holdable(text: string): string {
  return text.replaceAll(/[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}

/** Nearly every text is plain: one look instead of six. */
const NOT_PLAIN = /[^ !#-%(-;=?-~]/;

/** Text for reading: what is invisible or reorders a line stands there as an escape, as it does in a terminal. */
export function shown(text: string): string {
  return escapeHtml(terminalSafe(text));
}
