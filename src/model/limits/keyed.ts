/** Controllers that limit many things of one kind in one file: a line each, every cgroup up to the root counting. */
import type { CgroupFacts, FileValue } from '../../schema/cgroups.ts';
import { minimumOf } from './minimum.ts';
import type { AmountQuestion } from './minimum.ts';
import type { Reach } from './reach.ts';
import { fileOf, limitOf, numberOf, unreadable } from './values.ts';
import type { Limit, ResourceLimitOf, Usage } from './types.ts';
import { MAX, NO_USAGE, valueOf } from './types.ts';

/** The number beside `name` in the line of `key`; undefined: no such line; null: the file is not what it should be. */
function wordIn(cgroup: CgroupFacts, file: string, key: string, name: string | null): string | null | undefined {
  const content = fileOf(cgroup, file);
  if (content?.kind === 'nested' && name !== null) {
    return content.entries.find((entry) => entry.key === key)?.values[name];
  }
  if (content?.kind === 'keyed' && name === null) return content.entries.find(([one]) => one === key)?.[1];
  return content === undefined || isEmpty(content) || key === '' ? undefined : null;
}

/** The limit of one thing; null where the cgroup has no such file, `max` where the file has no line for it. */
export function lineLimit(cgroup: CgroupFacts, file: string, key: string, name: string | null): Limit | null {
  const content = fileOf(cgroup, file);
  if (content === undefined) return null;
  if (content.kind === 'unknown') return unreadable(cgroup, file, content.outcome);
  const word = wordIn(cgroup, file, key, name);
  if (word === undefined) return MAX;
  return (word === null ? null : limitOf(word)) ?? unreadable(cgroup, file, 'malformed');
}

/** The count of one thing, of which no line means 0. */
export function lineUsage(cgroup: CgroupFacts, file: string, key: string, name: string | null): Usage {
  const content = fileOf(cgroup, file);
  if (content === undefined) return NO_USAGE;
  if (content.kind === 'unknown') return content;
  const word = wordIn(cgroup, file, key, name);
  if (word === undefined) return valueOf(0n);
  const value = word === null ? null : numberOf(word);
  return value === null ? { kind: 'unknown', outcome: 'malformed' } : valueOf(value);
}

/** Every thing that a file of these cgroups has a line for; sorted, with the names that stand in nested lines. */
export function thingsIn(cgroups: readonly CgroupFacts[], file: string): [key: string, name: string | null][] {
  const things = new Map<string, [string, string | null]>();
  const add = (key: string, name: string | null): void => void things.set(`${key} ${name ?? ''}`, [key, name]);
  for (const cgroup of cgroups) {
    const content = fileOf(cgroup, file);
    if (content?.kind === 'keyed') for (const [key] of content.entries) add(key, null);
    if (content?.kind === 'nested') {
      for (const { key, values } of content.entries) for (const name of Object.keys(values)) add(key, name);
    }
  }
  return [...things].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, thing]) => thing);
}

/** Whether it has no line at all: such a file is of any format. */
export function isEmpty(content: FileValue): boolean {
  if (content.kind === 'keyed' || content.kind === 'nested') return content.entries.length === 0;
  if (content.kind === 'lines') return content.lines.length === 0;
  if (content.kind === 'words') return content.words.length === 0;
  if (content.kind === 'list') return content.list === '';
  return content.kind === 'text' && content.text === '';
}

/** The limits of one such file, a thing at a time; where no line names any, one answer about all of them. */
export function minimumByLine(
  reach: Reach,
  question: Pick<AmountQuestion, 'resource' | 'unit' | 'file'> & { readonly usage: string },
): ResourceLimitOf<bigint>[] {
  const { resource, unit, file, usage } = question;
  const things = reach.kind === 'chain' ? thingsIn(reach.cgroups, file) : [];
  // No kernel has a thing without a name: the question finds the files and no line in them.
  if (things.length === 0) {
    return minimumOf(reach, { resource, unit, file, limitIn: (cgroup) => lineLimit(cgroup, file, '', null) });
  }
  return things.flatMap(([key, name]) =>
    minimumOf(reach, {
      resource,
      unit,
      file,
      ...(name === null ? { name: key } : { device: key, name }),
      limitIn: (cgroup) => lineLimit(cgroup, file, key, name),
      usageIn: (cgroup) => lineUsage(cgroup, usage, key, name),
    }),
  );
}
