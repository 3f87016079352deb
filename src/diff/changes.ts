/** Collects changes: what a change does not say is filled in, and the important ones come first. */
import type { Container } from '../model/containers.ts';
import { ASPECTS } from '../schema/diff-document.ts';
import type { DiffChange, DiffSubject, Importance } from '../schema/diff-document.ts';
import type { ContainerId } from '../schema/documents.ts';
import type { Name } from '../schema/name.ts';
import type { ProcessFacts } from '../schema/tasks.ts';
import { nameKey } from '../text/bytes.ts';

/** A change as an aspect states it. */
export type Draft = Pick<DiffChange, 'aspect' | 'kind' | 'importance' | 'subject'> &
  Partial<Omit<DiffChange, 'container'>> & { readonly container?: Container | ContainerId | null };

/** The changes found so far. */
export class Changes {
  readonly #list: DiffChange[] = [];

  add(draft: Draft): void {
    const { container = null, ...rest } = draft;
    this.#list.push({
      field: null,
      from: null,
      to: null,
      unit: null,
      added: [],
      removed: [],
      note: null,
      certain: true,
      count: 1,
      ...rest,
      container: container === null ? null : containerId(container),
    });
  }

  /** The important ones first, then by aspect. */
  get sorted(): DiffChange[] {
    return this.#list
      .map((change, at) => ({ change, at, rank: RANK[change.importance], aspect: ASPECTS.indexOf(change.aspect) }))
      .sort((a, b) => a.rank - b.rank || a.aspect - b.aspect || a.at - b.at)
      .map(({ change }) => change);
  }
}

const RANK: Readonly<Record<Importance, number>> = { high: 0, normal: 1, noise: 2 };

/** What names a container in documents. */
export function containerId({ engine, id, name }: ContainerId): ContainerId {
  return { engine, id, name };
}

/** A container as a subject. */
export function containerSubject(container: Container): DiffSubject {
  return { type: 'container', key: container.key, name: container.name ?? container.id };
}

/** A process, or one of its threads, as a subject. */
export function taskSubject({ pid, start, comm }: Pick<ProcessFacts, 'pid' | 'start' | 'comm'>): DiffSubject {
  return { type: 'task', key: `${String(pid)}:${String(start)}`, name: comm };
}

/** What joined a set and what left it, each in its own order. Repeats count once. */
export function setDifference(before: readonly Name[], after: readonly Name[]): { added: Name[]; removed: Name[] } {
  const [old, now] = [new Set(before.map(nameKey)), new Set(after.map(nameKey))];
  return {
    added: after.filter((name) => !old.has(nameKey(name))),
    removed: before.filter((name) => !now.has(nameKey(name))),
  };
}
