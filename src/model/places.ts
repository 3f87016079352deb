/** Whose namespaces a boundary lives in: its own, the host's, those of the one around it, or another's. */
import { NS_TYPES } from '../schema/namespace.ts';
import type { NamespacesFacet, NsType } from '../schema/namespace.ts';
import { refKey } from '../text/ns-ref.ts';
import type { Boundary } from './boundaries.ts';
import { placeOf } from './boundaries.ts';

/**
 * `own`: first used by this boundary; `host`: one that was made at boot; `inherited`: that of a boundary around it; `shared`:
 * that of another boundary, which is named; `unknown`: not readable.
 */
export type Relation = 'own' | 'host' | 'inherited' | 'shared' | 'unknown';

/** One of the eight namespaces of a boundary. */
export interface Belonging {
  readonly type: NsType;
  readonly inum: number | null;
  readonly relation: Relation;
  /** Whose it is; only where it is shared. */
  readonly with: Boundary | null;
}

/** The belongings of each boundary, in the order of {@link NS_TYPES}. */
export function belongingsOf(
  roots: readonly Boundary[],
  facet: NamespacesFacet,
): ReadonlyMap<Boundary, readonly Belonging[]> {
  const initial = new Set(facet.namespaces.filter((facts) => facts.initial === true).map(refKey));
  const spans = spansOf(roots);
  const all = [...spans.keys()];
  const homes = new Map<number, Boundary>();
  // Who lived in a namespace first is at home there.
  for (const boundary of [...all].sort((a, b) => a.leader.start - b.leader.start || a.leader.pid - b.leader.pid)) {
    for (const [i, type] of NS_TYPES.entries()) {
      const inum = placeOf(boundary.leader).ns[i] ?? null;
      if (inum !== null && !homes.has(refKey({ type, inum }))) homes.set(refKey({ type, inum }), boundary);
    }
  }
  const belonging = (boundary: Boundary, type: NsType, i: number): Belonging => {
    const inum = placeOf(boundary.leader).ns[i] ?? null;
    if (inum === null) return { type, inum, relation: 'unknown', with: null };
    const key = refKey({ type, inum });
    if (initial.has(key)) return { type, inum, relation: 'host', with: null };
    const home = homes.get(key);
    if (home === undefined || home === boundary) return { type, inum, relation: 'own', with: null };
    if (isWithin(spans.get(boundary), spans.get(home))) return { type, inum, relation: 'inherited', with: null };
    return { type, inum, relation: 'shared', with: home };
  };
  return new Map(all.map((boundary) => [boundary, NS_TYPES.map((type, i) => belonging(boundary, type, i))]));
}

/** Where a boundary and all below it stand in the order of a walk: what is around another has its numbers within its own. */
interface Span {
  readonly first: number;
  last: number;
}

function spansOf(roots: readonly Boundary[]): Map<Boundary, Span> {
  const spans = new Map<Boundary, Span>();
  // With a stack of its own: boundaries can be nested deeper than the call stack.
  const stack = [...roots].reverse();
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    spans.set(next, { first: spans.size, last: spans.size });
    for (const child of [...next.children].reverse()) stack.push(child);
  }
  // From the end on, each is after all that is below it.
  for (const [boundary, span] of [...spans].reverse()) {
    const around = boundary.parent === null ? undefined : spans.get(boundary.parent);
    if (around !== undefined) around.last = Math.max(around.last, span.last);
  }
  return spans;
}

function isWithin(inner: Span | undefined, outer: Span | undefined): boolean {
  return inner !== undefined && outer !== undefined && outer.first < inner.first && inner.last <= outer.last;
}
