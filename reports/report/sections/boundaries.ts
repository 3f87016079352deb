import type { NamespacesFacet } from '../../../src/schema/namespace.ts';
import { NS_TYPES } from '../../../src/schema/namespace.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { isOutOfSight } from '../../hidden.ts';
import { boundaryTree } from '../boundaries/boundary-twigs.ts';
import { escapeFindings, hiddenFindings } from '../boundaries/findings.ts';
import { namespaceForest } from '../boundaries/namespace-twigs.ts';
import { hiddenTable, namespacesTable } from '../boundaries/namespaces.ts';
import { treePicture } from '../boundaries/picture.ts';
import type { TreeColumn } from '../boundaries/picture.ts';
import { treeOf } from '../boundaries/twigs.ts';
import type { Block, Choice, Content, Section } from '../section.ts';
import type { Meaning } from '../signs.ts';
import type { World } from '../world.ts';

const section: Section = {
  id: 'boundaries',
  order: 20,
  title: 'Boundaries',
  question: 'Where along the process tree does isolation change, and which namespaces are there?',
  needs: ['tasks', 'namespaces'],
  contentOf,
};

export default section;

function contentOf(world: World): Content {
  const facet = world.capture.namespaces;
  if (facet === undefined) throw new Error('a section without what it needs is not asked');
  const { tasks, namespaces } = world;
  const around = { tasks, namespaces, containerOf: (pid: number) => world.containerOf(pid) };
  const hidden = namespaces.all.filter(isOutOfSight);
  const { option, rows } = boundaryOption(world, facet);
  const views: Choice = {
    kind: 'choice',
    name: 'views',
    options: [
      option,
      { title: 'User namespaces, and what they own', blocks: forestBlocks(world, 'user') },
      { title: 'Pid namespaces, one in another', blocks: forestBlocks(world, 'pid') },
    ],
  };
  const hiddenOnes = hiddenTable(hidden, around);
  const apart = rows.filter(({ kind }) => kind !== 'host' && kind !== 'kernel').length;
  return {
    summary: [
      `${formatPlural(apart, 'boundary', 'boundaries')} below the host,`,
      `${formatPlural(namespaces.all.length, 'namespace')}, ${String(hidden.length)} of them hidden.`,
    ].join(' '),
    findings: [...escapeFindings(rows), ...hiddenFindings(hidden, world, around)],
    blocks: [views, ...(hiddenOnes === null ? [] : [hiddenOnes]), namespacesTable(world, around)],
  };
}

const SIGNS: readonly Meaning[] = [
  [{ look: 'own', text: '', extra: '' }, 'its own'],
  [{ look: 'around', text: '', extra: '' }, 'that of what is around it'],
  [{ look: 'shared', text: '=', extra: '' }, "another's"],
  [{ look: 'host', text: 'host', extra: '' }, "the host's again"],
  [{ look: 'usual', text: 'host', extra: '' }, "the host's"],
  [{ look: 'unknown', text: '?', extra: '' }, 'not known'],
];

const TYPE_COLUMNS: readonly TreeColumn[] = NS_TYPES.map((type) => ({ title: type, width: 46 }));

function boundaryOption(world: World, facet: NamespacesFacet) {
  const { roots, rows, twigs } = boundaryTree(world, facet);
  const count = formatPlural(rows.length, 'boundary', 'boundaries');
  const blocks: Block[] = [
    treePicture({
      name: 'boundaries',
      title: 'Boundary tree: where isolation changes along the process tree',
      description: `${count}, each below the one from which its processes came; a dot in the column of each type of which it has a namespace of its own.`,
      columns: [...TYPE_COLUMNS, { title: 'processes', width: 74 }],
      legend: SIGNS,
      ...{ roots, twigs },
    }),
    treeOf('boundaries', 'Boundaries along the process tree', roots),
  ];
  return { option: { title: 'Boundaries along the process tree', blocks }, rows };
}

function forestBlocks(world: World, type: 'user' | 'pid'): Block[] {
  const { roots, twigs } = namespaceForest(world, type);
  const isUser = type === 'user';
  const caption = isUser ? 'Ownership of user namespaces' : 'Nesting of pid namespaces';
  const all = world.namespaces.all.filter(({ facts }) => facts.type === type).length;
  const tree = treeOf(isUser ? 'users' : 'pids', caption, roots);
  if (all < 2) return [{ kind: 'text', text: `There is only the host's ${type} namespace.` }, tree];
  const what = isUser
    ? 'each below its parent, with the number of namespaces of each type that it owns'
    : 'each below its parent, with its processes';
  return [
    treePicture({
      name: isUser ? 'users' : 'pids',
      title: caption,
      description: `${formatPlural(all, `${type} namespace`)}, ${what}.`,
      columns: isUser
        ? [
            { title: 'processes', width: 74 },
            { title: 'uid', width: 60 },
            ...NS_TYPES.filter((one) => one !== 'user').map((title) => ({ title, width: 46 })),
          ]
        : [
            { title: 'processes', width: 74 },
            { title: 'threads', width: 74 },
          ],
      legend: [],
      ...{ roots, twigs },
    }),
    tree,
  ];
}
