/** Runs of benchmarks in the store: each as it was, and its numbers as rows. */
import type { Database, Statement } from 'better-sqlite3';

import type { BenchDocument, Metric, ProbeResult } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';
import { digestKey } from '../text/digest.ts';
import { canonicalJson } from '../text/json.ts';
import { terminalSafe } from '../text/safe.ts';
import { comparableTime } from './info.ts';
import { jsonText, printableText } from './printable.ts';
import { decodeSamples, encodeSamples } from './run-samples.ts';

type RunBody = Omit<BenchDocument, 'results'>;
type MetricBody = Omit<Metric, 'samples' | 'summary'>;
type ResultBody = Omit<ProbeResult, 'metrics'> & { readonly metrics: readonly MetricBody[] };

/** A stored run by its columns, as far as it takes to choose among runs. The texts are those that may be printed. */
export interface StoredRun {
  /** Its number in this file, never used again. */
  readonly id: number;
  /** ISO 8601: when it began, and when it was stored. */
  readonly takenAt: string;
  readonly storedAt: string;
  readonly label: string | null;
  readonly hostname: string | null;
  readonly kernel: string;
  readonly quick: boolean;
}

type StoredRow = Omit<StoredRun, 'quick'> & { readonly quick: number };

interface MetricRow {
  readonly result: number;
  readonly n: number;
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly cv: number | null;
  readonly p5: number;
  readonly p95: number;
  readonly p99: number;
  readonly mde: number | null;
  readonly samples: string;
}

type Values = Record<string, string | number | null>;

/** The one that keeps and reads them. */
export class Runs {
  readonly #db: Database;
  readonly #known: Statement<[string], number>;
  readonly #insertRun: Statement<[Values]>;
  readonly #insertResult: Statement<[Values]>;
  readonly #insertInvariant: Statement<[Values]>;
  readonly #insertMetric: Statement<[Values]>;
  readonly #list: Statement<[], StoredRow>;
  readonly #body: Statement<[number], string>;
  readonly #results: Statement<[number], readonly [id: number, body: string]>;
  readonly #metrics: Statement<[number], MetricRow>;

  constructor(db: Database) {
    this.#db = db;
    this.#known = db.prepare<[string], number>('SELECT id FROM bench_run WHERE digest = ?').pluck();
    this.#insertRun = db.prepare(`
      INSERT INTO bench_run (digest, taken_at, stored_at, label, hostname, kernel, arch, cgroup_mode, cpu_model, cpus,
        version, quick, body)
      VALUES (@digest, @takenAt, @storedAt, @label, @hostname, @kernel, @arch, @cgroupMode, @cpuModel, @cpus,
        @version, @quick, @body)`);
    this.#insertResult = db.prepare(`
      INSERT INTO bench_result (run, place, suite, runtime, probe, verdict, why, body)
      VALUES (@run, @place, @suite, @runtime, @probe, @verdict, @why, @body)`);
    this.#insertInvariant = db.prepare(`
      INSERT INTO bench_invariant (result, place, invariant, holds, text, observed)
      VALUES (@result, @place, @invariant, @holds, @text, @observed)`);
    this.#insertMetric = db.prepare(`
      INSERT INTO bench_metric (result, place, metric, unit, better, target, threshold, informative, n, median, low, high,
        mean, cv, p5, p95, p99, mde, samples)
      VALUES (@result, @place, @metric, @unit, @better, @target, @threshold, @informative, @n, @median, @low, @high,
        @mean, @cv, @p5, @p95, @p99, @mde, @samples)`);
    this.#list = db.prepare(`
      SELECT id, taken_at AS takenAt, stored_at AS storedAt, label, hostname, kernel, quick
      FROM bench_run ORDER BY taken_at, id`);
    this.#body = db.prepare<[number], string>('SELECT body FROM bench_run WHERE id = ?').pluck();
    this.#results = db
      .prepare<[number], readonly [number, string]>('SELECT id, body FROM bench_result WHERE run = ? ORDER BY place')
      .raw();
    this.#metrics = db.prepare(`
      SELECT m.result, m.n, m.median, m.low, m.high, m.mean, m.cv, m.p5, m.p95, m.p99, m.mde, m.samples
      FROM bench_result AS p JOIN bench_metric AS m ON m.result = p.id WHERE p.run = ? ORDER BY p.place, m.place`);
  }

  /** Stores a run, wholly or not at all; one that is there already is left as it is. Its id, and whether it is new. */
  put(run: BenchDocument, label: string | null): { readonly id: number; readonly isNew: boolean } {
    // Two runs of one machine never begin in one millisecond.
    const digest = digestKey(canonicalJson(run));
    const write = (): { readonly id: number; readonly isNew: boolean } => {
      const known = this.#known.get(digest);
      if (known !== undefined) return { id: known, isNew: false };
      const { results, ...body } = run;
      const { environment: machine } = run;
      const { lastInsertRowid } = this.#insertRun.run({
        digest,
        takenAt: comparableTime(run.takenAt),
        storedAt: new Date().toISOString(),
        label: printableText(label),
        hostname: printableText(machine.hostname),
        kernel: terminalSafe(machine.kernel),
        arch: terminalSafe(machine.arch),
        cgroupMode: machine.cgroupMode,
        cpuModel: printableText(machine.cpuModel),
        cpus: machine.cpus,
        version: terminalSafe(run.tool.version),
        quick: run.quick ? 1 : 0,
        body: jsonText(body),
      });
      const id = Number(lastInsertRowid);
      for (const [place, result] of results.entries()) this.#putResult(id, place, result);
      return { id, isNew: true };
    };
    return this.#db.transaction(write).immediate();
  }

  #putResult(run: number, place: number, result: ProbeResult): void {
    const { metrics, ...rest } = result;
    const body: ResultBody = { ...rest, metrics: metrics.map(({ samples: _, summary: __, ...metric }) => metric) };
    const inserted = this.#insertResult.run({
      run,
      place,
      suite: result.suite,
      runtime: result.runtime,
      probe: terminalSafe(result.id),
      verdict: result.verdict,
      why: printableText(result.why),
      body: jsonText(body),
    });
    const id = Number(inserted.lastInsertRowid);
    for (const [at, { id: invariant, holds, text, observed }] of result.invariants.entries()) {
      this.#insertInvariant.run({
        result: id,
        place: at,
        invariant: terminalSafe(invariant),
        holds: holds ? 1 : 0,
        text: terminalSafe(text),
        observed: terminalSafe(observed),
      });
    }
    for (const [at, { summary, samples, ...metric }] of metrics.entries()) {
      const { interval, minimumDetectableEffect, ...figures } = summary;
      this.#insertMetric.run({
        ...figures,
        result: id,
        place: at,
        metric: terminalSafe(metric.name),
        unit: terminalSafe(metric.unit),
        better: metric.better,
        target: metric.target,
        threshold: metric.threshold,
        informative: metric.informative ? 1 : 0,
        low: interval[0],
        high: interval[1],
        mde: minimumDetectableEffect,
        samples: encodeSamples(samples),
      });
    }
  }

  /** All runs, the oldest first by when they were taken. */
  list(): StoredRun[] {
    return this.#list.all().map((row) => ({ ...row, quick: row.quick !== 0 }));
  }

  /** The run as it was stored. */
  read(id: number): BenchDocument {
    const runBody = this.#body.get(id);
    if (runBody === undefined) {
      throw new NsinspectError(`there is no run ${id}`, {
        code: 'no-such-run',
        hint: 'nsinspect bench history shows those that there are.',
      });
    }
    const metrics = Map.groupBy(this.#metrics.iterate(id), ({ result }) => result);
    return {
      ...(JSON.parse(runBody) as RunBody),
      results: this.#results.all(id).map(([result, body]) => {
        const { metrics: bodies, ...rest } = JSON.parse(body) as ResultBody;
        const rows = metrics.get(result) ?? [];
        if (rows.length !== bodies.length) throw new RangeError(`a probe of run ${id} lacks metrics`);
        return { ...rest, metrics: bodies.map((metric, at) => withNumbers(metric, rows[at])) };
      }),
    };
  }

  /** Removes runs; ids that there are not are ignored. */
  remove(ids: readonly number[]): void {
    this.#db.prepare('DELETE FROM bench_run WHERE id IN (SELECT value FROM json_each(?))').run(JSON.stringify(ids));
  }
}

function withNumbers(metric: MetricBody, row: MetricRow | undefined): Metric {
  if (row === undefined) throw new RangeError('a metric without numbers');
  const { n, median, mean, cv, p5, p95, p99, low, high, mde, samples } = row;
  const summary = { n, median, mean, cv, p5, p95, p99, interval: [low, high] as const, minimumDetectableEffect: mde };
  return { ...metric, samples: decodeSamples(samples, n), summary };
}
