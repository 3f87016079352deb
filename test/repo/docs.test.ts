import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { describe, expect, it } from 'vitest';

import { ROOT } from '../support/cli.ts';

const text = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

/** The rows of a table in Markdown, each as its cells without the marks of code. */
function rows(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('| '));
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split(' | ')
      .map((cell) => cell.replaceAll('`', '').trim()),
  );
}

describe('the README', () => {
  it('has a row for every command', () => {
    const commands = globSync('commands/**/*.ts', { cwd: ROOT }).map((file) =>
      file
        .replace(/^commands\//, '')
        .replace(/(?:\/index)?\.ts$/, '')
        .replaceAll('/', ' '),
    );
    const told = rows(text('README.md')).map(([first = '']) => /^nsinspect ([a-z ]+)/.exec(first)?.[1]?.trim());
    expect(told.filter((name) => name !== undefined).toSorted()).toEqual(commands.toSorted());
  });

  it('leads only to what is there', () => {
    for (const file of ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT })]) {
      for (const [, link = ''] of text(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        const target = path.join(path.dirname(file), link);
        expect(globSync([target], { cwd: ROOT }), `${file}: ${link}`).toHaveLength(1);
      }
    }
  });
});

describe('docs/architecture.md', () => {
  it('has the import table that is checked', async () => {
    const { default: config } = (await import(path.join(ROOT, '.dependency-cruiser.js'))) as {
      default: { forbidden: { name: string; comment?: string }[] };
    };
    const checked = new Map(
      config.forbidden.flatMap(({ name, comment = '' }) =>
        name.startsWith('layer ') ? [[name.slice('layer '.length), comment] as const] : [],
      ),
    );
    const told = rows(text('docs/architecture.md')).filter(([folder = '']) => checked.has(folder));
    const existing = [...checked.keys()].filter((folder) => globSync(`${folder}/*.ts`, { cwd: ROOT }).length > 0);
    expect(told.map(([folder]) => folder).toSorted()).toEqual(existing.toSorted());
    for (const [folder = '', , may = ''] of told) {
      if (may === 'everything') continue;
      const names = (list: string) => [...list.matchAll(/(?:src\/)?(\w+)/g)].map(([, name]) => name).toSorted();
      const rule = /(?: may import (.*)| imports nothing)$/.exec(checked.get(folder) ?? '')?.[1] ?? 'nothing';
      expect(names(may), folder).toEqual(
        // Folders that are not there yet are told of when they are.
        names(rule).filter((name) => name === 'nothing' || existing.includes(`src/${name}`)),
      );
    }
  });
});
