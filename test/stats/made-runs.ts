/** Runs made by a generator: for the logic of comparisons, never as a stand-in for what a machine measures. */
import type { BenchDocument, Metric, ProbeResult } from '../../src/schema/bench.ts';
import { randomFrom } from '../../src/stats/random.ts';
import { summarize } from '../../src/stats/summary.ts';

/** Normally distributed values (Box and Muller) of this median and coefficient of variation. */
export function normalValues(seed: string, n: number, median: number, cv: number): number[] {
  const random = randomFrom(seed);
  return Array.from({ length: n }, () => {
    const deviate = Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
    return median * (1 + cv * deviate);
  });
}

/** A metric with these values. */
export function madeMetric(values: readonly number[], more: Partial<Metric> = {}): Metric {
  const pressure = { cpu: null, memory: null, io: null };
  return {
    name: 'ratio',
    unit: '1',
    better: 'lower',
    target: null,
    threshold: 0.05,
    informative: false,
    samples: values.map((value, round) => ({ value, round, steal: null, pressure })),
    summary: more.summary ?? summarize(values),
    ...more,
  };
}

/** A passing probe. */
export function madeProbe(id: string, metrics: readonly Metric[], more: Partial<ProbeResult> = {}): ProbeResult {
  return {
    id,
    suite: 'limits',
    runtime: 'native',
    title: 'CPU quota of 20 ms in 100 ms',
    subject: 'cpu',
    set: [{ name: 'cpu.max', value: '20000 100000' }],
    verdict: 'pass',
    why: null,
    invariants: [
      {
        id: 'usage-within-quota',
        text: 'usage <= nr_periods x quota + slack',
        holds: true,
        observed: '0.21 s <= 0.22 s',
      },
    ],
    metrics,
    durationMs: 1250,
    ...more,
  };
}

/** A run of these probes. */
export function madeRun(results: readonly ProbeResult[], more: Partial<BenchDocument> = {}): BenchDocument {
  return {
    schema: 'nsinspect/bench/1',
    tool: { name: 'nsinspect', version: '0.1.0' },
    takenAt: '2026-01-02T03:04:05.000Z',
    durationMs: 60_000,
    suites: ['limits'],
    quick: false,
    environment: {
      bootId: '6f1d3c4e-1111-4222-8333-444455556666',
      hostname: 'host',
      kernel: '6.18.0',
      arch: 'x64',
      cgroupMode: 'hybrid',
      controllers: [
        { name: 'cpu', version: 1 },
        { name: 'io', version: 2 },
      ],
      cpuModel: 'A CPU',
      cpus: 2,
      memory: '25276895232',
      kvm: false,
      uid: 0,
      runtimes: [{ runtime: 'native', version: null, usable: true, why: null }],
    },
    results,
    ...more,
  };
}
