/** What is on the first screen: which host, when, how complete, how much there is, what matters most, and the way on. */
import type { FacetName } from '../../src/schema/capture.ts';
import type { ItemId, ReportDocument, ReportFinding, ReportSide } from '../../src/schema/report.ts';
import { nameText } from '../../src/text/bytes.ts';
import { formatBytes, formatCount, formatPlural } from '../../src/text/units.ts';
import { escapeHtml, shown } from './html.ts';
import { itemHref } from './items.ts';
import { SEVERITY_WORDS } from './marks.ts';

/** Findings that are on the first screen; the others are folded. */
const FIRST = 3;

/** What a browser's tab says. */
export function pageTitle(document: ReportDocument): string {
  return `${hostName(document.side)}: isolation report, ${timeText(document.takenAt)}`;
}

/** The bar that stays: host, search, and the names of sections. */
export function barHtml({ side, sections }: ReportDocument): string {
  const links = sections.map(
    ({ id, title, available }) =>
      `<li><a href="#${id}" data-section="${id}"${available ? '' : ' class="lacking"'}>${shown(title)} <span class="count"></span></a></li>`,
  );
  return `<header class="bar"><div class="bar-row"><a class="brand" href="#top">${shown(hostName(side))}</a><div class="find" role="search" hidden><label class="vh" for="find">Search everything in this report</label><input type="search" id="find" placeholder="Search everything" autocomplete="off" spellcheck="false" aria-describedby="found"><kbd aria-hidden="true">/</kbd></div><p id="found" class="found" role="status"></p><button type="button" id="theme" hidden>Dark</button></div><nav aria-label="Sections"><ul>${links.join('')}</ul></nav></header>`;
}

/** The first screen. `lacking`: facets that were not collected. */
export function overviewHtml(
  document: ReportDocument,
  items: ReadonlySet<ItemId>,
  lacking: readonly FacetName[],
): string {
  const { side, before, host } = document;
  const facts = [
    `taken <strong>${timeHtml(document.takenAt)}</strong>`,
    host.kernel === undefined ? 'kernel unknown' : `Linux ${shown(nameText(host.kernel))}`,
    `from <strong>${shown(side.snapshot === null ? side.name : `snapshot ${side.snapshot}`)}</strong>`,
    document.redacted ? '<strong>redacted</strong>: without command lines and labels' : 'not redacted',
    `nsinspect ${shown(document.tool.version)}`,
  ];
  const compared =
    before === null
      ? ''
      : `<p class="compared">Compared with <strong>${shown(before.snapshot === null ? before.name : `snapshot ${before.snapshot}`)}</strong> of ${timeHtml(before.takenAt)}${hostName(before) === hostName(side) ? '' : `, ${shown(hostName(before))}`}.</p>`;
  return `<section id="top" class="overview" aria-labelledby="top-h" tabindex="-1">
<p class="kind">Isolation report</p><h1 id="top-h">${shown(hostName(side))}</h1><ul class="facts">${facts.map((fact) => `<li>${fact}</li>`).join('')}</ul>${compared}
${tilesHtml(document, lacking)}
<div class="first">${findingsHtml(document, items)}
<section class="contents" aria-labelledby="contents-h"><h2 id="contents-h">In this report</h2><ul>${document.sections.map(contentHtml).join('')}</ul></section></div>
</section>`;
}

/** The end of the page: what made it, and the facts to take along. */
export function footHtml({ tool, side, takenAt, redacted }: ReportDocument, raw: Uint8Array | null): string {
  const stem = `${hostName(side)}-${takenAt}`.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80);
  const facts =
    raw === null
      ? 'The facts that it was made from are not in it.'
      : `The facts that it was made from are in it${redacted ? ', redacted' : ''}: ${formatBytes(raw.byteLength)} that nsinspect reads with <code>--from</code>. <button type="button" id="save-raw" data-name="${escapeHtml(stem)}.nsc" hidden>Save the capture</button>`;
  return `<footer><p>Made by nsinspect ${shown(tool.version)} from what the kernel said at ${timeHtml(takenAt)}. ${facts}</p><p class="keys" hidden><kbd>/</kbd> search <kbd>Esc</kbd> clear</p></footer>`;
}

function tilesHtml({ counts, coverage }: ReportDocument, lacking: readonly FacetName[]): string {
  const tiles = (
    [
      ['containers', counts.containers],
      ['processes', counts.processes],
      ['namespaces', counts.namespaces],
      ['cgroups', counts.cgroups],
    ] as const
  ).map(([name, count]) => `<div><dt>${name}</dt><dd>${formatCount(count)}</dd></div>`);
  const gaps = [
    ...coverage.notes,
    ...(lacking.length > 0 ? [`not collected: ${lacking.join(', ')}`] : []),
    ...(coverage.vanished > 0
      ? [`${formatPlural(coverage.vanished, 'process', 'processes')} ended while they were looked at`]
      : []),
  ];
  const complete =
    gaps.length === 0
      ? '<span class="c-own"><span aria-hidden="true">✓ </span>complete</span>'
      : `<a class="c-near" href="#gaps"><span aria-hidden="true">▲ </span>${formatPlural(gaps.length, 'gap')}</a>`;
  const list =
    gaps.length === 0
      ? ''
      : `<details class="gaps" id="gaps" tabindex="-1"><summary>What could not be read</summary><ul>${gaps.map((gap) => `<li>${shown(gap)}</li>`).join('')}</ul></details>`;
  return `<dl class="tiles">${tiles.join('')}<div class="complete"><dt>what could be read</dt><dd>${complete}</dd></div></dl>${list}`;
}

function findingsHtml({ findings, sections }: ReportDocument, items: ReadonlySet<ItemId>): string {
  const list = (some: readonly ReportFinding[], start: number): string =>
    `<ol start="${start}">${some.map((one) => findingHtml(one, sections, items)).join('')}</ol>`;
  const rest = findings.slice(FIRST);
  const inner =
    findings.length === 0
      ? '<p class="text">Nothing stands out in what could be looked at.</p>'
      : list(findings.slice(0, FIRST), 1);
  const more =
    rest.length === 0
      ? ''
      : `<details class="more-findings"><summary>${formatPlural(rest.length, 'more finding')}</summary>${list(rest, FIRST + 1)}</details>`;
  return `<section class="findings" id="findings" aria-labelledby="findings-h" tabindex="-1"><h2 id="findings-h">What matters most</h2>${inner}${more}</section>`;
}

function findingHtml(
  { severity, text, item, section }: ReportFinding,
  sections: ReportDocument['sections'],
  items: ReadonlySet<ItemId>,
): string {
  const href = item !== null && items.has(item) ? itemHref(item) : `#${section}`;
  const where = sections.find(({ id }) => id === section)?.title ?? section;
  return `<li class="finding sev-${severity}"><span class="sev">${SEVERITY_WORDS[severity]}</span><div><p>${shown(text)}</p><a href="${escapeHtml(href)}">${shown(where)}<span class="vh">: ${shown(text.slice(0, 80).toWellFormed())}</span></a></div></li>`;
}

function contentHtml({ id, title, question, summary, available }: ReportDocument['sections'][number]): string {
  return `<li${available ? '' : ' class="lacking"'}><a href="#${id}" title="${shown(question)}">${shown(title)}</a><p>${available ? '' : '<strong>Not available.</strong> '}${shown(summary)}</p></li>`;
}

function hostName({ host }: ReportSide): string {
  return host.hostname === undefined ? 'unknown host' : nameText(host.hostname);
}

function timeText(iso: string): string {
  const match = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/.exec(iso);
  return match === null ? iso : `${match[1]} ${match[2]} UTC`;
}

function timeHtml(iso: string): string {
  return `<time datetime="${escapeHtml(iso)}">${shown(timeText(iso))}</time>`;
}
