/** Runs in the history, from the command line: kept, shown, compared and judged by. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BenchDocument } from '../../src/schema/bench.ts';
import type { Comparison } from '../../src/schema/bench-compare.ts';
import type { BenchHistoryDocument, BenchImportedDocument } from '../../src/schema/bench-history.ts';
import type { SnapshotsPrunedDocument } from '../../src/schema/history.ts';
import { displayWidth } from '../../src/text/width.ts';
import { NEXT } from '../reports/made-comparison.ts';
import { madeMetric, madeProbe, madeRun, normalValues } from '../stats/made-runs.ts';
import { cli, cliJson, CLI, ROOT, run } from '../support/cli.ts';
import { expectDocument } from '../support/schema.ts';

const KERNEL = '6.19.0';
const { environment } = madeRun([]);

/** The run of a day: from the fifth on the quota is looser, the sixth has another kernel on which pids.max does not hold. */
function runOf(day: number): BenchDocument {
  const quota = { name: 'use of quota', unit: 'ratio', better: 'target', target: 1, threshold: 0.02 } as const;
  const values = normalValues(`quota ${day}`, 12, day < 5 ? 1 : 1.2, 0.005);
  const invariant = {
    id: 'forks',
    text: 'exactly so many forks',
    holds: day < 6,
    observed: `${day < 6 ? 12 : 13} of 12`,
  };
  return madeRun(
    [
      madeProbe('limits/cpu-quota', [madeMetric(values, quota)]),
      madeProbe('limits/pids', [], { invariants: [invariant], verdict: day < 6 ? 'pass' : 'fail' }),
      madeProbe('limits/kill', [madeMetric(normalValues(`kill ${day}`, 12, 2, 0.01), { name: 'time', unit: 'ms' })]),
    ],
    {
      takenAt: new Date(Date.UTC(2026, 2, day, 12)).toISOString(),
      environment: { ...environment, kernel: day < 6 ? environment.kernel : KERNEL },
    },
  );
}

let directory = '';
const at = (name: string) => path.join(directory, name);
const DB: string[] = [];
const history = (...args: string[]) => cliJson<BenchHistoryDocument>('bench', 'history', ...args, ...DB, '--json');

beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'nsinspect-bench-history-'));
  DB.push('--db', at('history.db'));
  for (const day of [1, 2, 3, 4, 5, 6, 7]) writeFileSync(at(`${day}.json`), JSON.stringify(runOf(day)));
  writeFileSync(at('hostile.json'), JSON.stringify(NEXT));
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

describe('bench import', () => {
  it('takes files in, each once, in whatever order', async () => {
    const files = [7, 1, 2, 3, 4, 5, 6].map((day) => at(`${day}.json`));
    const document = await cliJson<BenchImportedDocument>('bench', 'import', ...files, ...DB, '--json');
    expectDocument(document);
    expect(document.runs.map(({ id, takenAt }) => [id, takenAt.slice(8, 10)])).toEqual(
      [7, 1, 2, 3, 4, 5, 6].map((day, index) => [index + 1, `0${day}`]),
    );
    const again = await cli('bench', 'import', at('3.json'), ...DB);
    expect(again).toEqual({ status: 0, stdout: '', stderr: `nsinspect: ${at('3.json')}: there already, as run 4\n` });
    writeFileSync(at('bad.json'), '{"schema":"nsinspect/bench/1"}');
    const bad = await cli('bench', 'import', at('bad.json'), ...DB);
    expect([bad.status, bad.stderr]).toEqual([2, expect.stringContaining('bad.json is damaged')]);
  });
});

describe('bench history', () => {
  it('says since when something does not hold or is worse, and what came with it', async () => {
    const document = await history();
    expectDocument(document);
    expect(document.runs.map(({ id }) => id)).toEqual([2, 3, 4, 5, 6, 7, 1]);
    const kernel = [{ what: 'kernel', before: environment.kernel, after: KERNEL }];
    expect(document.runs.map(({ changes }) => changes)).toEqual([[], [], [], [], [], kernel, []]);
    expect(document.failures).toMatchObject([
      { id: 'limits/pids', since: { run: 7 }, lastPass: { run: 6 }, failed: 2, judged: 7, changes: kernel },
    ]);
    const [quota, kill] = document.metrics;
    expect(quota).toMatchObject({ metric: 'use of quota', state: 'worse' });
    expect(quota!.changes).toMatchObject([{ run: 6, change: 'regression', base: [2, 3, 4, 5], changes: [] }]);
    expect(kill).toMatchObject({ metric: 'time', state: 'steady', changes: [] });
  });

  it('takes names of probes and metrics, and a part of the time', async () => {
    const named = await history('cpu-quota');
    expectDocument(named);
    expect([named.metrics.map(({ id }) => id), named.failures]).toEqual([['limits/cpu-quota'], []]);
    expect((await history('Time', 'pids')).metrics.map(({ metric }) => metric)).toEqual(['time']);
    const few = await history('--limit', '2');
    expect([few.count, few.runs.map(({ id }) => id)]).toEqual([7, [7, 1]]);
    const ids = async (since: string) => (await history('--since', since)).runs.map(({ id }) => id);
    expect(await ids('5')).toEqual([5, 6, 7, 1]);
    expect(await ids('latest~1')).toEqual([7, 1]);
    expect(await ids('@2026-03-06T13:00Z')).toEqual([1]);
    expect(await ids('-1s')).toEqual([]);
    expect((await history('--host', 'host')).runs).toHaveLength(7);
    for (const args of [['nothing'], ['--host', 'nobody'], ['--since', '99'], ['--since', 'soon'], ['--limit', '0']]) {
      const { status, stderr } = await cli('bench', 'history', ...args, ...DB);
      expect([args, status, stderr.trim().split('\n').length]).toEqual([args, 2, 1]);
    }
  });

  it('takes the host of a moment for the host that is asked for', async () => {
    const db = ['--db', at('hosts.db')];
    const other = (day: number) => ({ ...runOf(day), environment: { ...environment, hostname: 'other' } });
    for (const day of [3, 4]) writeFileSync(at(`other-${day}.json`), JSON.stringify(other(day)));
    const files = ['1.json', 'other-3.json', '2.json', 'other-4.json', '5.json'];
    expect((await cli('bench', 'import', ...files.map(at), ...db)).status).toBe(0);
    const ids = async (...flags: string[]) =>
      (await cliJson<BenchHistoryDocument>('bench', 'history', ...flags, ...db, '--json')).runs.map(({ id }) => id);
    expect(await ids('--since', '@2026-03-02')).toEqual([3, 2, 4, 5]);
    expect(await ids('--since', 'other@2026-03-01')).toEqual([2, 4]);
    expect(await ids('--since', 'host@2026-03-02')).toEqual([3, 5]);
    expect(await ids('--since', 'other@latest', '--host', 'other')).toEqual([4]);
    expect(await ids('--since', 'other@latest')).toEqual([4]);
    for (const [flags, message] of [
      [['--since', 'nobody@2026-03-01'], 'there is no run of the host nobody (there are runs of host, other)'],
      [['--since', 'nobody@latest'], 'there is no run of the host nobody (there are runs of host, other)'],
      [
        ['--since', 'other@-7d', '--host', 'host'],
        '--host host and --since name different hosts (--since is of other)',
      ],
    ] as const) {
      const { status, stderr } = await cli('bench', 'history', ...flags, ...db);
      expect([status, stderr]).toEqual([2, `nsinspect: ${message}\n`]);
    }
  });

  it.each([80, 160])('fits into %i columns', async (columns) => {
    const drawn = async (...flags: string[]) => {
      const { stdout } = await run([...CLI, 'bench', 'history', ...DB, ...flags], {
        COLUMNS: String(columns),
        TZ: 'UTC',
      });
      for (const line of stdout.split('\n')) expect(displayWidth(line), line).toBeLessThanOrEqual(columns);
      return stdout;
    };
    const text = (await drawn()).replaceAll(/\s+/g, ' ');
    expect(text).toContain(`kernel ${environment.kernel} -> ${KERNEL}`);
    expect(text).toContain('FAILS limits/pids (native) since run 7 (2026-03-06 12:00:00); passed last in run 6');
    expect(text).toMatch(/WORSE cpu-quota use of quota ▁▁▁▁▇│▇▇|WORSE cpu-quota use of quota [▁▂]{4}[▆▇█]│[▆▇█]{2} /);
    expect(text).toContain('worse since run 6 (2026-03-05 12:00:00): ');
    expect(text).toContain('1 probe fails; 2 metrics: 1 worse, 1 steady');
    // eslint-disable-next-line no-control-regex -- nothing but ASCII
    expect(await drawn('--ascii')).toMatch(/^[\x00-\x7f]*$/);
  });

  it('says what to do where there is none', async () => {
    const none = await cli('bench', 'history', '--db', at('none.db'));
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('there is no history')]);
    const former = gunzipSync(readFileSync(path.join(ROOT, 'test/store/fixtures/version-1.db.gz')));
    writeFileSync(at('former.db'), former);
    const old = await cli('bench', 'history', '--db', at('former.db'));
    expect(old).toMatchObject({ status: 0, stdout: expect.stringContaining('bench run --store') as unknown });
    expect(readFileSync(at('former.db')).equals(former)).toBe(true);
  });

  it('prints nothing that steers a terminal, and reads nothing that is no run', async () => {
    const db = ['--db', at('hostile.db')];
    expect((await cli('bench', 'import', at('hostile.json'), ...db)).status).toBe(0);
    for (const args of [['history'], ['show', '1']]) {
      expect((await cli('bench', ...args, ...db)).stdout).not.toMatch(/[\p{Cf}\r]|(?!\n)\p{Cc}/u);
    }
    const sqlite = new Database(at('hostile.db'));
    sqlite.exec(`UPDATE bench_run SET body = json_remove(body, '$.environment')`);
    sqlite.close();
    for (const args of [['history'], ['show', '1'], ['compare', '1', 'latest'], ['gate', '1', '--self-check']]) {
      const { status, stderr } = await cli('bench', ...args, ...db);
      expect([args[0], status]).toEqual([args[0], 2]);
      expect(stderr).toBe('nsinspect: run 1 of the history is damaged: the document: lacks environment\n');
    }
  });
});

describe('a run of the history', () => {
  it('is shown as it was, in any format', async () => {
    expect(await cliJson('bench', 'show', '2', ...DB, '--json')).toEqual(runOf(1));
    expect((await cli('bench', 'show', 'latest', ...DB, '--output', at('out.json'))).status).toBe(0);
    expect(JSON.parse(readFileSync(at('out.json'), 'utf8'))).toEqual(runOf(7));
    expect((await cli('bench', 'show', '@2026-03-02T13:00Z', ...DB, '--format', 'junit')).stdout).toMatch(/^<\?xml /);
    expect(await cliJson('bench', 'show', at('1.json'), '--json')).toEqual(runOf(1));
    expect((await cli('bench', 'show', '99', ...DB)).stderr).toMatch(/^nsinspect: there is no run 99 /);
    expect((await cli('bench', 'show', at('1.json'), ...DB)).stderr).toContain('--db is of no use here');
  });

  it('is compared', async () => {
    const document = await cliJson<Comparison>('bench', 'compare', '2', '6', ...DB, '--json');
    expectDocument(document);
    expect(document.verdict).toBe('regression');
    expect(document.base.runs).toBeUndefined();
    const nobody = await cli('bench', 'compare', '2', 'nobody', ...DB);
    expect([nobody.status, nobody.stderr]).toEqual([2, expect.stringContaining('neither a file nor a run')]);
  });
});

describe('bench gate --history', () => {
  const gate = async (next: string, ...flags: string[]) => {
    const { status, stdout } = await cli('bench', 'gate', next, '--history', ...DB, '--json', ...flags);
    const document = JSON.parse(stdout) as Comparison;
    expectDocument(document);
    return { status, verdict: document.verdict, runs: document.base.runs, notes: document.notes };
  };

  it.each<[string, string, string[], object]>([
    ['nothing is worse', '5', [], { status: 0, verdict: 'fine', runs: [2, 3, 4] }],
    ['worse', '6', [], { status: 1, verdict: 'regression', runs: [2, 3, 4, 5] }],
    ['by the last two', '6', ['--last', '2'], { status: 1, verdict: 'regression', runs: [4, 5] }],
    ['broken, on a new kernel', '7', [], { status: 1, verdict: 'broken', runs: [] }],
    ['nothing to judge by', '2', [], { status: 3, verdict: 'inconclusive', runs: [] }],
  ])('%s', async (_what, next, flags, expected) => {
    expect(await gate(next, ...flags)).toMatchObject(expected);
  });

  it('judges a file, also one that is in the history itself', async () => {
    expect(await gate(at('5.json'))).toMatchObject({ status: 1, runs: [2, 3, 4, 5] });
    const quick = { ...runOf(5), quick: true };
    writeFileSync(at('quick.json'), JSON.stringify(quick));
    expect((await gate(at('quick.json'))).notes[0]).toBe(
      'the history has no earlier quick run of limits with this kernel, cgroup mode and CPU',
    );
  });

  it('judges by runs of other machines where it is asked to', async () => {
    expect(await gate('7', '--any-environment')).toMatchObject({ status: 1, verdict: 'broken', runs: [2, 3, 4, 5, 6] });
    const old = { ...runOf(4), environment: { ...environment, kernel: '5.4.0' } };
    writeFileSync(at('old.json'), JSON.stringify(old));
    expect(await gate(at('old.json'))).toMatchObject({ status: 3, runs: [] });
    expect(await gate(at('old.json'), '--any-environment')).toMatchObject({ status: 0, runs: [2, 3, 4] });
    const first = { ...old, takenAt: '2020-01-01T00:00:00Z' };
    writeFileSync(at('old.json'), JSON.stringify(first));
    expect((await gate(at('old.json'), '--any-environment')).notes).toEqual([
      'the history has no earlier run of limits',
    ]);
  });

  it('judges each suite by the last runs of it, whatever else was measured since', async () => {
    const db = ['--db', at('suites.db')];
    const dayOf = (day: number) => new Date(Date.UTC(2026, 4, day)).toISOString();
    const probe = (suite: 'limits' | 'density', day: number, median: number) =>
      madeProbe(`${suite}/a`, [madeMetric(normalValues(`${suite} ${day}`, 12, median, 0.005))], { suite });
    const runs = Array.from({ length: 16 }, (_, day) => {
      const suite = day < 6 ? 'limits' : 'density';
      return madeRun([probe(suite, day, 1)], { suites: [suite], takenAt: dayOf(day + 1) });
    });
    // The last has both: it counts for each.
    runs.push(
      madeRun([probe('limits', 17, 1), probe('density', 17, 1)], { suites: ['limits', 'density'], takenAt: dayOf(17) }),
    );
    const files = runs.map((document, index) => {
      writeFileSync(at(`suite-${index}.json`), JSON.stringify(document));
      return at(`suite-${index}.json`);
    });
    expect((await cli('bench', 'import', ...files, ...db)).status).toBe(0);
    const judged = async (median: number, suites: BenchDocument['suites'], ...flags: string[]) => {
      const results = suites.map((suite) => probe(suite as 'limits', 18, suite === 'limits' ? median : 1));
      writeFileSync(at('suite-next.json'), JSON.stringify(madeRun(results, { suites, takenAt: dayOf(18) })));
      const { status, stdout } = await cli(
        'bench',
        'gate',
        at('suite-next.json'),
        '--history',
        ...db,
        '--json',
        ...flags,
      );
      const { base, metrics } = JSON.parse(stdout) as Comparison;
      return { status, runs: base.runs, samples: metrics.map((metric) => [metric.id, metric.base.n]) };
    };
    const limits = [1, 2, 3, 4, 5, 6];
    expect(await judged(1.2, ['limits'])).toEqual({ status: 1, runs: [...limits, 17], samples: [['limits/a', 84]] });
    expect(await judged(1, ['limits'], '--last', '3')).toEqual({
      status: 0,
      runs: [5, 6, 17],
      samples: [['limits/a', 36]],
    });
    expect(await judged(1.2, ['limits', 'density'], '--last', '2')).toEqual({
      status: 1,
      runs: [6, 16, 17],
      samples: [
        ['limits/a', 24],
        ['density/a', 24],
      ],
    });
    expect(await judged(1, ['isolation'])).toEqual({ status: 3, runs: [], samples: [] });
  });

  it('says by what it judged', async () => {
    const table = await cli('bench', 'gate', '6', '--history', ...DB);
    expect(table.stdout).toMatch(/^base {2}4 runs of the history, 2 to 5, the newest of 2026-03-04T12:00:00.000Z /);
    const markdown = await cli('bench', 'gate', '6', '--history', ...DB, '--format', 'markdown');
    expect(markdown.stdout).toContain('Base: 4 runs of the history, 2 to 5');
  });

  it.each([
    [['--history', '--self-check'], /--self-check/],
    [['--last', '3', '--self-check'], /--last/],
    [['--history', '--last', '0'], /--last/],
    [['--self-check', '--any-environment'], /--any-environment/],
  ])('refuses %j', async (flags, message) => {
    const { status, stderr } = await cli('bench', 'gate', '6', ...DB, ...flags);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  it('ends with 2 where there is no history', async () => {
    const { status, stderr } = await cli('bench', 'gate', at('1.json'), '--history', '--db', at('none.db'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('there is no history')]);
  });
});

describe('snapshots and runs in one file', () => {
  it('do not get into each other’s way', async () => {
    const take = await cli('snapshot', 'take', ...DB);
    expect(take.status).toBe(0);
    const check = await cliJson<object>('snapshot', 'check', ...DB, '--json');
    expectDocument(check);
    expect(check).toMatchObject({ ok: true, snapshots: 1, runs: 7 });
    expect((await cli('snapshot', 'export', '1', '-o', at('one.nsc'), ...DB)).status).toBe(0);
    expect((await cli('snapshot', 'import', at('one.nsc'), ...DB)).stderr).toContain('there already');
    const args = ['snapshot', 'prune', '--keep-runs', '2', ...DB, '--json'];
    const dry = await cliJson<SnapshotsPrunedDocument>(...args, '--dry-run');
    expectDocument(dry);
    // Two of each kernel stay.
    expect(dry).toMatchObject({ removed: [], kept: 1, runsRemoved: [2, 3, 4] });
    expect((await history()).count).toBe(7);
    expect((await cliJson<SnapshotsPrunedDocument>(...args)).runsRemoved).toEqual([2, 3, 4]);
    expect((await history()).runs.map(({ id }) => id)).toEqual([5, 6, 7, 1]);
    expect(await cliJson('snapshot', 'check', ...DB, '--json')).toMatchObject({ ok: true, snapshots: 1, runs: 4 });
  });
});

describe('a run that is to be kept', () => {
  it('is not measured where it cannot be', async () => {
    writeFileSync(at('text'), 'no history at all\n'.repeat(100));
    const { status, stdout, stderr } = await cli('bench', 'limits', '--rounds', '500', '--store', '--db', at('text'));
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('is no history of nsinspect');
  });

  it.each([[['--db', 'x']], [['--label', 'x']]])('%j is of no use without --store', async (flags) => {
    const { status, stderr } = await cli('bench', 'limits', ...flags);
    expect([status, stderr]).toEqual([2, expect.stringContaining('--store')]);
  });
});
