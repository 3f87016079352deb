/** The page's one style and its one script, as the build left them in dist/. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

// In the built program this code is in a chunk of dist/; from source, dist/ is beside reports/.
const DIST = import.meta.url.lastIndexOf('/dist/');
const FOLDER = new URL(DIST < 0 ? '../../dist/page/' : `${import.meta.url.slice(0, DIST)}/dist/page/`, import.meta.url);

/** An element's text, and what a content security policy allows it by. */
export interface Asset {
  readonly text: string;
  /** `'sha256-…'` (CSP Level 3, 8.3). */
  readonly source: string;
}

/** The script of the page; what it shares with this program is in it. */
export function pageScript(): Asset {
  return assetOf(readFileSync(new URL('main.js', FOLDER), 'utf8'));
}

/** The style of the page: colours first, then what the build made of page.css. */
export function pageStyle(colours: string): Asset {
  return assetOf(colours + readFileSync(new URL('page.css', FOLDER), 'utf8'));
}

function assetOf(text: string): Asset {
  // The end of the element in a string of the script would end it; the bundler writes it in another way.
  if (/<\/(script|style)/i.test(text)) throw new Error('the text of an element holds the end of it');
  return { text, source: `'sha256-${createHash('sha256').update(text).digest('base64')}'` };
}
