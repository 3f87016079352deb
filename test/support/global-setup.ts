import { execFileSync } from 'node:child_process';
import { globSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Builds dist/ if a source is newer than it: tests that run the CLI must not run what it was yesterday. */
export function setup(): void {
  const built = statSync(path.join(ROOT, 'oclif.manifest.json'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const sources = globSync(['{src,commands,reports,scripts}/**/*.{ts,css}', 'package.json', 'package-lock.json'], {
    cwd: ROOT,
  });
  if (sources.some((file) => statSync(path.join(ROOT, file)).mtimeMs > built)) {
    execFileSync(process.execPath, [path.join(ROOT, 'scripts/build.ts')], { stdio: 'inherit' });
  }
}
