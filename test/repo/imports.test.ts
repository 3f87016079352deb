import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { checkImports } from '../../scripts/check-imports.ts';
import { ROOT } from '../support/cli.ts';

describe('the import table', () => {
  it('holds in this repository, all of which was read', async () => {
    const { modules, files, violations } = await checkImports(ROOT);
    expect(violations).toEqual([]);
    expect(modules).toBeGreaterThan(30);
    expect(modules).toBe(files);
  });

  describe('in a repository with violations', () => {
    const planted: Readonly<Record<string, string>> = {
      'src/schema/a.ts': "import type { B } from '../text/b.ts';\nexport type A = B;",
      'src/text/b.ts': 'export interface B { readonly b: 1 }',
      'src/parse/c.ts': "import { readFileSync } from 'node:fs';\nexport const c = readFileSync;",
      'src/host/d.ts': "import koffi from 'koffi';\nexport const d = koffi;",
      'src/model/e.ts': "import '../capture/f.ts';",
      'src/capture/f.ts': "import type { B } from '../text/b.ts';\nexport const f = (b: B) => b;",
      'src/kernel/g.ts':
        "import koffi from 'koffi';\nimport type { B } from '../text/b.ts';\nexport const g = (b: B) => [koffi, b];",
      'src/oddities/h.ts': "import '../text/b.ts';",
    };
    let root = '';
    let violations: readonly string[] = [];

    beforeAll(async () => {
      root = mkdtempSync(path.join(tmpdir(), 'nsinspect-imports-'));
      for (const [file, text] of Object.entries(planted)) {
        mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
        writeFileSync(path.join(root, file), text);
      }
      for (const name of ['node_modules', 'package.json', 'tsconfig.json']) {
        symlinkSync(path.join(ROOT, name), path.join(root, name));
      }
      ({ violations } = await checkImports(root));
    });
    afterAll(() => {
      rmSync(root, { recursive: true, force: true });
    });

    it.each([
      ['an import of a type alone', 'layer src/schema: src/schema/a.ts -> src/text/b.ts'],
      ['a parser that opens a file', 'pure layers read nothing: src/parse/c.ts -> fs'],
      ['a native package elsewhere', 'only src/kernel imports koffi: src/host/d.ts'],
      ['data that flows back', 'layer src/model: src/model/e.ts -> src/capture/f.ts'],
      ['a folder without a layer', 'folder with a layer: src/oddities/h.ts'],
    ])('sees %s', (_what, expected) => {
      expect(violations).toContainEqual(expect.stringContaining(expected));
    });

    it('sees nothing else', () => {
      expect(violations.filter((line) => /src\/(text|kernel|capture)\/\w+\.ts ->/.test(line))).toEqual([]);
    });
  });
});
