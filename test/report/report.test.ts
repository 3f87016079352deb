import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { reportDocument } from '../../reports/report/document.ts';
import { drawFiles, namedPictures } from '../../reports/report/files.ts';
import { reportMarkdown } from '../../reports/report/markdown.ts';
import { loadSections } from '../../reports/report/sections.ts';
import { expectDocument } from '../support/schema.ts';
import { HOSTILE, madeReport } from './made-report.ts';

describe('a report', () => {
  const document = reportDocument(madeReport());

  it('is what its schema says', () => {
    expectDocument(JSON.parse(JSON.stringify(document)));
  });

  it('has what matters most first', () => {
    expect(document.findings.map(({ kind }) => kind)).toEqual(['more', 'hostile', 'minor']);
    expect(document.findings.every(({ section }) => section === 'made')).toBe(true);
  });

  it('says which facts a section lacks, and shows the others', () => {
    expect(document.sections.map(({ id, available }) => [id, available])).toEqual([
      ['made', true],
      ['lacking', false],
    ]);
    expect(document.sections[1]).toMatchObject({
      summary: `tasks, cgroups: not collected in ${HOSTILE[0]}`,
      blocks: [],
    });
  });

  it('tells of a picture what it shows, and not how it is drawn', () => {
    const picture = document.sections[0]?.blocks.find(({ kind }) => kind === 'picture');
    expect(Object.keys(picture ?? {})).toEqual(['kind', 'name', 'title', 'description']);
  });
});

describe('sections', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'nsinspect-sections-'));
    for (const [id, order] of [
      ['second', 2],
      ['first', 1],
    ] as const) {
      const section = { id, order, title: id, question: 'What?', needs: [] };
      writeFileSync(
        path.join(folder, `${id}.js`),
        `export default { ...${JSON.stringify(section)}, contentOf: () => ({ missing: 'nothing' }) };`,
      );
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are the files of a folder, in their own order', async () => {
    const sections = await loadSections([], pathToFileURL(`${folder}/`));
    expect(sections.map(({ id }) => id)).toEqual(['first', 'second']);
  });

  it('can be picked, and one that is not there is refused with those that are', async () => {
    const picked = await loadSections(['second'], pathToFileURL(`${folder}/`));
    expect(picked.map(({ id }) => id)).toEqual(['second']);
    await expect(loadSections(['third'], pathToFileURL(`${folder}/`))).rejects.toMatchObject({
      message: 'there is no section third',
      hint: 'There are: first, second.',
    });
  });

  it('of the program have names of their own', async () => {
    const sections = await loadSections();
    expect(sections.length).toBeGreaterThan(0);
    expect(new Set(sections.map(({ id }) => id)).size).toBe(sections.length);
  });
});

describe('Markdown of hostile names', () => {
  const text = reportMarkdown(madeReport());

  it('has no markup that is not ours', () => {
    expect(text.replaceAll(/<\/?(details|summary)>|<!-- -->/g, '')).not.toMatch(/[<>]/);
    // An unescaped sign of Markdown, a mention, or a link that begins by itself.
    expect(text).not.toMatch(/(?<!\\)[`[]|@(?!<!-- -->)|:\/\/|www\./i);
    expect(text).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
  });

  it('keeps each row of a table on its line', () => {
    const rows = text.split('\n').filter((line) => line.startsWith('|'));
    expect(rows).toHaveLength(2 + HOSTILE.length);
    for (const row of rows) expect(row.replaceAll(String.raw`\|`, '').split('|')).toHaveLength(4);
  });
});

describe('a picture as a file', () => {
  const [file] = drawFiles(namedPictures(madeReport()));

  it('is named by its section', () => {
    expect(file?.name).toBe('made-picture');
  });

  it('is XML, whatever names are in it, with a title and a description', () => {
    const svg = file?.svg ?? '';
    const python = 'import sys, xml.dom.minidom as m; d = m.parseString(sys.stdin.buffer.read()).documentElement;';
    const told = `${python} print(d.tagName, [n.tagName for n in d.childNodes[:2]], len(d.getElementsByTagName("text")))`;
    expect(execFileSync('python3', ['-c', told], { input: svg, encoding: 'utf8' })).toBe(
      `svg ['title', 'desc'] ${HOSTILE.length}\n`,
    );
    expect(svg).not.toMatch(/<img|<script|onload=alert\(2\)>(?!&)/);
  });

  it('is the same bytes each time', () => {
    expect(drawFiles(namedPictures(madeReport()))[0]?.svg).toBe(file?.svg);
  });
});
