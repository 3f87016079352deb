/** Runs suites of probes for a command: which, in which runtimes, with which end. */
import { performance } from 'node:perf_hooks';

import { launcherOf } from '../probe/launch/launchers.ts';
import type { Launcher } from '../probe/launch/launcher.ts';
import { runSuite } from '../probe/suite.ts';
import { RUNTIMES, type BenchDocument, type ProbeResult, type ProbeRuntime, type Suite } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';
import { formatPlural } from '../text/units.ts';
import { Progress } from './bench-progress.ts';
import { measureWhole, type MeasuredWishes } from './bench-measure.ts';
import { areNamed, chosenProbes, isNamed } from './bench-suites.ts';
import { ExitCode } from './exit-codes.ts';

/** What a command was told. */
export interface RunWishes {
  readonly suites: readonly Suite[];
  /** Names of probes; none: all. */
  readonly names: readonly string[];
  readonly runtimes: readonly (ProbeRuntime | 'all')[];
  readonly quick: boolean;
  readonly ownMachine: boolean;
  readonly rounds: number | undefined;
  readonly require: readonly string[];
  /** Of the suites that measure as a whole. */
  readonly measured: MeasuredWishes;
  readonly version: string;
}

/** A run and what it comes to. */
export interface Ran {
  readonly run: BenchDocument;
  readonly exitCode: ExitCode;
  /** What to say on stderr. */
  readonly notes: readonly string[];
}

/** Runs the probes. Refused is, in one line: an unknown probe, a runtime that does not work here. */
export async function runBench(wishes: RunWishes): Promise<Ran> {
  const { suites, names, quick, ownMachine, rounds, version } = wishes;
  const probes = await chosenProbes({ suites, names: [...names], quick });
  const unknown = wishes.require.find((name) => !probes.some(({ id }) => isNamed(id, name)));
  if (unknown !== undefined && areNamed(suites)) {
    throw new NsinspectError(`--require ${unknown}: no such probe is part of this run`, { code: 'unknown-probe' });
  }
  const isAll = wishes.runtimes.includes('all');
  const chosen = RUNTIMES.filter((runtime) => isAll || wishes.runtimes.includes(runtime));
  const launchers = chosen.map(launcherOf);
  const progress = new Progress();
  const forget = tellInterrupt(progress);
  try {
    // Who names a runtime wants to know before minutes have passed that it is not there.
    if (!isAll) await demand(launchers, progress);
    progress.say('looking around');
    const began = performance.now();
    const named = await runSuite({
      ...{ probes, launchers, quick, ownMachine, version },
      ...(rounds === undefined ? {} : { rounds }),
      progress: (step) => progress.step(step),
    });
    const { runtimes } = named.environment;
    const usable = launchers.filter(({ runtime }) => runtimes.some((one) => one.runtime === runtime && one.usable));
    if (usable.length === 0) throw notUsable(runtimes[0]?.why ?? null, 'no container can be launched');
    const measured = await measureWhole(suites, usable, quick, wishes.measured, progress);
    const run = {
      ...named,
      durationMs: performance.now() - began,
      suites,
      results: [...named.results, ...measured],
    };
    return { run, ...judged(run.results, wishes, isAll ? runtimes : []) };
  } finally {
    forget();
    progress.clear();
    for (const launcher of launchers) launcher.close();
  }
}

async function demand(launchers: readonly Launcher[], progress: Progress): Promise<void> {
  for (const launcher of launchers) {
    progress.say(`trying ${launcher.runtime}`);
    const { usable, why, runtime } = await launcher.check();
    if (!usable) throw notUsable(why, `${runtime} cannot launch containers here`);
  }
}

function notUsable(why: string | null, what: string): NsinspectError {
  const isRoot = process.geteuid?.() === 0;
  return new NsinspectError(why === null ? what : `${what}: ${why.replaceAll(/\s+/g, ' ').trim()}`, {
    code: 'runtime-not-usable',
    hint: isRoot ? null : 'probes need root, or a cgroup that is handed to this user',
  });
}

/** Exit code and notes. What is unsupported fails nothing that was not required. */
function judged(
  results: readonly ProbeResult[],
  { require }: RunWishes,
  runtimes: BenchDocument['environment']['runtimes'],
): Omit<Ran, 'run'> {
  const missing = results.filter((result) => require.some((name) => isNamed(result.id, name)) && !isJudged(result));
  const absent = require.filter((name) => !results.some(({ id }) => isNamed(id, name)));
  const errors = results.filter(({ verdict }) => verdict === 'error');
  const [first] = errors;
  const notes = [
    ...runtimes.filter(({ usable }) => !usable).map(({ runtime, why }) => `without ${runtime}: ${why ?? 'not usable'}`),
    ...missing.map(({ id, runtime, verdict, why }) => `required, but ${verdict}: ${id} (${runtime}): ${why ?? ''}`),
    ...absent.map((name) => `required, but not part of this run: ${name}`),
    ...(first === undefined
      ? []
      : [
          `${formatPlural(errors.length, 'probe')} failed to run, such as ${first.id}: ${first.why ?? 'no reason given'}`,
        ]),
  ].map((note) => note.replaceAll(/\s+/g, ' ').trim());
  if (results.some(isBroken) || missing.length + absent.length > 0) return { exitCode: ExitCode.found, notes };
  // Where nothing at all ran to its end, 0 would say that limits hold.
  const isBlind = errors.length > 0 && !results.some(isJudged);
  return { exitCode: isBlind ? ExitCode.inconclusive : ExitCode.ok, notes };
}

function isBroken({ verdict, invariants }: ProbeResult): boolean {
  return verdict === 'fail' || invariants.some(({ holds }) => !holds);
}

function isJudged({ verdict }: ProbeResult): boolean {
  return verdict === 'pass' || verdict === 'fail' || verdict === 'inconclusive';
}

/** Tells that it ends. The removal is that of `src/probe/live.ts`, after which the signal takes its course. */
function tellInterrupt(progress: Progress): () => void {
  const onInterrupt = (): void => {
    process.off('SIGINT', onInterrupt);
    progress.clear();
    process.stderr.write('nsinspect: interrupted: what the probes made is removed\n');
    // Where nothing was to be removed nobody else hands the signal on.
    setImmediate(() => process.kill(process.pid, 'SIGINT'));
  };
  process.on('SIGINT', onInterrupt);
  return () => process.off('SIGINT', onInterrupt);
}
