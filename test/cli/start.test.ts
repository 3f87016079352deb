import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { cli, CLI, ROOT, run } from '../support/cli.ts';
import { describeWith, pathOf } from '../support/components.ts';

const BIN = path.join(ROOT, 'bin/run.js');
const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string };

/** Runs bin/run.js believing that it is run by another version of Node. */
function runAs(nodeVersion: string) {
  const pretend = `Object.defineProperty(process.versions, 'node', { value: '${nodeVersion}' })`;
  return run([
    process.execPath,
    '--import',
    `data:text/javascript,${encodeURIComponent(pretend)}`,
    BIN,
    'completion',
    'bash',
  ]);
}

/** A copy of all that a start needs but packages, in a directory of its own, with nothing cached. */
function copyOfProgram(): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'nsinspect-start-'));
  for (const name of ['bin', 'dist', 'package.json', 'oclif.manifest.json']) {
    cpSync(path.join(ROOT, name), path.join(copy, name), {
      recursive: true,
      filter: (from) => !from.endsWith('.compile-cache'),
    });
  }
  return copy;
}

describe('the start', () => {
  it.each(['--version', '-V'])('%s tells the version', async (flag) => {
    expect(await cli(flag)).toEqual({ status: 0, stdout: `nsinspect ${version}\n`, stderr: '' });
  });

  it.each(['12.22.1', '20.20.2', '22.11.0'])('under Node %s says in one line what is needed', async (old) => {
    const { status, stdout, stderr } = await runAs(old);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(
      new RegExp(`^nsinspect: needs Node.js 22\\.12 or newer and was started by ${old}: .*npx.*\n$`),
    );
  });

  it.each(['22.12.0', '23.0.0', '24.1.0', '100.0.0'])('works under Node %s', async (fine) => {
    expect(await runAs(fine)).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    ['completion', 'bash'],
    // These write stdout whole.
    ['capture', '--output', '-'],
    ['report', '--format', 'md'],
  ])('%s ends quietly when its reader has gone', async (...args) => {
    const pipeline = `{ sleep 0.2; "$@"; echo "status $?" >&2; } | true`;
    const { stderr } = await run(['bash', '-c', pipeline, 'bash', ...CLI, ...args]);
    expect(stderr).toMatch(/^status 0$/m);
    expect(stderr).not.toMatch(/failure|EPIPE/);
  });

  it('reads little: no chunk has something large in it by mistake', () => {
    const chunks = globSync('dist/**/*.js', { cwd: ROOT }).map((file) => statSync(path.join(ROOT, file)).size);
    expect(Math.max(...chunks)).toBeLessThan(500_000);
  });
});

describeWith(['root', 'setpriv'], 'the start as a user without a name, a home or a shell', () => {
  let copy = '';
  beforeAll(() => {
    // Where any user may read.
    copy = copyOfProgram();
    chmodSync(copy, 0o755);
    copyFileSync(process.execPath, path.join(copy, 'node'));
  });
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  it('works', async () => {
    const env = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
    const setpriv = [pathOf('setpriv')!, '--reuid=54321', '--regid=54321', '--clear-groups'];
    const command = [path.join(copy, 'node'), path.join(copy, 'bin/run.js'), 'completion', 'bash'];
    expect(await run([...setpriv, ...command], env)).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('the cache of compiled code', () => {
  let copy = '';
  const cache = () => path.join(copy, 'home/.cache/nsinspect');
  const start = () =>
    run([process.execPath, path.join(copy, 'bin/run.js'), 'completion', 'bash'], {
      HOME: path.join(copy, 'home'),
      XDG_CACHE_HOME: path.join(copy, 'home/.cache'),
    });

  beforeAll(() => {
    copy = copyOfProgram();
    mkdirSync(path.join(copy, 'home/.cache'), { recursive: true });
  });
  afterAll(() => {
    rmSync(copy, { recursive: true, force: true });
  });

  it('is kept beside the code', async () => {
    chmodSync(path.join(copy, 'dist'), 0o755);
    expect(await start()).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(path.join(copy, 'dist/.compile-cache'))).toBe(true);
  });

  it('is never put where others can write', async () => {
    rmSync(path.join(copy, 'dist/.compile-cache'), { recursive: true, force: true });
    chmodSync(path.join(copy, 'dist'), 0o777);
    // The copy is in /tmp, where anybody can put a directory in the way: no better place than dist.
    expect(await start()).toMatchObject({ status: 0, stderr: '' });
    expect([existsSync(path.join(copy, 'dist/.compile-cache')), existsSync(cache())]).toEqual([false, false]);
  });
});

describe('a full disk', () => {
  it.each(['ls', 'tree --json', 'completion bash', '--version', '--help'])('is no success: %s', async (args) => {
    const { status, stderr } = await run(['sh', '-c', `exec "$@" ${args} >/dev/full`, 'sh', ...CLI]);
    expect(stderr).toContain('nsinspect: cannot write to stdout: ENOSPC\n');
    expect(stderr).not.toContain('at writeSync');
    expect(status).toBe(2);
  });
});
