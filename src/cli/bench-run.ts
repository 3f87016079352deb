/** Runs suites of probes for a command: which, in which runtimes, with which end. */
import { performance } from 'node:perf_hooks';

import { launcherOf } from '../probe/launch/launchers.ts';
import type { Launcher } from '../probe/launch/launcher.ts';
import { runSuite } from '../probe/suite.ts';
import { RUNTIMES, type BenchDocument, type ProbeRuntime, type Suite } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';
import { Progress } from './bench-progress.ts';
import { measureWhole, type MeasuredWishes } from './bench-measure.ts';
import { judged, type Judged } from './bench-judge.ts';
import { chosenProbes, refuseUnknown } from './bench-suites.ts';

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
export interface Ran extends Judged {
  readonly run: BenchDocument;
}

/** Runs the probes. Refused is, in one line: an unknown probe, a runtime that does not work here. */
export async function runBench(wishes: RunWishes): Promise<Ran> {
  const { suites, names, quick, ownMachine, rounds, version } = wishes;
  const probes = await chosenProbes({ suites, names: [...names], quick });
  refuseUnknown(wishes.require, suites, quick ? probes.filter((probe) => probe.quick) : probes);
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
    return { run, ...judged(run.results, wishes.require, isAll ? runtimes : []) };
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
