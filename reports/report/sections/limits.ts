import { formatPlural } from '../../../src/text/units.ts';
import { boundedOf } from '../limits/bounded.ts';
import type { Bounded } from '../limits/bounded.ts';
import { limitFindings } from '../limits/findings.ts';
import { gaugesOf } from '../limits/gauges.ts';
import { limitsPicture } from '../limits/picture.ts';
import { boundedTable, limitsTable } from '../limits/tables.ts';
import type { Content, Missing, Section } from '../section.ts';
import type { World } from '../world.ts';

const section: Section = {
  id: 'limits',
  order: 40,
  title: 'Limits',
  question: 'What bounds each container, who imposes it, and how much is left?',
  needs: ['tasks', 'cgroups', 'limits'],
  contentOf,
};

export default section;

/** Of which at least one should be known. */
const MAIN = ['cpu.time', 'memory', 'pids'] as const;

function contentOf(world: World): Content | Missing {
  const { cgroups, facts } = world;
  if (cgroups.collected.files === 'structure') {
    return { missing: `the files of cgroups that state limits: not collected in ${facts.side.name}` };
  }
  const all = boundedOf(world);
  const containers = all.filter(({ kind }) => kind === 'container');
  if (all.length > 0 && all.every((one) => MAIN.every((resource) => isUnknown(one, resource)))) {
    const [reason] = all.flatMap(({ limits }) =>
      limits.flatMap(({ effective }) => (effective.kind === 'unknown' ? [effective.reason] : [])),
    );
    return { missing: `no limit of cgroups could be found out in ${facts.side.name}: ${reason ?? 'not collected'}` };
  }
  const [memory, pids] = [countLimited(containers, 'memory'), countLimited(containers, 'pids')];
  const others = all.length - containers.length;
  const bound =
    containers.length === 0
      ? 'There are no containers'
      : `Of ${formatPlural(containers.length, 'container')} ${String(memory)} ${memory === 1 ? 'has' : 'have'} a limit of memory, ${String(pids)} of tasks`;
  return {
    summary: `${bound}; ${others === 0 ? 'no other cgroup' : `${formatPlural(others, 'cgroup')} of the host`} ${others > 1 ? 'set' : 'sets'} one.`,
    findings: limitFindings(all),
    blocks: all.length === 0 ? [] : [limitsPicture(all), boundedTable(all), limitsTable(all)],
  };
}

function isUnknown(bounded: Bounded, resource: (typeof MAIN)[number]): boolean {
  return gaugesOf(bounded, resource).every(({ kind }) => kind === 'unknown');
}

function countLimited(all: readonly Bounded[], resource: (typeof MAIN)[number]): number {
  return all.filter((one) => gaugesOf(one, resource).some(({ kind }) => kind === 'limited')).length;
}
