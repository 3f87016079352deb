/** What tests of sections share. */
import { buildReport, reportDocument } from '../../reports/report/document.ts';
import { drawFiles, namedPictures } from '../../reports/report/files.ts';
import type { Content, Section } from '../../reports/report/section.ts';
import type { World } from '../../reports/report/world.ts';
import type { ReportDocument, ReportTable } from '../../src/schema/report.ts';
import { expectDocument } from '../support/schema.ts';

/** What a section says of a world; throws where its facts are missing. */
export function contentOf(section: Section, world: World): Content {
  const content = section.contentOf(world);
  if ('missing' in content) throw new Error(content.missing);
  return content;
}

/** The report of one section, as a document that its schema allows. */
export function documentOf(section: Section, world: World): ReportDocument {
  const document = reportDocument(buildReport(world, [section]));
  expectDocument(JSON.parse(JSON.stringify(document)));
  return document;
}

/** Its pictures as files, by name. */
export function picturesOf(section: Section, world: World): ReadonlyMap<string, string> {
  const files = drawFiles(namedPictures(buildReport(world, [section])));
  return new Map([...files].map(({ name, svg }) => [name, svg]));
}

/** A table of a section. */
export function tableOf({ blocks }: Pick<Content, 'blocks'>, name: string): ReportTable {
  const found = blocks.find((block): block is ReportTable => block.kind === 'table' && block.name === name);
  if (found === undefined) throw new Error(`there is no table ${name}`);
  return found;
}

/** Its cells as they are read. */
export function textsOf({ rows }: ReportTable): string[][] {
  return rows.map(({ cells }) => cells.map(({ text }) => text));
}
