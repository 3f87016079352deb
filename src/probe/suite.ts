/**
 * Runs probes over runtimes. Rounds are interleaved, every second one backwards (ABBA): whatever changes on the machine
 * meanwhile meets all of them alike.
 */
import { performance } from 'node:perf_hooks';

import { liveHost } from '../host/live.ts';
import {
  BENCH_SCHEMA,
  type BenchDocument,
  type Metric,
  type ProbeResult,
  type RuntimeFacts,
  type Sample,
  type Verdict,
} from '../schema/bench.ts';
import { summarize } from '../stats/summary.ts';
import { environmentOf } from './environment.ts';
import type { Launcher } from './launch/launcher.ts';
import { readMachine, stateBetween, type MachineState } from './machine.ts';
import { verdictOf, type ProbeContext, type ProbeDefinition, type Tamper, type Trial } from './probes/probe.ts';
import { lackOf, lookAround, type World } from './probes/world.ts';

/** What to run. */
export interface SuiteOptions {
  readonly probes: readonly ProbeDefinition[];
  /** One or more; those that do not work here are named in the environment and left out. */
  readonly launchers: readonly Launcher[];
  readonly quick: boolean;
  /** See {@link ProbeContext}; false unless told otherwise. */
  readonly ownMachine?: boolean;
  /** Samples of each metric; {@link ROUNDS} unless told otherwise. */
  readonly rounds?: number;
  /** Version of nsinspect. */
  readonly version: string;
  /** For tests: see {@link Tamper}. */
  readonly tamper?: Tamper;
  /** Told before each run of a probe. */
  readonly progress?: (step: Step) => void;
  /** Ends it after the probe that runs. */
  readonly signal?: AbortSignal;
}

/** Where a suite is. */
export interface Step {
  readonly done: number;
  readonly total: number;
  readonly id: string;
  readonly runtime: string;
}

/** Rounds of a whole and of a quick run: all, and those of probes that give the same each time. */
export const ROUNDS = { whole: { every: 10, first: 3 }, quick: { every: 2, first: 1 } } as const;

interface Round {
  readonly trial: Trial;
  readonly state: MachineState;
  readonly ms: number;
}

/** One probe in one runtime. */
interface Series {
  readonly probe: ProbeDefinition;
  readonly launcher: Launcher;
  readonly lack: string | null;
  readonly rounds: Round[];
}

/** Runs them. Rejects with the signal's reason where it is aborted; no probe is left behind then either. */
export async function runSuite(options: SuiteOptions): Promise<BenchDocument> {
  const { probes, launchers, quick, version } = options;
  const began = performance.now();
  const takenAt = new Date().toISOString();
  const runtimes: RuntimeFacts[] = [];
  for (const launcher of launchers) runtimes.push(await launcher.check());
  const usable = launchers.filter(({ runtime }) => runtimes.some((facts) => facts.runtime === runtime && facts.usable));
  const series: Series[] = [];
  let world: World | null = null;
  for (const launcher of usable) {
    world ??= lookAround(launcher);
    const at = world;
    for (const probe of probes.filter((candidate) => candidate.quick || !quick)) {
      series.push({ probe, launcher, lack: lackOfAll(at, probe), rounds: [] });
    }
  }
  if (world !== null) await runRounds(series, world, options);
  return {
    schema: BENCH_SCHEMA,
    tool: { name: 'nsinspect', version },
    takenAt,
    durationMs: performance.now() - began,
    suites: [...new Set(probes.map(({ suite }) => suite))],
    quick,
    environment: environmentOf(liveHost(), runtimes),
    results: series.map(resultOf),
  };
}

async function runRounds(series: readonly Series[], world: World, options: SuiteOptions): Promise<void> {
  const { quick, progress, signal } = options;
  const defaults = quick ? ROUNDS.quick : ROUNDS.whole;
  const every = options.rounds ?? defaults.every;
  const roundsOf = ({ rounds }: ProbeDefinition) => (rounds === 'every' ? every : Math.min(every, defaults.first));
  const runnable = series.filter(({ lack }) => lack === null);
  const total = runnable.reduce((sum, { probe }) => sum + roundsOf(probe), 0);
  let done = 0;
  for (let round = 0; round < every; round++) {
    const inRound = runnable.filter(({ probe }) => round < roundsOf(probe));
    for (const { probe, launcher, rounds } of round % 2 === 0 ? inRound : inRound.reverse()) {
      signal?.throwIfAborted();
      progress?.({ done: done++, total, id: probe.id, runtime: launcher.runtime });
      rounds.push(await runOnce(probe, launcher, world, options));
    }
  }
}

async function runOnce(
  probe: ProbeDefinition,
  launcher: Launcher,
  world: World,
  { quick, tamper, ownMachine = false }: SuiteOptions,
): Promise<Round> {
  const host = liveHost();
  const before = readMachine(host, performance.now());
  const trial = await tryOnce(probe, {
    launcher,
    world,
    quick,
    ownMachine,
    ...(tamper === undefined ? {} : { tamper }),
  });
  const after = readMachine(host, performance.now());
  return { trial, state: stateBetween(before, after), ms: after.at - before.at };
}

async function tryOnce(probe: ProbeDefinition, context: ProbeContext): Promise<Trial> {
  try {
    return await probe.run(context);
  } catch (error) {
    // One that fails says nothing of its limit, and must not keep the others from running.
    return {
      set: [],
      invariants: [],
      measures: [],
      verdict: 'error',
      why: error instanceof Error ? error.message : String(error),
    };
  }
}

/** The reasons of all lists of needs, of which one would have done; null where one is met. */
function lackOfAll(world: World, { needs }: ProbeDefinition): string | null {
  const lacks = needs.map((list) => lackOf(world, list));
  return lacks.length === 0 || lacks.includes(null) ? null : lacks.join('; ');
}

/** The first of these that one of the rounds came to. */
const WORST: readonly Verdict[] = ['fail', 'error', 'inconclusive', 'refused', 'unsupported', 'read-back', 'pass'];

function resultOf({ probe, launcher, lack, rounds }: Series): ProbeResult {
  const { id, suite, title, subject } = probe;
  const facts = { id, suite, runtime: launcher.runtime, title, subject };
  if (lack !== null || rounds.length === 0) {
    return { ...facts, set: [], verdict: 'unsupported', why: lack, invariants: [], metrics: [], durationMs: 0 };
  }
  const verdicts = rounds.map(({ trial }) => verdictOf(trial));
  const verdict = WORST.find((candidate) => verdicts.includes(candidate)) ?? 'error';
  const telling = rounds[verdicts.indexOf(verdict)]?.trial;
  const trials = rounds.map(({ trial }) => trial);
  const count = verdicts.filter((candidate) => candidate === verdict).length;
  return {
    ...facts,
    set: telling?.set ?? [],
    verdict,
    why: whyOf(telling, verdict, count, rounds.length),
    invariants: telling?.invariants ?? [],
    // Of the first rounds alone there are too few samples for any comparison: a gate would never be more than inconclusive.
    metrics: metricsOf(`${launcher.runtime} ${id}`, rounds, trials).map((metric) =>
      probe.rounds === 'every' ? metric : { ...metric, informative: true },
    ),
    durationMs: rounds.reduce((sum, { ms }) => sum + ms, 0),
  };
}

function whyOf(trial: Trial | undefined, verdict: Verdict, count: number, rounds: number): string | null {
  const broken =
    trial?.invariants.filter(({ holds }) => !holds).map(({ text, observed }) => `${text}: ${observed}`) ?? [];
  const why = verdict === 'fail' ? broken.join('; ') : (trial?.why ?? null);
  return why === null || verdict === 'pass' || count === rounds ? why : `${why} (${count} of ${rounds} rounds)`;
}

function metricsOf(seed: string, rounds: readonly Round[], trials: readonly Trial[]): Metric[] {
  const first = trials.find(({ measures }) => measures.length > 0)?.measures ?? [];
  return first.map(({ name, unit, better, target, threshold, informative = false }) => {
    const samples = rounds.flatMap(({ trial, state }, round): Sample[] =>
      trial.measures.filter((measure) => measure.name === name).map(({ value }) => ({ value, round, ...state })),
    );
    const summary = summarize(
      samples.map(({ value }) => value),
      `${seed} ${name}`,
    );
    return { name, unit, better, target, threshold, informative, samples, summary };
  });
}
