/**
 * Checks every import against the table in .dependency-cruiser.js: `node scripts/check-imports.ts`. Exits 1
 * on a violation, and also when it saw too few modules: dependency-cruiser reports success over nothing when it cannot
 * read TypeScript.
 */
import { existsSync, globSync } from 'node:fs';
import path from 'node:path';

import { cruise, type ICruiseOptions, type ICruiseResult } from 'dependency-cruiser';

const ROOT = path.dirname(import.meta.dirname);
const FOLDERS = ['src', 'commands', 'reports', 'test', 'scripts', 'bench', 'bin'];

/** What a check of the imports saw and found. */
export interface ImportCheck {
  /** Modules of this repository that were read. */
  readonly modules: number;
  /** Files that should have been read. */
  readonly files: number;
  /** One line a violation. */
  readonly violations: readonly string[];
}

/** Checks the imports of the whole repository as it lies under `root`. */
export async function checkImports(root: string): Promise<ImportCheck> {
  const { default: config } = (await import(path.join(ROOT, '.dependency-cruiser.js'))) as {
    default: { options: ICruiseOptions } & ICruiseOptions['ruleSet'];
  };
  const folders = FOLDERS.filter((folder) => existsSync(path.join(root, folder)));
  const { forbidden } = config as { forbidden: NonNullable<NonNullable<ICruiseOptions['ruleSet']>['forbidden']> };
  const cruised = await cruise(folders, {
    ...config.options,
    baseDir: root,
    ruleSet: { forbidden },
    validate: true,
    outputType: 'json',
  });
  const result = JSON.parse(cruised.output as string) as ICruiseResult;
  const isOurs = (file: string) => folders.some((folder) => file.startsWith(`${folder}/`));
  return {
    modules: result.modules.filter(({ source }) => isOurs(source)).length,
    files: globSync(`{${FOLDERS.join()}}/**/*.{ts,js}`, { cwd: root }).length,
    violations: result.summary.violations
      .filter(({ rule }) => rule.severity === 'error')
      .map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  };
}

if (import.meta.main) {
  const { modules, files, violations } = await checkImports(ROOT);
  for (const violation of violations) console.error(violation);
  if (modules < files || files === 0) console.error(`only ${modules} of ${files} files were read`);
  if (violations.length > 0 || modules < files || files === 0) process.exitCode = 1;
  else console.log(`imports: ${modules} modules, no violation`);
}
