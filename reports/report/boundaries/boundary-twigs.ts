/** The boundary tree, as `tree` has it. */
import { boundariesOf } from '../../../src/model/boundaries.ts';
import type { Boundary } from '../../../src/model/boundaries.ts';
import { mapTree } from '../../../src/model/map-tree.ts';
import { belongingsOf } from '../../../src/model/places.ts';
import type { Belonging, Relation } from '../../../src/model/places.ts';
import type { NamespacesFacet, NsType } from '../../../src/schema/namespace.ts';
import type { ReportCell } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { refText } from '../../../src/text/ns-ref.ts';
import { formatAge, formatPlural } from '../../../src/text/units.ts';
import { boundaryRow, sharedWith } from '../../tree-boundaries.ts';
import type { BoundaryKind, BoundaryRow } from '../../tree-boundaries.ts';
import { containerItem, processItem } from '../items.ts';
import { containerLabel, processLabel } from '../names.ts';
import type { Look } from '../signs.ts';
import type { World } from '../world.ts';
import { Twigs } from './twigs.ts';
import type { Twig, TwigCell } from './twigs.ts';

/** Levels that are shown: whoever may fork can make a chain of thousands. */
const DEEPEST = 50;

/** The order of siblings; init comes before all. */
const RANKS: readonly BoundaryKind[] = ['container', 'sandbox', 'chroot', 'cgroup', 'host', 'kernel'];

const NOUNS: Readonly<Record<BoundaryKind, string>> = {
  host: 'root',
  container: 'container',
  sandbox: 'sandbox',
  chroot: 'chroot',
  cgroup: 'cgroup',
  kernel: 'kernel thread',
};

/** The boundaries, with what is said of each. */
export interface BoundaryTree {
  readonly roots: readonly Twig[];
  readonly rows: readonly BoundaryRow[];
  readonly twigs: Twigs;
}

/** The tree of boundaries. */
export function boundaryTree(world: World, facet: NamespacesFacet): BoundaryTree {
  const { capture, tasks } = world;
  const all = boundariesOf(tasks);
  const containerOf = (pid: number): ReturnType<World['containerOf']> => world.containerOf(pid);
  const belongings = belongingsOf(all, facet);
  const context = { capture, containerOf, belongings, cgroups: tasks.cgroups };
  const twigs = new Twigs(belongings.size);
  const rows: BoundaryRow[] = [];
  const roots = mapTree(
    all.map((boundary) => ({ boundary, level: 0 })),
    ({ boundary, level }) =>
      level >= DEEPEST ? [] : boundary.children.map((child) => ({ boundary: child, level: level + 1 })),
    ({ boundary, level }, children: Twig[]): Twig => {
      const row = boundaryRow(boundary, '', context);
      const above = boundary.parent === null ? [] : (context.belongings.get(boundary.parent) ?? []);
      rows.push(row);
      const looks = row.belongings.map((belonging, i) => lookOf(belonging, above[i]));
      const deeper = level < DEEPEST ? 0 : countBelow(boundary);
      return twigs.make(
        {
          ...labelOf(row),
          detail: processLabel(boundary.leader),
          cells: [...signsOf(row, looks, containerOf), { kind: 'count', count: boundary.processes.length }],
          words: [...wordsOf(row, looks, world), ...(deeper === 0 ? [] : [deeperCell(deeper)])],
          mark: null,
          rank: boundary.leader.pid === 1 ? -1 : RANKS.indexOf(row.kind),
          many: row.kind === 'container' ? 12 : 4,
          noun: NOUNS[row.kind],
          likeness: `${row.kind} ${looks.join()}`,
        },
        children,
      );
    },
  );
  return { roots: twigs.bundled(roots), rows: rows.reverse(), twigs };
}

function deeperCell(count: number): ReportCell {
  return { text: `${formatPlural(count, 'boundary', 'boundaries')} more, deeper than is shown`, mark: 'hidden' };
}

function countBelow(boundary: Boundary): number {
  let count = -1;
  const stack = [boundary];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    count++;
    for (const child of next.children) stack.push(child);
  }
  return count;
}

function labelOf({ kind, label, container }: BoundaryRow): Pick<Twig, 'label' | 'link'> {
  if (kind !== 'container' || container === null) return { label, link: null };
  return { label: containerLabel(container), link: containerItem(container) };
}

/** What is that of the boundary around it needs no word; what went back to the host's does. */
function lookOf({ relation }: Belonging, above: Belonging | undefined): Look {
  switch (relation) {
    case 'own':
    case 'shared':
    case 'unknown':
      return relation;
    case 'inherited':
      return 'around';
    case 'host':
      if (above === undefined) return 'usual';
      return above.relation === 'host' || above.relation === 'unknown' ? 'around' : 'host';
  }
}

const WORDS: Readonly<Record<Relation, string>> = {
  own: 'its own',
  host: "the host's",
  inherited: 'that of the boundary around it',
  shared: 'shared with another boundary',
  unknown: 'not known',
};

function signsOf(
  { belongings, boundary }: BoundaryRow,
  looks: readonly Look[],
  containerOf: World['containerOf'],
): TwigCell[] {
  return belongings.map((belonging, i) => {
    const { type, inum, relation } = belonging;
    const look = looks[i] ?? 'unknown';
    const name = inum === null ? type : refText({ type, inum });
    const shared = relation === 'shared' ? ` (${sharedWith([belonging], containerOf)})` : '';
    const why = relation === 'unknown' ? ` (${boundary.leader.unknownNs?.[type] ?? 'absent'})` : '';
    const text = look === 'shared' ? '=' : look === 'unknown' ? '?' : look === 'own' || look === 'around' ? '' : 'host';
    return { kind: 'sign', sign: { look, text, extra: '' }, title: `${name}: ${WORDS[relation]}${shared}${why}` };
  });
}

function wordsOf(row: BoundaryRow, looks: readonly Look[], world: World): ReportCell[] {
  const { boundary, belongings, age, cgroup, kind } = row;
  const { leader, processes, tasks } = boundary;
  const types = (look: Look): NsType[] => belongings.filter((_, i) => looks[i] === look).map(({ type }) => type);
  const shared = sharedWith(belongings, (pid) => world.containerOf(pid));
  const [own, host, usual, unknown] = [types('own'), types('host'), types('usual'), types('unknown')];
  const since = age === null ? '' : `, for ${formatAge(age)}`;
  return [
    { text: `${processLabel(leader)}${since}`, item: processItem(leader) },
    { text: `${formatPlural(processes.length, 'process', 'processes')}, ${formatPlural(tasks, 'thread')}` },
    ...(own.length === 0 ? [] : [{ text: own.join(' '), mark: 'own' as const }]),
    ...(shared === '' ? [] : [{ text: shared, mark: 'shared' as const }]),
    ...(host.length === 0 ? [] : [{ text: host.join(' '), mark: 'host' as const }]),
    ...(usual.length === 0 ? [] : [{ text: `the host's ${usual.join(' ')}` }]),
    ...(unknown.length === 0 ? [] : [{ text: unknown.join(' '), mark: 'unknown' as const }]),
    ...(kind !== 'cgroup' || cgroup === null ? [] : [{ text: nameText(cgroup) }]),
  ];
}
