/**
 * The gate, live: `node scripts/gate-live.ts DIRECTORY [COMMAND…]`, as root. Five times it measures with the command line as it is built,
 * changes something behind its back, measures again, and lets `bench gate` judge: a CPU quota that is 5 % looser than was set, and a
 * victim that does 10 % more work. Runs of one kind, in which nothing changed, are judged as well. Writes docs/gate.md.
 *
 * The runs are kept in the directory; one that is there already is not measured again. The command, such as `flock --no-fork FILE`, is put before each run, for machines on which several measure. It must not fork: what is
 * changed is known by the process that measures. Exits 1 where a change was not flagged, or something else was.
 */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import type { Comparison, GateVerdict } from '../src/schema/bench-compare.ts';
import { formatChange } from '../reports/bench-numbers.ts';
import { cli, CLI } from '../test/support/cli.ts';
import { loopsFor, loosenQuotas, runWatched, slowedCopy } from '../test/support/live-gate.ts';
import { markdownTable, writeSection } from './doc-table.ts';

const TIMES = 5;
const [directory = '', ...BEFORE] = process.argv.slice(2);

/** Samples a side, the same in all: as many as are advised. */
const ROUNDS = ['--rounds', '20'];
const QUOTAS = ['bench', 'limits', 'cpu-quota/10-of-100ms', 'cpu-quota/50-of-100ms', ...ROUNDS];
const VICTIM = ['bench', 'isolation', 'neighbour/cpu', ...ROUNDS];

/** One comparison. */
interface Judged {
  readonly what: string;
  readonly exit: number | null;
  readonly verdict: GateVerdict;
  /** Metrics that became worse, with the change of their medians. */
  readonly worse: readonly string[];
  readonly better: readonly string[];
  readonly undecided: number;
  readonly same: number;
}

mkdirSync(directory, { recursive: true });
const judged: Judged[] = [];
const loops = keptLoops();
const slowed = slowedCopy(loops);
try {
  await series('CPU quotas', QUOTAS, {
    what: 'a quota 5 % looser than it was set, behind the back of the probe',
    measure: (args, file) => measured(CLI, args, file, 1.05),
  });
  await series('a victim beside a hog', VICTIM, {
    what: `a victim that does 10 % more work: ${loops} loops instead of 1000`,
    measure: (args, file) => measured(slowed.command, args, file, 1),
  });
} finally {
  slowed.remove();
}
const rows = judged.map(({ what, exit, verdict, worse, better, undecided, same }) => {
  const said = [...worse.map((one) => `worse: ${one}`), ...better.map((one) => `better: ${one}`)];
  const rest = [...(undecided > 0 ? [`${undecided} inconclusive`] : []), ...(same > 0 ? [`${same} the same`] : [])];
  return [what, String(exit), verdict, [...said, ...rest].join('; ')];
});
const facts = `Linux ${os.release()}, ${os.arch()}, ${os.availableParallelism()} CPUs; ${ROUNDS.join(' ')}.`;
const table = markdownTable(['what was done', 'exit', 'verdict', 'metrics'], rows);
await writeSection('gate.md', 'live', `## Live runs\n\n${facts}\n\n${table}`);
const wrong = judged.filter(({ what, exit, worse, better }) =>
  what.startsWith('nothing') ? exit === 1 || worse.length + better.length > 0 : exit !== 1 || worse.length === 0,
);
for (const { what, exit, verdict } of wrong) console.error(`wrong: ${what}: ${exit}, ${verdict}`);
process.exitCode = wrong.length === 0 ? 0 : 1;

/** The same in all runs of the directory. */
function keptLoops(): number {
  const file = path.join(directory, 'loops');
  if (!existsSync(file)) writeFileSync(file, String(loopsFor(1.1)));
  return Number(readFileSync(file, 'latin1'));
}

/** Measures in turn, as things are and with the change: each is judged by the run before it, and unchanged ones among each other. */
async function series(
  name: string,
  args: readonly string[],
  change: { readonly what: string; readonly measure: (args: readonly string[], file: string) => Promise<void> },
): Promise<void> {
  const file = (kind: string, time: number): string => path.join(directory, `${args[1]}-${kind}-${time}.json`);
  await measured(CLI, args, file('as-it-is', 0), 1);
  for (let time = 0; time < TIMES; time++) {
    await change.measure(args, file('changed', time));
    await measured(CLI, args, file('as-it-is', time + 1), 1);
    await judge(change.what, file('changed', time), file('as-it-is', time));
    await judge(`nothing, ${name}`, file('as-it-is', time + 1), file('as-it-is', time));
  }
}

/** A run. The quotas of every one are written once more: that this is done is no difference between them. */
async function measured(
  command: readonly string[],
  args: readonly string[],
  file: string,
  factor: number,
): Promise<void> {
  if (existsSync(file)) return;
  let quotas = 0;
  const { status, stderr } = await runWatched([...BEFORE, ...command, ...args, '--output', file], (pid) => {
    const stop = loosenQuotas(pid, factor);
    return () => {
      quotas = stop();
    };
  });
  // 1: an invariant does not hold, which is for the gate to say.
  if (status !== 0 && status !== 1) throw new Error(`${file}: ended with ${status}: ${stderr}`);
  if (quotas === 0) {
    rmSync(file, { force: true });
    throw new Error(`${file}: no quota was set that could be changed`);
  }
  console.error(`${file}: ${quotas} quotas written, times ${factor}`);
}

async function judge(what: string, next: string, base: string): Promise<void> {
  const { status, stdout, stderr } = await cli('bench', 'gate', next, '--baseline', base, '--format', 'json');
  if (stdout === '') throw new Error(`the gate said nothing: ${stderr}`);
  const { verdict, metrics } = JSON.parse(stdout) as Comparison;
  const of = (change: string): string[] =>
    metrics
      .filter((metric) => metric.change === change)
      .map(({ id, metric, ratio }) => {
        const moved = ratio === null ? '' : formatChange(ratio.estimate === null ? null : ratio.estimate - 1);
        return `${id.slice(id.indexOf('/') + 1)} ${metric} ${moved}`;
      });
  const [worse, better] = [of('regression'), of('improvement')];
  const [undecided, same] = [of('inconclusive').length, of('same').length];
  judged.push({ what, exit: status, verdict, worse, better, undecided, same });
  console.error(`${what}: exit ${status}, ${verdict}; ${worse.join(', ')}`);
}
