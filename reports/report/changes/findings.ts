/** What of the changes a reader should know. */
import type { DiffChange } from '../../../src/schema/diff-document.ts';
import { formatPlural } from '../../../src/text/units.ts';
import { truncateMiddle } from '../../../src/text/width.ts';
import { changeText } from '../../diff-words.ts';
import { containerItem } from '../items.ts';
import { briefName, MOST_NAMED, namedText } from '../names.ts';
import type { Finding } from '../section.ts';
import { effectOf } from './groups.ts';
import type { ChangedGroup, Comparison } from './groups.ts';

/** Ids of containers are known by their beginning. */
const LONG_ID = /[0-9a-f]{64}/g;

/** Columns of a sentence about a change; the table has the whole. */
const MOST_WORDS = 200;

/** All findings. `since`: the earlier side in words. */
export function findingsOf({ groups, diff }: Comparison, since: string): Finding[] {
  const isLoosened = (change: DiffChange): boolean => effectOf(change) === 'loosened';
  const isOther = (change: DiffChange): boolean => change.importance === 'high' && !isLoosened(change);
  return [
    ...told(groups, isLoosened, { kind: 'loosened', severity: 'high', since, what: 'loosened' }),
    ...told(groups, isOther, { kind: 'isolation-changed', severity: 'medium', since, what: 'that matter' }),
    ...diff.notCompared.map(({ facet, why }): Finding => ({
      kind: 'not-compared',
      severity: 'low',
      text: `${facet} could not be compared with ${since}: ${why}.`,
      count: 1,
      item: null,
    })),
  ];
}

interface About {
  readonly kind: string;
  readonly severity: Finding['severity'];
  readonly since: string;
  readonly what: string;
}

function told(
  groups: readonly ChangedGroup[],
  isMeant: (change: DiffChange) => boolean,
  { kind, severity, since, what }: About,
): Finding[] {
  const found = groups.flatMap((group) => {
    const changes = group.changes.filter(isMeant);
    return changes.length === 0 ? [] : [{ group, changes }];
  });
  if (found.length > MOST_NAMED) {
    const count = found.reduce((sum, { changes }) => sum + changes.length, 0);
    const names = namedText(found.map(({ group }) => group.title));
    const text = `${formatPlural(count, 'change')} ${what} since ${since}, of ${names}.`;
    return [{ kind, severity, text, count, item: null }];
  }
  return found.map(({ group, changes }) => {
    const [first] = changes;
    const more = changes.length > 1 ? `, and ${changes.length - 1} more ${what}` : '';
    const sentence = first === undefined ? '' : changeText(first).replaceAll(LONG_ID, (id) => id.slice(0, 12));
    const text = `${briefName(group.title)}: ${truncateMiddle(sentence, MOST_WORDS)}${more}, since ${since}.`;
    return {
      kind,
      severity,
      text,
      count: changes.length,
      item: group.after === null ? null : containerItem(group.after),
    };
  });
}
