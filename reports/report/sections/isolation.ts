import { NS_TYPES } from '../../../src/schema/namespace.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { isolationFindings } from '../isolation/findings.ts';
import { linesOf, patternsOf } from '../isolation/lines.ts';
import type { Line } from '../isolation/lines.ts';
import { matrixPicture } from '../isolation/picture.ts';
import { matrixOf } from '../isolation/rows.ts';
import type { Matrix } from '../isolation/rows.ts';
import { groupsTable, matrixTable, patternsTable } from '../isolation/tables.ts';
import { someOf } from '../names.ts';
import type { Block, Content, Section } from '../section.ts';
import type { World } from '../world.ts';

/** From so many containers on, the picture shows those that are alike as one line. */
const MANY = 40;

/** Lines that the picture has at most. */
const MOST_LINES = 60;

const section: Section = {
  id: 'isolation',
  order: 10,
  title: 'Isolation',
  question: 'What does each container share, and with whom?',
  needs: ['tasks', 'namespaces'],
  contentOf,
};

export default section;

function contentOf(world: World): Content {
  const matrix = matrixOf(world);
  if (matrix.rows.length === 0) {
    const text = 'Whatever is kept apart without being a container stands among the boundaries.';
    return { summary: 'No container was found.', findings: [], blocks: [{ kind: 'text', text }] };
  }
  const patterns = matrix.rows.length > MANY ? patternsOf(matrix) : null;
  const lines = (patterns === null ? linesOf(matrix) : patterns.map(({ line }) => line)).slice(0, MOST_LINES);
  const summary = summaryOf(matrix);
  const groups = groupsTable(matrix);
  const blocks: Block[] = [
    matrixPicture(matrix, lines, descriptionOf(matrix, lines)),
    ...notesOf(matrix, world),
    ...(patterns === null || patterns.length <= MOST_LINES ? [] : [leftOut(patterns.length - MOST_LINES)]),
    ...(patterns === null ? [] : [patternsTable(patterns)]),
    matrixTable(matrix),
    ...(groups === null ? [] : [groups]),
  ];
  return { summary, findings: isolationFindings(matrix), blocks };
}

function summaryOf(matrix: Matrix): string {
  const { rows, groups } = matrix;
  const loud = rows.filter(({ isolation }) =>
    isolation.keepings.some(({ type, standing }) => standing === 'host' && matrix.isLoud(type)),
  );
  const sharing = rows.filter(({ isolation }) => isolation.keepings.some(({ standing }) => standing === 'shared'));
  const usual = NS_TYPES.filter((type) => !matrix.isLoud(type));
  return [
    `${formatPlural(rows.length, 'container')}.`,
    loud.length === 0
      ? 'None shares with the host what is usually kept apart.'
      : `${String(loud.length)} of them ${loud.length === 1 ? 'shares' : 'share'} with the host what is usually kept apart.`,
    ...(sharing.length === 0
      ? []
      : [`${String(sharing.length)} share namespaces with others, in ${formatPlural(groups.length, 'group')}.`]),
    ...(usual.length === 0 ? [] : [`Most leave ${someOf(usual, usual.length)} to the host.`]),
  ].join(' ');
}

function descriptionOf(matrix: Matrix, lines: readonly Line[]): string {
  const isWhole = lines.length === matrix.rows.length;
  return `A line for ${isWhole ? 'each container' : 'all containers that are alike'}, a column for each of the eight types of namespaces: a dot for one of its own, a letter for one that is shared, a box for the host's. Then limits with how much of them is used, and rights. ${summaryOf(matrix)}`;
}

function leftOut(count: number): Block {
  return {
    kind: 'text',
    text: `${formatPlural(count, 'line')} more would not fit into the picture: the tables have all.`,
  };
}

/** What the capture lacks. */
function notesOf(matrix: Matrix, { capture }: World): Block[] {
  const texts: string[] = [];
  if (matrix.limitsUnknown !== null) texts.push(`Limits are not known: ${matrix.limitsUnknown}.`);
  if (capture.engines === undefined)
    texts.push('Names of containers are not known: this capture was taken without the state of engines.');
  if (matrix.rows.every(({ rights }) => rights.kind === 'unknown'))
    texts.push('Rights are not known: this capture was taken without the details of processes.');
  return texts.map((text) => ({ kind: 'text', text }));
}
