/** `bench` as a user runs it: real containers, their document, the end by a signal, and what is left. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { expect, it, onTestFinished } from 'vitest';

import type { BenchCleanDocument } from '../../src/schema/bench-clean.ts';
import type { BenchDocument } from '../../src/schema/bench.ts';
import { MARK_PREFIX } from '../../src/probe/mark.ts';
import { cli, CLI, cliJson, ROOT } from '../support/cli.ts';
import { describeWith } from '../support/components.ts';
import { expectDocument } from '../support/schema.ts';

/** Cgroups that a process made for its probes. */
function cgroupsOf(pid: number): string[] {
  // Other runs make and remove theirs meanwhile, of which find complains.
  const { stdout } = spawnSync('find', ['/sys/fs/cgroup', '-name', `${MARK_PREFIX}${pid}-*`, '-prune'], {
    encoding: 'utf8',
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/** Starts a run that takes a while, and waits until it has made a cgroup. */
async function started() {
  const [program, ...args] = CLI;
  const child = spawn(program!, [...args, 'bench', 'limits', 'cpu-quota', '--rounds', '50'], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGINT'));
  const ended = new Promise<NodeJS.Signals | number | null>((resolve) =>
    child.on('exit', (status, signal) => resolve(signal ?? status)),
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  while (child.exitCode === null && cgroupsOf(child.pid!).length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return { child, ended, errors: () => errors };
}

describeWith(['root'], 'bench', () => {
  it('limits: a document, a file, and nothing left', async () => {
    const file = path.join(tmpdir(), `nsinspect-bench-${process.pid}.json`);
    const { status, stdout, stderr } = await cli('bench', 'limits', 'pids', 'kill', '--quick', '--output', file);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^PROBE|^pass +pids /m);
    const run = JSON.parse(readFileSync(file, 'utf8')) as BenchDocument;
    rmSync(file);
    expectDocument(run);
    expect(run.suites).toEqual(['limits']);
    expect(run.results.map(({ id }) => id)).toEqual(['limits/pids', 'limits/kill']);
    expect((await cli('bench', 'gate', '/dev/null', '--baseline', '/dev/null')).status).toBe(2);
  });

  it('run: several suites in one document', async () => {
    const args = ['--suite', 'limits,density', '--quick', '--most', '2', '--rounds', '1', '--json'];
    const run = JSON.parse((await cli('bench', 'run', ...args)).stdout) as BenchDocument;
    expectDocument(run);
    expect(new Set(run.results.map(({ suite }) => suite))).toEqual(new Set(['limits', 'density']));
  });

  it('a required probe that cannot be judged is a failure, which is said', async () => {
    const { status, stdout, stderr } = await cli('bench', 'limits', 'rdma', '--require', 'rdma', '--json');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^nsinspect: required, but unsupported: limits\/rdma \(native\): /);
    // Of a whole run, too: flags that are not given are false there, not missing.
    expectDocument(JSON.parse(stdout));
  });

  it('ends by SIGINT, with everything removed', async () => {
    const { child, ended, errors } = await started();
    child.kill('SIGINT');
    // A shell calls it 130.
    expect(await ended).toBe('SIGINT');
    expect(errors()).toBe('nsinspect: interrupted: what the probes made is removed\n');
    expect(cgroupsOf(child.pid!)).toEqual([]);
  });

  it('clean finds what kill -9 left, and removes it', async () => {
    const { child, ended } = await started();
    child.kill('SIGKILL');
    await ended;
    const mark = `${MARK_PREFIX}${child.pid!}-`;
    const isOurs = (at: string) => path.basename(at).startsWith(mark);
    const found = await cliJson<BenchCleanDocument>('bench', 'clean', '--dry-run', '--json');
    expect(found.cgroups.filter(isOurs)).not.toEqual([]);
    expect(cgroupsOf(child.pid!)).not.toEqual([]);
    const removed = await cliJson<BenchCleanDocument>('bench', 'clean', '--json');
    expectDocument(removed);
    expect(removed.cgroups.filter(isOurs).toSorted()).toEqual(found.cgroups.filter(isOurs).toSorted());
    expect(cgroupsOf(child.pid!)).toEqual([]);
  });
});
