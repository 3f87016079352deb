/** What every command prints under --json, of this host and of recorded ones, against docs/schema. */
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { encodeCapture } from '../../src/capture/file.ts';
import { cli, cliJson, ROOT } from '../support/cli.ts';
import { captureOf, fixture } from '../support/replay.ts';
import { expectDocument, SCHEMA_FILES } from '../support/schema.ts';

let directory = '';
/** Captures of the recorded hosts. */
const files: Record<string, string> = {};
beforeAll(async () => {
  directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-documents-'));
  for (const name of ['odd', 'docker']) {
    files[name] = path.join(directory, `${name}.nsc`);
    writeFileSync(files[name], encodeCapture(await captureOf(fixture(name))));
  }
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

const OWN_PID = String(process.pid);

/** Arguments of every command, by its name: of this host, and where a capture serves as well, of the recorded ones. */
const COMMANDS: Readonly<
  Record<string, { readonly live: readonly (readonly string[])[]; readonly from?: readonly (readonly string[])[] }>
> = {
  ls: { live: [[], ['--type', 'net,user', '--sort', '-tasks']], from: [[]] },
  tree: {
    live: [[], ['--by', 'process', '--no-kthreads']],
    from: ['boundary', 'user', 'pid', 'cgroup', 'process'].map((by) => ['--by', by]),
  },
  why: { live: [[`/proc/${OWN_PID}/ns/net`]], from: [['/proc/2/ns/net']] },
  inspect: { live: [[OWN_PID]], from: [['2'], ['/proc/2/ns/mnt']] },
  mounts: { live: [[OWN_PID], ['/']], from: [['2'], ['/proc/2/ns/mnt']] },
  layers: { live: [[OWN_PID], ['--all']] },
  'layers who': { live: [['/no/such/layer']] },
  capture: { live: [['--output', '/dev/null', '--redact']] },
  completion: { live: [['bash']] },
  doctor: { live: [[]] },
  report: { live: [[], ['--redact']], from: [[]] },
  'bench clean': { live: [['--dry-run']] },
  'cgroup graph': { live: [[]] },
  'cgroup tree': { live: [[], ['--depth', '1', '--sort', 'tasks']] },
  'cgroup show': { live: [['/'], [OWN_PID]] },
};

/** Commands whose documents other tests validate. */
const TRIED_ELSEWHERE: ReadonlySet<string> = new Set([
  'diff',
  'enter',
  'limits',
  'log',
  'record',
  ...['check', 'export', 'import', 'list', 'prune', 'show', 'take'].map((name) => `snapshot ${name}`),
  ...['limits', 'isolation', 'startup', 'density', 'run', 'compare', 'gate', 'history', 'import', 'show'].map(
    (name) => `bench ${name}`,
  ),
]);

/** Schemas that the source names and nobody is promised: recordings are for tests. */
const UNPUBLISHED: ReadonlySet<string> = new Set(['recording-1.json']);

const cases = Object.entries(COMMANDS).flatMap(([name, { live, from = [] }]) => [
  ...live.map((args) => [[...name.split(' '), ...args], null] as const),
  ...from.flatMap((args) => ['odd', 'docker'].map((host) => [[...name.split(' '), ...args], host] as const)),
]);

describe('the document of', () => {
  it.each(cases)('%j of %s', async (args, host) => {
    const from = host === null ? [] : ['--from', files[host]!];
    expectDocument(await cliJson(...args, ...from, '--json'));
  });

  it('inspect and why of a container of a recorded host', async () => {
    for (const command of ['inspect', 'why']) {
      expectDocument(await cliJson(command, 'docker:web', '--from', files['docker']!, '--json'));
    }
  });

  it('a failure', async () => {
    const { status, stdout } = await cli('why', 'no-such-thing', '--from', files['odd']!, '--json');
    expect(status).toBe(2);
    expectDocument(JSON.parse(stdout));
  });

  it('a capture file of this host', async () => {
    const file = path.join(directory, 'live.nsc');
    expectDocument(await cliJson('capture', '--output', file, '--json'));
    expectDocument(JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')));
  });
});

describe('docs/schema', () => {
  it('is tried for every command', () => {
    const commands = globSync('**/*.ts', { cwd: path.join(ROOT, 'commands') }).map((file) =>
      file.replace(/(?:\/index)?\.ts$/, '').replaceAll('/', ' '),
    );
    expect(commands.filter((name) => COMMANDS[name] === undefined && !TRIED_ELSEWHERE.has(name))).toEqual([]);
  });

  it('has a file for every schema that the source names', () => {
    const sources = globSync('{src,reports,commands}/**/*.ts', { cwd: ROOT });
    const names = sources.flatMap((file) => [
      ...readFileSync(path.join(ROOT, file), 'utf8').matchAll(/'nsinspect\/([a-z-]+)\/(\d+)'/g),
    ]);
    const wanted = new Set(names.map(([, name, version]) => `${name!}-${version!}.json`));
    const missing = [...wanted].filter((file) => !SCHEMA_FILES.includes(file));
    expect(missing.filter((file) => !UNPUBLISHED.has(file))).toEqual([]);
    expect(wanted.size).toBeGreaterThan(7);
  });
});
