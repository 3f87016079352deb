/** Builds dist/ and the oclif manifest. */
import { build } from 'esbuild';
import { existsSync, globSync, rmSync } from 'node:fs';
import path from 'node:path';

const root = path.dirname(import.meta.dirname);
const commands = globSync('commands/**/*.ts', { cwd: root });
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
if (commands.length > 0 && existsSync(root)) {
  await build({
    absWorkingDir: root,
    entryPoints: commands,
    outbase: '.',
    outdir: 'dist',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22.12',
    packages: 'external',
  });
}
