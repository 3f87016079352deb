/**
 * The CI jobs of docs/ci as their systems run them, on measurements that take seconds: every `run:` and `script:` block in order, in a fresh
 * directory, with the variables that the systems give. Only the checkout of nsinspect is this one.
 */
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it, type TestContext } from 'vitest';
import { parse } from 'yaml';

import type { BenchHistoryDocument } from '../../src/schema/bench-history.ts';
import { cliJson, ROOT, run, type Result } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** What is measured instead of what the jobs ask for. */
const PROBES = '--suite density --quick --most 1';
/** And where the measurement is to fail: this probe can only read back or is unsupported, which `--require` does not take. */
const FAILING = '--suite limits --quick --rounds 1 --require limits/memory-soft-limit';

interface Step {
  readonly uses?: string;
  readonly name?: string;
  readonly if?: string;
  readonly run?: string;
}

interface Workflow {
  readonly env: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

interface GitlabJob {
  readonly variables: Readonly<Record<string, string>>;
  readonly before_script: readonly string[];
  readonly script: readonly string[];
  readonly after_script: readonly string[];
  readonly allow_failure: { readonly exit_codes: readonly number[] };
  readonly artifacts: { readonly reports: { readonly junit: readonly string[] } };
}

const read = (file: string): unknown => parse(readFileSync(path.join(ROOT, 'docs/ci', file), 'utf8'));

/** A directory with nothing but the checkout, and a `sudo` for machines that have none. */
function workspace(context: TestContext): string {
  const directory = temporaryDirectory(context);
  symlinkSync(ROOT, path.join(directory, 'nsinspect'));
  mkdirSync(path.join(directory, 'bin'));
  writeFileSync(path.join(directory, 'bin/sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  return directory;
}

function shell(directory: string, script: string, env: Readonly<Record<string, string>>): Promise<Result> {
  const file = path.join(directory, 'script.sh');
  writeFileSync(file, script);
  const PATH = `${directory}/bin:${process.env['PATH'] ?? ''}`;
  return run(['sh', '-c', 'cd "$1" && exec bash -e "$2"', 'sh', directory, file], { ...env, PATH });
}

/** Rows of a table have as many cells as its heading: whatever a probe says, none of it ends one. */
function expectTables(markdown: string): void {
  const tables = markdown.split('\n\n').filter((block) => block.startsWith('|'));
  expect(tables.length).toBeGreaterThan(0);
  for (const table of tables) {
    const cells = table
      .trim()
      .split('\n')
      .map((row) => row.split(/(?<!\\)\|/).length);
    expect(new Set(cells).size, table).toBe(1);
  }
}

const historyOf = (db: string) => cliJson<BenchHistoryDocument>('bench', 'history', '--db', db, '--json');

describeWith(['root'], 'the jobs to copy', () => {
  const github = read('github-actions.yml') as Workflow;

  /** What each step that runs something came to; the others are those of GitHub itself. */
  async function job(directory: string, ref: string, probes: string) {
    const summary = path.join(directory, 'summary.md');
    writeFileSync(summary, '');
    const env = { ...github.env, PROBES: probes, GITHUB_REF: ref, GITHUB_SHA: 'abc', GITHUB_STEP_SUMMARY: summary };
    const results = new Map<string, Result>();
    let isFailed = false;
    for (const step of github.jobs['limits']!.steps) {
      const { name, run: script, if: condition = '' } = step;
      expect(condition).toMatch(/^(?:always\(\)(?: && github\.ref == 'refs\/heads\/main')?)?$/);
      const isSkipped =
        (isFailed && !condition.includes('always()')) || (condition.includes('main') && !ref.endsWith('/main'));
      if (script === undefined || name === undefined || name === 'install' || isSkipped) continue;
      const result = await shell(directory, script, env);
      results.set(name, result);
      isFailed ||= result.status !== 0;
    }
    return { results, isFailed, summary: readFileSync(summary, 'utf8') };
  }

  it('GitHub: measures, keeps what main measured, judges by it, and fails where it should', async (context) => {
    const directory = workspace(context);
    const db = path.join(directory, 'history.db');
    const first = await job(directory, 'refs/heads/main', PROBES);
    expect([...first.results].map(([name, { status }]) => [name, status])).toEqual([
      ['measure', 0],
      ['judge', 0],
      ['keep', 0],
      ['report', 0],
    ]);
    expect(first.results.get('judge')!.stdout).toBe('no run of the main branch yet\n');
    expect(first.summary).toContain('## nsinspect bench: 1 pass');
    expectTables(first.summary);
    expect((await historyOf(db)).runs.map(({ label }) => label)).toEqual(['abc']);
    expect(existsSync(path.join(directory, 'run.xml'))).toBe(true);

    const pull = await job(directory, 'refs/pull/1/merge', PROBES);
    // With a few samples nothing can be told, which is no failure.
    expect(pull.isFailed).toBe(false);
    expect(pull.results.get('judge')!.stdout).toContain('::warning::the gate could not tell');
    expect(pull.results.has('keep')).toBe(false);
    expect(pull.summary).toContain('## nsinspect bench: inconclusive');
    expect(pull.summary).toContain('Base: run 1 of the history');
    expectTables(pull.summary);
    expect((await historyOf(db)).count).toBe(1);

    const broken = await job(directory, 'refs/heads/main', FAILING);
    expect([...broken.results].map(([name, { status }]) => [name, status])).toEqual([
      ['measure', 1],
      ['keep', 0],
      ['report', 0],
    ]);
    expect((await historyOf(db)).count).toBe(2);
  });

  it('GitLab: the same', async (context) => {
    const { limits } = read('gitlab-ci.yml') as { readonly limits: GitlabJob };
    const directory = workspace(context);
    mkdirSync(path.join(directory, 'history'));
    const db = path.join(directory, 'history/runs.db');
    const pipeline = async (branch: string, probes: string) => {
      const env = {
        ...limits.variables,
        PROBES: probes,
        CI_COMMIT_BRANCH: branch,
        CI_DEFAULT_BRANCH: 'main',
        CI_COMMIT_SHORT_SHA: 'abc',
      };
      const { status } = await shell(directory, limits.script.join('\n'), env);
      const after = await shell(directory, limits.after_script.join('\n'), env);
      expect([after.status, after.stderr]).toEqual([0, '']);
      return status;
    };
    expect(await pipeline('main', PROBES)).toBe(0);
    expect((await historyOf(db)).runs.map(({ label }) => label)).toEqual(['abc']);
    const unsure = await pipeline('topic', PROBES);
    expect(limits.allow_failure.exit_codes).toContain(unsure);
    for (const file of limits.artifacts.reports.junit) expect(existsSync(path.join(directory, file)), file).toBe(true);
    expect((await historyOf(db)).count).toBe(1);
    expect(await pipeline('main', FAILING)).toBe(1);
    expect((await historyOf(db)).count).toBe(2);
    // What is not run here only sets up the checkout.
    expect(limits.before_script.map((line) => line.split(' ', 1)[0])).toEqual(['rm', 'git', 'npm']);
  });
});
