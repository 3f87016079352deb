/** What changed, as tables. */
import { ASPECTS } from '../../../src/schema/diff-document.ts';
import type { DiffChange } from '../../../src/schema/diff-document.ts';
import type { Mark, ReportCell, ReportRow, ReportTable } from '../../../src/schema/report.ts';
import { nameText } from '../../../src/text/bytes.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { changeText, valueText } from '../../diff-words.ts';
import { countCell, numberColumn, textCell, textColumn } from '../cells.ts';
import { containerItem } from '../items.ts';
import type { TimelinePoint } from '../world.ts';
import { countsOf, effectOf, titleOf } from './groups.ts';
import type { ChangedGroup, Comparison, Effect } from './groups.ts';
import { LOOKS, momentText } from './words.ts';

const MARKS: Readonly<Record<Effect, Mark>> = {
  loosened: 'loosened',
  tightened: 'tightened',
  added: 'added',
  removed: 'removed',
  altered: 'altered',
};

/** How many changes there are of each container by aspect: what the picture shows. */
export function matrixTable({ groups, unchanged }: Comparison): ReportTable {
  return {
    kind: 'table',
    name: 'matrix',
    caption: 'Changes by container and aspect',
    columns: [
      textColumn('container', 'Container'),
      textColumn('before', 'Before'),
      textColumn('after', 'After'),
      ...ASPECTS.map((aspect) => textColumn(aspect, aspect)),
    ],
    rows: [
      ...groups.map((group): ReportRow => ({
        item: null,
        cells: [
          whoCell(group),
          sideCell(group, 'before'),
          sideCell(group, 'after'),
          ...ASPECTS.map((aspect) => aspectCell(group.changes, aspect)),
        ],
      })),
      ...unchanged.map((container): ReportRow => ({
        item: null,
        cells: [
          textCell(titleOf(container), { item: containerItem(container) }),
          textCell('the same'),
          textCell('the same'),
          ...ASPECTS.map(() => textCell('')),
        ],
      })),
    ],
    shown: 20,
  };
}

function whoCell({ title, after }: ChangedGroup): ReportCell {
  return textCell(title, { item: after === null ? null : containerItem(after) });
}

function sideCell(group: ChangedGroup, side: 'before' | 'after'): ReportCell {
  if (group.id === null) return textCell('');
  const container = group[side];
  const other = side === 'before' ? group.after : group.before;
  if (container === null) return textCell(side === 'before' ? 'not there' : 'gone', { mark: 'absent' });
  const image = container.image === null ? container.engine : nameText(container.image);
  const mark = other === null ? (side === 'before' ? 'removed' : 'added') : null;
  return textCell(`${image}, ${formatPlural(container.pids.length, 'process', 'processes')}`, {
    mark,
    note: `${container.engine} ${container.id}`,
  });
}

function aspectCell(changes: readonly DiffChange[], aspect: (typeof ASPECTS)[number]): ReportCell {
  const counts = [...countsOf(changes, aspect)];
  const [first] = counts;
  if (first === undefined) return textCell('');
  const text = counts.map(([effect, count]) => `${LOOKS[effect].sign}${count}`).join(' ');
  return textCell(text, {
    mark: MARKS[first[0]],
    note: counts.map(([effect, count]) => `${count} ${effect}`).join(', '),
  });
}

/** Every change but what every living host does all the time. */
export function changesTable({ groups }: Comparison): ReportTable {
  return {
    kind: 'table',
    name: 'changes',
    caption: 'What was added, removed and altered',
    columns: [
      textColumn('container', 'Container'),
      textColumn('aspect', 'Aspect'),
      textColumn('effect', 'What became of it'),
      textColumn('what', 'Change'),
      textColumn('subject', 'Of what'),
      textColumn('field', 'Field'),
      textColumn('before', 'Before'),
      textColumn('after', 'After'),
      textColumn('weight', 'Weight'),
    ],
    rows: groups.flatMap((group) =>
      ASPECTS.flatMap((aspect) =>
        group.changes.filter((change) => change.aspect === aspect).map((change) => changeRow(change, group)),
      ),
    ),
    shown: 30,
  };
}

function changeRow(change: DiffChange, group: ChangedGroup): ReportRow {
  const { aspect, kind, subject, field, from, to, unit, added, removed, importance, count, certain } = change;
  const effect = effectOf(change);
  const word = kind === effect || effect === 'added' || effect === 'removed' ? effect : `${effect}: ${kind}`;
  const set = (names: DiffChange['added']): string => names.map(nameText).join(' ');
  const isSet = added.length + removed.length > 0;
  const isWhole = kind === 'created' || kind === 'ended';
  const side = (value: DiffChange['from'], names: DiffChange['added']): string =>
    isSet ? set(names) : isWhole && value === null ? '' : valueText(value, unit);
  const many = count > 1 ? ` ×${count}` : '';
  return {
    item: null,
    mark: MARKS[effect],
    cells: [
      whoCell(group),
      textCell(aspect),
      textCell(`${word}${many}`, { mark: MARKS[effect] }),
      textCell(
        changeText(change),
        certain ? {} : { mark: 'unsure', note: 'the kernel gave no identity that decides it' },
      ),
      textCell(`${subject.type} ${nameText(subject.name)}`, { note: subject.key }),
      textCell(field ?? ''),
      textCell(side(from, removed)),
      textCell(side(to, added)),
      textCell(importance === 'high' ? 'matters' : ''),
    ],
  };
}

/** What every living host does all the time. */
export function everydayTable({ noise }: Comparison): ReportTable {
  return {
    kind: 'table',
    name: 'everyday',
    caption: 'Everyday changes',
    columns: [textColumn('container', 'Container'), textColumn('aspect', 'Aspect'), textColumn('what', 'Change')],
    rows: noise.map((change): ReportRow => ({
      item: null,
      cells: [
        textCell(change.container === null ? 'the host' : titleOf(change.container)),
        textCell(change.aspect),
        textCell(changeText(change)),
      ],
    })),
    shown: 5,
  };
}

/** The history, a row a snapshot. */
export function timelineTable(timeline: readonly TimelinePoint[]): ReportTable {
  return {
    kind: 'table',
    name: 'timeline',
    caption: 'Snapshots of this host',
    columns: [
      numberColumn('snapshot', 'Snapshot', 'count'),
      textColumn('taken', 'Taken'),
      textColumn('label', 'Label'),
      numberColumn('containers', 'Containers', 'count'),
      numberColumn('processes', 'Processes', 'count'),
      numberColumn('changes', 'Changes since the one before', 'count'),
      numberColumn('loosened', 'Loosened', 'count'),
    ],
    rows: timeline.map(({ snapshot, takenAt, label, containers, processes, changes, loosened }): ReportRow => ({
      item: null,
      cells: [
        countCell(snapshot),
        textCell(momentText(takenAt)),
        textCell(label ?? ''),
        maybe(containers, 'not known'),
        maybe(processes, 'not known'),
        maybe(changes, 'not compared'),
        loosened !== null && loosened > 0
          ? { ...countCell(loosened), mark: 'loosened' }
          : maybe(loosened, 'not compared'),
      ],
    })),
    shown: 10,
  };
}

function maybe(count: number | null, why: string): ReportCell {
  return count === null ? textCell(why, { mark: 'unknown' }) : countCell(count);
}
