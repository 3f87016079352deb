/**
 * Writes what the gate comes to over the committed pool of measured samples into docs/gate.md: `node scripts/gate-table.ts`. The
 * promises among it are tested by test/stats/gate.test.ts; runs held against each other as they were taken, and not
 * resampled, are for information: between them the machine changed, too.
 */
import { formatShare } from '../reports/bench-numbers.ts';
import { summarize } from '../src/stats/summary.ts';
import {
  blocks,
  changed,
  falseAlarms,
  isQuiet,
  noiseOf,
  SAMPLES,
  shareOf,
  worse,
} from '../test/stats/gate-simulation.ts';
import { readPool, samplesOf, type PoolMetric } from '../test/stats/measured-pool.ts';
import { markdownTable, writeSection } from './doc-table.ts';

const PAIRS = 1000;

const { commands, environment, metrics } = readPool();
const suites = [...Map.groupBy(metrics, ({ suite }) => suite)];

const suiteRows = suites.map(([suite, own]) => {
  const { regression, improvement } = falseAlarms(own, PAIRS);
  const { pairs, changed: differing } = blocks(own);
  return [
    suite,
    String(own.length),
    formatShare(regression),
    formatShare(improvement),
    pairs === 0 ? '-' : `${differing} of ${pairs}`,
  ];
});

function metricRow(one: PoolMetric): string[] {
  const share = one.better === 'target' ? 0.05 : 0.1;
  const among = metrics.filter(({ suite }) => suite === one.suite).length;
  const changes = changed(one, { pairs: PAIRS, metrics: among, factor: worse(one, share) });
  const run = (one.runs[0] ?? []).slice(0, SAMPLES);
  return [
    `\`${one.id}\``,
    one.metric,
    String(samplesOf(one).length),
    formatShare(noiseOf(one)),
    formatShare(summarize(run).minimumDetectableEffect),
    `${share * 100} %: ${formatShare(shareOf(changes, 'regression'))}`,
    isQuiet(one) ? 'at least 95 %' : '',
  ];
}

const { kernel, arch, cgroupMode, cpuModel, cpus } = environment;
const text = [
  `Linux ${kernel}, ${arch}, cgroups ${cgroupMode}, ${cpus} CPUs ${cpuModel ?? ''}. The pool is of`,
  commands.map((command) => `- ${command}`).join('\n'),
  `Of ${PAIRS} pairs of runs with ${SAMPLES} samples a side in which nothing changed, the shares in which any metric is said to be worse, or better:`,
  markdownTable(['suite', 'metrics', 'worse', 'better', 'real runs that differ'], suiteRows),
  'Changes that are found, each by itself among all metrics of its suite, and the share that is promised: of noise up to 2 %.',
  markdownTable(['probe', 'metric', 'samples', 'cv', 'MDE of a run', 'found', 'promised'], metrics.map(metricRow)),
];
await writeSection('gate.md', 'pool', text.join('\n\n'));
