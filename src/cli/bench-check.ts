/** Whether a document is a run of benchmarks: it came out of an artefact of some job, and statistics are made of it. */
import benchSchema from '../../docs/schema/bench-1.json' with { type: 'json' };
import commonSchema from '../../docs/schema/common.json' with { type: 'json' };
import { compileFiles, placeText, type Check, type Problem } from '../capture/check-schema.ts';
import { BENCH_SCHEMA, type BenchDocument, type Metric } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';

/** Each is drawn thousands of times by the bootstrap: with more a forged file could keep a CI job busy for hours. */
const MOST_SAMPLES = 200_000;

const SCHEMA_PREFIX = BENCH_SCHEMA.slice(0, BENCH_SCHEMA.lastIndexOf('/') + 1);

let compiled: Check | undefined;

/** The document as a run; a NsinspectError says in one line what is wrong with it. `name` is that of the file. */
export function checkRun(document: unknown, name: string): BenchDocument {
  const schema =
    typeof document === 'object' && document !== null ? (document as { schema?: unknown }).schema : undefined;
  if (typeof schema !== 'string' || !schema.startsWith(SCHEMA_PREFIX)) {
    const isOurs = typeof schema === 'string' && schema.startsWith('nsinspect/');
    throw badRun(`${name} is no run of nsinspect bench${isOurs ? ` but ${schema.slice(0, 60)}` : ''}`);
  }
  if (schema !== BENCH_SCHEMA) {
    throw new NsinspectError(`${name} is of schema ${schema.slice(0, 60)}; this nsinspect reads ${BENCH_SCHEMA}`, {
      code: 'run-version',
      hint: 'Compare it with the version of nsinspect that wrote it, or a newer one.',
    });
  }
  compiled ??= compileFiles({ '': benchSchema, 'common.json': commonSchema });
  const problem = compiled(document) ?? infiniteIn(document) ?? problemAcross(document as BenchDocument);
  if (problem !== null) throw badRun(`${name} is damaged: ${placeText(problem.where)}: ${problem.what}`);
  return document as BenchDocument;
}

/** An error for a file that is no run, or a damaged one. */
export function badRun(message: string, cause?: unknown): NsinspectError {
  return new NsinspectError(message, { code: 'bad-run', cause });
}

/** JSON has numbers that JavaScript does not, such as 1e999; no schema can forbid them. */
function infiniteIn(value: unknown): Problem | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : { where: [], what: 'is too large a number' };
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, member] of Object.entries(value)) {
    const wrong = infiniteIn(member);
    if (wrong !== null) return { ...wrong, where: [Array.isArray(value) ? Number(key) : key, ...wrong.where] };
  }
  return null;
}

/** What a schema cannot say: names that name one thing, numbers that belong together. */
function problemAcross({ results }: BenchDocument): Problem | null {
  const seen = new Set<string>();
  let samples = 0;
  for (const [i, { id, runtime, metrics }] of results.entries()) {
    // Comparisons find each other's probes by these.
    if (seen.has(`${runtime} ${id}`)) return { where: ['results', i, 'id'], what: 'is there twice for its runtime' };
    seen.add(`${runtime} ${id}`);
    const names = new Set<string>();
    for (const [j, metric] of metrics.entries()) {
      const wrong = names.has(metric.name) ? { where: ['name'], what: 'is not unique' } : problemOfMetric(metric);
      if (wrong !== null) return { ...wrong, where: ['results', i, 'metrics', j, ...wrong.where] };
      names.add(metric.name);
      samples += metric.samples.length;
    }
  }
  return samples > MOST_SAMPLES ? { where: [], what: `it has more than ${MOST_SAMPLES} samples` } : null;
}

function problemOfMetric({ better, target, samples, summary }: Metric): Problem | null {
  if ((better === 'target') !== (target !== null)) {
    return { where: ['target'], what: better === 'target' ? 'is missing' : `must be null where ${better} is better` };
  }
  if (summary.n !== samples.length) return { where: ['summary', 'n'], what: 'is not the number of samples' };
  const [low, high] = summary.interval;
  return low <= high ? null : { where: ['summary', 'interval'], what: 'must have its lower bound first' };
}
