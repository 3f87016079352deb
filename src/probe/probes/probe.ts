/**
 * What a probe is: it sets a limit, drives a payload to its edge, and holds the kernel's own counters against what was set.
 * Nothing is taken from reading the setting back: a probe must notice when the limit is not what it set.
 */
import type { Invariant, Metric, Setting, Suite, Verdict } from '../../schema/bench.ts';
import type { LaunchSpec, Launcher, Probe } from '../launch/launcher.ts';
import type { World } from './world.ts';

/** What a probe works with. */
export interface ProbeContext {
  readonly launcher: Launcher;
  readonly world: World;
  /** Take less time, at the cost of precision. */
  readonly quick: boolean;
  /** Nothing else uses this machine: what is taken from all of it, for a moment, is missed by nobody. */
  readonly ownMachine: boolean;
  /**
   * Called when the limit stands and nothing has run under it yet: whoever doubts the probe loosens the limit here, behind its
   * back, and sees whether it notices. In the product there is none.
   */
  readonly tamper?: Tamper;
}

/** Changes cgroups of a launched probe, through {@link Probe.scope}. */
export type Tamper = (probe: Probe) => void;

/** A controller that a probe cannot do without. */
export interface Need {
  readonly controller: string;
  /** Only in a hierarchy of this version. */
  readonly version?: 1 | 2;
  /** A file that not every kernel has. */
  readonly file?: string;
}

/**
 * By how much a metric has to be worse to count, as a share. A limit is exact: what it lets through more than before is a looser limit.
 * What something costs varies with the machine; half of what is to be found, 10 %, is left to it.
 */
export const THRESHOLDS = { limit: 0.02, cost: 0.05 } as const;

/** One value of a metric. */
export type Measure = Pick<Metric, 'name' | 'unit' | 'better' | 'target' | 'threshold'> & {
  readonly value: number;
  /** See {@link Metric.informative}; false unless told otherwise. */
  readonly informative?: boolean;
};

/** One run of a probe. */
export interface Trial {
  readonly set: readonly Setting[];
  readonly invariants: readonly Invariant[];
  readonly measures: readonly Measure[];
  /** What it came to where all invariants hold; `pass` unless told otherwise. One that does not hold is `fail`, always. */
  readonly verdict?: Exclude<Verdict, 'fail'>;
  readonly why?: string;
}

/** A probe. */
export interface ProbeDefinition {
  /** `<suite>/<probe>[/<variant>]`, stable over versions. */
  readonly id: string;
  readonly suite: Suite;
  readonly title: string;
  readonly subject: string | null;
  /** One list after the other is tried: all of the first that the machine has; `unsupported` with the reasons where it has none. */
  readonly needs: readonly (readonly Need[])[];
  /** `every`: its metrics need a sample in each round. `first`: it gives the same each time; the first rounds are enough. */
  readonly rounds: 'every' | 'first';
  /** Whether it is part of a quick run. */
  readonly quick: boolean;
  run(context: ProbeContext): Promise<Trial>;
}

/** Makes an invariant. */
export function invariant(id: string, text: string, holds: boolean, observed: string): Invariant {
  return { id, text, holds, observed };
}

/** Launches, hands the probe on, and removes it however that ends. */
export async function launched<T>(
  { launcher }: Pick<ProbeContext, 'launcher'>,
  spec: LaunchSpec,
  use: (probe: Probe) => Promise<T> | T,
): Promise<T> {
  const probe = await launcher.launch(spec);
  try {
    return await use(probe);
  } finally {
    probe.remove();
  }
}

/** As {@link launched}, tampered with at the gate. */
export function atGate<T>(
  context: Pick<ProbeContext, 'launcher' | 'tamper'>,
  spec: LaunchSpec,
  use: (probe: Probe) => Promise<T> | T,
): Promise<T> {
  return launched(context, spec, (probe) => {
    context.tamper?.(probe);
    return use(probe);
  });
}

/** Settings of a launch as a result shows them. */
export function settingsOf({ settings = [] }: Pick<LaunchSpec, 'settings'>): Setting[] {
  return settings.map(({ file, value, group }) => ({
    name: group === undefined ? file : `${group || 'scope'}: ${file}`,
    value,
  }));
}

/** Verdict of one run. */
export function verdictOf({ invariants, verdict = 'pass' }: Pick<Trial, 'invariants' | 'verdict'>): Verdict {
  return invariants.every(({ holds }) => holds) ? verdict : 'fail';
}
