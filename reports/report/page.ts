/** The report as one HTML page, which opens anywhere: its style, its script and its facts are in it. */
import { gzipSync } from 'node:zlib';

import type { Capture, FacetName } from '../../src/schema/capture.ts';
import type { ItemId } from '../../src/schema/report.ts';
import { reportDocument } from './document.ts';
import type { Report } from './document.ts';
import { escapeHtml, shown } from './html.ts';
import { pageScript, pageStyle } from './page-assets.ts';
import { BlockWriter } from './page-blocks.ts';
import { barHtml, footHtml, overviewHtml, pageTitle } from './page-overview.ts';
import { pageColours, pictureStyle } from './palette.ts';
import { itemsOf } from './page-items.ts';

/** What is in a page besides the report. */
export interface PageOptions {
  /** The capture as a file holds it; null: the page is without. */
  readonly raw: Uint8Array | null;
}

/** A picture that stands for the page; without one a server would be asked for /favicon.ico. */
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect x='1' y='1' width='14' height='14' rx='3' fill='%230a58ca'/%3E%3Crect x='4' y='4' width='8' height='8' rx='1' fill='none' stroke='%23fff' stroke-width='1.5'/%3E%3Crect x='6.5' y='6.5' width='3' height='3' fill='%23fff'/%3E%3C/svg%3E";

/** Every facet that a capture can have; without the host there is none. */
const FACETS = [
  'tasks',
  'namespaces',
  'mounts',
  'engines',
  'cgroups',
  'limits',
  'layers',
] as const satisfies readonly FacetName[];

function lackingOf(capture: Capture): readonly FacetName[] {
  return FACETS.filter((facet) => capture[facet] === undefined);
}

/** The page, whole. */
export function reportPage(report: Report, { raw }: PageOptions): string {
  const document = reportDocument(report);
  const items: ReadonlySet<ItemId> = itemsOf(report.sections);
  const writer = new BlockWriter(items);
  const sections = report.sections.map((section) => writer.section(section)).join('');
  const data = { tables: writer.tables, trees: writer.trees, pictureStyle: pictureStyle() };
  const script = pageScript();
  const style = pageStyle(pageColours());
  // base-uri and form-action do not fall back to default-src; data: is the icon.
  const policy = `default-src 'none'; script-src ${script.source}; style-src ${style.source}; img-src data:; base-uri 'none'; form-action 'none'`;
  const packed = gzipSync(JSON.stringify(data)).toString('base64');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy).replaceAll('&#39;', "'")}">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="${shown(`nsinspect ${document.tool.version}`)}">
<title>${shown(pageTitle(document))}</title>
<link rel="icon" href="${ICON}">
<style>${style.text}</style>
<script>${script.text}</script>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
${barHtml(document)}
<main id="content" tabindex="-1">
${overviewHtml(document, items, lackingOf(report.world.capture))}
${sections}
</main>
${footHtml(document, raw)}
<script type="text/plain" id="data">${packed}</script>
${raw === null ? '' : `<script type="text/plain" id="raw">${Buffer.from(raw).toString('base64')}</script>\n`}</body>
</html>
`;
}
