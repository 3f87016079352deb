import { formatPlural } from '../../../src/text/units.ts';
import { findingsOf } from '../changes/findings.ts';
import { comparisonOf, effectOf } from '../changes/groups.ts';
import type { Comparison } from '../changes/groups.ts';
import { sidesPicture } from '../changes/sides.ts';
import { changesTable, everydayTable, matrixTable, timelineTable } from '../changes/tables.ts';
import { timelinePicture } from '../changes/timeline.ts';
import { sideName, sideText } from '../changes/words.ts';
import type { Block, Content, Missing, Section } from '../section.ts';
import type { World } from '../world.ts';

/** With fewer snapshots there is no line. */
const LEAST_POINTS = 3;

const section: Section = {
  id: 'changes',
  order: 60,
  title: 'Changes',
  question: 'What was added, removed and altered since the earlier side, and what was loosened?',
  needs: [],
  contentOf,
};

export default section;

function contentOf(world: World): Content | Missing {
  const { before, timeline } = world.facts;
  const comparison = comparisonOf(world);
  const history: Block[] = timeline.length === 0 ? [] : [timelineTable(timeline)];
  if (timeline.length >= LEAST_POINTS) history.unshift(timelinePicture(world));
  if (comparison === null || before === null) {
    if (history.length === 0) return { missing: NOTHING };
    return {
      summary: `${formatPlural(timeline.length, 'snapshot')} of this host. ${NOTHING}`,
      findings: [],
      blocks: history,
    };
  }
  const { changes, noise, diff } = comparison;
  const blocks: Block[] = diff.notCompared.map(({ facet, why }) => ({
    kind: 'text',
    text: `Not compared: ${facet}, ${why}.`,
  }));
  if (!diff.sameBoot) blocks.unshift({ kind: 'text', text: OTHER_BOOT });
  if (changes.length > 0) {
    blocks.push(sidesPicture(world, comparison, before), changesTable(comparison), matrixTable(comparison));
  }
  if (noise.length > 0) blocks.push(everydayTable(comparison));
  return {
    summary: summaryText(comparison, sideText(before)),
    findings: findingsOf(comparison, sideName(before)),
    blocks: [...blocks, ...history],
  };
}

const NOTHING =
  'There is no earlier side to compare with: --before names one, a capture file or a moment of the history (nsinspect snapshot take).';

const OTHER_BOOT =
  'Another start of the machine, or another machine: tasks, cgroups and namespaces have no identity in common, so that only containers, images and the host itself are compared.';

function summaryText({ changes, noise, groups, unchanged }: Comparison, since: string): string {
  const everyday = noise.length === 0 ? '' : `; ${formatPlural(noise.length, 'everyday change')} besides`;
  if (changes.length === 0) return `Nothing changed since ${since}${everyday}.`;
  const loosened = changes.filter((change) => effectOf(change) === 'loosened').length;
  const containers = groups.filter(({ id }) => id !== null).length;
  const same = unchanged.length === 0 ? '' : `; ${formatPlural(unchanged.length, 'container')} unchanged`;
  const where = containers === 0 ? 'the host' : formatPlural(containers, 'container');
  return `${formatPlural(changes.length, 'change')} of ${where} since ${since}, ${loosened === 0 ? 'none loosened anything' : `${loosened} of them loosened something`}${same}${everyday}.`;
}
