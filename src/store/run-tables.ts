/** What version 2 of the store adds: runs of benchmarks. docs/history.md describes it for those who query it. */

/**
 * `body` is exact: what of the document is neither a sample nor made of samples. The other columns are for queries, and their texts
 * may be printed. Samples are columns of numbers, one for each member of a sample; a column in which all are the same is that
 * number alone (or null), and `round` is null where it counts from 0.
 */
const TABLES = `
  CREATE TABLE bench_run (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    digest TEXT NOT NULL UNIQUE,
    taken_at TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    label TEXT,
    hostname TEXT,
    kernel TEXT NOT NULL,
    arch TEXT NOT NULL,
    cgroup_mode TEXT NOT NULL,
    cpu_model TEXT,
    cpus INTEGER NOT NULL,
    version TEXT NOT NULL,
    quick INTEGER NOT NULL CHECK (quick IN (0, 1)),
    body TEXT NOT NULL
  ) STRICT;

  CREATE TABLE bench_result (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES bench_run (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    suite TEXT NOT NULL,
    runtime TEXT NOT NULL,
    probe TEXT NOT NULL,
    verdict TEXT NOT NULL,
    why TEXT,
    body TEXT NOT NULL,
    UNIQUE (run, place)
  ) STRICT;

  CREATE TABLE bench_invariant (
    result INTEGER NOT NULL REFERENCES bench_result (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    invariant TEXT NOT NULL,
    holds INTEGER NOT NULL CHECK (holds IN (0, 1)),
    text TEXT NOT NULL,
    observed TEXT NOT NULL,
    PRIMARY KEY (result, place)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE bench_metric (
    result INTEGER NOT NULL REFERENCES bench_result (id) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    metric TEXT NOT NULL,
    unit TEXT NOT NULL,
    better TEXT NOT NULL,
    target REAL,
    threshold REAL NOT NULL,
    informative INTEGER NOT NULL CHECK (informative IN (0, 1)),
    n INTEGER NOT NULL,
    median REAL NOT NULL,
    low REAL NOT NULL,
    high REAL NOT NULL,
    mean REAL NOT NULL,
    cv REAL,
    p5 REAL NOT NULL,
    p95 REAL NOT NULL,
    p99 REAL NOT NULL,
    mde REAL,
    samples TEXT NOT NULL,
    PRIMARY KEY (result, place)
  ) STRICT, WITHOUT ROWID;
`;

const sampled = (member: string): string =>
  `iif(json_type(m.samples, '$.${member}') = 'array', m.samples ->> ('$.${member}[' || at.value || ']'), m.samples ->> '$.${member}')`;

/** How many samples a metric can have at most: what counts them has to end. */
const COUNT = `WITH RECURSIVE counted (value, most) AS (
    SELECT 0, (SELECT max(n) FROM bench_metric)
    UNION ALL SELECT value + 1, most FROM counted WHERE value + 1 < most)`;

const VIEWS = `
  CREATE VIEW bench_runs AS
    SELECT r.id AS run, r.taken_at, r.stored_at, r.label, r.hostname, r.kernel, r.arch, r.cgroup_mode, r.cpu_model, r.cpus,
      r.version, r.quick, (SELECT group_concat(value) FROM json_each(r.body, '$.suites')) AS suites,
      r.body ->> '$.durationMs' AS duration_ms,
      (SELECT count(*) FROM bench_result AS p WHERE p.run = r.id) AS probes,
      (SELECT count(*) FROM bench_result AS p WHERE p.run = r.id AND p.verdict = 'pass') AS passed,
      (SELECT count(*) FROM bench_result AS p WHERE p.run = r.id AND p.verdict = 'fail') AS failed
    FROM bench_run AS r;

  CREATE VIEW bench_verdicts AS
    SELECT p.run, r.taken_at, p.suite, p.runtime, p.probe, p.verdict, p.why
    FROM bench_run AS r JOIN bench_result AS p ON p.run = r.id;

  CREATE VIEW bench_invariants AS
    SELECT p.run, r.taken_at, p.suite, p.runtime, p.probe, i.invariant, i.holds, i.text, i.observed
    FROM bench_run AS r JOIN bench_result AS p ON p.run = r.id JOIN bench_invariant AS i ON i.result = p.id;

  CREATE VIEW bench_metrics AS
    SELECT p.run, r.taken_at, p.suite, p.runtime, p.probe, m.metric, m.unit, m.better, m.target, m.threshold, m.informative,
      m.n, m.median, m.low, m.high, m.mean, m.cv, m.p5, m.p95, m.p99, m.mde
    FROM bench_run AS r JOIN bench_result AS p ON p.run = r.id JOIN bench_metric AS m ON m.result = p.id;

  CREATE VIEW bench_samples AS ${COUNT}
    SELECT p.run, r.taken_at, p.suite, p.runtime, p.probe, m.metric,
      coalesce(${sampled('round')}, at.value) AS round, ${sampled('value')} AS value, ${sampled('steal')} AS steal,
      ${sampled('cpu')} AS cpu_pressure, ${sampled('memory')} AS memory_pressure, ${sampled('io')} AS io_pressure
    FROM bench_run AS r JOIN bench_result AS p ON p.run = r.id JOIN bench_metric AS m ON m.result = p.id
    JOIN counted AS at ON at.value < m.n;
`;

/** SQL that leads from version 1 to 2. */
export const RUN_TABLES = TABLES + VIEWS;
