import type { ReportTable } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatBytes, formatPlural } from '../../../src/text/units.ts';
import { findingsOf } from '../layers/findings.ts';
import { storePicture } from '../layers/stacks.ts';
import type { StorePicture } from '../layers/stacks.ts';
import { surveyOf } from '../layers/survey.ts';
import type { Survey, SurveyedStore } from '../layers/survey.ts';
import { containersTable, imagesTable, layersTable, storesText, wasteTable } from '../layers/tables.ts';
import { wasteOf } from '../layers/waste.ts';
import type { Block, Content, Missing, Section } from '../section.ts';
import type { World } from '../world.ts';

/** Stores that are drawn; more of them are in the tables. */
const MOST_PICTURES = 4;

const section: Section = {
  id: 'layers',
  order: 50,
  title: 'Layers',
  question: 'What is each container made of, what do they share, and what is kept in vain?',
  needs: ['tasks', 'mounts', 'layers'],
  contentOf,
};

export default section;

function contentOf(world: World): Content | Missing {
  const survey = surveyOf(world);
  const unread = (world.capture.layers?.coverage.unread ?? []).map(
    ({ path, outcome }) => `${nameText(path)}: ${outcome}`,
  );
  if (survey.stores.length === 0 && survey.standing.length === 0) {
    const why = unread.length === 0 ? '' : ` What could not be read: ${unread.join(', ')}.`;
    return { missing: `No layer store of an engine and no container was found.${why}` };
  }
  const waste = wasteOf(survey);
  const pictures = new Map<SurveyedStore, StorePicture>();
  for (const store of survey.stores) {
    const isEmpty = store.summary.layers === 0 && store.standing.length === 0;
    if (isEmpty || pictures.size >= MOST_PICTURES) continue;
    pictures.set(store, storePicture(store, survey, pictures.size === 0 ? 'stacks' : `stacks-${pictures.size + 1}`));
  }
  const letters = new Map([...pictures].map(([store, one]) => [store, one.letters]));
  const tables: ReportTable[] = [
    containersTable(survey),
    layersTable(survey, letters, world),
    imagesTable(survey),
    ...(waste.length > 0 ? [wasteTable(waste)] : []),
  ];
  const blocks: Block[] = [...[...pictures.values()].map(({ picture }) => picture), ...tables];
  if (unread.length > 0) {
    blocks.unshift({
      kind: 'text',
      text: `Not everything of the engines' records could be read: ${unread.join(', ')}.`,
    });
  }
  return { summary: summaryText(survey, waste.length), findings: findingsOf(survey, waste), blocks };
}

function summaryText(survey: Survey, waste: number): string {
  const { stores, standing } = survey;
  if (stores.length === 0) {
    return `No layer store of an engine was found; ${formatPlural(standing.length, 'container')} without one.`;
  }
  const sum = (of: (store: SurveyedStore) => bigint): bigint => stores.reduce((all, store) => all + of(store), 0n);
  const layers = stores.reduce((all, { summary }) => all + summary.layers, 0);
  const images = stores.reduce(
    (all, { summary }) => all + summary.images.filter((one) => one.image.facts.tags.length > 0).length,
    0,
  );
  const bytes = sum(({ summary }) => summary.bytes);
  const shared = sum(({ summary }) => summary.sharedBytes);
  const saved = shared > 0n ? `; sharing saves ${formatBytes(shared)}` : '';
  const vain = waste === 0 ? '' : `; ${formatPlural(waste, 'thing')} kept in vain`;
  return `${storesText(survey)}: ${formatPlural(images, 'tagged image')} of ${formatPlural(layers, 'layer')} with ${formatBytes(bytes)}, under ${formatPlural(standing.length, 'container')}${saved}${vain}.`;
}
