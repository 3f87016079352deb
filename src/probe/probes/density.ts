/**
 * `bench density`: how many idle containers fit until the next costs more than a budget of memory or time. All are in one
 * scope, which bounds them together, and all are removed, however it ends.
 *
 * What a container costs is what the kernel charges to the scope for it; daemons and helpers of a runtime outside of it are
 * not in it, but in `machine memory`, which everything else on the machine changes as well.
 */
import { performance } from 'node:perf_hooks';

import { liveHost } from '../../host/live.ts';
import { Failure } from '../../host/port.ts';
import type { Invariant, Metric, ProbeResult, Sample, Verdict } from '../../schema/bench.ts';
import { summarize } from '../../stats/summary.ts';
import { NsinspectError } from '../../text/error.ts';
import { formatBytes } from '../../text/units.ts';
import type { Launcher, Probe, Scope } from '../launch/launcher.ts';
import { readMachine, stateBetween, type MachineState } from '../machine.ts';
import type { TaskStat } from '../../parse/task-stat.ts';
import { isRunning, runsStill, statOf, waitForEnd } from '../tasks.ts';
import { invariant, THRESHOLDS } from './probe.ts';
import { CONTROLLERS } from './world.ts';

/** What the next container may cost, and how far to go. */
export interface DensityOptions {
  /** No more than these are started; {@link DENSITY.most} unless told otherwise. */
  readonly most?: number;
  /** Bytes. */
  readonly memory?: number;
  /** Milliseconds until it waits at the gate. */
  readonly startMs?: number;
  /** Milliseconds after which no further one is started. */
  readonly budgetMs?: number;
  /** Called after each. */
  readonly progress?: (done: number, of: number) => void;
  /** Ends it before the next. */
  readonly signal?: AbortSignal;
}

/** What {@link DensityOptions} are unless told otherwise. */
export const DENSITY = { most: 10, memory: 4 * 1024 * 1024, startMs: 2000, budgetMs: 60_000 } as const;

/** Nobody means more; each takes a dozen mounts and five cgroups. */
const MOST = 1000;

/** Beside the containers' own: what a runtime needs while it sets one up. */
const SPARE = 128 * 1024 * 1024;

/** Of a container that waits: its sh, and what a runtime puts around it for a moment. */
const TASKS_EACH = 8;

/** One container more. */
interface Step {
  readonly startMs: number;
  /** Bytes charged to the scope; null: there is no memory controller. */
  readonly memory: number | null;
  /** By how much less memory the whole machine has; null: not known. */
  readonly machine: number | null;
  readonly state: MachineState;
}

/** Starts one after the other. Verdict `pass` with the number, or `refused` where they could take more memory than there is. */
export async function measureDensity(launcher: Launcher, options: DensityOptions = {}): Promise<ProbeResult> {
  const limits = { ...DENSITY, ...options };
  if (!Number.isInteger(limits.most) || limits.most < 1 || limits.most > MOST) {
    throw new NsinspectError(`containers must be 1 to ${MOST}, not ${limits.most}`, { code: 'bad-number' });
  }
  const began = performance.now();
  const bound = SPARE + 2 * limits.most * limits.memory;
  const available = availableMemory();
  if (available !== null && bound > available / 2) {
    const why = `${limits.most} containers may take ${formatBytes(bound)}; ${formatBytes(available)} are available`;
    return resultOf(launcher, 'refused', { why, began });
  }
  const scope = launcher.scope({ memory: bound, tasks: SPARE_TASKS + TASKS_EACH * limits.most }, []);
  const run = new Run(launcher, scope, limits);
  let outcome: Outcome;
  try {
    const why = await run.fill();
    outcome = { why, began, run, invariants: run.invariants() };
  } finally {
    run.empty();
    scope.remove();
  }
  // The scope is gone, and would tell of none.
  waitForEnd(run.tasks);
  const left = run.tasks.filter(runsStill).length;
  const gone = invariant('nothing-left', 'afterwards no process of them is left', left === 0, `${left} processes left`);
  const invariants = [...outcome.invariants, gone];
  const broken = invariants.find(({ holds }) => !holds);
  if (broken !== undefined) return resultOf(launcher, 'fail', { ...outcome, why: broken.observed, invariants });
  // That not even the first is within the budget is an answer; that it did not start is none.
  return resultOf(launcher, run.steps.length === 0 && run.failed ? 'error' : 'pass', { ...outcome, invariants });
}

const SPARE_TASKS = 128;

interface Outcome {
  readonly why: string;
  readonly began: number;
  readonly run: Run;
  readonly invariants: readonly Invariant[];
}

class Run {
  readonly steps: Step[] = [];
  readonly tearDownMs: number[] = [];
  /** All that ran in the containers, also in those that did not count. */
  readonly tasks: TaskStat[] = [];
  /** The last one could not be started. */
  failed = false;
  readonly #launcher: Launcher;
  readonly #scope: Scope;
  readonly #limits: Required<Pick<DensityOptions, 'most' | 'memory' | 'startMs' | 'budgetMs'>> & DensityOptions;
  readonly #probes: Probe[] = [];
  #number = 0;

  constructor(launcher: Launcher, scope: Scope, limits: Run['limits']) {
    this.#launcher = launcher;
    this.#scope = scope;
    this.#limits = limits;
  }

  get limits() {
    return this.#limits;
  }

  /** Starts containers until there is a reason not to; gives the reason. */
  async fill(): Promise<string> {
    const { most, budgetMs, progress, signal } = this.#limits;
    const end = performance.now() + budgetMs;
    while (this.steps.length < most) {
      if (signal?.aborted === true) return `${this.#count()}: it was stopped`;
      if (performance.now() > end) return `${this.#count()} in ${budgetMs / 1000} s, which is all the time it had`;
      try {
        let step = await this.#next();
        if (this.#excess(step) !== null) {
          // Once may be the machine's doing: the same one is started again.
          this.#probes.pop()?.remove();
          step = await this.#next();
        }
        const excess = this.#excess(step);
        if (excess !== null) return `${this.#count()}: the next ${excess}, twice`;
        this.steps.push(step);
      } catch (error) {
        if (!(error instanceof NsinspectError)) throw error;
        this.failed = true;
        return `${this.#count()}: the next did not start: ${error.message}`;
      }
      progress?.(this.steps.length, most);
    }
    return `${this.#count()}, as many as were asked for, within the budget`;
  }

  /** That those that count did not make room for each other: all still wait, each in its group where there are groups. */
  invariants(): Invariant[] {
    const counted = this.#probes.slice(0, this.steps.length);
    const hasGroups = ['v2', ...CONTROLLERS].some((name) => this.#scope.directory(name, '') !== null);
    const alive = counted.filter(
      ({ pid, group }) => isRunning(pid) && (!hasGroups || this.#scope.pids(group).includes(pid)),
    ).length;
    const text = hasGroups ? 'every container still waits in its cgroup' : 'every container still waits (no cgroups)';
    return [invariant('all-there', text, alive === this.steps.length, `${alive} of ${this.steps.length}`)];
  }

  /** Removes all; the last first. */
  empty(): void {
    for (let probe = this.#probes.pop(); probe !== undefined; probe = this.#probes.pop()) {
      const began = performance.now();
      probe.remove();
      this.tearDownMs.push(performance.now() - began);
    }
  }

  async #next(): Promise<Step> {
    const before = {
      machine: readMachine(liveHost(), performance.now()),
      usage: this.#usage(),
      available: availableMemory(),
    };
    const number = ++this.#number;
    const probe = await this.#launcher.launch({
      name: `density-${number}`,
      script: 'exit 0',
      scope: this.#scope,
      group: `density-${number}`,
      bounds: { seconds: Math.ceil(this.#limits.budgetMs / 1000) + 60 },
    });
    this.#probes.push(probe);
    for (const pid of new Set([probe.pid, ...this.#scope.pids(probe.group)])) {
      const task = statOf(pid);
      if (task !== null) this.tasks.push(task);
    }
    const usage = this.#usage();
    const available = availableMemory();
    return {
      startMs: probe.startMs,
      memory: usage === null || before.usage === null ? null : Math.max(0, usage - before.usage),
      machine: available === null || before.available === null ? null : before.available - available,
      state: stateBetween(before.machine, readMachine(liveHost(), performance.now())),
    };
  }

  #excess({ startMs, memory }: Step): string | null {
    if (startMs > this.#limits.startMs) return `took ${startMs.toFixed(0)} ms (budget ${this.#limits.startMs} ms)`;
    if (memory === null || memory <= this.#limits.memory) return null;
    return `took ${formatBytes(memory)} (budget ${formatBytes(this.#limits.memory)})`;
  }

  #usage(): number | null {
    const file = this.#scope.version('memory') === 2 ? 'memory.current' : 'memory.usage_in_bytes';
    const text = this.#scope.read('memory', '', file);
    return text === null ? null : Number(text);
  }

  #count(): string {
    return `${this.steps.length} idle containers`;
  }
}

/** `MemAvailable` (proc_meminfo(5)); null: it cannot be read. */
function availableMemory(): number | null {
  const proc = liveHost().open('/proc');
  const text = proc instanceof Failure ? proc : proc.read('meminfo');
  if (!(proc instanceof Failure)) proc.close();
  const kibibytes = text instanceof Failure ? undefined : /^MemAvailable:\s+(\d+) kB$/m.exec(text)?.[1];
  return kibibytes === undefined ? null : Number(kibibytes) * 1024;
}

function resultOf(
  { runtime }: Pick<Launcher, 'runtime'>,
  verdict: Verdict,
  { why, began, run, invariants = [] }: Pick<Outcome, 'why' | 'began'> & Partial<Outcome>,
): ProbeResult {
  const limits = run?.limits;
  return {
    id: 'density/idle',
    suite: 'density',
    runtime,
    title: 'Idle containers until the next costs more than the budget',
    subject: null,
    set:
      limits === undefined
        ? []
        : [
            { name: 'most containers', value: String(limits.most) },
            { name: 'bytes for the next', value: String(limits.memory) },
            { name: 'milliseconds for the next', value: String(limits.startMs) },
          ],
    verdict,
    why,
    invariants,
    metrics: run === undefined ? [] : metricsOf(runtime, run),
    durationMs: performance.now() - began,
  };
}

/** The round of a sample is the number of containers that were there before it. */
function metricsOf(runtime: string, { steps, tearDownMs }: Run): Metric[] {
  const quiet: MachineState = { steal: null, pressure: { cpu: null, memory: null, io: null } };
  const metric = (name: string, unit: string, samples: Sample[], more: Partial<Metric> = {}): Metric[] => {
    if (samples.length === 0) return [];
    const values = samples.map(({ value }) => value);
    const summary = summarize(values, `${runtime} density/idle ${name}`);
    return [
      {
        name,
        unit,
        better: 'lower',
        target: null,
        threshold: THRESHOLDS.cost,
        informative: false,
        samples,
        summary,
        ...more,
      },
    ];
  };
  const of = (value: (step: Step) => number | null) =>
    steps.flatMap((step, round): Sample[] => {
      const one = value(step);
      return one === null ? [] : [{ value: one, round, ...step.state }];
    });
  return [
    ...metric('containers', '', [{ value: steps.length, round: 0, ...quiet }], { better: 'higher', informative: true }),
    ...metric(
      'start',
      'us',
      of(({ startMs }) => startMs * 1000),
    ),
    ...metric(
      'memory',
      'bytes',
      of(({ memory }) => memory),
    ),
    ...metric(
      'machine memory',
      'bytes',
      of(({ machine }) => machine),
      { informative: true },
    ),
    ...metric(
      'tear-down',
      'us',
      // The last that was started is removed first.
      tearDownMs.map((value, at) => ({ value: value * 1000, round: tearDownMs.length - 1 - at, ...quiet })),
    ),
  ];
}
