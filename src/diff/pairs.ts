/** Which containers of the one capture are which of the other. */
import type { Container } from '../model/containers.ts';
import { nameKey } from '../text/bytes.ts';
import type { Side } from './side.ts';

/**
 * A container that is in both. `same`: some of its processes ran all the time; `restarted`: the engine's id is the same and no process
 * is; `recreated`: its name is the same, and the engine gave it another id.
 */
export interface Pair {
  readonly a: Container;
  readonly b: Container;
  readonly relation: 'same' | 'restarted' | 'recreated';
}

/** All of them. */
export interface Pairs {
  readonly pairs: readonly Pair[];
  readonly created: readonly Container[];
  readonly ended: readonly Container[];
  /** Whether what is in it came with it: it was created, recreated or restarted. */
  readonly isNew: (container: Container | null | undefined) => boolean;
  /** The same of what went with it. */
  readonly isOld: (container: Container | null | undefined) => boolean;
  readonly ofB: ReadonlyMap<Container, Pair>;
  readonly ofA: ReadonlyMap<Container, Pair>;
}

/** Pairs them: by key, then by name where that is the only one left of it on both sides. */
export function pairsOf(a: Side, b: Side, sameBoot: boolean): Pairs {
  const pairs: Pair[] = [];
  const ended = new Map(a.containers.map((container) => [container.key, container]));
  const created: Container[] = [];
  for (const container of b.containers) {
    const before = ended.get(container.key);
    const isKept = before !== undefined && sameBoot && runsOn(a, before, b, container);
    if (before === undefined || (!isKept && isNumbered(container))) created.push(container);
    else {
      ended.delete(container.key);
      pairs.push({ a: before, b: container, relation: isKept ? 'same' : 'restarted' });
    }
  }
  const lone = [...ended.values()];
  const recreated = byName(lone);
  for (const [name, now] of byName(created)) {
    const before = recreated.get(name);
    if (before !== undefined && before !== null && now !== null)
      pairs.push({ a: before, b: now, relation: 'recreated' });
  }
  const ofA = new Map(pairs.map((pair) => [pair.a, pair]));
  const ofB = new Map(pairs.map((pair) => [pair.b, pair]));
  return {
    pairs,
    created: created.filter((container) => !ofB.has(container)),
    ended: lone.filter((container) => !ofA.has(container)),
    isNew: (one) => one !== null && one !== undefined && ofB.get(one)?.relation !== 'same',
    isOld: (one) => one !== null && one !== undefined && ofA.get(one)?.relation !== 'same',
    ofA,
    ofB,
  };
}

/** Its id is the pid of its first process, which may be anybody's after that. */
function isNumbered({ id }: Container): boolean {
  return /^bwrap-\d+$/.test(id);
}

function runsOn(a: Side, before: Container, b: Side, after: Container): boolean {
  const members = new Set(after.pids);
  return before.pids.some((pid) => {
    const [was, is] = [a.processes.get(pid), b.processes.get(pid)];
    return members.has(pid) && was !== undefined && was.start === is?.start;
  });
}

/** By engine and name; null where several have it. Without those that have no name. */
function byName(containers: readonly Container[]): Map<string, Container | null> {
  const found = new Map<string, Container | null>();
  for (const container of containers) {
    const { engine, namespace, name, pod, parent } = container;
    if (name === null) continue;
    const podKey = pod === null ? '' : `${nameKey(pod.namespace)}/${nameKey(pod.name)}`;
    const key = [engine, namespace ?? '', podKey, parent ?? '', nameKey(name)].join(' ');
    found.set(key, found.has(key) ? null : container);
  }
  return found;
}
