/** What containers and processes are called in a report: as the host calls them. Whoever writes it down escapes. */
import type { Container } from '../../src/model/containers.ts';
import type { NsType } from '../../src/schema/namespace.ts';
import type { ProcessFacts } from '../../src/schema/tasks.ts';
import { nameText } from '../../src/text/bytes.ts';
import { truncateMiddle } from '../../src/text/width.ts';
import { containerText } from '../namespace-columns.ts';
import { containerId } from '../namespaces.ts';
import { TYPE_NAMES } from '../why.ts';

/** A container: `docker:web`, a pod's `cri:default/web-1/app`. */
export function containerLabel(container: Container): string {
  const { engine, pod } = container;
  if (pod === null) return containerText(containerId(container));
  const place = `${nameText(pod.namespace)}/${nameText(pod.name)}`;
  return `${engine}:${place}${pod.container === null ? ' (sandbox)' : `/${nameText(pod.container)}`}`;
}

/** A process: `812 nginx`. */
export function processLabel({ pid, comm }: ProcessFacts): string {
  return `${String(pid)} ${nameText(comm)}`;
}

/** Columns that a name may take within a sentence. */
const NAME_IN_SENTENCE = 60;

/** A name, or one with words of ours behind it: `web (64 MiB)`. */
export type Named = string | { readonly name: string; readonly words: string };

/** A name as short as a sentence bears it; words behind it stay whole. */
export function briefName(named: Named): string {
  if (typeof named === 'string') return truncateMiddle(named, NAME_IN_SENTENCE);
  const name = truncateMiddle(named.name, NAME_IN_SENTENCE);
  return named.words === '' ? name : `${name} (${named.words})`;
}

/** Names that are told one by one. */
export const MOST_NAMED = 3;

/** The first names of a list, for what stands behind a colon or in a cell: `a, b`, `a, b, c and 3 more`. */
export function namedText(names: readonly Named[], most = MOST_NAMED): string {
  const first = names.slice(0, most).map(briefName);
  const rest = names.length - first.length;
  return first.join(', ') + (rest > 0 ? ` and ${String(rest)} more` : '');
}

/** The same within a sentence: `a and b`, `a, b, c and 3 more`. */
export function someOf(names: readonly Named[], most = MOST_NAMED): string {
  if (names.length < 2 || names.length > most) return namedText(names, most);
  return `${namedText(names.slice(0, -1), most)} and ${namedText(names.slice(-1))}`;
}

/** The first and the last of sorted names, for a place with room for so many characters. */
export function rangeOf(names: readonly string[], room: number): string {
  const [first, last] = [names[0] ?? '', names.at(-1) ?? ''];
  const half = Math.floor((room - 4) / 2);
  return first === last
    ? truncateMiddle(first, room)
    : `${truncateMiddle(first, half)} to ${truncateMiddle(last, half)}`;
}

/** Types of namespaces in a sentence: `pid and network namespaces`. */
export function namespacesText(types: readonly NsType[]): string {
  const words = types.map((type) => TYPE_NAMES[type]);
  return `${someOf(words, words.length)} ${types.length === 1 ? 'namespace' : 'namespaces'}`;
}
