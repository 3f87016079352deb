/**
 * Builds dist/ and oclif.manifest.json: `node scripts/build.ts`. npm runs it after every install (`prepare`), so that a
 * fresh clone needs nothing but `npm ci`.
 *
 * Why a bundle: reading some hundred small files of @oclif/core takes longer than running it. Code that several
 * entries share goes into chunks (`splitting`), so that a command loads what it needs and no more, and each command
 * keeps a file of its own, where oclif looks for it.
 */
import { execFileSync } from 'node:child_process';
import { globSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';

import { build, type Plugin } from 'esbuild';

const ROOT = path.dirname(import.meta.dirname);

/** The entries besides the commands: file in dist/ without its suffix -> source. */
const ENTRIES: Readonly<Record<string, string>> = {
  cli: 'src/cli/main.ts',
  help: 'src/cli/help.ts',
  worker: 'src/capture/worker.ts',
  timer: 'src/probe/probes/startup/timer.ts',
};

/** Packages with native code, which finds its binary relative to its own files. */
const NATIVE = ['better-sqlite3', 'koffi'];

/** jsdom, below it, reads files beside its own. */
const WHOLE = ['d3-node'];

/**
 * What oclif would load and nsinspect never needs: wsl-utils tells whether this is Windows and takes 5 ms for it,
 * TypeScript (9 MB) reads the tsconfig.json of a command line that is run from its sources.
 */
const LEFT_OUT: Readonly<Record<string, string>> = {
  'wsl-utils': 'export const isWsl = false;',
  typescript: `throw new Error('TypeScript is not part of the built program');`,
};

const LEAVE_OUT: Plugin = {
  name: 'leave-out',
  setup: (bundler) => {
    const filter = new RegExp(`^(${Object.keys(LEFT_OUT).join('|')})$`);
    bundler.onResolve({ filter }, ({ path: name }) => ({ path: name, namespace: 'left-out' }));
    bundler.onLoad({ filter: /.*/, namespace: 'left-out' }, ({ path: name }) => ({ contents: LEFT_OUT[name] ?? '' }));
  },
};

/** What CommonJS code expects to be around it. */
const COMMONJS_SCOPE = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = import.meta.filename;`,
  `const __dirname = import.meta.dirname;`,
].join('\n');

const commands = Object.fromEntries(
  globSync('commands/**/*.ts', { cwd: ROOT }).map((file) => [file.replace(/\.ts$/, ''), file]),
);

/** Each section of the report is a file of its own, found by its place alone. */
const sections = Object.fromEntries(
  globSync('reports/report/sections/*.ts', { cwd: ROOT }).map((file) => [
    `sections/${path.basename(file, '.ts')}`,
    file,
  ]),
);

/** A build that fails leaves the last one in place, and one that runs meanwhile finds all of its files. */
const fresh = path.join(ROOT, `dist.${process.pid}.tmp`);
process.once('exit', () => {
  rmSync(fresh, { recursive: true, force: true });
});
await build({
  absWorkingDir: ROOT,
  entryPoints: { ...ENTRIES, ...commands, ...sections },
  outdir: fresh,
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22.12',
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
  external: [...NATIVE, ...WHOLE],
  plugins: [LEAVE_OUT],
  banner: { js: COMMONJS_SCOPE },
});

// The one script and the one style of the report's page, which runs in browsers.
await build({
  absWorkingDir: ROOT,
  entryPoints: { main: 'reports/report/client/main.ts', page: 'reports/report/page.css' },
  outdir: path.join(fresh, 'page'),
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: ['es2022', 'chrome111', 'firefox113', 'safari16.4'],
  charset: 'utf8',
  legalComments: 'none',
  logLevel: 'warning',
});

rmSync(path.join(ROOT, 'dist'), { recursive: true, force: true });
renameSync(fresh, path.join(ROOT, 'dist'));

// With a manifest oclif need not load every command to know them. A stale one would hide new commands meanwhile.
rmSync(path.join(ROOT, 'oclif.manifest.json'), { force: true });
execFileSync(process.execPath, [path.join(ROOT, 'node_modules/oclif/bin/run.js'), 'manifest'], {
  cwd: ROOT,
  stdio: ['ignore', 'ignore', 'inherit'],
});
