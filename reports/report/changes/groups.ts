/** What changed, by container and by aspect. */
import type { Container } from '../../../src/model/containers.ts';
import { ASPECTS } from '../../../src/schema/diff-document.ts';
import type { Aspect, Diff, DiffChange, DiffKind } from '../../../src/schema/diff-document.ts';
import type { ContainerId } from '../../../src/schema/documents.ts';
import { bytesOf, nameText } from '../../../src/text/bytes.ts';
import { byText } from '../../../src/text/order.ts';
import { World } from '../world.ts';

/** What a kind of change comes to. */
export type Effect = 'loosened' | 'tightened' | 'added' | 'removed' | 'altered';

/** All effects, in the order in which they are shown. */
export const EFFECTS: readonly Effect[] = ['loosened', 'tightened', 'added', 'removed', 'altered'];

const EFFECT: Readonly<Record<DiffKind, Effect>> = {
  created: 'added',
  ended: 'removed',
  recreated: 'altered',
  renamed: 'altered',
  moved: 'altered',
  loosened: 'loosened',
  tightened: 'tightened',
  changed: 'altered',
};

/** What a change comes to. */
export function effectOf({ kind }: Pick<DiffChange, 'kind'>): Effect {
  return EFFECT[kind];
}

/** A container, or the host, with what changed of it. */
export interface ChangedGroup {
  /** Null: the host itself, and what belongs to no container. */
  readonly id: ContainerId | null;
  readonly title: string;
  /** The container on each side; null: it was or is not there. */
  readonly before: Container | null;
  readonly after: Container | null;
  /** Without what every living host does all the time. */
  readonly changes: readonly DiffChange[];
}

/** What changed between the earlier side and this one. */
export interface Comparison {
  readonly diff: Diff;
  /** By name, the host last. */
  readonly groups: readonly ChangedGroup[];
  /** Containers of this side of which nothing changed. */
  readonly unchanged: readonly Container[];
  readonly changes: readonly DiffChange[];
  readonly noise: readonly DiffChange[];
}

/** Puts it together; null: there is no earlier side. */
export function comparisonOf(world: World): Comparison | null {
  const { before } = world.facts;
  const { diff } = world;
  if (before === null || diff === null) return null;
  const earlier = new World({ side: before, before: null, timeline: [], bench: [], redacted: world.facts.redacted });
  const hasBoth = before.capture.tasks !== undefined && world.capture.tasks !== undefined;
  const old = byKey(hasBoth ? earlier.containers : []);
  const now = byKey(hasBoth ? world.containers : []);
  const noise = diff.changes.filter(({ importance }) => importance === 'noise');
  const changes = diff.changes.filter(({ importance }) => importance !== 'noise');
  const groups = [...Map.groupBy(changes, ({ container }) => keyOf(container))]
    .map(([key, its]) => groupOf(key, its, old, now))
    .sort((a, b) => Number(a.id === null) - Number(b.id === null) || byText(a.title, b.title));
  const changed = new Set(groups.map(({ after }) => after));
  const unchanged = [...now.values()]
    .filter((container) => !changed.has(container))
    .sort((a, b) => byText(titleOf(a), titleOf(b)));
  return { diff, groups, unchanged, changes, noise };
}

type ByKey = ReadonlyMap<string, Container>;

function groupOf(key: string, changes: readonly DiffChange[], old: ByKey, now: ByKey): ChangedGroup {
  const id = changes[0]?.container ?? null;
  const anew = changes.find(({ kind, aspect }) => aspect === 'containers' && kind === 'recreated');
  // Made anew, it has another id; the change has the one before.
  const oldKey = id === null || !anew?.from ? key : `${id.engine}:${bytesOf(anew.from)}`;
  const title = id === null ? 'the host' : titleOf(id);
  return { id, title, before: old.get(oldKey) ?? null, after: now.get(key) ?? null, changes };
}

function byKey(containers: readonly Container[]): Map<string, Container> {
  return new Map(containers.map((container) => [keyOf(container), container]));
}

function keyOf(container: Pick<ContainerId, 'engine' | 'id'> | null): string {
  return container === null ? '' : `${container.engine}:${container.id}`;
}

/** As its user calls it; else the beginning of its id. */
export function titleOf({ id, name }: Pick<ContainerId, 'id' | 'name'>): string {
  return name === null ? id.slice(0, 12) : nameText(name);
}

/** How often each effect is among changes of an aspect. */
export function countsOf(changes: readonly DiffChange[], aspect: Aspect): ReadonlyMap<Effect, number> {
  const counts = new Map<Effect, number>();
  for (const effect of EFFECTS) {
    const count = changes.filter((change) => change.aspect === aspect && effectOf(change) === effect).length;
    if (count > 0) counts.set(effect, count);
  }
  return counts;
}

/** Aspects of which something cannot be compared, with the reason. */
export function blindAspects({ sameBoot, notCompared }: Diff): ReadonlyMap<Aspect, string> {
  const blind = new Map<Aspect, string>();
  for (const { facet, why } of notCompared) for (const aspect of OF_FACET[facet] ?? []) blind.set(aspect, why);
  if (sameBoot) return blind;
  const why = 'another start of the machine, or another machine: nothing has an identity in common';
  for (const aspect of ['tasks', 'cgroups', 'namespaces'] as const) blind.set(aspect, why);
  return new Map(ASPECTS.flatMap((aspect) => (blind.has(aspect) ? [[aspect, blind.get(aspect) ?? why]] : [])));
}

const OF_FACET: Readonly<Record<string, readonly Aspect[]>> = {
  host: ['host'],
  tasks: ['containers', 'rights', 'tasks'],
  namespaces: ['namespaces'],
  mounts: ['mounts'],
  cgroups: ['limits', 'cgroups'],
  limits: ['limits'],
  engines: ['engines'],
  layers: ['layers'],
};
