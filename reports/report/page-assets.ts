/** The page's one style and its one script, as the build left them in dist/. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { builtFile } from '../../src/text/built-file.ts';

// Even from the sources: only the build makes them.
const FOLDER = builtFile(import.meta.url, '../../dist/page/', 'page/');

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
