/** What containers and processes are called in a report: as the host calls them. Whoever writes it down escapes. */
import type { Container } from '../../src/model/containers.ts';
import type { ProcessFacts } from '../../src/schema/tasks.ts';
import { nameText } from '../../src/text/bytes.ts';
import { truncateMiddle } from '../../src/text/width.ts';
import { containerText } from '../namespace-columns.ts';
import { containerId } from '../namespaces.ts';

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

/** The first names of a list, for a sentence: `a, b and 3 more`. */
export function someOf(names: readonly string[], most = 3): string {
  const first = names.slice(0, most).map((name) => truncateMiddle(name, NAME_IN_SENTENCE));
  const rest = names.length - first.length;
  if (rest > 0) return `${first.join(', ')} and ${String(rest)} more`;
  const last = first.pop() ?? '';
  return first.length === 0 ? last : `${first.join(', ')} and ${last}`;
}

/** The first and the last of sorted names, for a place with room for so many characters. */
export function rangeOf(names: readonly string[], room: number): string {
  const [first, last] = [names[0] ?? '', names.at(-1) ?? ''];
  const half = Math.floor((room - 4) / 2);
  return first === last
    ? truncateMiddle(first, room)
    : `${truncateMiddle(first, half)} to ${truncateMiddle(last, half)}`;
}

/** By bytes of UTF-16: the same order on every machine. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
