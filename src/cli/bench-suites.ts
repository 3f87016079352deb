/** The probes of each suite, and the choice among them. */
import type { ProbeDefinition } from '../probe/probes/probe.ts';
import { CONTROLLERS } from '../probe/probes/world.ts';
import type { Suite } from '../schema/bench.ts';
import { NsinspectError } from '../text/error.ts';

/** Suites whose probes are chosen by name and run in rounds. Each is loaded when it is asked for. */
const PROBES: Readonly<Partial<Record<Suite, () => Promise<readonly ProbeDefinition[]>>>> = {
  limits: async () => (await import('../probe/probes/limits/index.ts')).LIMIT_PROBES,
  isolation: async () => (await import('../probe/probes/isolation/index.ts')).ISOLATION_PROBES,
};

/** Rows of suites that measure as a whole, as far as they are the same on every machine. */
const ROWS: Readonly<Partial<Record<Suite, readonly string[]>>> = {
  startup: [
    ...['child', 'program'].map((name) => `startup/process/${name}`),
    'startup/container',
    ...['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts', 'all'].map((name) => `startup/namespace/${name}`),
    ...['kvm', 'tcg'].map((name) => `startup/vm/${name}`),
    'startup/cgroup/v2',
  ],
  density: ['density/idle'],
};

/** One row a hierarchy, named after the controllers that are in it together: these differ. */
const HIERARCHY = /^(?:startup\/)?cgroup\/([a-z_,]+)$/;

/** A NsinspectError for a name that can mean nothing in a run of these suites and of these probes. */
export function refuseUnknown(
  names: readonly string[],
  suites: readonly Suite[],
  probes: readonly Pick<ProbeDefinition, 'id'>[],
): void {
  const ids = [...probes.map(({ id }) => id), ...suites.flatMap((suite) => ROWS[suite] ?? [])];
  const isHierarchy = (name: string) =>
    suites.includes('startup') &&
    (HIERARCHY.exec(name)?.[1] ?? '').split(',').every((one) => CONTROLLERS.some((controller) => controller === one));
  const unknown = names.find((name) => !ids.some((id) => isNamed(id, name)) && !isHierarchy(name));
  if (unknown === undefined) return;
  throw new NsinspectError(`--require ${unknown}: no such probe is part of this run`, { code: 'unknown-probe' });
}

/** What is chosen. */
export interface Choice {
  readonly suites: readonly Suite[];
  /** Ids of probes or beginnings of them (`limits/cpu`, `cpu`); none: all. */
  readonly names: readonly string[];
  readonly quick: boolean;
}

/** The chosen probes in their order. A NsinspectError names the probes that there are where a name is none. */
export async function chosenProbes({ suites, names, quick }: Choice): Promise<readonly ProbeDefinition[]> {
  const all = (await Promise.all(suites.map(async (suite) => (await PROBES[suite]?.()) ?? []))).flat();
  const unknown = names.find((name) => !all.some(({ id }) => isNamed(id, name)));
  if (unknown !== undefined) {
    throw new NsinspectError(`no such probe: ${unknown}`, {
      code: 'unknown-probe',
      hint: `there are ${all.map(({ id }) => id.slice(id.indexOf('/') + 1)).join(', ')}`,
    });
  }
  const chosen = names.length === 0 ? all : all.filter(({ id }) => names.some((name) => isNamed(id, name)));
  if (quick && names.length > 0 && !chosen.some((probe) => probe.quick)) {
    throw new NsinspectError('none of these probes is part of a quick run', {
      code: 'usage',
      hint: 'leave out --quick',
    });
  }
  return chosen;
}

/** Whether a name means the probe: its id or whole words at its beginning (`cpu`, `io/write`), with or without the suite. */
export function isNamed(id: string, name: string): boolean {
  const short = id.slice(id.indexOf('/') + 1);
  return [id, short].some((one) => one === name || one.startsWith(`${name}/`) || one.startsWith(`${name}-`));
}
