/** Markup for pages: everything from the host passes {@link escapeHtml}. */

/** Text as it may stand between tags or in a quoted attribute. What HTML cannot hold (NUL and its like) is shown as U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[^\t\n\u0020-\u007e\u00a0-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
