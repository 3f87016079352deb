/** The report as Markdown, for a merge request or an incident's record: the findings, and below folds what they stand on. */
import { SEVERITIES } from '../../src/schema/report.ts';
import type { ReportNode, ReportTable } from '../../src/schema/report.ts';
import { nameText } from '../../src/text/bytes.ts';
import { formatPlural } from '../../src/text/units.ts';
import { escapeMarkdown, markdownDocument, markdownFold, markdownList, markdownTable } from '../markdown.ts';
import { reportDocument } from './document.ts';
import type { BuiltSection, Report } from './document.ts';
import type { Block } from './section.ts';

/** Rows of a table and lines of a tree: a description of a merge request may have 1 MB, and nobody reads more. */
const MOST_ROWS = 100;

/** The report as Markdown. Pictures are named by what they show. */
export function reportMarkdown(report: Report): string {
  const { host, takenAt, counts, before, coverage } = reportDocument(report);
  const { hostname, kernel } = host;
  const facts = [
    ...(kernel === undefined ? [] : [`kernel ${kernel}`]),
    formatPlural(counts.containers, 'container'),
    formatPlural(counts.processes, 'process', 'processes'),
    formatPlural(counts.namespaces, 'namespace'),
    formatPlural(counts.cgroups, 'cgroup'),
  ];
  return markdownDocument([
    `## Isolation of ${escapeMarkdown(hostname === undefined ? 'an unknown host' : nameText(hostname))}`,
    `${escapeMarkdown(`${takenAt}${before === null ? '' : `, compared with ${before.takenAt}`}`)}: ${escapeMarkdown(facts.join(', '))}.`,
    markdownList(coverage.notes),
    findingsText(report, coverage.notes.length === 0),
    ...report.sections.map(sectionText),
  ]);
}

function findingsText({ findings, sections }: Report, isWhole: boolean): string {
  if (findings.length === 0) return `Nothing found that would need a look${isWhole ? '' : ', in what could be read'}.`;
  const titles = new Map(sections.map(({ id, title }) => [id, title]));
  return markdownDocument([
    `### ${formatPlural(findings.length, 'finding')}`,
    ...SEVERITIES.map((severity) => {
      const rows = findings.filter((finding) => finding.severity === severity);
      const lines = rows.map(({ text, section }) => `${text} (${titles.get(section) ?? section})`);
      if (lines.length === 0) return '';
      return severity === 'low'
        ? markdownFold(`${lines.length} of low severity`, markdownList(lines))
        : `**${severity}**\n\n${markdownList(lines)}`;
    }),
  ]).trimEnd();
}

function sectionText({ title, summary, blocks }: BuiltSection): string {
  const content = blocks.flatMap(blockParts).filter((part) => part !== '');
  const head = `### ${escapeMarkdown(title)}\n\n${escapeMarkdown(summary)}`;
  return content.length === 0 ? head : `${head}\n\n${markdownFold('Details', content.join('\n\n'))}`;
}

function blockParts(block: Block): string[] {
  switch (block.kind) {
    case 'text':
      return [escapeMarkdown(block.text)];
    case 'picture':
      // The tables and trees beside it have all that it shows.
      return [];
    case 'table':
      return tableParts(block);
    case 'tree': {
      const lines = block.nodes.flatMap((node) => nodeLines(node, ''));
      const more = lines.length > MOST_ROWS ? `\n\n${lines.length - MOST_ROWS} more are not shown.` : '';
      return [`**${escapeMarkdown(block.caption)}**`, lines.slice(0, MOST_ROWS).join('\n') + more];
    }
    case 'choice':
      return block.options.flatMap(({ title, blocks }) => {
        const parts = blocks.flatMap(blockParts);
        return parts.length === 0 ? [] : [`**${escapeMarkdown(title)}**`, ...parts];
      });
  }
}

function tableParts({ caption, columns, rows }: ReportTable): string[] {
  if (rows.length === 0) return [];
  const texts = rows.map(({ cells }) => cells.map(({ text }) => text));
  const headers = columns.map(({ title }) => escapeMarkdown(title));
  const alignments = columns.map(({ align }) => align);
  return [`**${escapeMarkdown(caption)}**`, markdownTable(headers, texts, MOST_ROWS, alignments)];
}

function nodeLines({ text, cells, children }: ReportNode, indent: string): string[] {
  const words = [text, ...cells.map((cell) => cell.text)].filter((word) => word !== '').join(' · ');
  return [`${indent}- ${escapeMarkdown(words)}`, ...children.flatMap((child) => nodeLines(child, `${indent}  `))];
}
