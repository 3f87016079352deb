/**
 * `bench startup`: what it costs to start and to end each kind of isolation, in one table. All rows are measured in turn, round
 * after round and every other round backwards, so that what the machine does meanwhile meets all of them alike.
 */
import { performance } from 'node:perf_hooks';

import { liveHost } from '../../../host/live.ts';
import type { Invariant, Metric, ProbeResult, Sample } from '../../../schema/bench.ts';
import { summarize } from '../../../stats/summary.ts';
import { NsinspectError } from '../../../text/error.ts';
import type { Launcher } from '../../launch/launcher.ts';
import { readMachine, stateBetween, type MachineState } from '../../machine.ts';
import type { Measure } from '../probe.ts';
import { CONTROLLERS, type World } from '../world.ts';
import { systemCallGroup } from './namespaces.ts';
import { processGroup, runtimeGroup } from './programs.ts';
import type { Group, Lack, Observation, Row } from './subject.ts';
import { TimerProcess } from './timer-process.ts';
import { vmGroup } from './vm.ts';

/** What is measured, and how long. */
export interface StartupOptions {
  /** Runtimes that work here. */
  readonly launchers: readonly Launcher[];
  readonly world: Pick<World, 'version'>;
  readonly quick: boolean;
  /** Kernel image for a virtual machine; null: looked for where packages install it. */
  readonly guestKernel?: string | null;
  /** Milliseconds after which no further round begins; a minute and a half unless told otherwise, 15 s for a quick run. */
  readonly budgetMs?: number;
  /** Called after each round. */
  readonly progress?: (done: number, of: number) => void;
  /** Ends it after the round under way. */
  readonly signal?: AbortSignal;
}

/** How often. Memory of what the kernel makes is asked for after the rounds, a few times, since it varies little and takes a second each. A container takes a thousand times as long as a namespace, a virtual machine ten thousand times. */
const PLANS = {
  full: { rounds: 240, containers: 8, machines: 24, budgetMs: 90_000, warmUp: 20, memories: 3 },
  quick: { rounds: 24, containers: 6, machines: 24, budgetMs: 15_000, warmUp: 10, memories: 1 },
} as const;

/** One value that is not yet in a metric. */
interface Taken {
  readonly measure: Measure;
  readonly round: number;
  readonly state: MachineState;
}

/** All rows; what cannot be measured here says why. */
export async function measureStartup(options: StartupOptions): Promise<ProbeResult[]> {
  const plan = PLANS[options.quick ? 'quick' : 'full'];
  const groups: Group[] = [];
  const lacks: Lack[] = [];
  try {
    for (const make of makers(options, plan)) {
      const made = await make();
      if ('why' in made) lacks.push(made);
      else groups.push(made);
    }
    const table = new Table(groups);
    const [first] = groups.filter(({ stride }) => stride === 1);
    for (let round = 0; round < plan.warmUp; round++) await first?.once(first.rows.map(({ id }) => id));
    await rounds(groups, table, plan.rounds, { budgetMs: plan.budgetMs, ...options });
    for (let round = 0; round < plan.memories; round++) {
      for (const group of groups) {
        const before = readMachine(liveHost(), performance.now());
        const measured = (await group.afterwards?.()) ?? new Map<string, readonly Measure[]>();
        const state = stateBetween(before, readMachine(liveHost(), performance.now()));
        for (const [id, measures] of measured) table.take(group, id, { measures, invariants: [] }, round, state);
      }
    }
    return [...table.results(), ...[...lacks, ...groups.flatMap((group) => group.lacks)].map(unsupported)];
  } finally {
    for (const group of groups) group.close();
  }
}

function* makers(
  { launchers, world, guestKernel = null }: StartupOptions,
  { containers, machines }: { readonly containers: number; readonly machines: number },
): Generator<() => Promise<Group | Lack>> {
  const controllers = CONTROLLERS.filter((controller) => world.version(controller) !== null);
  yield async () => {
    try {
      return await systemCallGroup(await TimerProcess.start(controllers), controllers);
    } catch (error) {
      if (!(error instanceof NsinspectError)) throw error;
      const title = 'Namespaces and cgroups by the kernel’s own calls';
      const row: Row = {
        id: 'startup/process/child',
        title,
        subject: null,
        runtime: 'native',
        informative: false,
        note: null,
      };
      return { ...row, why: error.message };
    }
  };
  yield () => Promise.resolve(processGroup(containers));
  for (const launcher of launchers) yield () => Promise.resolve(runtimeGroup(launcher, containers));
  yield () => vmGroup(guestKernel, machines);
}

async function rounds(
  groups: readonly Group[],
  table: Table,
  count: number,
  { budgetMs = 0, progress, signal }: Pick<StartupOptions, 'budgetMs' | 'progress' | 'signal'>,
): Promise<void> {
  const end = performance.now() + budgetMs;
  for (let round = 0; round < count; round++) {
    if (signal?.aborted === true || (round > 0 && performance.now() > end)) return;
    const forward = round % 2 === 0;
    // The rounds of a slow group are not those of another: each would then always follow upon the same.
    const due = groups.filter(({ stride }, at) => (round + at) % stride === 0 || round === 0);
    for (const group of forward ? due : due.reverse()) {
      const ids = table.alive(group);
      if (ids.length === 0) continue;
      const before = readMachine(liveHost(), performance.now());
      const observed = await onceOf(group, forward ? ids : ids.reverse());
      const state = stateBetween(before, readMachine(liveHost(), performance.now()));
      for (const [id, observation] of observed) table.take(group, id, observation, round, state);
    }
    progress?.(round + 1, count);
  }
}

/** A container that does not start ends its row, and no other. */
async function onceOf(group: Group, ids: readonly string[]): Promise<ReadonlyMap<string, Observation | string>> {
  try {
    return await group.once(ids);
  } catch (error) {
    if (!(error instanceof NsinspectError)) throw error;
    return new Map(ids.map((id) => [id, error.message]));
  }
}

/** What was measured so far. Exported for its test. */
export class Table {
  readonly #rows = new Map<
    Row,
    { taken: Taken[]; invariants: Map<string, Invariant>; error: string | null; ms: number }
  >();
  readonly #groups: readonly Group[];

  constructor(groups: readonly Group[]) {
    this.#groups = groups;
    for (const row of groups.flatMap((group) => group.rows)) {
      this.#rows.set(row, { taken: [], invariants: new Map(), error: null, ms: 0 });
    }
  }

  /** Rows of a group that have not failed, by their ids. */
  alive({ rows }: Group): string[] {
    return rows.filter((row) => this.#rows.get(row)?.error === null).map(({ id }) => id);
  }

  /** Takes an observation of one row; a text ends it. */
  take({ rows }: Group, id: string, observation: Observation | string, round: number, state: MachineState): void {
    const row = rows.find((candidate) => candidate.id === id);
    const kept = row === undefined ? undefined : this.#rows.get(row);
    if (kept === undefined) throw new TypeError(`no row: ${id}`);
    if (typeof observation === 'string') {
      kept.error = observation;
      return;
    }
    for (const measure of observation.measures) {
      kept.taken.push({ measure, round, state });
      if (measure.unit === 'us') kept.ms += measure.value / 1000;
    }
    for (const found of observation.invariants) {
      // Once broken it stays so: the first that shows it is kept.
      if (kept.invariants.get(found.id)?.holds !== false) kept.invariants.set(found.id, found);
    }
  }

  /** One result a row. */
  results(): ProbeResult[] {
    return this.#groups
      .flatMap(({ rows }) => rows)
      .map((row) => {
        const { taken, invariants, error, ms } = this.#rows.get(row) ?? {
          taken: [],
          invariants: new Map<string, Invariant>(),
          error: null,
          ms: 0,
        };
        const list = [...invariants.values()];
        const broken = list.find(({ holds }) => !holds);
        const verdict =
          broken !== undefined ? 'fail' : error !== null ? 'error' : taken.length === 0 ? 'inconclusive' : 'pass';
        const why =
          broken?.observed ?? error ?? (taken.length === 0 ? 'it was stopped before this was measured' : row.note);
        return { ...base(row), verdict, why, invariants: list, metrics: metricsOf(row, taken), durationMs: ms };
      });
  }
}

function base({ id, runtime, title, subject }: Row) {
  return { id, suite: 'startup' as const, runtime, title, subject, set: [] };
}

function unsupported({ why, ...row }: Lack): ProbeResult {
  return { ...base(row), verdict: 'unsupported', why, invariants: [], metrics: [], durationMs: 0 };
}

/** A metric of each name, with every sample as it was taken. */
function metricsOf(row: Row, taken: readonly Taken[]): Metric[] {
  const names = [...new Set(taken.map(({ measure }) => measure.name))];
  return names.flatMap((name): Metric[] => {
    const own = taken.filter(({ measure }) => measure.name === name);
    const [first] = own;
    if (first === undefined) return [];
    const { unit, better, target, threshold, informative = row.informative } = first.measure;
    const samples = own.map(({ measure: { value }, round, state }): Sample => ({ value, round, ...state }));
    const summary = summarize(
      samples.map(({ value }) => value),
      `${row.runtime} ${row.id} ${name}`,
    );
    return [{ name, unit, better, target, threshold, informative, samples, summary }];
  });
}
