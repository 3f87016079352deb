import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decodeCapture, encodeCapture } from '../../src/capture/file.ts';
import { outputOf, watchInterval } from '../../src/cli/report-flags.ts';
import type { Capture } from '../../src/schema/capture.ts';
import type { ReportDocument } from '../../src/schema/report.ts';
import { Store } from '../../src/store/store.ts';
import { nameText } from '../../src/text/bytes.ts';
import { madeMetric, madeProbe, madeRun } from '../stats/made-runs.ts';
import { cli, CLI, cliJson, run } from '../support/cli.ts';
import { captureOf, fixture } from '../support/replay.ts';

describe('what flags of report come to', () => {
  const pipe = { json: false, isTTY: false };

  it('a page unless the name of the file or --format says otherwise', () => {
    expect(outputOf({ raw: true, output: 'a/b.html' }, pipe).main).toEqual({ file: 'a/b.html', format: 'html' });
    expect(outputOf({ raw: true, output: 'b.MD' }, pipe).main).toEqual({ file: 'b.MD', format: 'md' });
    expect(outputOf({ raw: true, output: 'b.md', format: 'json' }, pipe).main?.format).toBe('json');
    expect(outputOf({ raw: true, output: 'report' }, pipe).main?.format).toBe('html');
    expect(outputOf({ raw: true }, pipe).main).toEqual({ file: '-', format: 'html' });
  });

  it('pictures alone, or beside the rest', () => {
    expect(outputOf({ raw: true, svg: 'd' }, pipe)).toMatchObject({ main: null, svgDirectory: 'd' });
    expect(outputOf({ raw: true, svg: 'd', output: 'r.html' }, pipe).main?.file).toBe('r.html');
  });

  it.each([
    [{ raw: true }, { json: false, isTTY: true }, 'a page is not for a terminal'],
    [{ raw: true, output: '-' }, { json: true, isTTY: false }, '--json and the report cannot both go to stdout'],
    [{ raw: true, picture: 'a' }, pipe, '--picture is for --format svg'],
    [{ raw: false, format: 'md' as const }, pipe, '--no-raw is for a page'],
  ])('refuses %j', (flags, surroundings, message) => {
    expect(() => outputOf(flags, surroundings)).toThrow(message);
  });

  it('an interval of a second at least, and a file', () => {
    const output = outputOf({ raw: true, output: 'r.html' }, pipe);
    expect(watchInterval({ watch: '5m' }, output)).toBe(300_000);
    expect(watchInterval({}, output)).toBeNull();
    expect(() => watchInterval({ watch: '0.2s' }, output)).toThrow('--watch 0.2s is no span');
    expect(() => watchInterval({ watch: '5s' }, outputOf({ raw: true }, pipe))).toThrow('needs a file');
  });
});

describe('report', () => {
  let directory = '';
  const at = (name: string): string => path.join(directory, name);
  beforeAll(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-report-'));
    writeFileSync(at('host.nsc'), encodeCapture(await captureOf(fixture('docker'))));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  it('writes a page of a capture, the same bytes each time, for its owner alone', async () => {
    for (const name of ['one.html', 'two.html']) {
      const { status, stdout } = await cli('report', '--from', at('host.nsc'), '-o', at(name));
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^${at(name)}: \\d+ findings?, `));
    }
    expect(readFileSync(at('two.html'))).toEqual(readFileSync(at('one.html')));
    expect(readFileSync(at('one.html'), 'utf8')).toMatch(/^<!doctype html>/i);
  });

  it('has the facts in the page, or not', async () => {
    await cli('report', '--from', at('host.nsc'), '-o', at('raw.html'));
    await cli('report', '--from', at('host.nsc'), '-o', at('plain.html'), '--no-raw');
    const [raw, plain] = ['raw.html', 'plain.html'].map((name) => readFileSync(at(name)));
    const facts = readFileSync(at('host.nsc')).toString('base64').slice(100, 400);
    expect(raw?.includes(facts)).toBe(true);
    expect(plain?.includes(facts)).toBe(false);
  });

  it('writes each picture as a file, and one of them to stdout', async () => {
    const { status } = await cli('report', '--from', at('host.nsc'), '--svg', at('pictures/of/host'));
    expect(status).toBe(0);
    const names = readdirSync(at('pictures/of/host'));
    expect(names.length).toBeGreaterThan(0);
    const [first = ''] = names;
    const one = await cli('report', '--from', at('host.nsc'), '--format', 'svg', '--picture', path.parse(first).name);
    expect(one.stdout).toBe(readFileSync(at(path.join('pictures/of/host', first)), 'utf8'));
    const none = await cli('report', '--from', at('host.nsc'), '-o', at('none.svg'), '--picture', 'no-such');
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toContain('there is no picture no-such');
    expect(existsSync(at('none.svg'))).toBe(false);
  });

  it('says which sections there are where one is not', async () => {
    const { status, stderr } = await cli('report', '--from', at('host.nsc'), '--section', 'weather', '--format', 'md');
    expect(status).toBe(2);
    expect(stderr).toMatch(/^nsinspect: there is no section weather \(There are: .*processes.*\)\n$/);
  });

  it('leaves command lines out of everything with --redact', async () => {
    const { stdout } = await cli('report', '--from', at('host.nsc'), '--format', 'md', '--section', 'processes');
    const [, argument = ''] = /\| \/\S+ ([^|]{8,}) \|/.exec(stdout) ?? [];
    expect(argument).not.toBe('');
    const redacted = await cli('report', '--from', at('host.nsc'), '--format', 'md', '--redact');
    expect(redacted.stdout).not.toContain(argument);
    expect(await cliJson('report', '--from', at('host.nsc'), '--redact', '--json')).toMatchObject({ redacted: true });
  });

  it('is redacted only where both sides are', async () => {
    expect(await cli('capture', '--redact', '-o', at('redacted.nsc'))).toMatchObject({ status: 0 });
    const report = (before: string) => cliJson('report', '--from', at('redacted.nsc'), '--before', before, '--json');
    expect(await report(at('redacted.nsc'))).toMatchObject({ redacted: true });
    expect(await report(at('host.nsc'))).toMatchObject({ redacted: false });
  });

  it('leaves out where the files are kept with --redact: it may be a home', async () => {
    const both = ['report', '--from', at('host.nsc'), '--before', at('host.nsc'), '-o', '-'];
    const folder = path.dirname(at('host.nsc'));
    expect((await cli(...both)).stdout).toContain(folder);
    const { stdout } = await cli(...both, '--redact');
    expect(stdout).toContain('host.nsc');
    expect(stdout).not.toContain(folder);
  });

  it('waits for a reader that is slower than the page, and is quiet where it leaves', async () => {
    await cli('report', '--from', at('host.nsc'), '-o', at('whole.html'));
    const program = [...CLI, 'report', '--from', at('host.nsc'), '-o', '-'].map((word) => `'${word}'`).join(' ');
    const slow = await run(['sh', '-c', `${program} | { sleep 1; cat; } | cmp - '${at('whole.html')}'`]);
    expect(slow).toMatchObject({ status: 0, stdout: '' });
    const gone = await run(['sh', '-c', `{ ${program}; } | head -c 10`]);
    expect(gone.stdout).toBe('<!doctype ');
    for (const { stderr } of [slow, gone]) expect(stderr).not.toContain('cannot write');
  });

  it('says where it cannot write, and leaves what was there', async () => {
    writeFileSync(at('file'), 'mine');
    const { status, stderr } = await cli('report', '--from', at('host.nsc'), '--svg', at('file/pictures'));
    expect(status).toBe(2);
    expect(stderr).toContain('cannot make');
    expect(readFileSync(at('file'), 'utf8')).toBe('mine');
  });

  it('compares with a file and with the history, and shows what was measured', async () => {
    const db = at('history.db');
    const report = (...args: readonly string[]) => cliJson<ReportDocument>('report', '--json', ...args);
    const before = decodeCapture(readFileSync(at('host.nsc')), 'host.nsc');
    const later = (minutes: number): Capture => ({
      ...before,
      takenAt: new Date(Date.parse(before.takenAt) + minutes * 60_000).toISOString(),
    });
    const store = Store.open(db, 'write');
    for (const at of [1, 2, 3]) store.put(later(at), { label: `at ${at}` });
    const run = madeRun([madeProbe('limits/cpu-quota', [madeMetric([1, 1.01], { better: 'target', target: 1 })])]);
    store.putRun({ ...run, environment: { ...run.environment, hostname: nameText(before.host.hostname ?? '') } });
    store.close();
    writeFileSync(at('run.json'), JSON.stringify({ ...run, takenAt: '2026-02-02T03:04:05.000Z' }));

    const ofFiles = await report('--from', at('host.nsc'), '--before', at('host.nsc'), '--bench', at('run.json'));
    expect(ofFiles.before).toMatchObject({ name: at('host.nsc'), snapshot: null });
    const available = (document: ReportDocument) =>
      document.sections.filter((section) => section.available).map(({ id }) => id);
    expect(available(ofFiles)).toEqual(expect.arrayContaining(['changes', 'benchmarks']));

    const ofHistory = await report('--snapshot', 'latest', '--before', '1', '--db', db);
    expect([ofHistory.side.snapshot, ofHistory.before?.snapshot]).toEqual([3, 1]);
    expect(available(ofHistory)).toEqual(expect.arrayContaining(['changes', 'benchmarks']));
    const changes = ofHistory.sections.find(({ id }) => id === 'changes');
    const timeline = changes?.blocks.find((block) => block.kind === 'table' && block.name === 'timeline');
    const rows = timeline?.kind === 'table' ? timeline.rows.map(({ cells }) => cells.map(({ text }) => text)) : [];
    expect(rows.map((row) => [row[0], row[2], row[5], row[6]])).toEqual([
      ['1', 'at 1', 'not compared', 'not compared'],
      ['2', 'at 2', '0', '0'],
      ['3', 'at 3', '0', '0'],
    ]);
    expect(rows[0]?.[3]).toBe(String(ofHistory.counts.containers));

    const ofBoth = await report('--from', at('host.nsc'), '--db', db, '--bench', at('run.json'));
    expect(ofBoth.before).toBeNull();
    expect(ofBoth.sections.find(({ id }) => id === 'benchmarks')?.summary).toContain('2 runs');
  });

  it('says in one line what is wrong with a side or a file', async () => {
    const failure = async (...args: readonly string[]) => {
      const { status, stderr } = await cli('report', '--from', at('host.nsc'), '--format', 'md', ...args);
      return `${status} ${stderr.split('\n')[0] ?? ''}`;
    };
    expect(await failure('--before', 'live')).toMatch(/^2 .*the earlier side cannot be the live host/);
    expect(await failure('--before', 'nowhere.nsc')).toMatch(
      /^2 .*nowhere.nsc is neither live, nor a moment, nor a file/,
    );
    expect(await failure('--bench', at('host.nsc'))).toMatch(/^2 .*is no run of nsinspect bench/);
    expect(await failure('--db', at('none.db'))).toMatch(/^2 .*none\.db/);
  });
});
