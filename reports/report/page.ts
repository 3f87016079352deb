/** The report as one HTML page. */
import { nameText } from '../../src/text/bytes.ts';
import { reportDocument } from './document.ts';
import type { Report } from './document.ts';
import { escapeHtml } from './html.ts';
import { DARK, LIGHT, pictureStyle } from './palette.ts';
import { Studio } from './picture.ts';
import type { Block } from './section.ts';
import type { ReportNode, ReportTable } from '../../src/schema/report.ts';

/** What is in a page besides the report. */
export interface PageOptions {
  /** The capture as a file holds it; null: the page is without. */
  readonly raw: Uint8Array | null;
}

/** The page, whole. */
export function reportPage(report: Report, { raw }: PageOptions): string {
  const { host, takenAt, findings } = reportDocument(report);
  const studio = new Studio();
  const title = `${host.hostname === undefined ? 'unknown host' : nameText(host.hostname)}, ${takenAt}`;
  const sections = report.sections.map(
    ({ id, title: heading, question, summary, blocks }) =>
      `<section id="${id}"><h2>${escapeHtml(heading)}</h2><p>${escapeHtml(question)}</p><p>${escapeHtml(summary)}</p>${blocks
        .map((block) => blockHtml(block, id, studio))
        .join('')}</section>`,
  );
  const found = findings.map(({ severity, text }) => `<li>${severity}: ${escapeHtml(text)}</li>`).join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><style>body{background:${LIGHT.ground};color:${LIGHT.text}}@media(prefers-color-scheme:dark){body{background:${DARK.ground};color:${DARK.text}}}${pictureStyle()}</style></head><body><h1>${escapeHtml(title)}</h1><ol>${found}</ol>${sections.join('')}${raw === null ? '' : `<script type="application/octet-stream" id="raw">${Buffer.from(raw).toString('base64')}</script>`}</body></html>\n`;
}

function blockHtml(block: Block, section: string, studio: Studio): string {
  switch (block.kind) {
    case 'text':
      return `<p>${escapeHtml(block.text)}</p>`;
    case 'picture':
      return `<figure>${studio.draw(block, `${section}-${block.name}`)}</figure>`;
    case 'choice':
      return block.options
        .map(
          (option) =>
            `<h3>${escapeHtml(option.title)}</h3>${option.blocks.map((one) => blockHtml(one, section, studio)).join('')}`,
        )
        .join('');
    case 'table':
      return tableHtml(block);
    case 'tree':
      return `<ul>${block.nodes.map(nodeHtml).join('')}</ul>`;
  }
}

function tableHtml({ caption, columns, rows }: ReportTable): string {
  const head = columns.map(({ title }) => `<th scope="col">${escapeHtml(title)}</th>`).join('');
  const body = rows.map(({ cells }) => `<tr>${cells.map(({ text }) => `<td>${escapeHtml(text)}</td>`).join('')}</tr>`);
  return `<table><caption>${escapeHtml(caption)}</caption><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function nodeHtml({ text, cells, children }: ReportNode): string {
  const below = children.length === 0 ? '' : `<ul>${children.map(nodeHtml).join('')}</ul>`;
  return `<li>${escapeHtml([text, ...cells.map((cell) => cell.text)].join(' '))}${below}</li>`;
}
