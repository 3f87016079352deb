import { readFileSync } from 'node:fs';
import path from 'node:path';

import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';

import { Store } from '../../src/store/store.ts';
import { BASE, NEXT } from '../reports/made-comparison.ts';
import { madeMetric, madeProbe, madeRun } from '../stats/made-runs.ts';
import { ROOT } from '../support/cli.ts';
import { firstCapture } from '../support/moving.ts';
import { temporaryDirectory } from '../support/temporary.ts';

describe('docs/history.md', () => {
  const text = readFileSync(path.join(ROOT, 'docs/history.md'), 'utf8');

  it('has examples that find something, and the columns that there are', async (context) => {
    const file = path.join(temporaryDirectory(context), 'history.db');
    const store = Store.open(file, 'write');
    const capture = await firstCapture();
    const { tasks, mounts } = capture;
    const [kernel] = tasks!.processes.filter(({ pid }) => pid === 2);
    const overlay = { ...mounts!.tables[0]!.mounts[0]!, fsType: 'overlay' };
    const mounted = { ...mounts!, tables: [{ ...mounts!.tables[0]!, mounts: [overlay] }] };
    const leader = tasks!.processes[0]!.pid;
    const rowsOfModel = [
      { kind: 'container' as const, key: 'docker:a', body: { engine: 'docker', name: 'a', leader } },
      { kind: 'member' as const, key: String(leader), body: [leader] },
    ];
    const derived = { model: 1, rows: rowsOfModel };
    store.put({ ...capture, tasks: { ...tasks!, processes: tasks!.processes.slice(0, -1) } });
    const lines = [{ hierarchy: 4, controllers: ['memory'], path: '/shop' }];
    const others = tasks!.processes.map((one) => (one === kernel ? one : { ...one, cgroup: tasks!.cgroups.length }));
    store.put(
      { ...capture, mounts: mounted, tasks: { ...tasks!, cgroups: [...tasks!.cgroups, lines], processes: others } },
      { derived },
    );
    const quota = madeProbe('limits/cpu-quota/10-of-100ms', [madeMetric([1, 1.1], { name: 'use of quota' })]);
    for (const run of [BASE, NEXT, madeRun([quota])]) store.putRun(run);
    store.close();
    const db = new Database(file, { readonly: true });
    context.onTestFinished(() => void db.close());
    const examples = [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
    expect(examples.length).toBeGreaterThan(8);
    for (const sql of examples) expect(db.prepare(sql).all().length, sql).toBeGreaterThan(0);
    const schema = db
      .prepare<[], string>(`SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')`)
      .pluck()
      .all();
    // Views of a moment are told of by their names' end, those that others are made of by their use.
    const untold = schema.filter((name) => !/^sqlite_|_at$|_newest$/.test(name) && !text.includes(`\`${name}\``));
    expect(untold).toEqual([]);
    const rows = [...text.matchAll(/^\| `(\w+)` +\| [^|]+\| ([a-z_0-9, ]+?) *\|$/gm)];
    expect(rows.length).toBeGreaterThan(10);
    for (const [, view = '', columns = ''] of rows) {
      const there = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?)').pluck().all(view);
      const own = columns.split(', ');
      const ofRuns = view.startsWith('bench_');
      expect(there, view).toEqual(ofRuns ? own : ['snapshot', 'key', ...own, 'first', 'last']);
    }
  });
});
