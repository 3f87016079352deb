/** Which changes `diff` and `log` show. */
import { ASPECTS, DIFF_KINDS } from '../schema/diff-document.ts';
import type { DiffChange } from '../schema/diff-document.ts';
import { nameText } from '../text/bytes.ts';

/** What `--only` takes. */
export const ONLY = [...ASPECTS, ...DIFF_KINDS];

/** What was asked for. */
export interface ChangeFilter {
  readonly only: readonly string[];
  /** With `*` for any characters. */
  readonly ignore: readonly string[];
  /** Noise, too. */
  readonly all: boolean;
}

/** Changes that are shown, and how many are not, for which reason. */
export interface FilteredChanges {
  readonly shown: readonly DiffChange[];
  readonly ignored: number;
  readonly noise: number;
}

/** Sorts the changes by these wishes. Of several aspects and kinds in `only` one of each must fit. */
export function filterChanges(changes: readonly DiffChange[], { only, ignore, all }: ChangeFilter): FilteredChanges {
  const aspects = new Set<string>(ASPECTS.filter((aspect) => only.includes(aspect)));
  const kinds = new Set<string>(DIFF_KINDS.filter((kind) => only.includes(kind)));
  const patterns = ignore.map(patternOf);
  const wanted = changes.filter(
    (change) =>
      (aspects.size === 0 || aspects.has(change.aspect)) &&
      (kinds.size === 0 || kinds.has(change.kind)) &&
      !textsOf(change).some((text) => patterns.some((pattern) => pattern.test(text))),
  );
  const shown = all ? wanted : wanted.filter(({ importance }) => importance !== 'noise');
  return { shown, ignored: changes.length - wanted.length, noise: wanted.length - shown.length };
}

/** What a pattern is held against: what a reader sees of the change, each part alone. */
function textsOf({ aspect, subject, container, field }: DiffChange): string[] {
  const texts = [aspect, subject.key, nameText(subject.name), `${subject.type}:${nameText(subject.name)}`];
  if (field !== null) texts.push(field);
  if (container !== null) {
    texts.push(container.id, `${container.engine}:${container.id}`);
    if (container.name !== null)
      texts.push(nameText(container.name), `${container.engine}:${nameText(container.name)}`);
  }
  return texts;
}

/** The whole text must fit. Several `*` beside each other are one: else a pattern could take forever. */
function patternOf(glob: string): RegExp {
  const parts = glob.split(/\*+/).map((part) => part.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'su');
}
