/** Commands of `bench` that read runs: documents, formats, exit codes, and what they refuse. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BenchDocument } from '../../src/schema/bench.ts';
import { BASE, NEXT } from '../reports/made-comparison.ts';
import { madeMetric, madeProbe, madeRun, normalValues } from '../stats/made-runs.ts';
import { cli, cliJson, run, CLI } from '../support/cli.ts';
import { expectDocument } from '../support/schema.ts';

const quota = (seed: string, median: number) =>
  madeRun([madeProbe('limits/cpu-quota', [madeMetric(normalValues(seed, 20, median, 0.005))])]);

let directory = '';
const at = (name: string) => path.join(directory, name);
const write = (name: string, content: unknown) => {
  writeFileSync(at(name), typeof content === 'string' ? content : JSON.stringify(content));
  return at(name);
};
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-bench-'));
  write('base.json', BASE);
  write('next.json', NEXT);
  write('calm.json', quota('a', 1));
  write('same.json', quota('b', 1));
  write('worse.json', quota('c', 1.2));
  write('few.json', madeRun([madeProbe('limits/cpu-quota', [madeMetric([1, 1, 1])])]));
  write('moved.json', { ...quota('d', 1), environment: { ...BASE.environment, kernel: '6.1.0' } });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('bench gate', () => {
  it.each([
    { next: 'same.json', status: 0, verdict: 'fine' },
    { next: 'worse.json', status: 1, verdict: 'regression' },
    { next: 'next.json', status: 1, verdict: 'broken' },
    { next: 'few.json', status: 3, verdict: 'inconclusive' },
  ])('$next by calm.json: exit $status', async ({ next, status, verdict }) => {
    const baseline = at(next === 'next.json' ? 'base.json' : 'calm.json');
    const result = await cli('bench', 'gate', at(next), '--baseline', baseline, '--json');
    expect(result).toMatchObject({ status, stderr: '' });
    const document = JSON.parse(result.stdout) as { verdict: string };
    expectDocument(document);
    expect(document.verdict).toBe(verdict);
  });

  it('refuses runs of different machines unless asked to', async () => {
    const args = ['bench', 'gate', at('moved.json'), '--baseline', at('calm.json')];
    const refused = await cli(...args);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toMatch(/^nsinspect: the runs are not of like machines: kernel 6\.18\.0 -> 6\.1\.0 .*\n$/);
    expect((await cli(...args, '--any-environment')).status).toBe(0);
  });

  it('holds a run against itself', async () => {
    expect((await cli('bench', 'gate', at('calm.json'), '--self-check')).status).toBe(0);
    const drift = Array.from({ length: 40 }, (_, round) => (round % 4 === 0 || round % 4 === 3 ? 1 : 2) + round / 1e4);
    write('drift.json', madeRun([madeProbe('limits/cpu-quota', [madeMetric(drift)])]));
    const noisy = await cli('bench', 'gate', at('drift.json'), '--self-check');
    expect(noisy.status).toBe(1);
    expect(noisy.stderr).toContain('differs from itself');
    const few = await cli('bench', 'gate', at('few.json'), '--self-check');
    expect(few).toMatchObject({ status: 2, stdout: '' });
  });

  it('judges by the threshold that it is told', async () => {
    const args = ['bench', 'gate', at('worse.json'), '--baseline', at('calm.json'), '--threshold'];
    expect((await cli(...args, '40%')).status).toBe(0);
    expect((await cli(...args, '0.1')).status).toBe(1);
    expect(await cli(...args, 'much')).toMatchObject({
      status: 2,
      stderr: 'nsinspect: --threshold much: no share (such as 0.05 or 5%)\n',
    });
  });

  it.each([[], ['--baseline', 'x', '--self-check'], ['--baseline', 'x', '--alpha', '1']])(
    'refuses the flags %j',
    async (...flags) => {
      const { status, stderr } = await cli('bench', 'gate', at('calm.json'), ...flags);
      expect(status).toBe(2);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    },
  );
});

describe('bench compare', () => {
  it('finds, and exits with 0', async () => {
    expectDocument(await cliJson('bench', 'compare', at('base.json'), at('next.json'), '--json'));
  });

  it('takes a run from standard input', async () => {
    const script = `cat '${at('calm.json')}' | ${CLI.join(' ')} bench compare - '${at('same.json')}'`;
    expect(await run(['sh', '-c', script])).toMatchObject({ status: 0, stderr: '' });
  });
});

describe('formats', () => {
  const compare = (...flags: string[]) => cli('bench', 'compare', at('base.json'), at('next.json'), ...flags);

  it.each([
    ['table', /^base {2}/],
    ['json', /^\{\n {2}"schema": "nsinspect\/bench-compare\/1"/],
    ['markdown', /^## nsinspect bench: broken/],
    ['junit', /^<\?xml /],
    ['ktap', /^KTAP version 1\n/],
    ['github', /^::error title=/],
  ])('%s', async (format, beginning) => {
    const { status, stdout } = await compare('--format', format);
    expect(status).toBe(0);
    expect(stdout).toMatch(beginning);
    expect(stdout.endsWith('\n')).toBe(true);
  });

  it('go into as many files as are asked for, and the table to stdout', async () => {
    const flags = ['--output', at('c.json'), '--report', `junit=${at('c.xml')}`, '--report', `ktap=${at('c.ktap')}`];
    const { stdout } = await compare(...flags);
    expect(stdout).toMatch(/^base {2}/);
    expectDocument(JSON.parse(readFileSync(at('c.json'), 'utf8')));
    expect(readFileSync(at('c.xml'), 'utf8')).toMatch(/^<\?xml /);
    expect(readFileSync(at('c.ktap'), 'utf8')).toMatch(/^KTAP/);
  });

  it('--output takes the format that is asked for; - is stdout', async () => {
    await compare('--format', 'junit', '--output', at('d.xml'));
    expect(readFileSync(at('d.xml'), 'utf8')).toMatch(/^<\?xml /);
    expect((await compare('--report', 'ktap=-')).stdout).toMatch(/^KTAP[^]*not ok[^]*$/);
  });

  it('are not lost with a file that turns out to be none; the table comes first', async () => {
    const { status, stdout, stderr } = await compare('--report', 'junit=/dev/full', '--output', at('kept.json'));
    expect({ status, stderr }).toEqual({ status: 2, stderr: 'nsinspect: cannot write /dev/full: ENOSPC\n' });
    expect(stdout).toMatch(/^base {2}/);
    expectDocument(JSON.parse(readFileSync(at('kept.json'), 'utf8')));
  });

  it('are refused where they would be two documents in one place', async () => {
    const { status, stdout, stderr } = await compare('--json', '--report', 'ktap=-');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ schema: 'nsinspect/error/1' });
    expect(stderr).toMatch(/^nsinspect: with --json the result is on stdout already/);
    for (const command of [
      ['compare', at('base.json'), at('next.json')],
      ['show', at('base.json')],
    ]) {
      const twice = await cli('bench', ...command, '-o', at('t'), '--report', `ktap=${at('t')}`);
      expect(twice).toMatchObject({ status: 2, stdout: '' });
    }
    expect(existsSync(at('t'))).toBe(false);
  });

  it('that could not be written are refused, and nothing is left of the look', async () => {
    const before = readdirSync(directory);
    expect(await compare('--output', at('nowhere/file'), '--report', `ktap=${at('k')}`)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: `nsinspect: cannot write ${at('nowhere/file')}: ENOENT\n`,
    });
    expect(readdirSync(directory)).toEqual(before);
  });

  it.each([['xml'], ['junit='], ['=x']])('--report %s is refused', async (report) => {
    expect(await compare('--report', report)).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('a file that is no run is refused in one line', () => {
  const damaged = (change: (run: BenchDocument) => unknown) => JSON.stringify(change(structuredClone(quota('a', 1))));
  const [probe] = quota('a', 1).results;
  const inMetric = (more: object) =>
    damaged((base) => ({ ...base, results: [{ ...probe, metrics: [{ ...probe!.metrics[0], ...more }] }] }));

  it.each<[string, string, RegExp]>([
    ['nothing', '', /is empty/],
    ['text', 'hello', /is not JSON/],
    ['half of it', damaged((base) => base).slice(0, 900), /ends in the middle/],
    ['a comparison', '{"schema":"nsinspect/bench-compare/1"}', /is no run of nsinspect bench but nsinspect\/bench-c/],
    ['one of the future', '{"schema":"nsinspect/bench/2"}', /is of schema nsinspect\/bench\/2; this nsinspect reads/],
    ['null', 'null', /is no run/],
    ['a month 99', damaged((base) => ({ ...base, takenAt: '2026-99-99T99:99:99Z' })), /takenAt: is not of the form/],
    ['no results', damaged(({ results: _, ...base }) => base), /the document: lacks results/],
    ['a probe twice', damaged((base) => ({ ...base, results: [probe, probe] })), /results\[1\]\.id: is there twice/],
    ['a text for a number', inMetric({ threshold: '5' }), /metrics\[0\]\.threshold: must be number/],
    ['a number beyond all', inMetric({ threshold: 0 }).replace('"threshold":0', '"threshold":1e999'), /too large/],
    ['no target', inMetric({ better: 'target' }), /metrics\[0\]\.target: is missing/],
    ['no samples', inMetric({ samples: [] }), /samples: must be at least 1/],
    ['a forged summary', inMetric({ samples: probe!.metrics[0]!.samples.slice(1) }), /is not the number of samples/],
  ])('%s', async (name, content, message) => {
    const file = write('bad.json', content);
    const { status, stdout, stderr } = await cli('bench', 'gate', file, '--baseline', at('calm.json'), '--json');
    expect(status, name).toBe(2);
    expectDocument(JSON.parse(stdout));
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('what never ends, and what is not there', async () => {
    const endless = await cli('bench', 'compare', at('calm.json'), '/dev/zero');
    expect(endless).toMatchObject({ status: 2, stderr: 'nsinspect: /dev/zero is larger than 64 MiB: not read\n' });
    expect((await cli('bench', 'compare', at('calm.json'), at('nowhere'))).stderr).toMatch(/ENOENT\n$/);
  });
});

describe('a run that cannot be', () => {
  it.each([
    [['bench', 'limits', 'no-such-probe'], /no such probe: no-such-probe \(there are .*cpu-quota/],
    [['bench', 'limits', 'pids', '--require', 'cpuset'], /--require cpuset: no such probe is part of this run/],
    [['bench', 'density', '--require', 'container'], /--require container: no such probe is part of this run/],
    [['bench', 'startup', '--require', 'vm/kmv'], /--require vm\/kmv: no such probe is part of this run/],
    [['bench', 'startup', '--require', 'cgroup/cpus'], /--require cgroup\/cpus: no such probe is part of this run/],
    [['bench', 'run', '--require', 'nowhere'], /--require nowhere: no such probe is part of this run/],
    [['bench', 'startup', '--guest-kernel', '/nowhere'], /--guest-kernel \/nowhere: cannot be read: ENOENT\n$/],
    [['bench', 'startup', '--guest-kernel', '/'], /--guest-kernel \/: is not a file\n$/],
    [['bench', 'run', '--suite', 'limits', '--guest-kernel', '/dev/null'], /--guest-kernel is of no use here: startup/],
    [['bench', 'run', '--suite', 'limits,startup', '--most', '2'], /--most is of no use here: density alone looks/],
    [['bench', 'run', '--suite', 'isolation', '--own-machine'], /--own-machine is of no use here: limits alone/],
    [['bench', 'run', '--suite', 'density', '--rounds', '2'], /--rounds is of no use here: limits and isolation alone/],
    [['bench', 'limits', '--output', '/nowhere/f'], /^nsinspect: cannot write \/nowhere\/f: ENOENT\n$/],
    [['bench', 'limits', '--report', 'junit=/'], /^nsinspect: cannot write \/: EISDIR\n$/],
    [['bench', 'limits', '-o', 'f', '--report', 'ktap=./f'], /^nsinspect: \.\/f is named twice: /],
    [['bench', 'limits', '--rounds', '0'], /--rounds/],
    [['bench', 'limits', '--runtime', 'chroot'], /to be one of: native, runc/],
    [['bench', 'limits', '--report', 'svg=x'], /--report svg=x: expected FORMAT=FILE/],
    [['bench', 'limits', '--output', '-', '--report', 'junit=-'], /only one result can go to stdout/],
  ])('%j', async (args, message) => {
    const { status, stdout, stderr } = await cli(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });
});
