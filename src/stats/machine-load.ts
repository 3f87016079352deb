/** What the machine did while two runs were taken: a change that it explains is not put down to what was measured. */
import type { Metric, Sample } from '../schema/bench.ts';
import type { Judging } from '../schema/bench-compare.ts';
import { formatPercent } from '../text/units.ts';
import { meanAndDeviation, median, sorted } from './quantiles.ts';

/** Unit of CPU time, which a task takes no more of for having to wait. */
const CPU_TIME = 'ms of CPU';

/** How much more of each there was in the new run, -1 to 1; null: not known in both. */
export interface LoadDifference {
  /** Of the medians of stolen CPU time. */
  readonly steal: number | null;
  /** Of the mean pressures. A short sample has all of it or nothing: the median would be one of the two. */
  readonly pressure: Readonly<Record<keyof Sample['pressure'], number | null>>;
  /** The smaller of the two mean pressures on CPUs, 0 to 1; null: not known in both. */
  readonly bothWaited: number | null;
}

/** The difference between two runs of a metric. */
export function loadDifference(base: Pick<Metric, 'samples'>, next: Pick<Metric, 'samples'>): LoadDifference {
  const difference = (
    of: (sample: Sample) => number | null,
    middle: (values: Float64Array) => number,
  ): number | null => {
    const [before, after] = [base, next].map(({ samples }) => sorted(samples.flatMap((sample) => of(sample) ?? [])));
    return before?.length && after?.length ? middle(after) - middle(before) : null;
  };
  const pressure = (resource: keyof Sample['pressure']): number | null =>
    difference(
      (sample) => sample.pressure[resource],
      (values) => meanAndDeviation(values).mean,
    );
  const means = [base, next].map(({ samples }) => samples.flatMap(({ pressure: { cpu } }) => cpu ?? []));
  const isKnown = means.every(({ length }) => length > 0);
  return {
    bothWaited: isKnown ? Math.min(...means.map((values) => meanAndDeviation(sorted(values)).mean)) : null,
    steal: difference(({ steal }) => steal, median),
    pressure: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
  };
}

/** Whether a slower machine changes it: neither what a limit lets through nor memory is more for one. */
export function isOfSpeed({ better, unit }: Pick<Metric, 'better' | 'unit'>): boolean {
  return better !== 'target' && unit !== 'bytes';
}

/**
 * Why a worsening of this metric may be the machine's doing, or with `isGain` an improvement; null: there is no sign of it. A
 * hypervisor that takes more CPU time slows everything down. Other programs slow down whatever takes time, CPU time as well, since
 * they share caches and cores (see {@link isOfSpeed}). Pressure does not tell one program that
 * waits from ten: where it is close to all of the time in both runs, what is measured by the clock says nothing.
 */
export function machinesDoing(
  { better, unit }: Pick<Metric, 'better' | 'unit'>,
  { steal, pressure, bothWaited }: LoadDifference,
  isGain: boolean,
  { stealDifference, pressureDifference, mostPressure }: Judging,
): string | null {
  const busier = (more: number | null): number => (more ?? 0) * (isGain ? -1 : 1);
  const which = isGain ? 'base' : 'new run';
  if (busier(steal) > stealDifference) {
    return `the hypervisor took ${formatPercent(busier(steal))} more CPU time during the ${which}: it may be the machine`;
  }
  if (!isOfSpeed({ better, unit })) return null;
  const [resource] = (['cpu', 'io', 'memory'] as const).filter((one) => busier(pressure[one]) > pressureDifference);
  if (resource === undefined) {
    if (unit === CPU_TIME || bothWaited === null || bothWaited <= mostPressure) return null;
    return `some task waited for a CPU ${formatPercent(bothWaited)} of the time in both runs, one or many: it may be the machine`;
  }
  const more = formatPercent(busier(pressure[resource]));
  const names = { cpu: 'a CPU', io: 'a disk', memory: 'memory' };
  return `some task waited for ${names[resource]} ${more} more of the time during the ${which}: it may be the machine`;
}
