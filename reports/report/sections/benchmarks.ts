import { nameText } from '../../../src/text/bytes.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { sumText } from '../../bench-run-text.ts';
import { findingsOf } from '../bench/findings.ts';
import { costsPicture, targetsPicture } from '../bench/intervals.ts';
import { resultsOf, verdictOf } from '../bench/results.ts';
import type { Results } from '../bench/results.ts';
import { historyTable, invariantsTable, metricsTable, resultsTable, runsTable } from '../bench/tables.ts';
import { verdictsPicture } from '../bench/verdicts.ts';
import { momentText } from '../changes/words.ts';
import type { Block, Content, Missing, Section } from '../section.ts';
import type { World } from '../world.ts';

const section: Section = {
  id: 'benchmarks',
  order: 70,
  title: 'Benchmarks',
  question: 'Is each limit really enforced, how exactly, and is that as it was?',
  needs: [],
  contentOf,
};

export default section;

function contentOf(world: World): Content | Missing {
  const results = resultsOf(world.facts.bench);
  const { runs, latest, measured } = results;
  if (runs.length === 0) {
    return {
      missing:
        'There are no results of benchmarks: --bench FILE names one (nsinspect bench run --output FILE makes it), --db a history that has some (bench run --store).',
    };
  }
  if (latest.length === 0) return { missing: 'No probe ran in the benchmarks that were given.' };
  const { targets, costs } = { targets: targetsPicture(measured), costs: costsPicture(measured) };
  const blocks: Block[] = [
    ...elsewhere(world, results),
    ...(targets === null ? [] : [targets]),
    verdictsPicture(results),
    ...(costs === null ? [] : [costs]),
    resultsTable(results),
    ...(measured.length > 0 ? [metricsTable(results)] : []),
    ...(latest.some(({ result }) => result.invariants.length > 0) ? [invariantsTable(results)] : []),
    ...(runs.length > 1 && measured.length > 0 ? [historyTable(results)] : []),
    runsTable(results),
  ];
  return { summary: summaryText(results), findings: findingsOf(results), blocks };
}

function summaryText({ latest, runs }: Results): string {
  const newest = runs.at(-1)?.takenAt ?? '';
  const sum = sumText(latest.map(({ result }) => ({ ...result, verdict: verdictOf(result) })));
  const probes = new Set(latest.map(({ result }) => result.id)).size;
  const runtimes = new Set(latest.map(({ result }) => result.runtime)).size;
  return `${formatPlural(probes, 'probe')} in ${formatPlural(runtimes, 'runtime')}: ${sum}; ${formatPlural(runs.length, 'run')}, the newest of ${momentText(newest)}.`;
}

/** What was measured on another machine says nothing of this one. */
function elsewhere({ capture }: World, { runs }: Results): Block[] {
  const own = capture.host.hostname === undefined ? null : nameText(capture.host.hostname);
  const others = new Set(runs.map(({ environment }) => environment.hostname).filter((name) => name !== own));
  if (own === null || others.size === 0) return [];
  const names = [...others].map((name) => name ?? 'a host without a name').sort();
  return [{ kind: 'text', text: `Some of it was measured elsewhere: on ${names.join(', ')}, not on ${own}.` }];
}
